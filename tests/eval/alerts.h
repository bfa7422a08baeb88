// What the engine tells of a recording, as alerts: findings of one alert id are one alert.

#ifndef TESTS_EVAL_ALERTS_H_
#define TESTS_EVAL_ALERTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/alert/v1/alert.pb.h"

#include "services/domain/recordings/recording.h"

namespace veille::eval {

struct Alert {
  std::string rule;
  alert::v1::Severity severity = alert::v1::SEVERITY_UNSPECIFIED;  // The highest that it reached.
  std::string reason;                                              // English, of the first finding.
  // Of each finding that began or worsened it: when the situation began, and when it was concluded.
  std::vector<absl::Time> began, told;

  // HIGH or MEDIUM: somebody's telephone rings.
  bool IsUrgent() const;
  // Concluded, at the first or a later time, within these.
  bool IsToldWithin(absl::Time from, absl::Time until) const;
};

// Replays the recording with the plan that it carries. In the order in which they were first told.
absl::StatusOr<std::vector<Alert>> AlertsOf(const domain::Recording& recording);

// "HIGH".
std::string SeverityName(alert::v1::Severity severity);

// True when a care plan of this version has a rule of that name.
bool IsRule(const std::string& name);

}  // namespace veille::eval

#endif  // TESTS_EVAL_ALERTS_H_
