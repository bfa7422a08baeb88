// How much of something may happen: a rate, with a burst on top for who was quiet before.
//
// Time is an argument, and real (MonotonicNow()): limits protect machines, whatever world clock
// people live by. One that goes back is taken as standing still. Pure; one thread.

#ifndef COMMON_BASE_TOKEN_BUCKET_H_
#define COMMON_BASE_TOKEN_BUCKET_H_

#include <algorithm>

#include "absl/time/time.h"

namespace veille {

struct Rate {
  double per_second = 1;  // Above 0.
  double burst = 1;       // At least 1.
};

class TokenBucket {
 public:
  // Full.
  TokenBucket(Rate rate, absl::Duration now) : rate_(rate), tokens_(rate.burst), filled_(now) {}

  // False, and nothing taken, when fewer than `tokens` are there. More than a burst is asked for as
  // a burst: else it would never be given.
  [[nodiscard]] bool TryTake(double tokens, absl::Duration now) {
    tokens_ = Level(now);
    filled_ = std::max(filled_, now);
    tokens = std::min(tokens, rate_.burst);
    if (tokens_ < tokens) return false;
    tokens_ -= tokens;
    return true;
  }

  // Until `tokens` are there; zero when they are.
  absl::Duration Until(double tokens, absl::Duration now) const {
    const double missing = std::min(tokens, rate_.burst) - Level(now);
    return missing <= 0 ? absl::ZeroDuration() : absl::Seconds(missing / rate_.per_second);
  }

  const Rate& rate() const { return rate_; }

 private:
  double Level(absl::Duration now) const {
    const double seconds = std::max(0.0, absl::ToDoubleSeconds(now - filled_));
    return std::min(rate_.burst, tokens_ + rate_.per_second * seconds);
  }

  Rate rate_;
  double tokens_;
  absl::Duration filled_;
};

}  // namespace veille

#endif  // COMMON_BASE_TOKEN_BUCKET_H_
