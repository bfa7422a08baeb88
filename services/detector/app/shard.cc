#include "services/detector/app/shard.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "services/domain/keys.h"

namespace veille::detector {
namespace {

constexpr absl::Duration kHousekeeping = absl::Seconds(1);
// A partition that failed is left alone this long, so that a broken one does not spin.
constexpr absl::Duration kRetry = absl::Milliseconds(300);
// A stop waits this long for its last commits.
constexpr absl::Duration kLastCommits = absl::Seconds(3);
// Partitions that are taken in one round: loading blocks the shard.
constexpr int kTakenAtOnce = 16;

using Homes = std::map<int, std::vector<const care::v1::Home*>>;

Homes Spread(const domain::Registry& registry, int partitions) {
  Homes homes;
  for (const care::v1::Home* home : registry.homes())
    homes[domain::PartitionOf(home->home_id(), partitions)].push_back(home);
  return homes;
}

bool AreSame(const std::vector<const care::v1::Home*>& a,
             const std::vector<const care::v1::Home*>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto* one, const auto* other) {
    return one->SerializeAsString() == other->SerializeAsString();
  });
}

}  // namespace

Shard::Shard(ShardOptions options, PartitionStore& store, LogSource& log, DetectorMetrics& metrics)
    : options_(std::move(options)), store_(store), log_(log), metrics_(metrics) {
  registry_version_ = options_.registry.version();
  registry_ = options_.registry.Get();
  homes_ = Spread(*registry_, options_.partition_count);
  thread_ = Worker("shard", [this] { Run(); });
}

Shard::~Shard() {
  {
    MutexLock lock(inbox_->mu);
    inbox_->stopping = true;
    inbox_->changed.NotifyAll();
  }
  thread_.Join();
}

void Shard::Inbox::Post(std::function<void()> item) {
  MutexLock lock(mu);
  if (closed) return;
  work.push_back(std::move(item));
  changed.NotifyOne();
}

// Until the next tick, but never so long that leases run out, nor so short that it spins.
absl::Duration Shard::IdleWait() const {
  const absl::Duration tick = options_.clock->ToReal(options_.tick_interval) / 2;
  return std::clamp(tick, absl::Milliseconds(2), absl::Milliseconds(200));
}

void Shard::Run() {
  while (true) {
    std::deque<std::function<void()>> work;
    bool stopping = false;
    {
      MutexLock lock(inbox_->mu);
      if (inbox_->work.empty() && !(inbox_->stopping && !leaving_))
        inbox_->changed.WaitFor(inbox_->mu, IdleWait());
      work.swap(inbox_->work);
      stopping = inbox_->stopping;
    }
    for (auto& item : work) item();
    if (!stopping) {
      Housekeep();
    } else if (Leave()) {
      break;
    }
  }
  runners_.clear();
  MutexLock lock(inbox_->mu);
  inbox_->closed = true;
  inbox_->work.clear();
}

// Commits what there is and gives the leases back. False while commits are on their way.
bool Shard::Leave() {
  if (!leaving_) {
    leaving_ = true;
    leave_by_ = MonotonicNow() + kLastCommits;
    for (auto& [partition, runner] : runners_) {
      log_.Close(partition);
      runner->CommitQuiet();
    }
  }
  const bool settled = std::all_of(runners_.begin(), runners_.end(), [](const auto& entry) {
    return entry.second->Settled() || !entry.second->status().ok();
  });
  if (!settled && MonotonicNow() < leave_by_) return false;
  for (auto& [partition, runner] : runners_) store_.Release(partition, runner->epoch());
  return true;
}

void Shard::Housekeep() {
  const absl::Duration now = MonotonicNow();
  std::vector<std::pair<int, absl::Status>> failed;
  for (auto& [partition, runner] : runners_) {
    runner->MaybeTick(options_.clock->Now());
    if (!runner->status().ok()) failed.emplace_back(partition, runner->status());
  }
  // A new connection may be another server: what is stored there decides.
  const uint64_t generation = options_.connection_generation();
  if (generation != generation_) {
    for (auto& [partition, runner] : runners_)
      failed.emplace_back(partition, absl::AbortedError("the connection to Redis was made anew"));
    generation_ = generation;
  }
  for (const auto& [partition, why] : failed)
    if (runners_.count(partition) > 0) Drop(partition, why);
  FollowRegistry();
  CommitDue(now);
  const bool due = now >= next_housekeeping_;
  if (due) {
    next_housekeeping_ = now + kHousekeeping;
    Renew();
  }
  if (due || !failed.empty() || runners_.size() < not_before_.size()) {
    if (due) instances_ = std::max(1, options_.count_instances());
    const int mine = static_cast<int>(options_.partitions.size());
    const int fair = (mine + instances_ - 1) / instances_;
    // Somebody else came: hand over, one a second, so that nothing jumps.
    if (due && instances_ > 1 && static_cast<int>(runners_.size()) > fair) {
      const int partition = runners_.rbegin()->first;
      runners_.rbegin()->second->CommitQuiet();
      store_.Release(partition, runners_.rbegin()->second->epoch());
      Drop(partition, absl::OkStatus());
      not_before_[partition] = now + options_.lease;
    } else {
      AcquireSome(fair);
    }
  }
  metrics_.partitions.Set(static_cast<double>(runners_.size()));
}

// One partition after another over the interval: all at once would stall the shard, and with it an
// SOS, for as long as it takes to serialize every home.
void Shard::CommitDue(absl::Duration now) {
  for (auto& [partition, runner] : runners_) {
    absl::Duration& due = commit_at_[partition];
    if (now < due) continue;
    due = now + options_.commit_interval;
    runner->CommitQuiet();
  }
}

// A partition whose homes changed is let go of and taken again at once, which puts the changed
// plans into the log: states are stored before, and nothing but the plans is new to the next
// runner.
void Shard::FollowRegistry() {
  const uint64_t version = options_.registry.version();
  if (version == registry_version_) return;
  registry_version_ = version;
  std::shared_ptr<const domain::Registry> registry = options_.registry.Get();
  Homes homes = Spread(*registry, options_.partition_count);
  std::vector<int> changed;
  for (const int partition : options_.partitions)
    if (!AreSame(homes_[partition], homes[partition])) changed.push_back(partition);
  // Runners use the homes only while they begin.
  homes_ = std::move(homes);
  registry_ = std::move(registry);
  for (const int partition : changed) {
    const auto at = runners_.find(partition);
    if (at == runners_.end()) continue;
    at->second->CommitQuiet();
    Drop(partition, absl::OkStatus());
    not_before_.erase(partition);
    Take(partition);
  }
  if (!changed.empty()) VEILLE_LOG(kInfo, "homes changed").Field("partitions", changed.size());
}

void Shard::Renew() {
  for (auto& [partition, runner] : runners_) {
    const uint64_t epoch = runner->epoch();
    store_.Renew(partition, epoch,
                 [this, inbox = inbox_, partition = partition, epoch](const absl::Status& status) {
                   if (!absl::IsAborted(status)) return;
                   inbox->Post([this, partition, epoch, status] {
                     const auto at = runners_.find(partition);
                     if (at != runners_.end() && at->second->epoch() == epoch)
                       Drop(partition, status);
                   });
                 });
  }
}

void Shard::AcquireSome(int limit) {
  const absl::Duration now = MonotonicNow();
  int taken = 0;
  for (const int partition : options_.partitions) {
    if (static_cast<int>(runners_.size()) >= limit || taken >= kTakenAtOnce) return;
    if (runners_.count(partition) > 0) continue;
    const auto wait = not_before_.find(partition);
    if (wait != not_before_.end() && now < wait->second) continue;
    not_before_.erase(partition);
    const std::size_t before = runners_.size();
    Take(partition);
    taken += runners_.size() > before ? 1 : 0;
  }
}

void Shard::Take(int partition) {
  absl::StatusOr<Lease> lease = store_.Acquire(partition);
  if (!lease.ok()) {
    not_before_[partition] = MonotonicNow() + kHousekeeping;
    return;
  }
  RunnerOptions options;
  options.partition = partition;
  options.homes = homes_[partition];
  options.tick_interval = options_.tick_interval;
  options.count_takeover = survived_.count(partition) == 0;
  options.before_judging = options_.before_judging;
  options.silence = options_.silence;
  options.plan = options_.plan;
  options.vault = options_.vault;
  auto runner = std::make_unique<PartitionRunner>(
      std::move(options), store_, metrics_,
      [inbox = inbox_](std::function<void()> work) { inbox->Post(std::move(work)); });
  if (absl::Status begun = runner->Begin(*lease, options_.clock->Now()); !begun.ok()) {
    VEILLE_LOG(kWarning, "cannot take over a partition").Field("partition", partition).Field(begun);
    not_before_[partition] = MonotonicNow() + kRetry;
    return;
  }
  const uint64_t epoch = runner->epoch();
  log_.Open(partition, runner->read_after(),
            [this, inbox = inbox_, partition, epoch](absl::StatusOr<LogRead> read) {
              auto shared = std::make_shared<absl::StatusOr<LogRead>>(std::move(read));
              inbox->Post([this, partition, epoch, shared] {
                OnRead(partition, epoch, std::move(*shared));
              });
            });
  runners_[partition] = std::move(runner);
  // After a whole interval at the earliest, each partition at a moment of its own.
  commit_at_[partition] = MonotonicNow() + options_.commit_interval +
                          options_.commit_interval * partition / options_.partition_count;
  survived_.insert(partition);
}

void Shard::OnRead(int partition, uint64_t epoch, absl::StatusOr<LogRead> read) {
  const auto at = runners_.find(partition);
  if (leaving_ || at == runners_.end() || at->second->epoch() != epoch) return;
  if (!read.ok()) return Drop(partition, read.status());
  if (absl::Status judged = at->second->OnEntries(read->envelopes, options_.clock->Now());
      !judged.ok())
    return Drop(partition, judged);
  const absl::Duration lag = options_.clock->Now() - at->second->last_received();
  if (lag < absl::InfiniteDuration()) metrics_.lag_seconds.Set(absl::ToDoubleSeconds(lag));
  log_.Resume(partition, read->last_entry);
}

void Shard::Drop(int partition, const absl::Status& why) {
  if (!why.ok()) {
    VEILLE_LOG(kInfo, "letting go of a partition").Field("partition", partition).Field(why);
  }
  log_.Close(partition);
  runners_.erase(partition);
  if (options_.silence != nullptr) options_.silence->Forget(partition);
  not_before_[partition] = MonotonicNow() + kRetry;
}

}  // namespace veille::detector
