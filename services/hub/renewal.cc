#include "services/hub/renewal.h"

#include <algorithm>

#include "common/log/log.h"

namespace veille::hub {

Renewal::~Renewal() {
  {
    MutexLock lock(mu_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  thread_.Join();
}

void Renewal::RenewUntilStopped() {
  while (true) {
    const absl::Duration wait = RenewIfDue();
    MutexLock lock(mu_);
    if (!stopped_) changed_.WaitFor(mu_, wait);
    if (stopped_) return;
  }
}

// How long to wait until the next look.
absl::Duration Renewal::RenewIfDue() {
  const absl::StatusOr<absl::Time> due = options_.due();
  if (due.ok() && options_.now() < *due)
    return std::min(*due - options_.now(), options_.longest_wait);
  const absl::Status status = due.ok() ? options_.renew() : due.status();
  if (status.ok()) {
    VEILLE_LOG(kInfo, "the hub's certificate was renewed");
    return absl::Milliseconds(100);
  }
  VEILLE_LOG(kWarning, "the hub's certificate cannot be renewed yet").Field(status);
  // Hubs of a city do not come back all at once.
  return options_.retry * (0.5 + random_.Unit());
}

}  // namespace veille::hub
