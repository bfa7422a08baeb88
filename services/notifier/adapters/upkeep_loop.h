// A thread that goes round. See app/upkeep.h.

#ifndef SERVICES_NOTIFIER_ADAPTERS_UPKEEP_LOOP_H_
#define SERVICES_NOTIFIER_ADAPTERS_UPKEEP_LOOP_H_

#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "services/notifier/app/upkeep.h"

namespace veille::notifier {

class UpkeepLoop {
 public:
  // `upkeep` outlives the loop.
  explicit UpkeepLoop(Upkeep& upkeep);
  ~UpkeepLoop();

 private:
  void Run();

  Upkeep& upkeep_;
  Mutex mu_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  Worker thread_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_UPKEEP_LOOP_H_
