// Who is in the kitchen, and whether its silence would say that nobody is.

#ifndef SERVICES_DETECTOR_CORE_RULES_KITCHEN_H_
#define SERVICES_DETECTOR_CORE_RULES_KITCHEN_H_

#include "services/detector/core/rules/rules.h"

namespace veille::detector {

// What cannot be judged because a sensor is dead is looked at again after this.
inline constexpr int64_t kLookAgainUs = 300'000'000;

// Somebody was in the kitchen, or answered that all is well.
inline bool IsAttendance(const Context& context, const Signal& seen) {
  if (seen.kind == SignalKind::kAnswered) return true;
  return seen.sign_of_life && context.plan.device(seen.device).room_kind == RoomKind::kKitchen;
}

// Some sensor would have seen somebody in the kitchen.
inline bool KitchenAlive(const Context& context, int64_t at_us) {
  for (const int device : context.plan.dwelling.kitchen)
    if (IsAlive(context, device, at_us)) return true;
  return false;
}

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_KITCHEN_H_
