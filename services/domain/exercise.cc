#include "services/domain/exercise.h"

#include <algorithm>
#include <string>

#include "common/base/timestamp.h"
#include "common/time/local_time.h"
#include "services/domain/keys.h"

namespace veille::domain {
namespace {

constexpr absl::Duration kDeadline = absl::Minutes(10);
constexpr absl::Duration kShortest = absl::Minutes(1), kLongest = absl::Hours(12);

}  // namespace

care::v1::Home ExerciseHome() {
  const std::string id(kExerciseHome);
  care::v1::Home home;
  home.set_home_id(id);
  home.set_zone("UTC");
  home.add_sources()->set_source_id(id);
  care::v1::Device& button = *home.add_devices();
  button.set_device_id(id);
  button.set_role(care::v1::ROLE_BUTTON);
  care::v1::Patient& patient = *home.add_patients();
  patient.set_patient_id(id);
  patient.set_display_name("Exercise");
  // It speaks once a day, and is silent by intent.
  patient.mutable_care_plan()->mutable_hub_offline()->set_enabled(false);
  care::v1::Member& client = *patient.mutable_circle()->add_members();
  client.set_caregiver_id(id);
  client.set_language("en");
  patient.mutable_circle()->add_steps()->add_caregiver_ids(id);
  return home;
}

absl::StatusOr<std::optional<ExerciseSchedule>> ScheduleOf(const config::v1::Config& config) {
  const config::v1::SyntheticPatient& patient = config.synthetic_patient();
  if (!config.has_synthetic_patient() || patient.off()) return std::optional<ExerciseSchedule>();
  ExerciseSchedule schedule;
  const std::string at = patient.daily_at().empty() ? "10:00" : patient.daily_at();
  const auto window = ParseLocalWindow(at + "-00:00");
  if (!window.ok()) {
    return absl::InvalidArgumentError("synthetic_patient.daily_at: '" + at +
                                      "' is no time of day such as \"10:00\"");
  }
  schedule.minutes = window->from_minutes;
  const auto zone = LoadZone(patient.zone().empty() ? "UTC" : patient.zone());
  if (!zone.ok()) {
    return absl::InvalidArgumentError("synthetic_patient.zone: " +
                                      std::string(zone.status().message()));
  }
  schedule.zone = *zone;
  schedule.deadline =
      patient.has_deadline() ? absl::Seconds(patient.deadline().seconds()) : kDeadline;
  if (schedule.deadline < kShortest || schedule.deadline > kLongest)
    return absl::InvalidArgumentError("synthetic_patient.deadline: must be 1 min to 12 h");
  return std::optional<ExerciseSchedule>(schedule);
}

absl::Time LastDue(const ExerciseSchedule& schedule, absl::Time now) {
  // A day has 25 hours at the most.
  absl::Time due = absl::InfinitePast();
  for (absl::Time next = NextWallTime(now - absl::Hours(49), schedule.zone, schedule.minutes);
       next <= now; next = NextWallTime(next, schedule.zone, schedule.minutes)) {
    due = next;
  }
  return due;
}

bool HasArrived(const alert::v1::Alert& alert, absl::Time since) {
  const auto& deliveries = alert.deliveries();
  return std::any_of(deliveries.begin(), deliveries.end(), [&](const auto& delivery) {
    return (delivery.state() == alert::v1::DELIVERY_STATE_DELIVERED ||
            delivery.state() == alert::v1::DELIVERY_STATE_SEEN) &&
           ToTime(delivery.update_time()) >= since;
  });
}

}  // namespace veille::domain
