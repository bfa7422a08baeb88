#include "common/sip/message.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace veille::sip {
namespace {

constexpr char kVersion[] = "SIP/2.0";
constexpr std::size_t kMaxHead = 16 * 1024, kMaxBody = 64 * 1024;
constexpr absl::Duration kT1 = absl::Milliseconds(500), kT2 = absl::Seconds(4);

absl::Status Wrong(const char* why) { return absl::InvalidArgumentError(why); }

bool IsToken(std::string_view text) {
  constexpr std::string_view kMarks = "-.!%*_+`'~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           kMarks.find(c) != std::string_view::npos;
  });
}

// Text that could begin another line, or end ours, for a peer that reads less strictly.
bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
  });
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string LongName(std::string_view name) {
  const std::string lower = absl::AsciiStrToLower(std::string(name));
  if (lower.size() != 1) return lower;
  switch (lower[0]) {
    case 'v':
      return "via";
    case 'f':
      return "from";
    case 't':
      return "to";
    case 'i':
      return "call-id";
    case 'm':
      return "contact";
    case 'l':
      return "content-length";
    case 'c':
      return "content-type";
    default:
      return lower;
  }
}

absl::Status ReadStatusLine(std::string_view line, Message& message) {
  // "SIP/2.0 200 OK"
  constexpr std::size_t kCode = sizeof(kVersion), kEnd = kCode + 3;
  if (line.size() < kEnd || line[kCode - 1] != ' ' || (line.size() > kEnd && line[kEnd] != ' '))
    return Wrong("no status line");
  for (const char digit : line.substr(kCode, 3)) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(digit))) return Wrong("no status code");
    message.status = message.status * 10 + (digit - '0');
  }
  if (message.status < 100 || message.status > 699) return Wrong("no status code of SIP");
  if (line.size() > kEnd) message.reason = std::string(line.substr(kEnd + 1));
  return absl::OkStatus();
}

absl::Status ReadStartLine(std::string_view line, Message& message) {
  if (HasControl(line)) return Wrong("a control character in the first line");
  if (line.rfind(kVersion, 0) == 0) return ReadStatusLine(line, message);
  const std::size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || line.substr(last + 1) != kVersion)
    return Wrong("neither a request nor a response of SIP/2.0");
  const std::string_view method = line.substr(0, first);
  const std::string_view uri = line.substr(first + 1, last - first - 1);
  if (!IsToken(method) || uri.empty() || uri.find(' ') != std::string_view::npos)
    return Wrong("no request line");
  message.method = std::string(method);
  message.uri = std::string(uri);
  return absl::OkStatus();
}

absl::Status ReadHeaderLine(std::string_view line, Message& message) {
  if (HasControl(line)) return Wrong("a control character in a header");
  if (line.front() == ' ' || line.front() == '\t') {
    if (message.headers.empty()) return Wrong("a continuation of nothing");
    absl::StrAppend(&message.headers.back().value, " ",
                    absl::string_view(Trimmed(line).data(), Trimmed(line).size()));
    return absl::OkStatus();
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsToken(Trimmed(line.substr(0, colon))))
    return Wrong("a line that is no header");
  message.headers.push_back(
      {LongName(Trimmed(line.substr(0, colon))), std::string(Trimmed(line.substr(colon + 1)))});
  return absl::OkStatus();
}

// Nothing when the message does not say. Two lengths are two opinions of where it ends.
absl::StatusOr<std::optional<std::size_t>> TakeLength(Message& message) {
  std::optional<std::size_t> length;
  for (auto at = message.headers.begin(); at != message.headers.end();) {
    if (at->name != "content-length") {
      ++at;
      continue;
    }
    uint32_t bytes = 0;
    if (length || !std::all_of(at->value.begin(), at->value.end(), absl::ascii_isdigit) ||
        !absl::SimpleAtoi(at->value, &bytes) || bytes > kMaxBody)
      return Wrong("no usable Content-Length");
    length = bytes;
    at = message.headers.erase(at);
  }
  return length;
}

absl::StatusOr<Message> ReadHead(std::string_view head) {
  Message message;
  bool first = true;
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    const absl::Status read = first ? ReadStartLine(line, message) : ReadHeaderLine(line, message);
    if (!read.ok()) return read;
    first = false;
  }
  for (const char* required : {"via", "from", "to", "call-id", "cseq"})
    if (message.Find(required) == nullptr) return Wrong("a required header is missing");
  return message;
}

struct Head {
  Message message;
  std::optional<std::size_t> length;
  std::size_t bytes = 0;
};

absl::StatusOr<std::optional<Head>> ParseHead(std::string_view text) {
  std::size_t begin = 0;
  // Empty lines between messages keep a connection alive.
  while (text.substr(begin, 2) == "\r\n") begin += 2;
  const std::size_t end = text.find("\r\n\r\n", begin);
  if (end == std::string_view::npos || end - begin > kMaxHead) {
    if (text.size() - begin > kMaxHead) return Wrong("headers that do not end");
    return std::optional<Head>();
  }
  absl::StatusOr<Message> message = ReadHead(text.substr(begin, end + 2 - begin));
  if (!message.ok()) return message.status();
  Head head;
  head.message = *std::move(message);
  auto length = TakeLength(head.message);
  if (!length.ok()) return length.status();
  head.length = *length;
  head.bytes = end + 4;
  return std::optional<Head>(std::move(head));
}

std::string Parameter(std::string_view value, std::string_view name) {
  while (true) {
    const std::size_t semicolon = value.find(';');
    if (semicolon == std::string_view::npos) return "";
    value.remove_prefix(semicolon + 1);
    const std::string_view one = Trimmed(value.substr(0, value.find_first_of(";,")));
    const std::size_t equals = one.find('=');
    if (equals != std::string_view::npos && one.substr(0, equals) == name)
      return std::string(one.substr(equals + 1));
  }
}

}  // namespace

const std::string* Message::Find(std::string_view name) const {
  for (const Header& header : headers)
    if (header.name == name) return &header.value;
  return nullptr;
}

absl::StatusOr<std::optional<Parsed>> ParseNext(std::string_view stream) {
  auto head = ParseHead(stream);
  if (!head.ok()) return head.status();
  if (!head->has_value()) return std::optional<Parsed>();
  // Over a stream the length is the only end that a body has (RFC 3261, section 18.3).
  if (!(*head)->length) return Wrong("no Content-Length");
  const std::size_t end = (*head)->bytes + *(*head)->length;
  if (stream.size() < end) return std::optional<Parsed>();
  Parsed parsed;
  parsed.message = std::move((*head)->message);
  parsed.message.body = std::string(stream.substr((*head)->bytes, *(*head)->length));
  parsed.bytes = end;
  return std::optional<Parsed>(std::move(parsed));
}

absl::StatusOr<Message> ParseDatagram(std::string_view datagram) {
  auto head = ParseHead(datagram);
  if (!head.ok()) return head.status();
  if (!head->has_value()) return Wrong("a datagram that ends too early");
  const std::string_view rest = datagram.substr((*head)->bytes);
  const std::size_t length = (*head)->length.value_or(rest.size());
  if (rest.size() < length) return Wrong("a datagram that ends too early");
  Message message = std::move((*head)->message);
  message.body = std::string(rest.substr(0, length));
  return message;
}

std::string Serialize(const Message& message) {
  std::string text = message.is_request()
                         ? absl::StrCat(message.method, " ", message.uri, " ", kVersion, "\r\n")
                         : absl::StrCat(kVersion, " ", message.status, " ", message.reason, "\r\n");
  for (const Header& header : message.headers)
    absl::StrAppend(&text, header.name, ": ", header.value, "\r\n");
  absl::StrAppend(&text, "content-length: ", message.body.size(), "\r\n\r\n", message.body);
  return text;
}

Message MakeMessage(const Uri& to, const std::string& from, const std::string& sent_by,
                    const RequestIds& ids, const std::string& content_type, std::string body) {
  Message message;
  message.method = "MESSAGE";
  message.uri = to.text;
  message.headers = {{"via", absl::StrCat(kVersion, "/", Name(to.transport), " ", sent_by,
                                          ";branch=", ids.branch, ";rport")},
                     {"max-forwards", "70"},
                     {"from", absl::StrCat("<", from, ">;tag=", ids.tag)},
                     {"to", absl::StrCat("<", to.text, ">")},
                     {"call-id", ids.call_id},
                     {"cseq", "1 MESSAGE"},
                     {"user-agent", "veille"},
                     {"content-type", content_type}};
  message.body = std::move(body);
  return message;
}

Message ReplyTo(const Message& request, int status, const std::string& reason,
                const std::string& tag) {
  Message reply;
  reply.status = status;
  reply.reason = reason;
  for (const Header& header : request.headers) {
    const std::string& name = header.name;
    if (name != "via" && name != "from" && name != "to" && name != "call-id" && name != "cseq")
      continue;
    reply.headers.push_back(header);
    if (name == "to" && Parameter(header.value, "tag").empty())
      absl::StrAppend(&reply.headers.back().value, ";tag=", tag);
  }
  return reply;
}

bool Answers(const Message& response, std::string_view branch) {
  if (response.is_request()) return false;
  const std::string* via = response.Find("via");
  const std::string* sequence = response.Find("cseq");
  return via != nullptr && Parameter(*via, "branch") == branch && sequence != nullptr &&
         absl::EndsWith(*sequence, " MESSAGE");
}

std::optional<absl::Duration> RetryAfter(const Message& response) {
  const std::string* value = response.Find("retry-after");
  if (value == nullptr) return std::nullopt;
  // "18000;duration=3600", "120 (I'm in a meeting)".
  uint32_t seconds = 0;
  if (!absl::SimpleAtoi(value->substr(0, value->find_first_of("; (")), &seconds))
    return std::nullopt;
  return absl::Seconds(seconds);
}

absl::Duration RetransmitAfter(int sent, bool provisional) {
  constexpr int kMaxDoublings = 4;
  if (provisional) return kT2;
  return std::min(kT1 * (1 << std::min(std::max(sent - 1, 0), kMaxDoublings)), kT2);
}

}  // namespace veille::sip
