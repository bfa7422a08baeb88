#include "services/domain/audit/audit_log.h"

#include <algorithm>
#include <span>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/log/log.h"
#include "common/redis/gather.h"
#include "common/redis/pipelined_client.h"
#include "services/domain/keys.h"

namespace veille::domain {

extern const redis::Script kScripts[];
extern const unsigned long kScriptCount;

namespace {

using store::v1::AuditEntry;

constexpr absl::Duration kRetry = absl::Milliseconds(200);
constexpr absl::Duration kLastWrites = absl::Seconds(3);
// A script's size; entries are some 200 bytes.
constexpr std::size_t kMostAtOnce = 256;
// Other writers of the same partition: each round one of us wins.
constexpr int kRounds = 64;
constexpr int kPage = 1000;

std::unique_ptr<redis::Client> Connect(const redis::Endpoint& endpoint) {
  redis::PipelinedClient::Options client;
  client.endpoint = endpoint;
  client.scripts = {kScripts, kScripts + kScriptCount};
  client.name = "audit";
  return std::make_unique<redis::PipelinedClient>(std::move(client));
}

// The values of a stream's one field, oldest first.
absl::Status VisitStream(redis::Client& client, const std::string& key,
                         const std::function<absl::Status(std::string_view)>& visitor) {
  std::string from = "-";
  while (true) {
    VEILLE_ASSIGN_OR_RETURN(
        const redis::Reply page,
        client.CommandSync({"XRANGE", key, from, "+", "COUNT", std::to_string(kPage)}));
    for (std::size_t i = 0; i < page.size(); ++i) {
      VEILLE_RETURN_IF_ERROR(visitor(page[i][1][1].str()));
      from = "(" + std::string(page[i][0].str());
    }
    if (page.size() < kPage) return absl::OkStatus();
  }
}

absl::StatusOr<std::vector<std::string>> ReadStream(redis::Client& client, const std::string& key) {
  std::vector<std::string> values;
  VEILLE_RETURN_IF_ERROR(VisitStream(client, key, [&values](std::string_view value) {
    values.emplace_back(value);
    return absl::OkStatus();
  }));
  return values;
}

absl::StatusOr<AuditHead> ReadHead(redis::Client& client, int partition) {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply head,
                          client.CommandSync({"HMGET", AuditHeadKey(partition), "number", "hash"}));
  return AuditHead{static_cast<uint64_t>(head[0].AsInteger().value_or(0)),
                   std::string(head[1].str())};
}

}  // namespace

absl::StatusOr<StoredAudit> LoadAudit(redis::Client& client, int partition) {
  StoredAudit stored;
  // Checkpoints first, the head then: nothing that is written meanwhile makes a checkpoint stand
  // beyond the head. What does was signed before the log was cut.
  VEILLE_ASSIGN_OR_RETURN(const std::vector<std::string> checkpoints,
                          ReadStream(client, AuditCheckpointsKey(partition)));
  for (const std::string& bytes : checkpoints) {
    store::v1::AuditCheckpoint& checkpoint = stored.checkpoints.emplace_back();
    if (checkpoint.ParseFromString(bytes)) continue;
    // Kept, as one that nobody signed.
    checkpoint.Clear();
    checkpoint.set_partition(static_cast<uint32_t>(partition));
  }
  VEILLE_ASSIGN_OR_RETURN(stored.head, ReadHead(client, partition));
  VEILLE_ASSIGN_OR_RETURN(stored.entries, ReadStream(client, AuditKey(partition)));
  // What was written since then is for the next look; what no head has ever counted is shown.
  VEILLE_ASSIGN_OR_RETURN(const AuditHead now, ReadHead(client, partition));
  if (stored.entries.size() > stored.head.number && stored.entries.size() <= now.number)
    stored.entries.resize(stored.head.number);
  return stored;
}

absl::Status VisitAudit(redis::Client& client, int partition,
                        const std::function<absl::Status(const AuditEntry&)>& visitor) {
  return VisitStream(client, AuditKey(partition), [&visitor](std::string_view bytes) {
    AuditEntry entry;
    if (!entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
      return absl::OkStatus();
    return visitor(entry);
  });
}

AuditLog::AuditLog(Options options, metrics::Registry& metrics)
    : options_(std::move(options)),
      entries_(metrics.NewCounter("veille_audit_entries_total", "Entries of the audit log.")),
      failures_(metrics.NewCounter("veille_audit_failures_total",
                                   "Attempts to write to the audit log that failed.")),
      client_(Connect(options_.endpoint)) {
  thread_ = Worker("audit", [this] { Run(); });
}

AuditLog::~AuditLog() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.Join();
}

absl::Status AuditLog::Queue(std::vector<AuditEntry> entries, const Unwritten& unwritten) {
  const absl::Time now = options_.clock->Now();
  MutexLock lock(mu_);
  if (waiting_ + entries.size() > options_.most_waiting) {
    return absl::ResourceExhaustedError(
        "the audit log is behind; what cannot be recorded is not shown: try again later");
  }
  waiting_ += entries.size();
  for (AuditEntry& entry : entries) {
    SetTime(now, *entry.mutable_time());
    const int partition = PartitionOf(entry.home_id(), options_.partitions);
    queues_[partition].push_back({std::move(entry), unwritten});
  }
  changed_.NotifyOne();
  return absl::OkStatus();
}

absl::Status AuditLog::Record(AuditEntry entry) { return Queue({std::move(entry)}, nullptr); }

absl::Status AuditLog::RecordAndWait(AuditEntry entry, absl::Duration patience) {
  return RecordAllAndWait({std::move(entry)}, patience);
}

absl::Status AuditLog::RecordAllAndWait(std::vector<AuditEntry> entries, absl::Duration patience) {
  const Unwritten unwritten = std::make_shared<std::size_t>(entries.size());
  VEILLE_RETURN_IF_ERROR(Queue(std::move(entries), unwritten));
  const absl::Duration deadline = MonotonicNow() + patience;
  MutexLock lock(mu_);
  while (*unwritten > 0) {
    const absl::Duration left = deadline - MonotonicNow();
    if (left <= absl::ZeroDuration())
      return absl::UnavailableError("the audit log cannot be written now; try again later");
    done_.WaitFor(mu_, left);
  }
  return absl::OkStatus();
}

void AuditLog::Run() {
  absl::Duration next_signing = MonotonicNow() + options_.checkpoint_interval;
  absl::Duration stop_by = absl::InfiniteDuration();
  while (true) {
    Queues taken;
    {
      MutexLock lock(mu_);
      if (queues_.empty() && !stopping_) changed_.WaitFor(mu_, absl::Seconds(1));
      if (stopping_ && stop_by == absl::InfiniteDuration()) stop_by = MonotonicNow() + kLastWrites;
      taken.swap(queues_);
    }
    const bool last = stop_by != absl::InfiniteDuration();
    const bool failed = !WriteQueues(taken);
    if (!failed && (last || MonotonicNow() >= next_signing)) {
      next_signing = MonotonicNow() + options_.checkpoint_interval;
      SignNew();
    }
    MutexLock lock(mu_);
    // Only after a round that knew it was the last, and signed.
    if (last && (queues_.empty() || MonotonicNow() >= stop_by)) return;
    if (failed) changed_.WaitFor(mu_, kRetry);
  }
}

bool AuditLog::WriteQueues(Queues& queues) {
  bool failed = false;
  while (!queues.empty() && !failed) {
    std::vector<Batch> batches;
    batches.reserve(queues.size());
    for (const auto& [partition, waiting] : queues) {
      Batch& batch = batches.emplace_back();
      batch.partition = partition;
      const std::size_t count = std::min(waiting.size(), kMostAtOnce);
      batch.entries.reserve(count);
      for (std::size_t i = 0; i < count; ++i) batch.entries.push_back(waiting[i].entry);
    }
    Write(batches);
    MutexLock lock(mu_);
    for (const Batch& batch : batches) {
      if (batch.state != Batch::State::kWritten) {
        failed = true;
        continue;
      }
      std::vector<Waiting>& waiting = queues[batch.partition];
      const std::size_t count = std::min(waiting.size(), kMostAtOnce);
      for (std::size_t i = 0; i < count; ++i)
        if (waiting[i].unwritten != nullptr) --*waiting[i].unwritten;
      waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count));
      waiting_ -= count;
      if (waiting.empty()) queues.erase(batch.partition);
    }
    done_.NotifyAll();
  }
  MutexLock lock(mu_);
  for (auto& [partition, waiting] : queues) {
    // In front of what came meanwhile.
    auto& queue = queues_[partition];
    queue.insert(queue.begin(), std::make_move_iterator(waiting.begin()),
                 std::make_move_iterator(waiting.end()));
  }
  return !failed;
}

void AuditLog::SignNew() {
  if (!options_.key.has_value()) return;
  std::vector<Batch> batches;
  batches.reserve(heads_.size());
  for (const auto& [partition, head] : heads_) {
    if (signed_[partition] == head.number) continue;
    Batch& batch = batches.emplace_back();
    batch.partition = partition;
    batch.sign = true;
  }
  Write(batches);
}

void AuditLog::Write(std::vector<Batch>& batches) {
  for (int round = 0; round < kRounds; ++round) {
    std::vector<Batch*> trying;
    trying.reserve(batches.size());
    for (Batch& batch : batches)
      if (batch.state == Batch::State::kTrying) trying.push_back(&batch);
    if (trying.empty()) return;
    redis::Gather gather(trying.size());
    for (std::size_t i = 0; i < trying.size(); ++i) {
      client_->Eval(redis::FindScript(std::span(kScripts, kScriptCount), "audit_append"),
                    ArgsOf(*trying[i]), gather.At(i));
    }
    const auto replies = gather.Wait();
    for (std::size_t i = 0; i < trying.size(); ++i) OnReply(replies[i], *trying[i]);
  }
  for (Batch& batch : batches) {
    if (batch.state != Batch::State::kTrying) continue;
    failures_.Add();
    batch.state = Batch::State::kFailed;
  }
}

std::vector<std::string> AuditLog::ArgsOf(Batch& batch) {
  const int partition = batch.partition;
  AuditHead head = heads_[partition];
  std::vector<std::string> args = {AuditKey(partition), AuditHeadKey(partition),
                                   AuditCheckpointsKey(partition), std::to_string(head.number)};
  std::vector<std::string> chained;
  chained.reserve(batch.entries.size());
  for (const AuditEntry& entry : batch.entries) chained.push_back(Chain(entry, head));
  std::string checkpoint;
  if (batch.sign)
    checkpoint =
        SignCheckpoint(partition, head, options_.clock->Now(), *options_.key).SerializeAsString();
  args.push_back(std::to_string(head.number));
  args.push_back(head.hash);
  args.push_back(checkpoint);
  for (std::string& bytes : chained) args.push_back(std::move(bytes));
  batch.head = head;
  return args;
}

void AuditLog::OnReply(const absl::StatusOr<redis::Reply>& reply, Batch& batch) {
  const int partition = batch.partition;
  std::vector<AuditEntry>& entries = batch.entries;
  if (!reply.ok()) {
    failures_.Add();
    VEILLE_LOG(kWarning, "the audit log cannot be written now").Field(reply.status());
    // Whether it was written is not known: what stands there says so.
    heads_.erase(partition);
    in_doubt_[partition] = {batch.head, entries.size()};
    batch.state = Batch::State::kFailed;
    return;
  }
  const AuditHead stands{static_cast<uint64_t>((*reply)[0].integer()),
                         std::string((*reply)[1].str())};
  heads_[partition] = stands;
  if (const auto doubt = in_doubt_.find(partition); doubt != in_doubt_.end()) {
    // These were on their way when the connection broke, and are the first of those at hand.
    if (stands == doubt->second.head && doubt->second.count <= entries.size()) {
      entries.erase(entries.begin(),
                    entries.begin() + static_cast<std::ptrdiff_t>(doubt->second.count));
    }
    in_doubt_.erase(doubt);
    if (entries.empty() && !batch.sign) batch.state = Batch::State::kWritten;
    if (stands != batch.head) return;
  }
  if (stands != batch.head) return;
  entries_.Add(entries.size());
  if (batch.sign) signed_[partition] = batch.head.number;
  batch.state = Batch::State::kWritten;
}

}  // namespace veille::domain
