// A partition with a log in memory, and an owner that comes and goes: for tests that judge one log
// in many ways.

#ifndef TESTS_UNIT_DETECTOR_APP_PARTITION_H_
#define TESTS_UNIT_DETECTOR_APP_PARTITION_H_

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "veille/store/v1/checkpoint.pb.h"

#include "services/detector/app/partition_runner.h"
#include "tests/unit/detector/app/fake_partition_store.h"
#include "tests/unit/detector/app/night.h"

namespace veille::detector {

inline constexpr int kPartition = 0;
// Of the owners; what they judge carries its own time.
inline const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// A partition with a log, and an owner that comes and goes.
class Partition {
 public:
  explicit Partition(const Night& night) : registry_(night.registry), metrics_(metrics_registry_) {
    for (const NightEntry& entry : night.entries) {
      world_.now_ms = entry.ms;
      world_.Append(kPartition, entry.envelopes);
    }
  }

  // The owner's life ends, if there is one; the next one begins from what is stored.
  absl::Status TakeOver(const std::string& instance = "one") {
    LetGo();
    store_ = std::make_unique<FakePartitionStore>(world_, instance);
    world_.now_ms += 10'000;  // Another's lease has run out.
    runner_ = MakeRunner(*store_);
    const absl::StatusOr<Lease> lease = store_->Acquire(kPartition);
    if (!lease.ok()) return lease.status();
    begun_at_ = stored().progress;
    const absl::Status begun = runner_->Begin(*lease, kNow);
    next_ = runner_->read_after();
    return begun;
  }
  std::unique_ptr<PartitionRunner> MakeRunner(FakePartitionStore& store) {
    RunnerOptions options;
    options.partition = kPartition;
    options.homes = registry_->homes();
    options.before_judging = before_judging;
    return std::make_unique<PartitionRunner>(std::move(options), store, metrics_,
                                             [](const std::function<void()>& work) { work(); });
  }
  // False at the end of the log.
  bool Feed(int entries) {
    std::vector<LogEnvelope> read = world_.Read(kPartition, next_, entries + 1);
    // The entry of `next_` is read again, as its later envelopes may still be to be judged.
    if (read.empty() || read.back().position <= next_) return false;
    next_ = read.back().position;
    EXPECT_TRUE(runner_->OnEntries(read, kNow).ok()) << runner_->status();
    return true;
  }
  void FeedAll() {
    while (Feed(1000)) store_->Deliver();
    Commit();
  }
  void Commit() {
    runner_->CommitQuiet();
    store_->Deliver();
  }
  void Crash(std::size_t executed) {
    runner_.reset();
    store_->Crash(executed);
  }
  void LetGo() {
    runner_.reset();
    store_.reset();
  }
  // Three owners without progress: the next one will be careful.
  bool MayCrash() const {
    const auto& s = world_.partitions.at(kPartition).stored;
    return s.progress != begun_at_ || s.takeovers < 3;
  }

  // By home, in the order in which they were queued.
  std::map<std::string, std::vector<std::string>> Told() const {
    std::map<std::string, std::vector<std::string>> told;
    for (const store::v1::Finding& finding : Queue())
      told[finding.home_id()].push_back(finding.SerializeAsString());
    return told;
  }
  std::vector<store::v1::Finding> Queue() const {
    std::vector<store::v1::Finding> findings;
    const auto at = world_.partitions.find(kPartition);
    for (const std::string& bytes : at->second.queue) {
      EXPECT_TRUE(findings.emplace_back().ParseFromString(bytes));
    }
    return findings;
  }
  std::set<std::string> Ids(const std::string& but_rule = "") const {
    std::set<std::string> ids;
    for (const store::v1::Finding& finding : Queue())
      if (finding.rule_key() != but_rule) ids.insert(finding.finding_id());
    return ids;
  }
  // What the rules remember of each home at the end.
  std::map<std::string, std::string> States() const {
    std::map<std::string, std::string> states;
    for (const auto& [id, home] : world_.partitions.at(kPartition).stored.homes) {
      store::v1::Checkpoint a, b;
      EXPECT_TRUE(a.ParseFromString(home.a) && b.ParseFromString(home.b));
      states[id] = a.generation() > b.generation() ? a.state() : b.state();
    }
    return states;
  }
  StoredPartition& stored() { return world_.partitions[kPartition].stored; }
  FakePartition& partition() { return world_.partitions[kPartition]; }
  FakePartitionStore& store() { return *store_; }
  PartitionRunner& runner() { return *runner_; }
  FakeWorld& world() { return world_; }
  DetectorMetrics& metrics() { return metrics_; }
  void set_registry(std::shared_ptr<const domain::Registry> registry) {
    registry_ = std::move(registry);
  }

  std::function<void(const store::v1::Envelope&)> before_judging;

 private:
  std::shared_ptr<const domain::Registry> registry_;
  metrics::Registry metrics_registry_;
  DetectorMetrics metrics_;
  FakeWorld world_;
  Position next_, begun_at_;
  std::unique_ptr<FakePartitionStore> store_;
  std::unique_ptr<PartitionRunner> runner_;
};

}  // namespace veille::detector

#endif  // TESTS_UNIT_DETECTOR_APP_PARTITION_H_
