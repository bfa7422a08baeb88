// One caregiver's wish not to be told of some alerts for a while. It silences nobody else, and
// never what is HIGH. Pure.

#ifndef SERVICES_NOTIFIER_CORE_SNOOZE_H_
#define SERVICES_NOTIFIER_CORE_SNOOZE_H_

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/alert/v1/alert_service.pb.h"
#include "veille/store/v1/notification.pb.h"

#include "services/notifier/core/answers.h"

namespace veille::notifier {

// SOS, falls, hazards, and what says that nobody was told.
bool CanBeSnoozed(const std::string& rule);

// Who does not want to be told of the patient's alerts of this rule now. At the instant at which it
// expires a snooze has ended.
std::set<std::string> Snoozing(const store::v1::CircleState& state, const std::string& patient_id,
                               const std::string& rule, absl::Time now);

// FAILED_PRECONDITION for what cannot be snoozed; INVALID_ARGUMENT for less than a minute or more
// than a week. A request that was carried out changes nothing.
absl::Status AddSnooze(const alert::v1::Snooze& snooze, const Actor& actor, absl::Time now,
                       store::v1::CircleState& state);
// False when there is none.
bool CancelSnooze(const std::string& caregiver_id, const std::string& snooze_id, absl::Time now,
                  store::v1::CircleState& state);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_SNOOZE_H_
