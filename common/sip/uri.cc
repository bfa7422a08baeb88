#include "common/sip/uri.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace veille::sip {
namespace {

constexpr std::size_t kMaxUri = 256;
constexpr int kPort = 5060, kTlsPort = 5061, kMaxPort = 65535;

bool IsOnlyOf(std::string_view text, std::string_view marks) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           marks.find(c) != std::string_view::npos;
  });
}

absl::Status Wrong(const char* why) { return absl::InvalidArgumentError(why); }

absl::Status ReadHostAndPort(std::string_view rest, Uri& uri) {
  std::size_t end = 0;
  if (!rest.empty() && rest.front() == '[') {
    end = rest.find(']');
    if (end == std::string_view::npos ||
        rest.substr(1, end - 1).find_first_not_of("0123456789abcdefABCDEF:.") !=
            std::string_view::npos)
      return Wrong("has no IPv6 address between its brackets");
    uri.host = std::string(rest.substr(1, end - 1));
    ++end;
  } else {
    end = std::min(rest.find(':'), rest.size());
    uri.host = std::string(rest.substr(0, end));
    if (!IsOnlyOf(uri.host, "-.")) return Wrong("its host must be a name or an address");
  }
  if (uri.host.empty()) return Wrong("has no host");
  if (end == rest.size()) return absl::OkStatus();
  const std::string digits(rest.substr(end + 1));
  if (rest[end] != ':' || !IsOnlyOf(digits, "") || !absl::SimpleAtoi(digits, &uri.port) ||
      uri.port < 1 || uri.port > kMaxPort)
    return Wrong("its port must be a number up to 65535");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Uri> ParseUri(const std::string& text) {
  Uri uri;
  uri.text = text;
  if (text.size() > kMaxUri) return Wrong("is longer than 256 characters");
  std::string_view rest = text;
  const bool secure = rest.rfind("sips:", 0) == 0;
  if (!secure && rest.rfind("sip:", 0) != 0) return Wrong("must begin with sip: or sips:");
  rest.remove_prefix(secure ? 5 : 4);
  if (secure) uri.transport = Transport::kTls;
  const std::size_t semicolon = rest.find(';');
  if (semicolon != std::string_view::npos) {
    const std::string parameter = absl::AsciiStrToLower(std::string(rest.substr(semicolon + 1)));
    rest = rest.substr(0, semicolon);
    if (parameter == "transport=tls") {
      uri.transport = Transport::kTls;
    } else if (parameter == "transport=tcp") {
      // Of "sips:" TCP means TLS over TCP.
      uri.transport = secure ? Transport::kTls : Transport::kTcp;
    } else if (parameter != "transport=udp" || secure) {
      return Wrong("may have one parameter: ;transport=tls, tcp or, of sip:, udp");
    }
  }
  const std::size_t at = rest.find('@');
  if (at != std::string_view::npos) {
    if (at == 0 || !IsOnlyOf(rest.substr(0, at), "-_.!~*'()&=+$,%"))
      return Wrong("its user must be letters, digits and marks");
    rest.remove_prefix(at + 1);
  }
  const absl::Status host = ReadHostAndPort(rest, uri);
  if (!host.ok()) return host;
  if (uri.port == 0) uri.port = uri.transport == Transport::kTls ? kTlsPort : kPort;
  return uri;
}

const char* Name(Transport transport) {
  switch (transport) {
    case Transport::kTls:
      return "TLS";
    case Transport::kTcp:
      return "TCP";
    default:
      return "UDP";
  }
}

bool IsLoopback(const Uri& uri) {
  return uri.host == "localhost" || uri.host == "127.0.0.1" || uri.host == "::1";
}

}  // namespace veille::sip
