#include "services/domain/audit/audit_log.h"

#include <algorithm>
#include <span>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/log/log.h"
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
absl::StatusOr<std::vector<std::string>> ReadStream(redis::Client& client, const std::string& key) {
  std::vector<std::string> values;
  std::string from = "-";
  while (true) {
    VEILLE_ASSIGN_OR_RETURN(
        const redis::Reply page,
        client.CommandSync({"XRANGE", key, from, "+", "COUNT", std::to_string(kPage)}));
    for (std::size_t i = 0; i < page.size(); ++i) {
      values.emplace_back(page[i][1][1].str());
      from = "(" + std::string(page[i][0].str());
    }
    if (page.size() < kPage) return values;
  }
}

}  // namespace

absl::StatusOr<StoredAudit> LoadAudit(redis::Client& client, int partition) {
  StoredAudit stored;
  // The head first: what is written meanwhile stands behind it.
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply head,
                          client.CommandSync({"HMGET", AuditHeadKey(partition), "number", "hash"}));
  stored.head.number = static_cast<uint64_t>(head[0].AsInteger().value_or(0));
  stored.head.hash = std::string(head[1].str());
  VEILLE_ASSIGN_OR_RETURN(stored.entries, ReadStream(client, AuditKey(partition)));
  if (stored.entries.size() > stored.head.number) stored.entries.resize(stored.head.number);
  VEILLE_ASSIGN_OR_RETURN(const std::vector<std::string> checkpoints,
                          ReadStream(client, AuditCheckpointsKey(partition)));
  for (const std::string& bytes : checkpoints) {
    store::v1::AuditCheckpoint& checkpoint = stored.checkpoints.emplace_back();
    if (!checkpoint.ParseFromString(bytes) || checkpoint.number() > stored.head.number)
      stored.checkpoints.pop_back();
  }
  return stored;
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

absl::Status AuditLog::Queue(AuditEntry entry, const Written& written) {
  SetTime(options_.clock->Now(), *entry.mutable_time());
  const int partition = PartitionOf(entry.home_id(), options_.partitions);
  MutexLock lock(mu_);
  if (waiting_ >= options_.most_waiting) {
    return absl::ResourceExhaustedError(
        "the audit log is behind; what cannot be recorded is not shown: try again later");
  }
  ++waiting_;
  queues_[partition].push_back({std::move(entry), written});
  changed_.NotifyOne();
  return absl::OkStatus();
}

absl::Status AuditLog::Record(AuditEntry entry) { return Queue(std::move(entry), nullptr); }

absl::Status AuditLog::RecordAndWait(AuditEntry entry, absl::Duration patience) {
  const Written written = std::make_shared<bool>(false);
  VEILLE_RETURN_IF_ERROR(Queue(std::move(entry), written));
  const absl::Duration deadline = MonotonicNow() + patience;
  MutexLock lock(mu_);
  while (!*written) {
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
    std::map<int, std::vector<Waiting>> taken;
    {
      MutexLock lock(mu_);
      if (queues_.empty() && !stopping_) changed_.WaitFor(mu_, absl::Seconds(1));
      if (stopping_ && stop_by == absl::InfiniteDuration()) stop_by = MonotonicNow() + kLastWrites;
      taken.swap(queues_);
    }
    const bool last = stop_by != absl::InfiniteDuration();
    bool failed = false;
    for (auto& [partition, waiting] : taken) {
      std::vector<AuditEntry> entries;
      while (!failed && !waiting.empty()) {
        const std::size_t count = std::min(waiting.size(), kMostAtOnce);
        entries.clear();
        for (std::size_t i = 0; i < count; ++i) entries.push_back(waiting[i].entry);
        failed = !Write(partition, entries, false);
        if (failed) break;
        MutexLock lock(mu_);
        for (std::size_t i = 0; i < count; ++i)
          if (waiting[i].written != nullptr) *waiting[i].written = true;
        waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count));
        waiting_ -= count;
        done_.NotifyAll();
      }
      if (waiting.empty()) continue;
      // In front of what came meanwhile.
      MutexLock lock(mu_);
      auto& queue = queues_[partition];
      queue.insert(queue.begin(), std::make_move_iterator(waiting.begin()),
                   std::make_move_iterator(waiting.end()));
    }
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

void AuditLog::SignNew() {
  if (!options_.key.has_value()) return;
  std::vector<int> unsigned_partitions;
  for (const auto& [partition, head] : heads_)
    if (signed_[partition] != head.number) unsigned_partitions.push_back(partition);
  for (const int partition : unsigned_partitions) Write(partition, {}, true);
}

bool AuditLog::Write(int partition, std::vector<AuditEntry> entries, bool sign) {
  for (int round = 0; round < kRounds; ++round) {
    AuditHead head = heads_[partition];
    const uint64_t expected = head.number;
    std::vector<std::string> args = {AuditKey(partition), AuditHeadKey(partition),
                                     AuditCheckpointsKey(partition), std::to_string(expected)};
    std::vector<std::string> chained;
    chained.reserve(entries.size());
    for (const AuditEntry& entry : entries) chained.push_back(Chain(entry, head));
    std::string checkpoint;
    if (sign)
      checkpoint =
          SignCheckpoint(partition, head, options_.clock->Now(), *options_.key).SerializeAsString();
    args.push_back(std::to_string(head.number));
    args.push_back(head.hash);
    args.push_back(checkpoint);
    for (std::string& bytes : chained) args.push_back(std::move(bytes));
    const absl::StatusOr<redis::Reply> reply = client_->EvalSync(
        redis::FindScript(std::span(kScripts, kScriptCount), "audit_append"), std::move(args));
    if (!reply.ok()) {
      failures_.Add();
      VEILLE_LOG(kWarning, "the audit log cannot be written now").Field(reply.status());
      // Whether it was written is not known: what stands there says so.
      heads_.erase(partition);
      in_doubt_[partition] = {head, entries.size()};
      return false;
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
      if (entries.empty() && !sign) return true;
      if (stands != head) continue;
    }
    if (stands == head) {
      entries_.Add(entries.size());
      if (sign) signed_[partition] = head.number;
      return true;
    }
  }
  failures_.Add();
  return false;
}

}  // namespace veille::domain
