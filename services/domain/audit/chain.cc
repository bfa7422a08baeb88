#include "services/domain/audit/chain.h"

#include <utility>

#include "absl/strings/str_format.h"

namespace veille::domain {
namespace {

using store::v1::AuditCheckpoint;
using store::v1::AuditEntry;

constexpr uint32_t kFormat = 1;

// What is signed: the message without signature and key.
std::string Signed(AuditCheckpoint checkpoint) {
  checkpoint.clear_signature();
  checkpoint.clear_key_id();
  return checkpoint.SerializeAsString();
}

void CheckEntries(const std::vector<std::string>& entries, std::vector<std::string>& hashes,
                  std::vector<std::string>& faults) {
  std::string previous;
  uint64_t expected = 1;
  for (const std::string& bytes : entries) {
    AuditEntry entry;
    std::string hash = Sha256(bytes);
    if (!entry.ParseFromString(bytes) || entry.format() != kFormat) {
      faults.push_back(absl::StrFormat("entry %d cannot be read: it was changed", expected));
    } else if (entry.number() > expected) {
      faults.push_back(
          entry.number() == expected + 1
              ? absl::StrFormat("entry %d is missing", expected)
              : absl::StrFormat("entries %d to %d are missing", expected, entry.number() - 1));
      expected = entry.number();
    } else if (entry.number() < expected) {
      faults.push_back(
          absl::StrFormat("entry %d stands behind entry %d: the order was changed, or it was put "
                          "in twice",
                          entry.number(), expected - 1));
      continue;
    } else if (entry.previous_hash() != previous) {
      faults.push_back(expected == 1
                           ? "entry 1 continues a chain that is not here"
                           : absl::StrFormat("entry %d is not what entry %d was written behind: "
                                             "one of them was changed",
                                             expected - 1, expected));
    }
    previous = std::move(hash);
    hashes.resize(expected);
    hashes[expected - 1] = previous;
    ++expected;
  }
}

void CheckCheckpoint(const AuditCheckpoint& checkpoint, const std::vector<std::string>& hashes,
                     const VerifyingKey& key, std::vector<std::string>& faults) {
  const uint64_t number = checkpoint.number();
  if (checkpoint.key_id() != key.Id()) {
    faults.push_back(
        absl::StrFormat("the checkpoint at entry %d is signed with another key", number));
  } else if (!key.Verify(Signed(checkpoint), checkpoint.signature())) {
    faults.push_back(
        absl::StrFormat("the signature of the checkpoint at entry %d is wrong", number));
  } else if (number > hashes.size()) {
    faults.push_back(
        absl::StrFormat("the log was cut: a checkpoint was signed at entry %d, and the last is %d",
                        number, hashes.size()));
  } else if (number == 0 || hashes[number - 1] != checkpoint.hash()) {
    faults.push_back(absl::StrFormat(
        "entry %d is not the one that was signed: the log was written anew", number));
  }
}

}  // namespace

std::string Chain(AuditEntry entry, AuditHead& head) {
  entry.set_format(kFormat);
  entry.set_number(head.number + 1);
  entry.set_previous_hash(head.hash);
  std::string bytes = entry.SerializeAsString();
  head = {entry.number(), Sha256(bytes)};
  return bytes;
}

AuditCheckpoint SignCheckpoint(int partition, const AuditHead& head, absl::Time now,
                               const SigningKey& key) {
  AuditCheckpoint checkpoint;
  checkpoint.set_format(kFormat);
  checkpoint.set_partition(static_cast<uint32_t>(partition));
  checkpoint.set_number(head.number);
  checkpoint.set_hash(head.hash);
  checkpoint.mutable_time()->set_seconds(absl::ToUnixSeconds(now));
  checkpoint.set_signature(key.Sign(checkpoint.SerializeAsString()));
  checkpoint.set_key_id(key.Public().Id());
  return checkpoint;
}

std::vector<std::string> VerifyAudit(int partition, const std::vector<std::string>& entries,
                                     const AuditHead& head,
                                     const std::vector<AuditCheckpoint>& checkpoints,
                                     const VerifyingKey& key) {
  std::vector<std::string> faults, hashes;
  CheckEntries(entries, hashes, faults);
  const AuditHead found{hashes.size(), hashes.empty() ? "" : hashes.back()};
  if (faults.empty() && found != head) {
    faults.push_back(
        found.number == head.number
            ? absl::StrFormat("the last entry, %d, was changed", head.number)
        : found.number < head.number
            ? absl::StrFormat("the log was cut: its head says entry %d, the last is %d",
                              head.number, found.number)
            : absl::StrFormat("the head was set back: it says entry %d, the last is %d",
                              head.number, found.number));
  }
  for (const AuditCheckpoint& checkpoint : checkpoints)
    if (checkpoint.partition() == static_cast<uint32_t>(partition))
      CheckCheckpoint(checkpoint, hashes, key, faults);
  return faults;
}

}  // namespace veille::domain
