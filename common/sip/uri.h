// Addresses of SIP (RFC 3261, section 19.1), as far as one who only sends messages needs them.

#ifndef COMMON_SIP_URI_H_
#define COMMON_SIP_URI_H_

#include <string>

#include "absl/status/statusor.h"

namespace veille::sip {

enum class Transport { kUdp, kTcp, kTls };

struct Uri {
  std::string text;  // As it was written: what goes into a request.
  std::string host;  // A name or an address; IPv6 without its brackets.
  int port = 0;
  Transport transport = Transport::kUdp;
};

// "sip:user@host:port;transport=tcp", "sips:host". Without a port the transport's own.
// INVALID_ARGUMENT says what is wrong; passwords, headers and other parameters are refused.
absl::StatusOr<Uri> ParseUri(const std::string& text);

// "TLS", as a Via has it.
const char* Name(Transport transport);

// Whether a host is this machine itself.
bool IsLoopback(const Uri& uri);

}  // namespace veille::sip

#endif  // COMMON_SIP_URI_H_
