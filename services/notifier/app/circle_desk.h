// What people say of duty and silence in their circles, and what follows from it for an alert: who
// is on duty, who does not want to hear of it. Kept in each home's slot.
//
// Blocks on the store; thread safe.

#ifndef SERVICES_NOTIFIER_APP_CIRCLE_DESK_H_
#define SERVICES_NOTIFIER_APP_CIRCLE_DESK_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "common/time/clock.h"
#include "services/domain/live_registry.h"
#include "services/notifier/app/alert_store.h"
#include "services/notifier/app/audit_trail.h"
#include "services/notifier/core/duty.h"

namespace veille::notifier {

// A person's duty, out of the registry.
DutyPlan DutyPlanOf(const domain::PatientRef& ref);

struct DutyRequest {
  Actor actor;
  std::string patient_id;  // Empty: the only person that the actor cares for.
  std::string to;          // Of a hand-over.
  DutySpanWanted span;
};

struct SnoozeRequest {
  Actor actor;
  std::string patient_id;  // Empty: everybody the actor cares for.
  std::string rule;        // Empty: every rule that can be snoozed.
  absl::Duration duration;
};

class CircleDesk {
 public:
  // Whether somebody outside the circle may see that person in an emergency.
  using HasBroken =
      std::function<bool(const std::string& caregiver_id, const std::string& patient)>;

  // Changes are recorded in `audit`, unless it is null. `has_broken` null: nobody may.
  CircleDesk(domain::LiveRegistry registry, std::shared_ptr<const Clock> clock, AlertStore& store,
             AuditTrail* audit, HasBroken has_broken = nullptr)
      : registry_(std::move(registry)),
        clock_(std::move(clock)),
        store_(store),
        audit_(audit),
        has_broken_(std::move(has_broken)) {}

  // Who is on duty and who is snoozing, for an alert of the home, at `moment.now`. A patient of ""
  // stands for everybody in it.
  absl::Status Fill(const std::string& home_id, const std::string& patient_id,
                    const std::string& rule, Moment& moment);

  // NOT_FOUND for people outside the circle, but for whoever sees the named person in an emergency:
  // it is recorded then.
  absl::StatusOr<std::vector<alert::v1::DutySpan>> ListDuty(const std::string& caregiver_id,
                                                            const std::string& patient_id,
                                                            absl::Duration ahead);
  // The patient whose duty changed, with the next days' duty.
  struct DutyChange {
    std::string home_id, patient_id;
    std::vector<alert::v1::DutySpan> spans;
  };
  absl::StatusOr<DutyChange> Take(const DutyRequest& request);
  absl::StatusOr<DutyChange> HandOver(const DutyRequest& request);

  // INVALID_ARGUMENT for a rule that there is not, with the names of those that there are.
  absl::StatusOr<alert::v1::Snooze> Snooze(const SnoozeRequest& request);
  absl::Status CancelSnooze(const std::string& caregiver_id, const std::string& snooze_id);
  absl::StatusOr<std::vector<alert::v1::Snooze>> ListSnoozes(const std::string& caregiver_id);

 private:
  using Change = std::function<absl::StatusOr<bool>(store::v1::CircleState&)>;
  // Reads, changes, stores; again when somebody else was faster. Stores nothing when it says false.
  absl::StatusOr<store::v1::CircleState> Update(const std::string& home_id, const Change& change);
  // Stores a change of the patient's duty.
  using DutyChanger =
      std::function<absl::StatusOr<bool>(const DutyPlan&, absl::Time, store::v1::CircleState&)>;
  absl::StatusOr<DutyChange> ChangeDuty(const char* action, const DutyRequest& request,
                                        const DutyChanger& change);
  void Audit(const char* action, const Actor& actor, const std::string& home_id,
             const std::string& patient_id, const absl::Status& outcome);
  // INVALID_ARGUMENT for a rule that nothing in these homes can be told of.
  absl::Status CheckRule(const std::string& rule, const std::vector<std::string>& homes);
  // The homes in which the caregiver may see alerts of the patient ("": of anybody).
  std::vector<std::string> HomesOf(const std::string& caregiver_id,
                                   const std::string& patient_id) const;

  const domain::LiveRegistry registry_;
  const std::shared_ptr<const Clock> clock_;
  AlertStore& store_;
  AuditTrail* const audit_;
  const HasBroken has_broken_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_CIRCLE_DESK_H_
