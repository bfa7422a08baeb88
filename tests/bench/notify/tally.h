// What became of the alerts that a bench has sent: when each was sent, when it arrived, when its
// receipt was taken. Thread safe.

#ifndef TESTS_BENCH_NOTIFY_TALLY_H_
#define TESTS_BENCH_NOTIFY_TALLY_H_

#include <cstddef>
#include <vector>

#include "absl/time/time.h"

#include "common/sync/mutex.h"

namespace veille::bench {

class Tally {
 public:
  explicit Tally(std::size_t alerts) : sent_(alerts), arrived_(alerts) {}

  void Sent(std::size_t alert);
  // Once for each alert; a second time is counted apart.
  void Arrived(std::size_t alert);
  // So many are done with.
  void Done(std::size_t count);

  // Waits until fewer than `most` are under way. False when nothing moves for half a minute.
  bool WaitForRoom(std::size_t most);
  // Of the alerts from `first` to before `last`: milliseconds from sent to arrived.
  std::vector<double> Latencies(std::size_t first, std::size_t last);
  std::size_t arrived_twice();

 private:
  Mutex mu_;
  CondVar changed_;
  std::size_t under_way_ ABSL_GUARDED_BY(mu_) = 0;
  std::size_t twice_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<absl::Duration> sent_ ABSL_GUARDED_BY(mu_), arrived_ ABSL_GUARDED_BY(mu_);
};

}  // namespace veille::bench

#endif  // TESTS_BENCH_NOTIFY_TALLY_H_
