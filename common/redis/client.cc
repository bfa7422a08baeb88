#include "common/redis/client.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "common/sync/mutex.h"
#include "common/time/clock.h"

namespace veille::redis {
namespace {

// Shared with the callback, which may come after the caller has given up.
class Rendezvous {
 public:
  void Give(absl::StatusOr<Reply> reply) {
    {
      MutexLock lock(mu_);
      reply_ = std::move(reply);
    }
    given_.NotifyOne();
  }
  absl::StatusOr<Reply> Take(absl::Duration timeout) {
    const absl::Duration give_up = MonotonicNow() + timeout;
    MutexLock lock(mu_);
    while (!reply_.has_value()) {
      const absl::Duration left = give_up - MonotonicNow();
      if (left > absl::ZeroDuration()) {
        given_.WaitFor(mu_, left);
        continue;
      }
      return absl::DeadlineExceededError(absl::StrCat(
          "redis did not answer within ", absl::FormatDuration(timeout), ", outcome unknown"));
    }
    return *std::move(reply_);
  }

 private:
  Mutex mu_;
  CondVar given_;
  std::optional<absl::StatusOr<Reply>> reply_ ABSL_GUARDED_BY(mu_);
};

template <typename Send>
absl::StatusOr<Reply> Await(absl::Duration timeout, const Send& send) {
  auto rendezvous = std::make_shared<Rendezvous>();
  send([rendezvous](absl::StatusOr<Reply> reply) { rendezvous->Give(std::move(reply)); });
  return rendezvous->Take(timeout);
}

}  // namespace

absl::StatusOr<Reply> Client::CommandSync(std::vector<std::string> args, absl::Duration timeout) {
  return Await(timeout, [&](Callback done) { Command(std::move(args), std::move(done)); });
}

absl::StatusOr<Reply> Client::EvalSync(const Script& script, std::vector<std::string> keys_and_args,
                                       absl::Duration timeout) {
  return Await(timeout,
               [&](Callback done) { Eval(script, std::move(keys_and_args), std::move(done)); });
}

}  // namespace veille::redis
