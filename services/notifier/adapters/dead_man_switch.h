// Calls an address outside as long as escalation really goes round: when the calls stop, whoever
// waits for them knows that we are down. Thread safe.

#ifndef SERVICES_NOTIFIER_ADAPTERS_DEAD_MAN_SWITCH_H_
#define SERVICES_NOTIFIER_ADAPTERS_DEAD_MAN_SWITCH_H_

#include <string>

#include "absl/time/time.h"

#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/sync/mutex.h"
#include "common/transfer/transfers.h"

namespace veille::notifier {

class DeadManSwitch {
 public:
  // `interval` is real time, between calls at the most.
  DeadManSwitch(std::string url, absl::Duration interval, transfer::Transfers::Options options,
                metrics::Registry& metrics);

  // Escalation has gone round: the due timers of every partition were looked at, and moved. Never
  // blocks.
  void WentRound();

 private:
  const std::string url_;
  const absl::Duration interval_;
  metrics::Counter &called_, &failed_;
  log::OnChange failures_;
  Mutex mu_;
  absl::Duration next_ ABSL_GUARDED_BY(mu_) = absl::ZeroDuration();
  transfer::Transfers transfers_;  // Last: it calls back.
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_DEAD_MAN_SWITCH_H_
