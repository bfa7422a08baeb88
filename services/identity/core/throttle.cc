#include "services/identity/core/throttle.h"

#include <algorithm>

namespace veille::identity {

absl::Duration WaitOf(const ThrottleRule& rule, const Tries& tries, absl::Time now) {
  if (tries.count < rule.free || now - tries.last >= rule.forget) return absl::ZeroDuration();
  constexpr int kMostDoublings = 20;
  const int doublings = std::min(tries.count - rule.free, kMostDoublings);
  const absl::Duration wait = std::min(rule.most, rule.first * (1 << doublings));
  // A clock that went back is no reason to wait for longer.
  return std::clamp(tries.last + wait - now, absl::ZeroDuration(), wait);
}

Tries Tried(const ThrottleRule& rule, const Tries& tries, absl::Time now) {
  const bool anew = now - tries.last >= rule.forget;
  return {anew ? 1 : tries.count + 1, now};
}

}  // namespace veille::identity
