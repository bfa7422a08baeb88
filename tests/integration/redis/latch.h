// Lets a test wait until callbacks have come.
#ifndef TESTS_INTEGRATION_REDIS_LATCH_H_
#define TESTS_INTEGRATION_REDIS_LATCH_H_

#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

#include "common/sync/mutex.h"

namespace veille::testing {

class Counter {
 public:
  void Add(std::size_t n = 1) {
    const MutexLock lock(mu_);
    count_ += n;
    changed_.NotifyAll();
  }
  // Whether the count has reached `n`. Gives up when it stands still for 15 s.
  bool Reaches(std::size_t n) {
    const MutexLock lock(mu_);
    while (count_ < n && changed_.WaitFor(mu_, absl::Seconds(15))) {
    }
    return count_ >= n;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::size_t count_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace veille::testing

#endif  // TESTS_INTEGRATION_REDIS_LATCH_H_
