#include "services/notifier/adapters/queue_worker.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "common/redis/errors.h"
#include "services/domain/keys.h"
#include "services/notifier/app/operator_findings.h"

namespace veille::notifier {
namespace {

constexpr char kGroup[] = "notifier";
constexpr int kEntriesPerRead = 32;
// Each waits for Redis most of the time.
constexpr int kLanes = 8;
// Due steps are looked for at least this often, whoever set their timers.
constexpr absl::Duration kTimerRound = absl::Milliseconds(50);
constexpr absl::Duration kClaimRound = absl::Seconds(3);

// What failed is tried again after this; a fault that lasts costs a few commands a second.
constexpr absl::Duration kRetryAfter = absl::Seconds(1);

// What is not the job's own fault: Redis is away, full, overloaded or refuses us, or others were
// faster again and again.
bool IsExcused(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return true;
    default:
      return false;
  }
}

std::map<std::string, int, std::less<>> QueueKeys(int partitions) {
  std::map<std::string, int, std::less<>> keys;
  for (int partition = 0; partition < partitions; ++partition)
    keys.emplace(domain::QueueKey(partition), partition);
  return keys;
}

}  // namespace

QueueWorker::QueueWorker(QueueOptions options, AlertDesk& desk, RedisAlertStore& store,
                         metrics::Registry& metrics)
    : options_(std::move(options)),
      desk_(desk),
      store_(store),
      claimed_(metrics.NewCounter("veille_notifier_claimed_total", "Jobs claimed from others.")),
      dead_(metrics.NewCounter("veille_notifier_dead_letters_total", "Jobs given up.")),
      failed_(metrics.NewCounter("veille_notifier_failed_jobs_total", "Jobs that failed once.")),
      partitions_(QueueKeys(options_.partitions)),
      next_due_(absl::InfinitePast()) {
  for (int i = 0; i < kLanes; ++i) {
    lanes_.push_back(std::make_unique<Lane>());
    Lane& lane = *lanes_.back();
    for (int partition = i; partition < options_.partitions; partition += kLanes)
      lane.partitions.push_back(partition);
    if (lane.partitions.empty()) continue;
    lane.again = Worker("notify-" + std::to_string(i), [this, &lane] { RunLane(lane); });
    redis::StreamReader::Options reader;
    reader.endpoint = options_.endpoint;
    reader.name = "notifier-queue";
    lane.reader = std::make_unique<redis::StreamReader>(std::move(reader));
  }
  timer_ = Worker("notify-timer", [this] { RunTimer(); });
  store_.TellOfTimers([this](absl::Time due) { NoteTimer(due); });
}

QueueWorker::~QueueWorker() {
  store_.TellOfTimers(nullptr);
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  timer_.Join();
  for (auto& lane : lanes_) {
    MutexLock lock(lane->mu);
    lane->stopping = true;
    lane->changed.NotifyAll();
  }
  for (auto& lane : lanes_) lane->again.Join();
  // With their readers, each of which may be at work still.
  lanes_.clear();
}

void QueueWorker::NoteTimer(absl::Time due) {
  MutexLock lock(mu_);
  if (due >= next_due_) return;
  next_due_ = due;
  changed_.NotifyAll();
}

void QueueWorker::RunLane(Lane& lane) {
  while (true) {
    std::function<void()> work;
    {
      MutexLock lock(lane.mu);
      while (lane.work.empty() && !lane.stopping) lane.changed.Wait(lane.mu);
      if (lane.stopping) return;
      work = std::move(lane.work.front());
      lane.work.pop_front();
    }
    MutexLock busy(lane.busy);
    work();
  }
}

void QueueWorker::PostTo(int partition, std::function<void()> work) {
  Lane& lane = *lanes_[static_cast<std::size_t>(partition % kLanes)];
  MutexLock lock(lane.mu);
  lane.work.push_back(std::move(work));
  lane.changed.NotifyOne();
}

// Bounded: what is read is not read again before its batch is done with.
void QueueWorker::Subscribe(Lane& lane, const std::vector<int>& partitions) {
  redis::StreamReader::Subscription subscription;
  subscription.key = domain::QueueKey(partitions.front());
  for (std::size_t i = 1; i < partitions.size(); ++i)
    subscription.also.push_back(domain::QueueKey(partitions[i]));
  subscription.count = kEntriesPerRead;
  subscription.group = kGroup;
  subscription.consumer = options_.consumer;
  lane.reader->Subscribe(
      std::move(subscription),
      [this, &lane, partitions](const absl::StatusOr<redis::StreamBatch>& batch) {
        OnBatch(lane, partitions, batch);
      });
}

// Waits for Redis on the reader's thread: nobody else's streams are read there.
void QueueWorker::OnBatch(Lane& lane, const std::vector<int>& partitions,
                          const absl::StatusOr<redis::StreamBatch>& batch) {
  // A Redis Cluster keeps them in different slots: each is read by itself.
  if (partitions.size() > 1 && redis::ErrorCode(batch.status()) == "CROSSSLOT") {
    for (const int partition : partitions) Subscribe(lane, {partition});
    return;
  }
  {
    MutexLock busy(lane.busy);
    if (batch.ok()) {
      Handle(*batch);
    } else {
      // No group: an empty Redis, or the first start. Made anew from the streams' beginning.
      for (const int partition : partitions) store_.MakeGroup(partition).IgnoreError();
    }
  }
  lane.reader->Resume(domain::QueueKey(partitions.front()), {});
}

void QueueWorker::Handle(const redis::StreamBatch& batch) {
  for (const Opened& opened : HandleTogether(batch)) {
    const absl::Status status = HandleOpened(opened);
    if (!status.ok()) Failed(opened.partition, *opened.entry, status);
  }
}

QueueWorker::Opened QueueWorker::Open(int partition, const redis::StreamEntry& entry) {
  if (!entry.Field("f").empty())
    return {partition, &entry, store_.codec().OpenFinding(partition, entry)};
  return {partition, &entry, store_.codec().OpenJob(partition, entry)};
}

// What concerns one home stays in its order: only its first entry goes with the others.
std::vector<QueueWorker::Opened> QueueWorker::HandleTogether(const redis::StreamBatch& batch) {
  std::vector<Opened> rest;
  std::vector<std::pair<int, const redis::StreamEntry*>> entries;  // With their partitions.
  std::vector<QueuedFinding> findings;
  std::set<std::string> homes;
  rest.reserve(batch.entries().size());
  entries.reserve(batch.entries().size());
  findings.reserve(batch.entries().size());
  for (const redis::StreamEntry& entry : batch.entries()) {
    const int partition = partitions_.find(entry.key)->second;
    Opened opened = Open(partition, entry);
    if (const auto* job = std::get_if<ReadJob>(&opened.content); job != nullptr && job->ok())
      homes.insert(std::string(domain::HomeOfAlert((*job)->alert_id())));
    auto* finding = std::get_if<ReadFinding>(&opened.content);
    if (finding == nullptr || !finding->ok() || !homes.insert((*finding)->home_id()).second) {
      rest.push_back(std::move(opened));
      continue;
    }
    findings.push_back({std::move(**finding), entry.id.ToString()});
    entries.emplace_back(partition, &entry);
  }
  const std::vector<absl::Status> handled = desk_.OnFindings(findings);
  for (std::size_t f = 0; f < findings.size(); ++f)
    if (!handled[f].ok()) Failed(entries[f].first, *entries[f].second, handled[f]);
  return rest;
}

// Left pending: it is looked at again in a moment.
void QueueWorker::Failed(int partition, const redis::StreamEntry& entry,
                         const absl::Status& status) {
  failed_.Add();
  if (failures_.Changed(std::to_string(partition), status.ToString())) {
    VEILLE_LOG(kWarning, "a notification job failed and will be tried again")
        .Field("partition", partition)
        .Field("entry", entry.id.ToString())
        .Field(status);
  }
  RecoverLater(partition);
}

absl::Status QueueWorker::HandleOpened(const Opened& opened) {
  const int partition = opened.partition;
  const std::string id = opened.entry->id.ToString();
  if (opened.entry->fields.IsNil()) {
    // Done with while it was pending.
    return store_.client().CommandSync({"XACK", domain::QueueKey(partition), kGroup, id}).status();
  }
  if (const auto* finding = std::get_if<ReadFinding>(&opened.content)) {
    // Of somebody who was erased.
    if (absl::IsNotFound(finding->status())) return store_.Drop(partition, id);
    return finding->ok() ? desk_.OnFinding(**finding, id) : finding->status();
  }
  const auto& job = std::get<ReadJob>(opened.content);
  if (absl::IsNotFound(job.status())) return store_.Drop(partition, id);
  if (!job.ok()) return job.status();
  absl::Status status = desk_.OnJob(*job, id);
  // Its alert is gone (erased, another life): nothing is left to do.
  if (absl::IsNotFound(status))
    return store_.Done(std::string(domain::HomeOfAlert(job->alert_id())), id);
  return status;
}

void QueueWorker::HandleAgain(int partition, const redis::StreamBatch& batch) {
  for (const redis::StreamEntry& entry : batch.entries()) {
    const absl::Status status = HandleCounted(partition, entry);
    if (!status.ok()) Failed(partition, entry, status);
  }
}

absl::Status QueueWorker::HandleCounted(int partition, const redis::StreamEntry& entry) {
  const std::string id = entry.id.ToString();
  // Before it is tried: an entry that takes its worker with it is counted, too.
  const absl::StatusOr<int64_t> attempts = store_.CountAttempt(partition, id, 1);
  if (!attempts.ok()) return attempts.status();
  if (*attempts > options_.max_attempts) return Bury(partition, entry, *attempts);
  const absl::Status status = HandleOpened(Open(partition, entry));
  // Where this is lost with Redis the attempt counts after all: once an outage.
  if (status.ok() || IsExcused(status))
    store_.CountAttempt(partition, id, status.ok() ? 0 : -1).status().IgnoreError();
  return status;
}

// What this consumer has taken and is not done with: before it was restarted, or what failed.
void QueueWorker::Recover(int partition) {
  const std::string key = domain::QueueKey(partition);
  absl::StatusOr<redis::Reply> reply = store_.client().CommandSync(
      {"XREADGROUP", "GROUP", kGroup, options_.consumer, "COUNT", "1000", "STREAMS", key, "0"});
  // Without a group there is nothing that was taken.
  if (!reply.ok() && !absl::IsNotFound(reply.status())) return RecoverLater(partition);
  if (!reply.ok() || reply->IsNil()) return;
  absl::StatusOr<redis::StreamBatch> batch = redis::StreamBatch::FromXread(*std::move(reply));
  if (batch.ok() && !batch->entries().empty()) HandleAgain(partition, *batch);
}

void QueueWorker::RecoverLater(int partition) {
  MutexLock lock(mu_);
  recover_at_.emplace(partition, MonotonicNow() + kRetryAfter);
}

void QueueWorker::RecoverFailed() {
  std::vector<int> partitions;
  {
    MutexLock lock(mu_);
    for (auto at = recover_at_.begin(); at != recover_at_.end();) {
      if (at->second > MonotonicNow()) {
        ++at;
        continue;
      }
      partitions.push_back(at->first);
      at = recover_at_.erase(at);
    }
  }
  for (const int partition : partitions) {
    PostTo(partition, [this, partition] { Recover(partition); });
  }
}

absl::Status QueueWorker::MoveDueTimers() {
  const absl::Time now = options_.clock->Now();
  VEILLE_ASSIGN_OR_RETURN(const std::vector<absl::Time> timers, store_.NextTimers());
  std::vector<int> due;
  due.reserve(timers.size());
  for (int partition = 0; partition < options_.partitions; ++partition) {
    const absl::Time next = timers[static_cast<std::size_t>(partition)];
    if (next <= now) due.push_back(partition);
    if (next > now) NoteTimer(next);
  }
  VEILLE_ASSIGN_OR_RETURN(const absl::Time next, store_.MoveDue(due, now));
  NoteTimer(next);
  if (options_.went_round != nullptr) options_.went_round();
  return absl::OkStatus();
}

void QueueWorker::RunTimer() {
  for (int partition = 0; partition < options_.partitions; ++partition) {
    store_.MakeGroup(partition).IgnoreError();
    PostTo(partition, [this, partition] { Recover(partition); });
  }
  for (const auto& lane : lanes_)
    if (lane->reader != nullptr) Subscribe(*lane, lane->partitions);
  absl::Duration next_claim = MonotonicNow() + kClaimRound;
  int claiming = 0;
  while (true) {
    {
      MutexLock lock(mu_);
      const absl::Duration until_due = options_.clock->ToReal(next_due_ - options_.clock->Now());
      if (!stopping_ && until_due > absl::ZeroDuration())
        changed_.WaitFor(mu_, std::min(until_due, kTimerRound));
      if (stopping_) return;
      next_due_ = absl::InfiniteFuture();
    }
    if (!MoveDueTimers().ok()) {
      // Redis is away: looked for again in the next round.
      MutexLock lock(mu_);
      if (!stopping_) changed_.WaitFor(mu_, kTimerRound);
      if (stopping_) return;
    }
    {
      // Other replicas set timers, too: nothing is waited for longer than a round.
      MutexLock lock(mu_);
      const absl::Time round = options_.clock->Now() + kTimerRound * options_.clock->speed();
      next_due_ = std::min(next_due_, round);
    }
    RecoverFailed();
    // Each partition once a round, a few at a time.
    for (int i = 0; i < options_.partitions && MonotonicNow() >= next_claim; ++i) {
      next_claim += kClaimRound / options_.partitions;
      ClaimFrom(claiming);
      claiming = (claiming + 1) % options_.partitions;
    }
    next_claim = std::max(next_claim, MonotonicNow() - kClaimRound);
  }
}

void QueueWorker::ClaimFrom(int partition) {
  const std::string key = domain::QueueKey(partition);
  absl::StatusOr<redis::Reply> reply = store_.client().CommandSync(
      {"XAUTOCLAIM", key, kGroup, options_.consumer,
       std::to_string(absl::ToInt64Milliseconds(options_.claim_after)), "0-0", "COUNT", "32"});
  if (!reply.ok()) return;
  absl::StatusOr<redis::StreamBatch> batch = redis::StreamBatch::FromXautoclaim(*std::move(reply));
  if (!batch.ok() || batch->entries().empty()) return;
  claimed_.Add(batch->entries().size());
  auto shared = std::make_shared<redis::StreamBatch>(*std::move(batch));
  PostTo(partition, [this, partition, shared] { HandleAgain(partition, *shared); });
}

std::string QueueWorker::About(int partition, const redis::StreamEntry& entry) {
  if (const auto finding = store_.codec().OpenFinding(partition, entry); finding.ok())
    return finding->alert_id() + ", " + finding->rule_key();
  const auto job = store_.codec().OpenJob(partition, entry);
  return job.ok() ? job->alert_id() : "";
}

absl::Status QueueWorker::Bury(int partition, const redis::StreamEntry& entry, int64_t attempts) {
  const std::string id = entry.id.ToString();
  VEILLE_LOG(kError, "a job keeps failing; it goes to the dead letters")
      .Field("partition", partition)
      .Field("entry", id)
      .Field("attempts", attempts);
  std::vector<std::string> fields;
  for (std::size_t i = 0; i < entry.fields.size(); ++i) fields.emplace_back(entry.fields[i].str());
  // The operators before it is taken out: lost between the two, it is buried and told again.
  const absl::Status told =
      store_.Enqueue(DeadLetter(id, partition, About(partition, entry), options_.clock->Now()));
  if (!told.ok()) return told;
  const absl::StatusOr<bool> buried = store_.Bury(partition, id, fields);
  if (buried.ok() && *buried) dead_.Add();
  return buried.status();
}

}  // namespace veille::notifier
