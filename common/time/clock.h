// The only door to the current time.
//
// World time (Clock) is what people live in: receipts, ticks, rules, escalation. It can be the
// system's, run faster (demonstration), or be set by hand (tests). Infrastructure (leases,
// time-outs, back-off) uses MonotonicNow(), which is always real. Clocks are thread safe.

#ifndef COMMON_TIME_CLOCK_H_
#define COMMON_TIME_CLOCK_H_

#include <chrono>

#include "absl/time/time.h"

#include "common/sync/mutex.h"

namespace veille {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
  // How long to really wait for a span of world time.
  virtual absl::Duration ToReal(absl::Duration world) const { return world; }
  // World seconds a real second.
  virtual double speed() const { return 1; }
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
};

// Starts at `start` when made, and runs `speed` times faster than real time. Never goes back.
class ScaledClock final : public Clock {
 public:
  ScaledClock(absl::Time start, double speed);
  absl::Time Now() const override;
  absl::Duration ToReal(absl::Duration world) const override { return world / speed_; }
  double speed() const override { return speed_; }

 private:
  const absl::Time start_;
  const absl::Duration origin_;
  const double speed_;
};

// Stands still until it is moved. For tests.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(absl::Time now) : now_(now) {}
  absl::Time Now() const override {
    MutexLock lock(mu_);
    return now_;
  }
  void Set(absl::Time now) {
    MutexLock lock(mu_);
    now_ = now;
  }
  void Advance(absl::Duration span) {
    MutexLock lock(mu_);
    now_ += span;
  }

 private:
  mutable Mutex mu_;
  absl::Time now_ ABSL_GUARDED_BY(mu_);
};

// Real time since some fixed instant; never goes back.
absl::Duration MonotonicNow();

// `span` from now on the system's clock, as libraries want deadlines.
std::chrono::system_clock::time_point DeadlineAfter(absl::Duration span);

// Really sleeps. For commands that people run; services wait on conditions.
void SleepReally(absl::Duration real);

}  // namespace veille

#endif  // COMMON_TIME_CLOCK_H_
