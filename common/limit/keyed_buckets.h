// A token bucket for each of many callers, in bounded memory. Thread safe.
//
// A full bucket says nothing, so it is forgotten when room is needed. Where that makes none, those
// who are new share one bucket: a crowd of made-up names is one caller.

#ifndef COMMON_LIMIT_KEYED_BUCKETS_H_
#define COMMON_LIMIT_KEYED_BUCKETS_H_

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "absl/time/time.h"

#include "common/base/token_bucket.h"
#include "common/sync/mutex.h"

namespace veille {

class KeyedBuckets {
 public:
  KeyedBuckets(Rate rate, std::size_t max_keys, absl::Duration now)
      : rate_(rate), max_keys_(max_keys), others_(rate, now) {}

  // Takes a token of `key`'s. Zero when there was one; else until there is one, and nothing is
  // taken.
  [[nodiscard]] absl::Duration TakeOrWait(const std::string& key, absl::Duration now) {
    MutexLock lock(mu_);
    TokenBucket& bucket = Of(key, now);
    return bucket.TryTake(1, now) ? absl::ZeroDuration() : bucket.Until(1, now);
  }

  std::size_t size() const {
    MutexLock lock(mu_);
    return buckets_.size();
  }

 private:
  TokenBucket& Of(const std::string& key, absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const auto at = buckets_.find(key);
    if (at != buckets_.end()) return at->second;
    // Not at each newcomer: a sweep that finds nothing is not worth repeating before a burst could
    // have come back.
    if (buckets_.size() >= max_keys_ && now >= sweep_at_) {
      std::erase_if(buckets_, [&](const auto& entry) {
        return entry.second.Until(rate_.burst, now) == absl::ZeroDuration();
      });
      sweep_at_ = now + absl::Seconds(1);
    }
    if (buckets_.size() >= max_keys_) return others_;
    return buckets_.emplace(key, TokenBucket(rate_, now)).first->second;
  }

  const Rate rate_;
  const std::size_t max_keys_;
  mutable Mutex mu_;
  std::map<std::string, TokenBucket> buckets_ ABSL_GUARDED_BY(mu_);
  TokenBucket others_ ABSL_GUARDED_BY(mu_);
  absl::Duration sweep_at_ ABSL_GUARDED_BY(mu_);
};

}  // namespace veille

#endif  // COMMON_LIMIT_KEYED_BUCKETS_H_
