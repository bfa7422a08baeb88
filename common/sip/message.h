// Messages of SIP (RFC 3261) as text: what one who sends MESSAGE requests (RFC 3428) writes, and
// what comes back. Strict where a mistake would let one message be taken for another. Pure.

#ifndef COMMON_SIP_MESSAGE_H_
#define COMMON_SIP_MESSAGE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "common/sip/uri.h"

namespace veille::sip {

struct Header {
  std::string name;  // In lower case, in its long form.
  std::string value;
};

struct Message {
  std::string method, uri;  // Of a request; empty: a response.
  int status = 0;           // Of a response.
  std::string reason;
  std::vector<Header> headers;  // In their order, without Content-Length.
  std::string body;

  bool is_request() const { return !method.empty(); }
  // The first of the name; nothing when there is none.
  const std::string* Find(std::string_view name) const;
};

struct Parsed {
  Message message;
  std::size_t bytes = 0;  // That it took, with the empty lines before it.
};

// The first message of a stream; nothing when more bytes are needed. INVALID_ARGUMENT when what
// follows can no longer be told apart: the connection is of no use any more.
absl::StatusOr<std::optional<Parsed>> ParseNext(std::string_view stream);
// One message in a datagram.
absl::StatusOr<Message> ParseDatagram(std::string_view datagram);

std::string Serialize(const Message& message);

// What makes a request one of its own.
struct RequestIds {
  std::string branch, tag, call_id;
};
// A MESSAGE. `sent_by` is our side of the connection: "127.0.0.1:4711".
Message MakeMessage(const Uri& to, const std::string& from, const std::string& sent_by,
                    const RequestIds& ids, const std::string& content_type, std::string body);
// An answer to a request, with what the request must get back.
Message ReplyTo(const Message& request, int status, const std::string& reason,
                const std::string& tag);

// Whether it answers the request that went out with this branch.
bool Answers(const Message& response, std::string_view branch);
// What it asks for in Retry-After.
std::optional<absl::Duration> RetryAfter(const Message& response);

// How long after its `sent`-th sending a request goes out again over UDP (timer E of RFC 3261,
// section 17.1.2); `provisional`: the peer has said that it is at it.
absl::Duration RetransmitAfter(int sent, bool provisional);

}  // namespace veille::sip

#endif  // COMMON_SIP_MESSAGE_H_
