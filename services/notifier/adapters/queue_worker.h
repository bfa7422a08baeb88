// Takes work out of the partitions' queues: findings and jobs, as a member of the consumer group.
//
// A job that fails is left pending and comes again: to this worker after a moment, or to another
// that claims it when this one is dead. One that keeps failing by its own fault, or takes its
// worker with it, goes to the dead letters, and an operator is told; that Redis was away is
// nobody's fault and counts for nothing.
//
// Partitions are shared out over a few lanes. A lane does one thing at a time, so that an alert's
// work is in order; it reads its partitions together, so that what comes while it works is one
// batch, and works on the thread that reads, since handing over costs an emergency a wake-up.
// Another thread of the lane does what is tried again; a timer moves due steps, and claims.

#ifndef SERVICES_NOTIFIER_ADAPTERS_QUEUE_WORKER_H_
#define SERVICES_NOTIFIER_ADAPTERS_QUEUE_WORKER_H_

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"

#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/redis/stream_reader.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/notifier/adapters/redis_alert_store.h"
#include "services/notifier/app/alert_desk.h"

namespace veille::notifier {

struct QueueOptions {
  redis::Endpoint endpoint;
  int partitions = 0;
  std::string consumer;
  std::shared_ptr<const Clock> clock;
  absl::Duration claim_after = absl::Seconds(15);
  int max_attempts = 8;
  // Called when the due timers of every partition were looked at, and moved; must not block.
  std::function<void()> went_round;
};

class QueueWorker {
 public:
  QueueWorker(QueueOptions options, AlertDesk& desk, RedisAlertStore& store,
              metrics::Registry& metrics);
  ~QueueWorker();

 private:
  struct Lane {
    std::vector<int> partitions;
    Mutex busy;  // One thing at a time; taken before `mu`.
    Mutex mu;
    CondVar changed;
    std::deque<std::function<void()>> work ABSL_GUARDED_BY(mu);
    bool stopping ABSL_GUARDED_BY(mu) = false;
    Worker again;
    std::unique_ptr<redis::StreamReader> reader;  // Last: what it works on goes after it.
  };

  // Reads these partitions of the lane together.
  void Subscribe(Lane& lane, const std::vector<int>& partitions);
  void OnBatch(Lane& lane, const std::vector<int>& partitions,
               const absl::StatusOr<redis::StreamBatch>& batch);
  void Handle(const redis::StreamBatch& batch);
  // An entry, with what stands in it: opened once.
  using ReadFinding = absl::StatusOr<store::v1::Finding>;
  using ReadJob = absl::StatusOr<store::v1::Job>;
  struct Opened {
    int partition = 0;
    const redis::StreamEntry* entry = nullptr;
    std::variant<ReadFinding, ReadJob> content;
  };
  Opened Open(int partition, const redis::StreamEntry& entry);
  // The first entries of homes that are findings, all together; returns the others.
  std::vector<Opened> HandleTogether(const redis::StreamBatch& batch);
  absl::Status HandleOpened(const Opened& opened);
  // Names an entry for an operator; empty when it cannot be read.
  std::string About(int partition, const redis::StreamEntry& entry);
  // Entries that were tried before, each attempt counted in Redis before it is made.
  void HandleAgain(int partition, const redis::StreamBatch& batch);
  absl::Status HandleCounted(int partition, const redis::StreamEntry& entry);
  void Failed(int partition, const redis::StreamEntry& entry, const absl::Status& status);
  void RunLane(Lane& lane);
  void PostTo(int partition, std::function<void()> work);
  // A timer was set: the timer thread looks again when it is due. From any thread.
  void NoteTimer(absl::Time due);
  void RunTimer();
  absl::Status MoveDueTimers();
  void Recover(int partition);
  void RecoverLater(int partition);
  void RecoverFailed();
  void ClaimFrom(int partition);
  absl::Status Bury(int partition, const redis::StreamEntry& entry, int64_t attempts);

  const QueueOptions options_;
  AlertDesk& desk_;
  RedisAlertStore& store_;
  metrics::Counter &claimed_, &dead_, &failed_;
  log::OnChange failures_;
  const std::map<std::string, int, std::less<>> partitions_;  // By the keys of their queues.
  std::vector<std::unique_ptr<Lane>> lanes_;

  Mutex mu_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  absl::Time next_due_ ABSL_GUARDED_BY(mu_);
  // Partitions in which a job failed, and when (real time) to look at it again.
  std::map<int, absl::Duration> recover_at_ ABSL_GUARDED_BY(mu_);
  Worker timer_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_QUEUE_WORKER_H_
