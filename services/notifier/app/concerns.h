// What is wrong with the service and its installation, as the operators know of it: what holds now
// is compared with what they were told, and findings follow. Pure.
//
// A condition is one alert from its beginning to its end. What the operators close by hand while it
// still holds stays closed until it changes, or until it is told again.

#ifndef SERVICES_NOTIFIER_APP_CONCERNS_H_
#define SERVICES_NOTIFIER_APP_CONCERNS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

#include "veille/alert/v1/alert.pb.h"
#include "veille/store/v1/finding.pb.h"
#include "veille/store/v1/upkeep.pb.h"

namespace veille::notifier {

struct Condition {
  std::string what;  // Which of the rule's; empty where it has only one.
  alert::v1::Severity severity = alert::v1::SEVERITY_TECHNICAL;
  alert::v1::Text reason;
  std::string digest;  // Another one is told again.
};

// `holding` is all that holds of the rule now; `state` becomes what the operators will have been
// told by the findings. What still holds is told again after `again`; `over` is said of what has
// ended.
std::vector<store::v1::Finding> Compare(const std::string& rule,
                                        const std::vector<Condition>& holding,
                                        const alert::v1::Text& over, absl::Duration again,
                                        absl::Time now, store::v1::UpkeepState& state);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_CONCERNS_H_
