// Where a Redis is and who we are to it.
#ifndef COMMON_REDIS_ENDPOINT_H_
#define COMMON_REDIS_ENDPOINT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace veille::redis {

struct Endpoint {
  std::string unix_socket{};  // When set, host and port are not used.
  std::string host{};
  int port = 6379;
  std::string username{};  // ACL user; empty is Redis' "default".
  std::string
      password_file;  // Read at each connect, so that a rotated secret is found. Empty: none.

  // As people write it, and never with a secret: "unix:/run/redis.sock", "tcp:redis:6379".
  std::string ToString() const;
};

// Takes "unix:/path", "tcp:host:port" (also "tcp:[::1]:6379") and "redis://[user@]host[:port]".
// A password within the address is refused: it belongs in `password_file`.
absl::StatusOr<Endpoint> ParseEndpoint(std::string_view text);

}  // namespace veille::redis

#endif  // COMMON_REDIS_ENDPOINT_H_
