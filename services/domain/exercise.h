// The synthetic patient: a person who does not exist, in a home of their own, whose call for help
// goes the whole way once a day. Pure.

#ifndef SERVICES_DOMAIN_EXERCISE_H_
#define SERVICES_DOMAIN_EXERCISE_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/alert/v1/alert.pb.h"
#include "veille/care/v1/home.pb.h"
#include "veille/config/v1/config.pb.h"

namespace veille::domain {

// One source, one person, one client to tell; all named kExerciseHome.
care::v1::Home ExerciseHome();

struct ExerciseSchedule {
  int minutes = 0;  // After midnight of the zone's wall clock.
  absl::TimeZone zone;
  absl::Duration deadline;
};

// Nothing where there is no synthetic patient. INVALID_ARGUMENT says what is wrong with it.
absl::StatusOr<std::optional<ExerciseSchedule>> ScheduleOf(const config::v1::Config& config);

// The last time at or before `now` at which the exercise was due.
absl::Time LastDue(const ExerciseSchedule& schedule, absl::Time now);

// Whether an alert of the exercise home has reached its client since then.
bool HasArrived(const alert::v1::Alert& alert, absl::Time since);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_EXERCISE_H_
