// How long to wait before trying again: exponential with full jitter. Pure but for the injected
// randomness; one thread.

#ifndef COMMON_RETRY_BACKOFF_H_
#define COMMON_RETRY_BACKOFF_H_

#include <algorithm>

#include "absl/time/time.h"

#include "common/base/random.h"

namespace veille {

class Backoff {
 public:
  Backoff(absl::Duration min, absl::Duration max, Random& random)
      : min_(min), max_(max), ceiling_(min), random_(random) {}

  // Somewhere between `min` and a ceiling that doubles at each call, up to `max`. The floor keeps a
  // crowd that lost one server from asking again all at once.
  absl::Duration Next() {
    const absl::Duration wait = min_ + (ceiling_ - min_) * random_.Unit();
    ceiling_ = std::min(ceiling_ * 2, max_);
    return wait;
  }
  void Reset() { ceiling_ = min_; }

 private:
  const absl::Duration min_, max_;
  absl::Duration ceiling_;
  Random& random_;
};

}  // namespace veille

#endif  // COMMON_RETRY_BACKOFF_H_
