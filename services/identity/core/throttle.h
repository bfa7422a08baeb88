// How often somebody may try a password or a code: growing waits, never a lock. Pure.
//
// Tries are counted by account and by address, before they are judged, so that many at once are no
// way around; one that succeeds clears the account's count. An account waits for a minute at most:
// whoever guesses at it must not keep its owner from an emergency for long, and a device that is
// signed in is not asked. Tries that were refused are not counted.

#ifndef SERVICES_IDENTITY_CORE_THROTTLE_H_
#define SERVICES_IDENTITY_CORE_THROTTLE_H_

#include "absl/time/time.h"

namespace veille::identity {

struct Tries {
  int count = 0;
  absl::Time last = absl::InfinitePast();
};

struct ThrottleRule {
  int free = 5;                             // Without a wait.
  absl::Duration first = absl::Seconds(1);  // Doubles with each try.
  absl::Duration most = absl::Minutes(1);
  absl::Duration forget = absl::Minutes(30);  // Without a try: the count begins anew.
};
// At most about 60 wrong passwords an hour; ASVS 5.0, 6.3.1.
inline constexpr ThrottleRule kOfAccount = {};
// Many may share an address; who tries many accounts from it waits longer.
inline constexpr ThrottleRule kOfAddress = {20, absl::Seconds(2), absl::Minutes(15),
                                            absl::Hours(1)};

// How long until the next try; zero: now.
absl::Duration WaitOf(const ThrottleRule& rule, const Tries& tries, absl::Time now);
// With one more try, now.
Tries Tried(const ThrottleRule& rule, const Tries& tries, absl::Time now);

}  // namespace veille::identity

#endif  // SERVICES_IDENTITY_CORE_THROTTLE_H_
