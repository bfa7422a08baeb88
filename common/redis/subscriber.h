// Listens to channels (SUBSCRIBE) over one connection, on a thread of its own.
//
// What is published while there is no connection is lost, and so is what was on its way when one
// broke. So whoever listens also keeps what is published, with numbers, and compares whenever
// generation() has changed: then nothing is missed. A dead connection is found by a PING.
#ifndef COMMON_REDIS_SUBSCRIBER_H_
#define COMMON_REDIS_SUBSCRIBER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "common/base/random.h"
#include "common/redis/connection.h"
#include "common/redis/endpoint.h"
#include "common/redis/reply.h"
#include "common/sync/worker.h"

namespace veille::redis {

class Subscriber {
 public:
  struct Options {
    Endpoint endpoint{};
    std::string name = "veille-subscriber";
    std::vector<std::string> channels{};
    absl::Duration connect_timeout = absl::Seconds(2);
    absl::Duration ping_every = absl::Seconds(2);
    absl::Duration reply_timeout = absl::Seconds(5);  // After a PING: the connection is dead.
    absl::Duration backoff_min = absl::Milliseconds(20);
    absl::Duration backoff_max = absl::Seconds(1);
  };
  // `on_message` runs on the subscriber's thread, in the order of publishing; it must not block.
  using Callback = std::function<void(std::string_view message)>;

  Subscriber(Options options, Callback on_message);
  // No callback runs after it.
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  // Grows when every channel is subscribed to, and again when that connection is lost.
  uint64_t generation() const { return generation_; }

 private:
  struct Listening;
  void Run();
  // One connection, until it is lost or the object ends. True when it was of any use.
  bool Listen(std::size_t attempt);
  absl::Status Advance(Listening& listening, short revents);
  absl::Status Take(Listening& listening, const Reply& reply);
  // Waits for the socket, for `span`, or for the end.
  short Wait(int fd, short events, absl::Duration span) const;

  const Options options_;
  const Callback on_message_;
  const int wake_fd_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> generation_{0};
  SystemRandom random_;
  Worker worker_;
};

}  // namespace veille::redis

#endif  // COMMON_REDIS_SUBSCRIBER_H_
