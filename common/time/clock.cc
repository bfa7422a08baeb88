#include "common/time/clock.h"

#include <chrono>

#include "absl/time/clock.h"

namespace veille {

absl::Time SystemClock::Now() const { return absl::Now(); }

ScaledClock::ScaledClock(absl::Time start, double speed)
    : start_(start), origin_(MonotonicNow()), speed_(speed) {}

absl::Time ScaledClock::Now() const { return start_ + (MonotonicNow() - origin_) * speed_; }

std::chrono::system_clock::time_point DeadlineAfter(absl::Duration span) {
  return std::chrono::system_clock::now() +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(
             absl::ToChronoNanoseconds(span));
}

void SleepReally(absl::Duration real) { absl::SleepFor(real); }

absl::Duration MonotonicNow() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace veille
