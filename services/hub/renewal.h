// Renews a running hub's certificate at two thirds of its life, and tries again until it has one.
// Open streams go on; the channel takes the new files with its next connection.

#ifndef SERVICES_HUB_RENEWAL_H_
#define SERVICES_HUB_RENEWAL_H_

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "common/base/random.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"

namespace veille::hub {

class Renewal {
 public:
  struct Options {
    // When it is due.
    std::function<absl::StatusOr<absl::Time>()> due;
    std::function<absl::Status()> renew;
    // Real time.
    std::function<absl::Time()> now;
    absl::Duration retry = absl::Minutes(1);
    // Clocks are set meanwhile.
    absl::Duration longest_wait = absl::Minutes(10);
  };
  explicit Renewal(Options options)
      : options_(std::move(options)), thread_("renewal", [this] { RenewUntilStopped(); }) {}
  ~Renewal();

 private:
  void RenewUntilStopped();
  absl::Duration RenewIfDue();

  const Options options_;
  SystemRandom random_;
  Mutex mu_;
  CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  Worker thread_;
};

}  // namespace veille::hub

#endif  // SERVICES_HUB_RENEWAL_H_
