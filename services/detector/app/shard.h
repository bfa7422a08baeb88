// A thread that judges partitions: takes leases, feeds runners, ticks, commits, gives up.
//
// All runners of a shard live on its thread. Log readers and store answers only post to it, and may
// do so when it is gone.

#ifndef SERVICES_DETECTOR_APP_SHARD_H_
#define SERVICES_DETECTOR_APP_SHARD_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "absl/time/time.h"

#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/detector/app/log_source.h"
#include "services/detector/app/partition_runner.h"
#include "services/domain/live_registry.h"

namespace veille::detector {

struct ShardOptions {
  std::vector<int> partitions;  // Those that this shard may own.
  domain::LiveRegistry registry;
  int partition_count = 0;  // Of the deployment.
  std::shared_ptr<const Clock> clock;
  absl::Duration tick_interval = absl::Seconds(5);
  absl::Duration commit_interval = absl::Seconds(30);
  absl::Duration lease = absl::Seconds(5);
  std::function<void(const store::v1::Envelope&)> before_judging;
  SilenceWatch* silence = nullptr;  // Outlives the shard.
  PlanOptions plan;
  // How many instances share the deployment; asked about once a second.
  std::function<int()> count_instances;
  std::shared_ptr<domain::Vault> vault = domain::Vault::InTheClear();
  // Changes when the store's connection was made anew.
  std::function<uint64_t()> connection_generation;
};

class Shard {
 public:
  Shard(ShardOptions options, PartitionStore& store, LogSource& log, DetectorMetrics& metrics);
  // Commits what it can, gives its leases back, ends. Bounded.
  ~Shard();

 private:
  // Where other threads leave work. Shared with them: an answer may come when the shard is gone.
  struct Inbox {
    Mutex mu;
    CondVar changed;
    std::deque<std::function<void()>> work ABSL_GUARDED_BY(mu);
    bool stopping ABSL_GUARDED_BY(mu) = false;
    bool closed ABSL_GUARDED_BY(mu) = false;

    void Post(std::function<void()> item);
  };

  void Run();
  bool Leave();
  void Housekeep();
  void AcquireSome(int limit);
  void Take(int partition);
  // Homes that are other than before hold from now on.
  void FollowRegistry();
  void Drop(int partition, const absl::Status& why);
  void CommitDue(absl::Duration now);
  void Renew();
  void OnRead(int partition, uint64_t epoch, absl::StatusOr<LogRead> read);
  absl::Duration IdleWait() const;

  const ShardOptions options_;
  PartitionStore& store_;
  LogSource& log_;
  DetectorMetrics& metrics_;

  // The shard's thread only.
  std::map<int, std::unique_ptr<PartitionRunner>> runners_;
  std::shared_ptr<const domain::Registry> registry_;  // Whose homes `homes_` are.
  uint64_t registry_version_ = 0;
  std::map<int, std::vector<const care::v1::Home*>> homes_;
  std::map<int, absl::Duration> not_before_;  // When a dropped partition may be tried again.
  std::map<int, absl::Duration> commit_at_;   // When a partition's quiet homes are next committed.
  absl::Duration next_housekeeping_;
  uint64_t generation_ = 0;

  std::set<int> survived_;  // Partitions that this process has had: they did not bring it down.
  int instances_ = 1;
  bool leaving_ = false;
  absl::Duration leave_by_;

  const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  Worker thread_;
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_APP_SHARD_H_
