// The use cases: what findings, due steps and people do to alerts. Retries when somebody else was
// faster.
//
// Blocks on the store; thread safe.

#ifndef SERVICES_NOTIFIER_APP_ALERT_DESK_H_
#define SERVICES_NOTIFIER_APP_ALERT_DESK_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "common/metrics/metrics.h"
#include "common/time/clock.h"
#include "services/domain/registry.h"
#include "services/notifier/app/alert_store.h"
#include "services/notifier/core/alert_life.h"

namespace veille::notifier {

struct DeskOptions {
  std::shared_ptr<const domain::Registry> registry;
  std::shared_ptr<const Clock> clock;
  std::vector<std::string> operator_ids;
  absl::Duration default_step_delay = absl::Seconds(60);
};

class AlertDesk {
 public:
  AlertDesk(DeskOptions options, AlertStore& store, metrics::Registry& metrics);

  // Work out of the queue; OK when the entry is done with.
  absl::Status OnFinding(const store::v1::Finding& finding, const std::string& entry);
  absl::Status OnJob(const store::v1::Job& job, const std::string& entry);

  // What people ask. NOT_FOUND for alerts that the caregiver may not see.
  absl::StatusOr<alert::v1::Alert> Get(const std::string& alert_id,
                                       const std::string& caregiver_id);
  absl::StatusOr<alert::v1::Alert> Acknowledge(const std::string& alert_id, const Actor& actor);
  absl::StatusOr<alert::v1::Alert> Resolve(const std::string& alert_id, const Actor& actor,
                                           alert::v1::Outcome outcome, const std::string& note);
  absl::Status Receipt(const std::string& caregiver_id, const alert::v1::Receipt& receipt);
  absl::StatusOr<std::vector<alert::v1::Alert>> List(const std::string& caregiver_id,
                                                     const std::string& patient_id, bool open_only,
                                                     absl::Time before, int limit);
  // The open alerts of everybody the caregiver cares for, oldest first.
  absl::StatusOr<std::vector<alert::v1::Alert>> Snapshot(const std::string& caregiver_id);
  // NOT_FOUND for somebody who is in no circle and is no operator.
  absl::Status Admit(const std::string& caregiver_id) const;

 private:
  using Change = std::function<absl::StatusOr<Decision>(store::v1::AlertRecord&)>;
  // Reads, decides, stores; again when somebody else was faster.
  absl::StatusOr<store::v1::AlertRecord> Update(const std::string& alert_id, const Change& change,
                                                const std::string& entry);
  absl::Status Escalate(const store::v1::Job& job, const std::string& entry);
  absl::Status Tell(const store::v1::Job& job, const std::string& entry);
  Audience AudienceOf(const store::v1::Finding& finding) const;
  absl::StatusOr<store::v1::AlertRecord> Visible(const std::string& alert_id,
                                                 const std::string& caregiver_id);
  std::vector<std::string> HomesOf(const std::string& caregiver_id,
                                   const std::string& patient_id) const;

  const DeskOptions options_;
  AlertStore& store_;
  metrics::Counter &findings_, &raised_, &told_, &acknowledged_, &escalated_, &unanswered_;
  metrics::Histogram &event_to_told_, &receive_to_told_, &raised_to_acknowledged_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_ALERT_DESK_H_
