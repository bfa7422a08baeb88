// PartitionStore in memory, with the semantics of the scripts: a world that several instances
// share, each with a connection of its own. What is sent waits in order until Deliver(); a crash
// executes a part of it and answers nothing. The contract suite runs on this and on the real one.

#ifndef TESTS_UNIT_DETECTOR_APP_FAKE_PARTITION_STORE_H_
#define TESTS_UNIT_DETECTOR_APP_FAKE_PARTITION_STORE_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/detector/app/log_source.h"
#include "services/detector/app/partition_store.h"

namespace veille::detector {

struct FakePartition {
  std::vector<std::pair<Position, std::vector<std::string>>> log;
  std::string owner;
  uint64_t epoch = 0;
  int64_t expires_ms = 0, tick_ms = 0;
  StoredPartition stored;
  std::vector<std::string> queue, prompts, quarantine;
};

struct FakeWorld {
  int64_t now_ms = 1'000'000;  // Redis' clock.
  std::map<int, FakePartition> partitions;

  void Append(int partition, std::vector<std::string> envelopes);
  // Entries at and after `from`, as a log source gives them; at most `count`.
  std::vector<LogEnvelope> Read(int partition, const Position& from, int count) const;
};

class FakePartitionStore : public PartitionStore {
 public:
  FakePartitionStore(FakeWorld& world, std::string instance)
      : world_(world), instance_(std::move(instance)) {}

  absl::StatusOr<Lease> Acquire(int partition) override;
  absl::StatusOr<StoredPartition> Load(int partition) override;
  absl::Status MarkTakeover(int partition, const std::string& from, int takeovers) override;
  absl::Status MarkInflight(int partition, const std::string& position) override;
  absl::Status Quarantine(int partition, const std::string& content) override;
  void Release(int partition, uint64_t epoch) override;
  void Commit(int partition, uint64_t epoch, std::vector<HomeCommit> homes,
              const Position* progress, Done done) override;
  void AppendOwned(int partition, uint64_t epoch, int64_t tick_ms,
                   std::vector<std::string> envelopes, Done done) override;
  void Renew(int partition, uint64_t epoch, Done done) override;
  void Trim(int, const Position&) override {}

  // Executes and answers the first `count` of what was sent; everything by default.
  void Deliver(std::size_t count = ~std::size_t{0});
  // The process dies: the first `executed` of what was sent still reach the store, nothing is
  // answered.
  void Crash(std::size_t executed);
  std::size_t sent() const { return sent_.size(); }

 private:
  struct Request {
    std::function<absl::Status()> execute;
    Done done;
  };
  absl::Status CommitNow(int partition, uint64_t epoch, const std::vector<HomeCommit>& homes,
                         const Position* progress);

  FakeWorld& world_;
  const std::string instance_;
  std::deque<Request> sent_;
};

}  // namespace veille::detector

#endif  // TESTS_UNIT_DETECTOR_APP_FAKE_PARTITION_STORE_H_
