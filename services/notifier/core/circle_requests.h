// What requests that change a home's circle state have in common. Pure.

#ifndef SERVICES_NOTIFIER_CORE_CIRCLE_REQUESTS_H_
#define SERVICES_NOTIFIER_CORE_CIRCLE_REQUESTS_H_

#include "absl/time/time.h"

#include "veille/store/v1/notification.pb.h"

#include "services/notifier/core/answers.h"

namespace veille::notifier {

// Whether the actor's request is in the state already.
bool WasCarriedOut(const Actor& actor, const store::v1::CircleState& state);
void CarryOut(const Actor& actor, store::v1::CircleState& state);

// Turns and snoozes that have ended.
void DropWhatIsOver(absl::Time now, store::v1::CircleState& state);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_CIRCLE_REQUESTS_H_
