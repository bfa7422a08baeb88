// Who is told of an alert, and when: the escalation chain. What the life of an alert is made of;
// pure.
//
// A tell is recorded with the alert before it is sent, so that an acknowledgement knows whom to
// cancel. A step ends by a human's answer, never by a delivery. What no step takes goes to the
// whole circle, and the operators must know: nobody told is the worst alert there is.

#ifndef SERVICES_NOTIFIER_CORE_CHAIN_H_
#define SERVICES_NOTIFIER_CORE_CHAIN_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

#include "veille/store/v1/notification.pb.h"

namespace veille::notifier {

// What is to be done, together with storing the record.
struct Decision {
  bool changed = false;
  std::vector<store::v1::Tell> tells;
  // The chain's end was reached: operators must know.
  bool unanswered = false;
  // No step names anybody for it: operators must know.
  bool untold = false;
};

void SetTime(absl::Time time, google::protobuf::Timestamp& stamp);
absl::Time ToTime(const google::protobuf::Timestamp& stamp);

// A new version of the alert, with the reason for it; the transition, for what is to be added.
alert::v1::Transition& Note(alert::v1::Transition::Kind kind, absl::Time now,
                            alert::v1::Alert& alert);

// From the first step on, at once.
void StartChain(absl::Time now, absl::Duration default_delay, store::v1::AlertRecord& record,
                Decision& decision);
// The next step, or the chain's end: everybody once more.
void Climb(absl::Time now, absl::Duration default_delay, store::v1::AlertRecord& record,
           Decision& decision);
// Everybody in the circle at once; then it climbs on from where it was.
void TellEverybody(absl::Time now, absl::Duration default_delay, store::v1::AlertRecord& record,
                   Decision& decision);
// No step is pending any more. What was taken, or is no emergency, and is then forgotten is closed
// in the end.
void StopChain(absl::Time now, store::v1::AlertRecord& record);
// Somebody answered: the chain stops, and what is not handed over yet is cancelled.
void CancelChain(absl::Time now, store::v1::AlertRecord& record);
// When the record has to be looked at again: its next step, or its end. Null when never.
const google::protobuf::Timestamp* DueTime(const store::v1::AlertRecord& record);
// Closes what is past its end, and tells those who know of it. False when it is not.
bool MaybeExpire(absl::Time now, store::v1::AlertRecord& record, Decision& decision);

// Everybody who was told learns what became of it.
void TellChange(absl::Time now, store::v1::AlertRecord& record, Decision& decision);
// Those of the first step get a line to read.
void TellSummary(absl::Time now, store::v1::AlertRecord& record, Decision& decision);

// Whether a tell is still wanted: nobody is asked to act on what somebody has taken.
bool IsWanted(const store::v1::Tell& tell, const store::v1::AlertRecord& record);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_CHAIN_H_
