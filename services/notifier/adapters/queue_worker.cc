#include "services/notifier/adapters/queue_worker.h"

#include <algorithm>
#include <utility>

#include "common/base/digest.h"
#include "common/log/log.h"
#include "services/domain/keys.h"

namespace veille::notifier {
namespace {

constexpr char kGroup[] = "notifier";
constexpr int kEntriesPerRead = 32;
// Each waits for Redis most of the time.
constexpr int kLanes = 8;
// Due steps are looked for at least this often, whoever set their timers.
constexpr absl::Duration kTimerRound = absl::Milliseconds(200);
constexpr absl::Duration kClaimRound = absl::Seconds(3);

store::v1::Finding DeadLetter(int partition, const std::string& entry) {
  store::v1::Finding finding;
  finding.set_format(1);
  finding.set_home_id(std::string(domain::kOperatorHome));
  finding.set_rule_key("DEAD_LETTER");
  finding.set_alert_id(std::string(domain::kOperatorHome) + "." +
                       Sha256Hex16(std::to_string(partition) + "/" + entry));
  finding.set_finding_id(finding.alert_id() + "/1");
  finding.set_kind(store::v1::Finding::KIND_RAISE);
  finding.set_severity(alert::v1::SEVERITY_HIGH);
  finding.set_status(alert::v1::STATUS_ACTUAL);
  finding.set_latching(true);
  finding.mutable_reason()->set_fr("Un travail du notifieur échoue toujours : " + entry);
  finding.mutable_reason()->set_en("A job of the notifier keeps failing: " + entry);
  finding.mutable_evidence()->set_rule("DEAD_LETTER");
  return finding;
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
      next_due_(absl::InfinitePast()) {
  for (int i = 0; i < kLanes; ++i) {
    lanes_.push_back(std::make_unique<Lane>());
    Lane& lane = *lanes_.back();
    lane.thread = Worker("notify-" + std::to_string(i), [this, &lane] { RunLane(lane); });
  }
  redis::StreamReader::Options reader;
  reader.endpoint = options_.endpoint;
  reader.name = "notifier-queue";
  reader_ = std::make_unique<redis::StreamReader>(std::move(reader));
  timer_ = Worker("notify-timer", [this] { RunTimer(); });
}

QueueWorker::~QueueWorker() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  timer_.Join();
  reader_.reset();
  for (auto& lane : lanes_) {
    MutexLock lock(lane->mu);
    lane->stopping = true;
    lane->changed.NotifyAll();
  }
  for (auto& lane : lanes_) lane->thread.Join();
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
    work();
  }
}

void QueueWorker::PostTo(int partition, std::function<void()> work) {
  Lane& lane = *lanes_[static_cast<std::size_t>(partition % kLanes)];
  MutexLock lock(lane.mu);
  lane.work.push_back(std::move(work));
  lane.changed.NotifyOne();
}

// Bounded: a partition is not read again before its batch is done with.
void QueueWorker::Subscribe(int partition) {
  redis::StreamReader::Subscription subscription;
  subscription.key = domain::QueueKey(partition);
  subscription.count = kEntriesPerRead;
  subscription.group = kGroup;
  subscription.consumer = options_.consumer;
  reader_->Subscribe(std::move(subscription),
                     [this, partition](absl::StatusOr<redis::StreamBatch> batch) {
                       OnBatch(partition, std::move(batch));
                     });
}

void QueueWorker::OnBatch(int partition, absl::StatusOr<redis::StreamBatch> batch) {
  auto shared = std::make_shared<absl::StatusOr<redis::StreamBatch>>(std::move(batch));
  PostTo(partition, [this, partition, shared] {
    if (shared->ok()) {
      Handle(partition, **shared);
      reader_->Resume(domain::QueueKey(partition), (*shared)->last_id());
      return;
    }
    // No group: an empty Redis, or the first start. Made anew from the stream's beginning.
    store_.MakeGroup(partition).IgnoreError();
    reader_->Resume(domain::QueueKey(partition), {});
  });
}

void QueueWorker::Handle(int partition, const redis::StreamBatch& batch) {
  for (const redis::StreamEntry& entry : batch.entries()) {
    const absl::Status status = HandleEntry(partition, entry);
    if (status.ok()) continue;
    failed_.Add();
    // Left pending: it is claimed again after a while.
    if (failures_.Changed(std::to_string(partition), status.ToString())) {
      VEILLE_LOG(kWarning, "a notification job failed and will be tried again")
          .Field("partition", partition)
          .Field("entry", entry.id.ToString())
          .Field(status);
    }
  }
}

absl::Status QueueWorker::HandleEntry(int partition, const redis::StreamEntry& entry) {
  const std::string id = entry.id.ToString();
  const std::string_view finding_bytes = entry.Field("f");
  const std::string_view job_bytes = entry.Field("j");
  if (!finding_bytes.empty()) {
    store::v1::Finding finding;
    if (!finding.ParseFromArray(finding_bytes.data(), static_cast<int>(finding_bytes.size())))
      return absl::DataLossError("a finding cannot be read");
    return desk_.OnFinding(finding, id);
  }
  store::v1::Job job;
  if (job_bytes.empty() ||
      !job.ParseFromArray(job_bytes.data(), static_cast<int>(job_bytes.size()))) {
    return absl::DataLossError("a job cannot be read");
  }
  absl::Status status = desk_.OnJob(job, id);
  // Its alert is gone (erased, another life): nothing is left to do.
  if (absl::IsNotFound(status)) {
    return store_.client().CommandSync({"XACK", domain::QueueKey(partition), kGroup, id}).status();
  }
  return status;
}

// What this consumer had taken before it was restarted.
void QueueWorker::Recover() {
  for (int partition = 0; partition < options_.partitions; ++partition) {
    const std::string key = domain::QueueKey(partition);
    store_.MakeGroup(partition).IgnoreError();
    absl::StatusOr<redis::Reply> reply = store_.client().CommandSync(
        {"XREADGROUP", "GROUP", kGroup, options_.consumer, "COUNT", "1000", "STREAMS", key, "0"});
    if (!reply.ok() || reply->IsNil()) continue;
    absl::StatusOr<redis::StreamBatch> batch = redis::StreamBatch::FromXread(*std::move(reply));
    if (!batch.ok()) continue;
    auto shared = std::make_shared<redis::StreamBatch>(*std::move(batch));
    PostTo(partition, [this, partition, shared] { Handle(partition, *shared); });
  }
}

void QueueWorker::RunTimer() {
  Recover();
  for (int partition = 0; partition < options_.partitions; ++partition) Subscribe(partition);
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
    const absl::Time now = options_.clock->Now();
    for (int partition = 0; partition < options_.partitions; ++partition) {
      const absl::StatusOr<absl::Time> next = store_.MoveDue(partition, now);
      if (next.ok()) {
        NoteTimer(*next);
        continue;
      }
      // Redis is away: looked for again in the next round.
      MutexLock lock(mu_);
      if (!stopping_) changed_.WaitFor(mu_, kTimerRound);
      if (stopping_) return;
      break;
    }
    {
      // Other replicas set timers, too: nothing is waited for longer than a round.
      MutexLock lock(mu_);
      const absl::Time round = options_.clock->Now() + kTimerRound * options_.clock->speed();
      next_due_ = std::min(next_due_, round);
    }
    if (MonotonicNow() < next_claim) continue;
    next_claim = MonotonicNow() + kClaimRound / std::max(1, options_.partitions);
    ClaimFrom(claiming);
    claiming = (claiming + 1) % options_.partitions;
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
  PostTo(partition, [this, partition, key, shared] {
    for (const redis::StreamEntry& entry : shared->entries()) {
      const std::string id = entry.id.ToString();
      const auto pending = store_.client().CommandSync({"XPENDING", key, kGroup, id, id, "1"});
      const int64_t attempts =
          pending.ok() && pending->size() == 1 ? (*pending)[0][3].integer() : 0;
      if (attempts > options_.max_attempts) {
        Bury(partition, entry, attempts);
      } else if (absl::Status status = HandleEntry(partition, entry); !status.ok()) {
        failed_.Add();
      }
    }
  });
}

void QueueWorker::Bury(int partition, const redis::StreamEntry& entry, int64_t attempts) {
  const std::string id = entry.id.ToString();
  VEILLE_LOG(kError, "a job keeps failing; it goes to the dead letters")
      .Field("partition", partition)
      .Field("entry", id)
      .Field("attempts", attempts);
  std::vector<std::string> add = {"XADD", domain::DeadLettersKey(partition), "MAXLEN", "~", "10000",
                                  "*"};
  for (std::size_t i = 0; i < entry.fields.size(); ++i) add.emplace_back(entry.fields[i].str());
  if (!store_.client().CommandSync(std::move(add)).ok()) return;
  if (!store_.Enqueue(DeadLetter(partition, id)).ok()) return;
  store_.client().CommandSync({"XACK", domain::QueueKey(partition), kGroup, id}).IgnoreError();
  store_.client().CommandSync({"XDEL", domain::QueueKey(partition), id}).IgnoreError();
  dead_.Add();
}

}  // namespace veille::notifier
