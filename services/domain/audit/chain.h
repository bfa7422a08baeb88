// The audit log's chain: entries that carry the hash of the one before, and signed checkpoints.
//
// What a chain by itself shows: an entry that was edited, dropped or moved. What only a checkpoint
// shows that is kept where the log cannot be written: an end that was cut off, or a chain that was
// written anew. Pure; thread safe.

#ifndef SERVICES_DOMAIN_AUDIT_CHAIN_H_
#define SERVICES_DOMAIN_AUDIT_CHAIN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "veille/store/v1/audit.pb.h"

#include "common/crypto/ed25519.h"

namespace veille::domain {

// The last entry of a chain.
struct AuditHead {
  uint64_t number = 0;
  std::string hash;  // Empty while there is no entry.
  friend bool operator==(const AuditHead&, const AuditHead&) = default;
};

// Puts an entry behind `head`, which moves: returns its bytes as they are to be stored.
std::string Chain(store::v1::AuditEntry entry, AuditHead& head);

store::v1::AuditCheckpoint SignCheckpoint(int partition, const AuditHead& head, absl::Time now,
                                          const SigningKey& key);

// What does not hold, in words that name the entry; empty when all of it holds. `entries` are the
// bytes as stored, in order. `head` is what the log itself says of its end. Checkpoints of other
// partitions are passed over.
std::vector<std::string> VerifyAudit(int partition, const std::vector<std::string>& entries,
                                     const AuditHead& head,
                                     const std::vector<store::v1::AuditCheckpoint>& checkpoints,
                                     const VerifyingKey& key);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_AUDIT_CHAIN_H_
