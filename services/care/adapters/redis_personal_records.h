// What is kept of people, in Redis. Thread safe; blocks for many round trips.

#ifndef SERVICES_CARE_ADAPTERS_REDIS_PERSONAL_RECORDS_H_
#define SERVICES_CARE_ADAPTERS_REDIS_PERSONAL_RECORDS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "common/redis/client.h"
#include "common/redis/endpoint.h"
#include "services/care/app/personal_records.h"
#include "services/domain/vault/vault.h"

namespace veille::care {

class RedisPersonalRecords final : public PersonalRecords {
 public:
  struct Options {
    redis::Endpoint endpoint;
    redis::Endpoint key_store;  // Of the wrapped keys; may be the same.
    int partitions = 0;
    std::shared_ptr<domain::Vault> vault;
    // For a rewrite of all files, in real time.
    absl::Duration rewrite_time = absl::Minutes(10);
  };
  explicit RedisPersonalRecords(Options options);

  absl::StatusOr<std::string> HomeOf(const std::string& patient_id) override;
  absl::Status Visit(const PersonalScope& scope, const Visitor& visitor) override;
  absl::Status VisitAccesses(const std::string& home_id, const std::string& patient_id,
                             const OnAccess& on_access) override;
  absl::StatusOr<bool> Holds(const PersonalScope& scope) override;
  absl::StatusOr<SweepCounts> Sweep(const PersonalScope& scope) override;
  absl::Status RewriteFiles() override;
  absl::StatusOr<std::unique_ptr<Turn>> TakeTurn() override;
  absl::StatusOr<store::v1::Erasure> GetErasure(const std::string& patient_id) override;
  absl::StatusOr<std::vector<store::v1::Erasure>> ListErasures() override;
  absl::Status PutErasure(const store::v1::Erasure& before,
                          const store::v1::Erasure& after) override;

 private:
  absl::Status Rewrite(redis::Client& client) const;

  const Options options_;
  const std::unique_ptr<redis::Client> client_, keys_;
};

}  // namespace veille::care

#endif  // SERVICES_CARE_ADAPTERS_REDIS_PERSONAL_RECORDS_H_
