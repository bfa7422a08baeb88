// Judges one partition: takes log entries in order, advances homes, commits.
//
// A finding or a prompt commits its home's state, position and effects in one step; quiet homes are
// committed lazily. Commits are pipelined: judging goes on while they are on their way. Whatever
// goes wrong (fenced off, another position, a lost connection), the runner fails for good, and its
// owner makes a new one that loads what is stored: nothing in memory outlives a doubt.
//
// One thread. Answers of the store come on other threads and go through `post`, which must run them
// on the runner's thread, or drop them when the runner is gone.

#ifndef SERVICES_DETECTOR_APP_PARTITION_RUNNER_H_
#define SERVICES_DETECTOR_APP_PARTITION_RUNNER_H_

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

#include "common/metrics/metrics.h"
#include "services/detector/app/partition_store.h"
#include "services/detector/app/silence_watch.h"
#include "services/detector/core/advance.h"
#include "services/domain/registry.h"
#include "services/domain/vault/vault.h"

namespace veille::detector {

struct DetectorMetrics {
  explicit DetectorMetrics(metrics::Registry& registry);
  metrics::Counter &entries, &envelopes, &events, &findings, &prompts, &expired_prompts, &commits,
      &reloads, &fenced, &damaged, &quarantined, &unknown_homes;
  metrics::Gauge &partitions, &lag_seconds;
  metrics::Histogram& commit_seconds;
};

struct RunnerOptions {
  int partition = 0;
  // Homes of this partition, by the registry.
  std::vector<const care::v1::Home*> homes;
  absl::Duration tick_interval = absl::Seconds(5);
  // False when this process had the partition and is still alive: it was not brought down by it.
  bool count_takeover = true;
  // Called before an envelope is judged; for the crash test only.
  std::function<void(const store::v1::Envelope&)> before_judging;
  // Outlives the runner. Null: every home's silence is its own.
  SilenceWatch* silence = nullptr;
  PlanOptions plan;
  std::shared_ptr<domain::Vault> vault = domain::Vault::InTheClear();
};

class PartitionRunner {
 public:
  using Post = std::function<void(std::function<void()>)>;

  PartitionRunner(RunnerOptions options, PartitionStore& store, DetectorMetrics& metrics,
                  Post post);
  ~PartitionRunner();

  // Takes over after the lease was acquired: loads, finds the place to go on from. `now` is world
  // time.
  absl::Status Begin(const Lease& lease, absl::Time now);

  // Where reading goes on: entries after this one.
  Position read_after() const { return read_after_; }

  // Entries in order. Prompts that are over `now`, in world time, are not put any more. Not OK: the
  // runner has failed; drop it.
  absl::Status OnEntries(const std::vector<LogEnvelope>& envelopes, absl::Time now);

  // Writes a tick into the log when one is due. World time.
  void MaybeTick(absl::Time now);

  // Once a commit interval: commits homes that changed, stores the progress, trims behind it.
  void CommitQuiet();

  // Why it failed; OK while it has not.
  const absl::Status& status() const { return status_; }
  uint64_t epoch() const { return lease_.epoch; }
  int partition() const { return options_.partition; }
  // Nothing is dirty and nothing on its way.
  bool Settled() const;
  // When the last envelope judged was received; InfinitePast before the first.
  absl::Time last_received() const { return last_received_; }

 private:
  struct Home;

  absl::Status LoadHome(const care::v1::Home& home, const StoredHome* stored);
  absl::Status AppendChangedPlans();
  void AppendOwned(int64_t tick_ms, std::vector<std::string> envelopes);
  // False when it cannot be read, or must not; or we have failed.
  bool Read(const LogEnvelope& log_envelope, store::v1::Envelope& envelope);
  // The batch's bytes, in `room` or in the envelope; nothing when they are not to be judged.
  std::optional<std::string_view> OpenBatch(const store::v1::Envelope& envelope, std::string& room);
  void Judge(const LogEnvelope& log_envelope);
  bool TakePlan(Home& home, const care::v1::Home& registry);
  void JudgeHome(Home& home, const store::v1::Envelope& envelope,
                 const event::v1::EventBatch* batch, const Position& position);
  void JudgeTick(const store::v1::Envelope& envelope, const Position& position);
  void Listen(Home& home, const store::v1::Envelope& envelope);
  bool IsSilenceOurs(absl::Time now);
  void JudgeCarefully(const LogEnvelope& log_envelope);
  void Prove();
  void CommitChanged();
  void SkipPoison(const LogEnvelope& log_envelope);
  // What of `homes` is sent in one script.
  struct Group {
    std::vector<HomeCommit> commits;
    std::vector<std::pair<Home*, Position>> sent;
    std::size_t bytes = 0;
  };
  void AddTo(Home& home, Group& group);
  void Send(Group group, const Position* progress);
  void KeepEffects(Home& home, const Position& position);
  void CommitEffects(Home& home);
  HomeCommit MakeCommit(Home& home);
  // Makes the home's state ready for use; false when the runner has failed over it.
  bool Thaw(Home& home);
  void KeepParsed(Home& home);
  void Freeze(Home& home);
  Position Progress() const;
  void Fail(absl::Status status);
  void Schedule(Home& home);

  const RunnerOptions options_;
  PartitionStore& store_;
  DetectorMetrics& metrics_;
  const Post post_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  absl::Status status_;
  Lease lease_;
  Position read_after_;  // The last entry that was read.
  Position judged_;      // The last envelope that was judged.
  Position begun_at_;    // The progress that was stored when we took over.
  bool proven_ = false;  // The stored progress has moved: nothing before it brings an owner down.
  // The last owner did not say goodbye: until a whole commit interval is over, progress is stored
  // after every read, so that the next owner begins close to what brings it down.
  bool watchful_ = false;
  bool careful_ = false;  // One envelope at a time, marked before it is judged, until proven.
  std::string poison_;    // The envelope that brought the last owner down.
  absl::Time last_received_ = absl::InfinitePast();
  absl::Time now_ = absl::InfinitePast();  // Of the entries that are being judged.
  absl::Time next_tick_;
  bool resumed_ = false;  // The next tick is the first after our own downtime.
  bool silence_is_ours_ = false;
  absl::Time next_pardon_ = absl::InfinitePast();
  std::map<std::string, std::unique_ptr<Home>, std::less<>> homes_;
  absl::flat_hash_map<std::string, Home*> by_id_;
  std::list<Home*> parsed_;  // Homes whose state is parsed, the last judged first.
  // Homes that wait for the service's clock: (deadline, home).
  std::multimap<absl::Time, Home*> waiting_;
  Effects effects_;
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_APP_PARTITION_RUNNER_H_
