// Who is told of an alert, and when: the escalation chain. What the life of an alert is made of;
// pure.
//
// A tell is recorded with the alert before it is sent, so that an acknowledgement knows whom to
// cancel. A step ends by a human's answer, never by a delivery; but an emergency that has
// reached nobody of a step in time goes to the next step early, while the later steps keep their
// places. What no step takes goes to the whole circle, and the operators must know: nobody told is
// the worst alert there is.

#ifndef SERVICES_NOTIFIER_CORE_CHAIN_H_
#define SERVICES_NOTIFIER_CORE_CHAIN_H_

#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "veille/store/v1/notification.pb.h"

#include "common/base/timestamp.h"

namespace veille::notifier {

// The channel that everybody has, in Delivery.channel.
inline constexpr char kStream[] = "stream";

// What holds while a decision is made, beside the alert itself.
struct Moment {
  absl::Time now;
  absl::Duration default_delay = absl::Seconds(60);  // Between steps that name none.
  // How long an emergency waits until it has reached somebody of a step.
  absl::Duration receipt_within = absl::InfiniteDuration();
  std::vector<std::string> on_duty = {};
  // Who does not want this alert told while it is below HIGH. Passed over, unless nobody else is
  // left.
  std::set<std::string> snoozing = {};
};

// What is to be done, together with storing the record.
struct Decision {
  bool changed = false;
  std::vector<store::v1::Tell> tells;
  // The chain's end was reached: operators must know.
  bool unanswered = false;
  // No step names anybody for it: operators must know.
  bool untold = false;
};

// A new version of the alert, with the reason for it; the transition, for what is to be added.
alert::v1::Transition& Note(alert::v1::Transition::Kind kind, absl::Time now,
                            alert::v1::Alert& alert);

// From the first step on, at once.
void StartChain(const Moment& at, store::v1::AlertRecord& record, Decision& decision);
// The next step; after the last the chain anew, as often as it repeats; then its end: everybody
// once more.
void Climb(const Moment& at, store::v1::AlertRecord& record, Decision& decision);
// Everybody in the circle at once; then it climbs on from where it was.
void TellEverybody(const Moment& at, store::v1::AlertRecord& record, Decision& decision);
// Where the step that ran last told whoever is on duty: those who are on duty only now hear of it,
// too, while nobody has taken it.
void TellSuccessors(const Moment& at, store::v1::AlertRecord& record, Decision& decision);
// A device has what was told last, or the provider of a channel that gives no receipts has taken
// it: the next step keeps its place after all.
void KeepPlace(store::v1::AlertRecord& record);
// Whether a step is due, that somebody believes to be.
bool IsDue(absl::Time now, const store::v1::AlertRecord& record);
// Those who must answer still, now that these have; empty: it is taken.
std::vector<std::string> StillAsked(const store::v1::AlertRecord& record);
// No step is pending any more. What was taken, or is no emergency, and is then forgotten is closed
// in the end.
void StopChain(absl::Time now, store::v1::AlertRecord& record);
// Somebody answered: the chain stops, and what is not handed over yet is cancelled.
void CancelChain(absl::Time now, store::v1::AlertRecord& record);
// When the record has to be looked at again: its next step, or its end. Null when never.
const google::protobuf::Timestamp* DueTime(const store::v1::AlertRecord& record);
// The step that it waits for, from 1; one past the last for the chain's end. 0: it waits for none.
uint32_t PendingStep(const store::v1::AlertRecord& record);
// Closes what is past its end, and tells those who know of it. False when it is not.
bool MaybeExpire(absl::Time now, store::v1::AlertRecord& record, Decision& decision);

// Everybody who was told learns what became of it.
void TellChange(absl::Time now, store::v1::AlertRecord& record, Decision& decision);
// Those of the first step get a line to read.
void TellSummary(const Moment& at, store::v1::AlertRecord& record, Decision& decision);

// Everybody whom a step would tell now, each once; nobody's snooze counts.
std::vector<std::string> WouldTell(const Moment& at, const store::v1::AlertRecord& record);

// Whether a caregiver who was called too often of late may get it as a line to read: never what is
// HIGH, nor the last call of a chain that nobody has answered.
bool MayBeQuiet(const store::v1::Tell& tell, const store::v1::AlertRecord& record);

// Whether a tell is still wanted: nobody is asked to act on what somebody has taken.
bool IsWanted(const store::v1::Tell& tell, const store::v1::AlertRecord& record);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_CHAIN_H_
