// One exercise of the synthetic patient: a press of a button goes the whole way, from the gateway
// to a client's receipt, and each stage is reported as it is reached.

#ifndef SERVICES_VEILLE_DRILL_H_
#define SERVICES_VEILLE_DRILL_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "common/rpc/credentials.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/client/caregiver_client.h"
#include "services/domain/exercise.h"

namespace veille {

struct DrillStage {
  std::string name;      // "gateway", "log", … see drill.cc.
  std::string what;      // In words.
  absl::Duration after;  // The press; before it for the first two. Real time.
};

struct DrillOptions {
  std::string gateway, notifier;  // Addresses.
  // The files with which the exercise speaks as `id` ("hub/veille-exercise", "svc/exercise") to
  // `server` ("svc/gateway"): asked for each exercise, as certificates are renewed. Null: no TLS.
  std::function<absl::StatusOr<rpc::TlsFiles>(const std::string& id, const std::string& server)>
      tls;
  // Real time for the whole of it.
  absl::Duration within = absl::Seconds(60);
  std::function<void(const DrillStage&)> on_stage;  // May be null.
  std::function<bool()> stop;                       // Asked often; may be null.
};

// OK when the alarm has arrived, was taken and is closed. Else which stage was not reached, why,
// and where to look.
absl::Status RunDrill(const DrillOptions& options);

// Runs the exercise each day; once at the start, where the last one that was due is not known to
// have arrived. One that fails is tried again each minute: the notifier tells the operators.
class DailyDrill {
 public:
  DailyDrill(DrillOptions options, domain::ExerciseSchedule schedule,
             std::shared_ptr<const Clock> clock);
  ~DailyDrill();

 private:
  void Run();
  // Whether the exercise of `due` has arrived, as the service knows.
  bool IsKnown(absl::Time due) const;
  bool stopping() const;

  DrillOptions options_;
  const domain::ExerciseSchedule schedule_;
  const std::shared_ptr<const Clock> clock_;
  mutable Mutex mu_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  Worker thread_;
};

}  // namespace veille

#endif  // SERVICES_VEILLE_DRILL_H_
