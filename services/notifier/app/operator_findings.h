// What the notifier itself has to say to those who run the service, as findings of the operators'
// home. Their ids are functions of what happened: said twice, they are one alert. Pure.

#ifndef SERVICES_NOTIFIER_APP_OPERATOR_FINDINGS_H_
#define SERVICES_NOTIFIER_APP_OPERATOR_FINDINGS_H_

#include <string>

#include "absl/time/time.h"

#include "veille/store/v1/finding.pb.h"
#include "veille/store/v1/notification.pb.h"

namespace veille::notifier {

// A HIGH, latching beginning without words or times, for others to fill in. What has the same rule,
// subject and occasion is one alert.
store::v1::Finding MakeOperatorFinding(const std::string& rule, const std::string& what,
                                       const std::string& occasion);
// The chain has ended, and no human has answered.
store::v1::Finding NobodyAnswered(const store::v1::AlertRecord& record);
// No step names anybody for the alert: the worst there is.
store::v1::Finding NobodyTold(const store::v1::AlertRecord& record);
// A job failed by its own fault again and again; `about` is the alert, empty when unreadable.
store::v1::Finding DeadLetter(const std::string& entry, int partition, const std::string& about,
                              absl::Time now);
// A channel fails for everybody since `since`, or (`down` is false) works again.
store::v1::Finding ChannelDown(const std::string& channel, bool down, absl::Time since,
                               absl::Time now);
// A home's power cut as a line of the operators' list of them.
store::v1::Finding PowerCutOf(const store::v1::Finding& finding);
// About a home, but for those who run the service.
store::v1::Finding ToOperators(const store::v1::Finding& finding);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_OPERATOR_FINDINGS_H_
