#include "services/notifier/adapters/dead_man_switch.h"

#include <utility>

#include "common/time/clock.h"
#include "services/notifier/adapters/send_results.h"

namespace veille::notifier {

DeadManSwitch::DeadManSwitch(std::string url, absl::Duration interval,
                             transfer::Transfers::Options options, metrics::Registry& metrics)
    : url_(std::move(url)),
      interval_(interval),
      called_(metrics.NewCounter("veille_notifier_dead_man_calls_total",
                                 "Calls that say that escalation goes round.")),
      failed_(metrics.NewCounter("veille_notifier_dead_man_calls_failed_total",
                                 "Of them, those that were not answered as they should be.")),
      transfers_(std::move(options)) {}

void DeadManSwitch::WentRound() {
  {
    MutexLock lock(mu_);
    if (MonotonicNow() < next_) return;
    next_ = MonotonicNow() + interval_;
  }
  transfer::HttpCall call;
  call.url = url_;
  called_.Add();
  const absl::Status started =
      transfers_.Start(std::move(call), [this](const transfer::Outcome& outcome) {
        const SendResult result = OfHttp(outcome);
        if (result.kind == SendResult::Kind::kSent) {
          failures_.Changed("", "");
          return;
        }
        failed_.Add();
        if (failures_.Changed("", result.reason))
          VEILLE_LOG(kWarning, "the dead man's switch is not heard").Field("reason", result.reason);
      });
  if (!started.ok()) failed_.Add();
}

}  // namespace veille::notifier
