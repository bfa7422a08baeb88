// The Redis client of the product: one connection, one owner thread, pipelined from any thread.
//
// Callers format their command straight into the queue; the owner takes the queue whole, writes it
// in one go while replies of earlier ones are still outstanding, and hands replies out in order. So
// the batch grows with load, what queued during a flush of the append-only file shares the next
// one, and no lock is held during I/O or callbacks.
//
// The connection: AUTH, CLIENT SETNAME and SCRIPT LOAD of every script go first, before any
// command. Lost, it is made anew with full-jitter back-off for as long as the client lives.
// Commands that were not completely written are kept and sent then, each until its own deadline;
// what was written and not answered fails with "outcome unknown". A refused password fails what is
// queued at once.
#ifndef COMMON_REDIS_PIPELINED_CLIENT_H_
#define COMMON_REDIS_PIPELINED_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "common/redis/client.h"
#include "common/redis/endpoint.h"

namespace veille::redis {

class PipelinedClient : public Client {
 public:
  struct ConnectionChange {
    bool connected = false;
    uint64_t generation = 0;
    absl::Status why{};  // OK when connected.
  };
  struct Options {
    Endpoint endpoint{};
    std::vector<Script> scripts{};  // All that Eval() may be given.
    std::string name = "veille";    // As CLIENT LIST shows it; no spaces.

    absl::Duration connect_timeout = absl::Seconds(2);  // To connect, authenticate, load scripts.
    absl::Duration queue_timeout = absl::Seconds(5);    // From the call until it is written.
    absl::Duration reply_timeout = absl::Seconds(5);    // Without any reply while some are due.
    absl::Duration backoff_min = absl::Milliseconds(20);
    absl::Duration backoff_max = absl::Seconds(1);

    // Queued and unanswered together. 64 MiB is what a pod can spare for a Redis that stalls.
    std::size_t max_queue = 200'000;
    std::size_t max_queue_bytes = 64 << 20;
    // Written and unanswered: bounds what ends as "outcome unknown" when the connection breaks.
    std::size_t max_batch = 8192;

    // Called on the owner thread, when a connection is ready and when it is lost; must not block.
    std::function<void(const ConnectionChange&)> on_connection_change{};
  };
  struct Stats {
    uint64_t commands = 0;   // Answered, errors included.
    uint64_t batches = 0;    // Writes that carried commands: commands / batches is the mean batch.
    uint64_t connects = 0;   // Attempts.
    uint64_t noscripts = 0;  // Scripts sent again because Redis had forgotten them.
    uint64_t refused = 0;    // Queue full.
    std::size_t pending = 0;
    std::size_t pending_bytes = 0;
  };

  explicit PipelinedClient(Options options);
  // Fails what is pending with CANCELLED. To flush first: CommandSync({"PING"}).
  ~PipelinedClient() override;
  PipelinedClient(const PipelinedClient&) = delete;
  PipelinedClient& operator=(const PipelinedClient&) = delete;

  void Command(std::vector<std::string> args, Callback done) override;
  void Eval(const Script& script, std::vector<std::string> keys_and_args, Callback done) override;
  void EvalViews(const Script& script, const std::vector<std::string_view>& keys_and_args,
                 Callback done) override;
  bool connected() const override;
  uint64_t connection_generation() const override;

  // OK once connected; else why not, at the end of `timeout`. Blocks the caller.
  absl::Status WaitConnected(absl::Duration timeout);
  // Why the last connection or attempt failed; OK while connected.
  absl::Status last_error() const;
  Stats stats() const;

 private:
  class Owner;
  std::unique_ptr<Owner> owner_;
};

}  // namespace veille::redis

#endif  // COMMON_REDIS_PIPELINED_CLIENT_H_
