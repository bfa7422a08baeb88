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
#include "services/domain/registry.h"
#include "services/notifier/app/alert_store.h"
#include "services/notifier/core/duty.h"

namespace veille::notifier {

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
  CircleDesk(std::shared_ptr<const domain::Registry> registry, std::shared_ptr<const Clock> clock,
             AlertStore& store)
      : registry_(std::move(registry)), clock_(std::move(clock)), store_(store) {}

  // Who is on duty and who is snoozing, for an alert of the home, at `moment.now`. A patient of ""
  // stands for everybody in it.
  absl::Status Fill(const std::string& home_id, const std::string& patient_id,
                    const std::string& rule, Moment& moment);

  // NOT_FOUND for people outside the circle.
  absl::StatusOr<std::vector<alert::v1::DutySpan>> ListDuty(const std::string& caregiver_id,
                                                            const std::string& patient_id,
                                                            absl::Duration ahead);
  // The patient whose duty changed, with the next days' duty.
  struct DutyChange {
    domain::PatientRef patient;
    std::vector<alert::v1::DutySpan> spans;
  };
  absl::StatusOr<DutyChange> Take(const DutyRequest& request);
  absl::StatusOr<DutyChange> HandOver(const DutyRequest& request);

  absl::StatusOr<alert::v1::Snooze> Snooze(const SnoozeRequest& request);
  absl::Status CancelSnooze(const std::string& caregiver_id, const std::string& snooze_id);
  absl::StatusOr<std::vector<alert::v1::Snooze>> ListSnoozes(const std::string& caregiver_id);

 private:
  using Change = std::function<absl::StatusOr<bool>(store::v1::CircleState&)>;
  // Reads, changes, stores; again when somebody else was faster. Stores nothing when it says false.
  absl::StatusOr<store::v1::CircleState> Update(const std::string& home_id, const Change& change);
  absl::StatusOr<domain::PatientRef> PatientOf(const Actor& actor,
                                               const std::string& patient_id) const;
  absl::StatusOr<DutyChange> Changed(const domain::PatientRef& patient,
                                     const store::v1::CircleState& state) const;
  // The homes in which the caregiver may see alerts of the patient ("": of anybody).
  std::vector<std::string> HomesOf(const std::string& caregiver_id,
                                   const std::string& patient_id) const;

  const std::shared_ptr<const domain::Registry> registry_;
  const std::shared_ptr<const Clock> clock_;
  AlertStore& store_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_CIRCLE_DESK_H_
