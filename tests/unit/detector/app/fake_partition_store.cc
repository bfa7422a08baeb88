#include "tests/unit/detector/app/fake_partition_store.h"

#include <algorithm>
#include <optional>

namespace veille::detector {
namespace {

constexpr int64_t kLeaseMs = 5000;

absl::Status Fenced() { return absl::AbortedError("FENCED another epoch holds the lease"); }

}  // namespace

void FakeWorld::Append(int partition, std::vector<std::string> envelopes) {
  auto& log = partitions[partition].log;
  Position id{static_cast<uint64_t>(now_ms), 0, 0};
  if (!log.empty() && log.back().first >= id) {
    id = log.back().first;
    ++id.seq;
  }
  log.emplace_back(id, std::move(envelopes));
}

std::vector<LogEnvelope> FakeWorld::Read(int partition, const Position& from, int count) const {
  std::vector<LogEnvelope> read;
  const auto at = partitions.find(partition);
  if (at == partitions.end()) return read;
  const auto& log = at->second.log;
  const auto first = std::lower_bound(
      log.begin(), log.end(), Position{from.ms, from.seq, 0},
      [](const auto& entry, const Position& position) { return entry.first < position; });
  for (auto entry = first; entry != log.end() && count-- > 0; ++entry) {
    const Position& id = entry->first;
    uint32_t index = 0;
    for (const std::string& bytes : entry->second)
      read.push_back({{id.ms, id.seq, ++index}, bytes});
  }
  return read;
}

absl::StatusOr<Lease> FakePartitionStore::Acquire(int partition) {
  Deliver();
  FakePartition& p = world_.partitions[partition];
  if (!p.owner.empty() && p.owner != instance_ && p.expires_ms > world_.now_ms)
    return absl::NotFoundError("another instance holds the lease");
  p.owner = instance_;
  p.epoch = std::max(p.epoch + 1, static_cast<uint64_t>(world_.now_ms));
  p.expires_ms = world_.now_ms + kLeaseMs;
  return Lease{p.epoch, p.tick_ms};
}

absl::StatusOr<StoredPartition> FakePartitionStore::Load(int partition) {
  Deliver();
  return world_.partitions[partition].stored;
}

absl::Status FakePartitionStore::MarkTakeover(int partition, const std::string& from,
                                              int takeovers) {
  Deliver();
  world_.partitions[partition].stored.takeover_from = from;
  world_.partitions[partition].stored.takeovers = takeovers;
  return absl::OkStatus();
}

absl::Status FakePartitionStore::MarkInflight(int partition, const std::string& position) {
  // Executed in order, but its answer does not run the callbacks of those before it: the runner's
  // thread is waiting here.
  for (Request& request : sent_) {
    const absl::Status status = request.execute();
    request.execute = [status] { return status; };
  }
  world_.partitions[partition].stored.inflight_entry = position;
  return absl::OkStatus();
}

absl::Status FakePartitionStore::Quarantine(int partition, const std::string& content) {
  world_.partitions[partition].quarantine.push_back(content);
  return absl::OkStatus();
}

void FakePartitionStore::Release(int partition, uint64_t epoch) {
  sent_.push_back({[this, partition, epoch] {
                     FakePartition& p = world_.partitions[partition];
                     p.stored.takeover_from.clear();
                     p.stored.takeovers = 0;
                     p.stored.inflight_entry.clear();
                     if (p.owner != instance_ || p.epoch != epoch) return Fenced();
                     p.owner.clear();
                     p.expires_ms = 0;
                     return absl::OkStatus();
                   },
                   [](const absl::Status&) {}});
}

absl::Status FakePartitionStore::CommitNow(int partition, uint64_t epoch,
                                           const std::vector<HomeCommit>& homes,
                                           const Position* progress) {
  FakePartition& p = world_.partitions[partition];
  if (p.epoch != epoch) return Fenced();
  for (const HomeCommit& home : homes) {
    if (p.stored.homes[home.home_id].position != home.expected_position)
      return absl::AbortedError("CONFLICT position of " + home.home_id);
  }
  for (const HomeCommit& home : homes) {
    StoredHome& stored = p.stored.homes[home.home_id];
    (home.generation == 'a' ? stored.a : stored.b) = home.checkpoint;
    stored.position = home.position;
    if (!home.registry.empty()) stored.registry = home.registry;
    if (!home.baselines.empty()) stored.baselines = home.baselines;
    p.queue.insert(p.queue.end(), home.findings.begin(), home.findings.end());
  }
  if (progress != nullptr) p.stored.progress = *progress;
  return absl::OkStatus();
}

void FakePartitionStore::Commit(int partition, uint64_t epoch, std::vector<HomeCommit> homes,
                                const Position* progress, Done done) {
  std::optional<Position> kept;
  if (progress != nullptr) kept = *progress;
  sent_.push_back({[this, partition, epoch, homes = std::move(homes), kept] {
                     return CommitNow(partition, epoch, homes, kept ? &*kept : nullptr);
                   },
                   std::move(done)});
}

void FakePartitionStore::AppendOwned(int partition, uint64_t epoch, int64_t tick_ms,
                                     std::vector<std::string> envelopes, Done done) {
  sent_.push_back({[this, partition, epoch, tick_ms, envelopes = std::move(envelopes)] {
                     FakePartition& p = world_.partitions[partition];
                     if (p.epoch != epoch) return Fenced();
                     if (tick_ms != 0) p.tick_ms = tick_ms;
                     world_.Append(partition, envelopes);
                     return absl::OkStatus();
                   },
                   std::move(done)});
}

void FakePartitionStore::Renew(int partition, uint64_t epoch, Done done) {
  sent_.push_back({[this, partition, epoch] {
                     FakePartition& p = world_.partitions[partition];
                     if (p.owner != instance_ || p.epoch != epoch) return Fenced();
                     p.expires_ms = world_.now_ms + kLeaseMs;
                     return absl::OkStatus();
                   },
                   std::move(done)});
}

void FakePartitionStore::Deliver(std::size_t count) {
  while (count-- > 0 && !sent_.empty()) {
    Request request = std::move(sent_.front());
    sent_.pop_front();
    std::move(request.done)(request.execute());
  }
}

void FakePartitionStore::Crash(std::size_t executed) {
  for (std::size_t i = 0; i < std::min(executed, sent_.size()); ++i)
    static_cast<void>(sent_[i].execute());
  sent_.clear();
}

}  // namespace veille::detector
