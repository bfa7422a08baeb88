// Writes the audit log: one chain a partition, in Redis.
//
// Entries queue and are written by a thread of its own, several in one script; other processes may
// write to the same partition meanwhile. An entry that cannot be written is tried again until it
// can: nothing is dropped, and a caller that must not go on before can wait. Thread safe.

#ifndef SERVICES_DOMAIN_AUDIT_AUDIT_LOG_H_
#define SERVICES_DOMAIN_AUDIT_AUDIT_LOG_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "common/metrics/metrics.h"
#include "common/redis/client.h"
#include "common/redis/endpoint.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/domain/audit/chain.h"

namespace veille::domain {

// What the log of a partition holds.
struct StoredAudit {
  std::vector<std::string> entries;
  AuditHead head;
  std::vector<store::v1::AuditCheckpoint> checkpoints;
};
absl::StatusOr<StoredAudit> LoadAudit(redis::Client& client, int partition);
// The entries alone, oldest first, without holding more than a page of them. Passes over what
// cannot be read: `veille audit verify` tells of that.
absl::Status VisitAudit(redis::Client& client, int partition,
                        const std::function<absl::Status(const store::v1::AuditEntry&)>& visitor);

class AuditLog {
 public:
  struct Options {
    redis::Endpoint endpoint;
    int partitions = 0;
    std::shared_ptr<const Clock> clock;
    // Without a key nothing is signed.
    std::optional<SigningKey> key;
    // A partition that has new entries is signed this often, in real time.
    absl::Duration checkpoint_interval = absl::Minutes(1);
    // More than these wait for Redis: Record() refuses.
    std::size_t most_waiting = 10000;
  };
  AuditLog(Options options, metrics::Registry& metrics);
  // Writes what waits, for 3 s at most; signs.
  ~AuditLog();

  // Number, hash and time are set here. RESOURCE_EXHAUSTED when too much waits: the caller must not
  // show what it cannot record.
  absl::Status Record(store::v1::AuditEntry entry);
  // The same, and waits until it is durable. UNAVAILABLE after `patience`: it will be written all
  // the same, when Redis is back.
  absl::Status RecordAndWait(store::v1::AuditEntry entry,
                             absl::Duration patience = absl::Seconds(2));
  // The same for several, in one wait: of many homes they are written at once.
  absl::Status RecordAllAndWait(std::vector<store::v1::AuditEntry> entries,
                                absl::Duration patience = absl::Seconds(2));

 private:
  // How many of those that somebody waits for are not durable yet.
  using Unwritten = std::shared_ptr<std::size_t>;
  struct Waiting {
    store::v1::AuditEntry entry;
    Unwritten unwritten;
  };
  using Queues = std::map<int, std::vector<Waiting>>;
  // What is written to one partition at once.
  struct Batch {
    int partition = 0;
    std::vector<store::v1::AuditEntry> entries;
    bool sign = false;
    AuditHead head;  // The end that the log has then.
    enum class State { kTrying, kWritten, kFailed } state = State::kTrying;
  };

  absl::Status Queue(std::vector<store::v1::AuditEntry> entries, const Unwritten& unwritten);
  void Run();
  // False when Redis did not take all; what it did not take stays in the queues.
  bool WriteQueues(Queues& queues);
  // One round trip for all of them, and one for those that others were faster at.
  void Write(std::vector<Batch>& batches);
  std::vector<std::string> ArgsOf(Batch& batch);
  void OnReply(const absl::StatusOr<redis::Reply>& reply, Batch& batch);
  void SignNew();

  const Options options_;
  metrics::Counter& entries_;
  metrics::Counter& failures_;
  const std::unique_ptr<redis::Client> client_;

  Mutex mu_;
  CondVar changed_, done_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::size_t waiting_ ABSL_GUARDED_BY(mu_) = 0;
  Queues queues_ ABSL_GUARDED_BY(mu_);

  // The thread's only.
  std::map<int, AuditHead> heads_;
  // Of a script that was not answered: the end that it would have made, by how many entries. When
  // the log ends there, it was carried out.
  struct InDoubt {
    AuditHead head;
    std::size_t count = 0;
  };
  std::map<int, InDoubt> in_doubt_;
  std::map<int, uint64_t>
      signed_;  // The last entry that is signed, of partitions that we wrote to.
  Worker thread_;
};

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_AUDIT_AUDIT_LOG_H_
