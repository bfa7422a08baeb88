#include "services/notifier/core/snooze.h"

#include <algorithm>

#include "services/domain/keys.h"
#include "services/notifier/core/circle_requests.h"

namespace veille::notifier {
namespace {

using store::v1::CircleState;

constexpr absl::Duration kShortest = absl::Minutes(1), kLongest = absl::Hours(7 * 24);
// Of a home; a circle is a handful of people.
constexpr int kMaxSnoozes = 128;

}  // namespace

bool CanBeSnoozed(const std::string& rule) {
  static const auto* const never = new std::set<std::string>{"SOS",
                                                             "FALL",
                                                             "DEVICE_FALL",
                                                             "ROOM_FALL",
                                                             "SUSPECTED_FALL",
                                                             "LONG_LIE",
                                                             "HAZARD",
                                                             "NOBODY_TOLD",
                                                             "NOBODY_ANSWERED",
                                                             "DEAD_LETTER",
                                                             std::string(domain::kBreakGlassRule)};
  return never->count(rule) == 0;
}

std::set<std::string> Snoozing(const CircleState& state, const std::string& patient_id,
                               const std::string& rule, absl::Time now) {
  std::set<std::string> ids;
  if (!CanBeSnoozed(rule)) return ids;
  for (const auto& snooze : state.snoozes()) {
    const bool holds = now >= ToTime(snooze.create_time()) && now < ToTime(snooze.expire_time());
    const bool of_patient = snooze.patient_id().empty() || snooze.patient_id() == patient_id;
    const bool of_rule = snooze.rule().empty() || snooze.rule() == rule;
    if (holds && of_patient && of_rule) ids.insert(snooze.caregiver_id());
  }
  return ids;
}

absl::Status AddSnooze(const alert::v1::Snooze& snooze, const Actor& actor, absl::Time now,
                       CircleState& state) {
  if (WasCarriedOut(actor, state)) return absl::OkStatus();
  if (!CanBeSnoozed(snooze.rule())) {
    return absl::FailedPreconditionError("rule: " + snooze.rule() +
                                         " cannot be snoozed: it is told whatever happens");
  }
  const absl::Duration length = ToTime(snooze.expire_time()) - ToTime(snooze.create_time());
  if (length < kShortest || length > kLongest)
    return absl::InvalidArgumentError("duration: 1 min to 7 days");
  DropWhatIsOver(now, state);
  if (state.snoozes_size() >= kMaxSnoozes)
    return absl::ResourceExhaustedError("there are too many snoozes in this home");
  *state.add_snoozes() = snooze;
  CarryOut(actor, state);
  return absl::OkStatus();
}

bool CancelSnooze(const std::string& caregiver_id, const std::string& snooze_id, absl::Time now,
                  CircleState& state) {
  DropWhatIsOver(now, state);
  auto& snoozes = *state.mutable_snoozes();
  const auto at = std::find_if(snoozes.begin(), snoozes.end(), [&](const auto& snooze) {
    return snooze.snooze_id() == snooze_id && snooze.caregiver_id() == caregiver_id;
  });
  if (at == snoozes.end()) return false;
  snoozes.erase(at);
  return true;
}

}  // namespace veille::notifier
