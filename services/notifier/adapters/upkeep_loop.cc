#include "services/notifier/adapters/upkeep_loop.h"

#include "common/log/log.h"

namespace veille::notifier {

UpkeepLoop::UpkeepLoop(Upkeep& upkeep) : upkeep_(upkeep) {
  thread_ = Worker("notify-upkeep", [this] { Run(); });
}

UpkeepLoop::~UpkeepLoop() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.Join();
}

void UpkeepLoop::Run() {
  log::OnChange failures;
  while (true) {
    const absl::Status round = upkeep_.Round();
    if (failures.Changed("round", round.ToString()) && !round.ok())
      VEILLE_LOG(kWarning, "the notifier's rounds are cut short").Field(round);
    MutexLock lock(mu_);
    if (!stopping_) changed_.WaitFor(mu_, Upkeep::kInterval);
    if (stopping_) return;
  }
}

}  // namespace veille::notifier
