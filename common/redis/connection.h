// One non-blocking connection to Redis: connects, greets (AUTH, CLIENT SETNAME, SCRIPT LOAD…, PING)
// and then carries bytes out and replies in. Never blocks except to resolve a host name; its owner
// polls. After any error it is thrown away: its replies can no longer be trusted to line up.
// Not thread-safe: one owner thread; but Write() of a ready connection may run on another while the
// owner does not write. Internal to common/redis.
#ifndef COMMON_REDIS_CONNECTION_H_
#define COMMON_REDIS_CONNECTION_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/redis/endpoint.h"
#include "common/redis/reply.h"
#include "common/redis/script.h"

struct redisReader;  // hiredis

namespace veille::redis {

class Connection {
 public:
  // Begins to connect. `attempt` picks among the addresses of a host with several.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Endpoint& endpoint,
                                                          const std::string& name,
                                                          std::span<const Script> scripts,
                                                          std::size_t attempt);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return fd_; }
  // Greeted: commands may be written.
  bool ready() const { return phase_ == Phase::kReady; }
  // Of the greeting; what the owner has to write is the owner's to know.
  bool wants_write() const { return phase_ == Phase::kConnecting || !greeting_.empty(); }

  // To be called with what poll() said. Goes on with connecting and greeting; takes in what
  // arrived. An error means: throw it away. PERMISSION_DENIED means that AUTH was refused.
  absl::Status Advance(short revents);

  // Writes as much as the socket takes, 0 when it is full.
  absl::StatusOr<std::size_t> Write(std::string_view bytes);
  // The next reply that is here whole, errors included; false when there is none.
  absl::StatusOr<bool> Next(Reply& reply);

 private:
  enum class Phase { kConnecting, kGreeting, kReady };
  struct FreeReader {
    void operator()(redisReader* reader) const;
  };

  Connection(int fd, std::string greeting, std::size_t replies_due);
  absl::Status FinishConnect();
  absl::Status Greet();
  absl::Status ReadAvailable();

  const int fd_;
  Phase phase_ = Phase::kConnecting;
  std::string greeting_;  // Not yet written.
  std::size_t greeting_replies_due_;
  std::unique_ptr<redisReader, FreeReader> reader_;
  // Redis writes up to 64 KiB of replies at a time.
  static constexpr std::size_t kReadBytes = 64 << 10;
};

}  // namespace veille::redis

#endif  // COMMON_REDIS_CONNECTION_H_
