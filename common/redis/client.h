// Sends commands and scripts to one Redis. Any thread may call; an interface, so that tests can
// inject faults. The product is pipelined_client.h.
//
// Guarantees: every callback is called exactly once, on the client's own thread, and commands of
// one caller are executed and answered in the order in which they were given (a script that Redis
// had forgotten is sent again and may come after later ones). Callbacks must not block and must not
// call the Sync functions.
//
// Errors: UNAVAILABLE with IsOutcomeUnknown() when the connection broke with the command sent and
// unanswered; DEADLINE_EXCEEDED when it could not be sent in time (it was not executed);
// RESOURCE_EXHAUSTED when the queue is full (it was not executed); CANCELLED when the client is
// destroyed; and what errors.h makes of error replies.
#ifndef COMMON_REDIS_CLIENT_H_
#define COMMON_REDIS_CLIENT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "common/redis/errors.h"
#include "common/redis/reply.h"
#include "common/redis/script.h"

namespace veille::redis {

class Client {
 public:
  using Callback = absl::AnyInvocable<void(absl::StatusOr<Reply>) &&>;
  virtual ~Client() = default;

  // Not for commands that block in Redis (XREAD BLOCK…): those would hold up everybody's.
  virtual void Command(std::vector<std::string> args, Callback done) = 0;
  // The first `script.num_keys` of `keys_and_args` are keys.
  virtual void Eval(const Script& script, std::vector<std::string> keys_and_args,
                    Callback done) = 0;

  // The same without copies of the caller's own: the bytes are taken before it returns.
  virtual void EvalViews(const Script& script, const std::vector<std::string_view>& keys_and_args,
                         Callback done) = 0;

  virtual bool connected() const = 0;
  // Grows at each reconnect. Whoever holds state that Redis must agree with (a lease, an offset)
  // reloads it when this has changed: the other end may be another server now.
  virtual uint64_t connection_generation() const = 0;

  // Block the caller until the answer, at most `timeout` (then DEADLINE_EXCEEDED, outcome unknown).
  absl::StatusOr<Reply> CommandSync(std::vector<std::string> args,
                                    absl::Duration timeout = kSyncTimeout);
  absl::StatusOr<Reply> EvalSync(const Script& script, std::vector<std::string> keys_and_args,
                                 absl::Duration timeout = kSyncTimeout);

  // More than a command waits in the queue plus the time that it may stay unanswered (5 s each).
  static constexpr absl::Duration kSyncTimeout = absl::Seconds(12);
};

}  // namespace veille::redis

#endif  // COMMON_REDIS_CLIENT_H_
