#include "tests/bench/notify/tally.h"

#include "common/time/clock.h"

namespace veille::bench {

void Tally::Sent(std::size_t alert) {
  const absl::Duration now = MonotonicNow();
  MutexLock lock(mu_);
  sent_[alert] = now;
  ++under_way_;
}

void Tally::Arrived(std::size_t alert) {
  const absl::Duration now = MonotonicNow();
  MutexLock lock(mu_);
  if (alert >= arrived_.size()) return;
  if (arrived_[alert] != absl::ZeroDuration()) {
    ++twice_;
  } else {
    arrived_[alert] = now;
  }
}

void Tally::Done(std::size_t count) {
  MutexLock lock(mu_);
  under_way_ -= count;
  changed_.NotifyAll();
}

bool Tally::WaitForRoom(std::size_t most) {
  MutexLock lock(mu_);
  while (under_way_ >= most) {
    const std::size_t before = under_way_;
    const absl::Duration until = MonotonicNow() + absl::Seconds(30);
    while (under_way_ == before && MonotonicNow() < until)
      changed_.WaitFor(mu_, absl::Milliseconds(100));
    if (under_way_ == before) return false;
  }
  return true;
}

std::vector<double> Tally::Latencies(std::size_t first, std::size_t last) {
  std::vector<double> took;
  MutexLock lock(mu_);
  for (std::size_t i = first; i < last; ++i)
    if (arrived_[i] != absl::ZeroDuration())
      took.push_back(absl::ToDoubleMilliseconds(arrived_[i] - sent_[i]));
  return took;
}

std::size_t Tally::arrived_twice() {
  MutexLock lock(mu_);
  return twice_;
}

}  // namespace veille::bench
