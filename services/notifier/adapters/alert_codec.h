// The notifier's records as they stand in Redis: sealed on the way in, opened on the way out, with
// the marks that scripts keep beside them. Thread safe; no I/O but the vault's.
//
// Opening says NOT_FOUND where the key is gone (the person was erased), DATA_LOSS where the bytes
// cannot be read, and the vault's fault when it cannot tell.

#ifndef SERVICES_NOTIFIER_ADAPTERS_ALERT_CODEC_H_
#define SERVICES_NOTIFIER_ADAPTERS_ALERT_CODEC_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "common/redis/reply.h"
#include "common/redis/stream_reader.h"
#include "services/domain/vault/vault.h"
#include "services/notifier/app/alert_store.h"

namespace veille::notifier {

class AlertCodec {
 public:
  AlertCodec(int partitions, std::shared_ptr<domain::Vault> vault)
      : partitions_(partitions), vault_(std::move(vault)) {}

  absl::StatusOr<std::string> SealRecord(const store::v1::AlertRecord& record) const;
  // The answer to HMGET <alert> record sent.
  absl::StatusOr<store::v1::AlertRecord> OpenRecord(
      const std::string& alert_id, const absl::StatusOr<redis::Reply>& reply) const;
  // A record and its marks; nothing for no record, and for one whose key is gone.
  absl::StatusOr<std::optional<store::v1::AlertRecord>> OpenIfThere(
      int partition, const std::string& home_id, const redis::ReplyView& record,
      const redis::ReplyView& marks) const;
  // Records of one home, each with its marks after it; those whose key is gone are left out.
  absl::StatusOr<std::vector<store::v1::AlertRecord>> OpenAll(int partition,
                                                              const std::string& home_id,
                                                              const redis::Reply& reply) const;

  // What a caregiver is told, for that caregiver's inbox alone.
  absl::StatusOr<std::string> SealUpdate(const std::string& caregiver_id,
                                         const alert::v1::Alert& alert,
                                         std::string_view update) const;

  // A send names people's addresses: sealed, to the same bytes each time, since the timers look for
  // it by them. The others name ids only.
  absl::StatusOr<std::string> WriteJob(const store::v1::Job& job) const;
  absl::StatusOr<store::v1::Job> OpenJob(int partition, const redis::StreamEntry& entry) const;
  absl::StatusOr<std::string> SealFinding(const store::v1::Finding& finding) const;
  absl::StatusOr<store::v1::Finding> OpenFinding(int partition,
                                                 const redis::StreamEntry& entry) const;

  // What update-6.lua takes after its fixed arguments: how many jobs are to be done now, these,
  // then what is to be done later, each with its time.
  absl::Status AddJobs(const AlertChange& change, std::vector<std::string>& args) const;

 private:
  int PartitionOf(const std::string& alert_id) const;
  absl::StatusOr<store::v1::AlertRecord> Open(int partition, const std::string& home_id,
                                              std::string_view bytes, std::string_view marks) const;

  const int partitions_;
  const std::shared_ptr<domain::Vault> vault_;
};

// The timer of the record's next step or end, as it stands in the sorted set: the job itself. Empty
// for no record, and where nothing is due.
std::string TimerOf(const store::v1::AlertRecord* record);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_ALERT_CODEC_H_
