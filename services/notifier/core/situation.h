// Conditions that are one situation, and so one message: a fall, the long lie after it and the
// inactivity or the missed morning that it explains; a hub out of contact and the sensors behind
// it; a power cut across many homes. The alert that is open takes the others as its lines. Pure.

#ifndef SERVICES_NOTIFIER_CORE_SITUATION_H_
#define SERVICES_NOTIFIER_CORE_SITUATION_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

#include "veille/store/v1/finding.pb.h"
#include "veille/store/v1/notification.pb.h"

namespace veille::notifier {

enum class Situation {
  kNone,
  kOnTheFloor,    // Led by whatever of it is HIGH.
  kOutOfContact,  // Led by the hub; what is behind it is told when the hub is back and it is not.
  kPowerCuts,     // The operators' list of homes; gathered before it is told.
};
Situation SituationOf(const std::string& rule_key);

// The open alert whose line the finding is, or becomes; null for none.
const store::v1::AlertRecord* LeaderFor(const store::v1::Finding& finding,
                                        const std::vector<store::v1::AlertRecord>& open);
// Whether the finding is about another condition than the one that opened the alert.
bool IsLine(const store::v1::Finding& finding, const store::v1::AlertRecord& record);

// The line is there and holds; or it is over. What is not there is not over.
void PutLine(const store::v1::Finding& finding, store::v1::AlertRecord& record);
void EndLine(const std::string& alert_id, store::v1::AlertRecord& record);
// Null when every line is over.
const alert::v1::Line* ActiveLine(const store::v1::AlertRecord& record);

// Power cuts are one alert from this many homes on. `record` was just made of its first line.
void BeginPowerCuts(const store::v1::Finding& finding, absl::Time now,
                    store::v1::AlertRecord& record);
void AddPowerCut(absl::Time now, store::v1::AlertRecord& record);
// False when it is too few homes to be told of.
bool EndGatheringPowerCuts(store::v1::AlertRecord& record);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_SITUATION_H_
