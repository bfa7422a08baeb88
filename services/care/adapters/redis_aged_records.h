// What grows old in Redis. Thread safe; blocks for many round trips.

#ifndef SERVICES_CARE_ADAPTERS_REDIS_AGED_RECORDS_H_
#define SERVICES_CARE_ADAPTERS_REDIS_AGED_RECORDS_H_

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "common/redis/client.h"
#include "common/redis/endpoint.h"
#include "services/care/app/retention.h"
#include "services/domain/vault/vault.h"

namespace veille::care {

class RedisAgedRecords final : public AgedRecords {
 public:
  struct Options {
    redis::Endpoint endpoint;
    int partitions = 0;
    std::shared_ptr<domain::Vault> vault;
  };
  explicit RedisAgedRecords(Options options);

  absl::StatusOr<uint64_t> DeleteOlder(const std::string& data_class, absl::Duration age,
                                       absl::Time now) override;

 private:
  // A stream whose ids are Redis' own time is judged by that, whatever the world's clock shows.
  absl::StatusOr<uint64_t> TrimStreams(std::string (*key)(int), absl::Duration age);
  // Alerts that are closed and were raised before then, with what inboxes hold of them.
  absl::StatusOr<uint64_t> DeleteAlerts(absl::Time before);
  absl::StatusOr<uint64_t> DeleteAlertsOf(int partition, const std::string& home_id,
                                          absl::Time before, std::set<std::string>& deleted);
  // Each home's newest plan of each person stays.
  absl::StatusOr<uint64_t> DeletePlans(absl::Time before);
  absl::StatusOr<uint64_t> DeletePlansOf(const std::string& key, const std::string& home_id,
                                         absl::Time before);
  // Every partition's keys of a kind, named by that of partition 0; with the id behind it.
  using OnKey =
      std::function<absl::Status(int partition, const std::string& key, const std::string& id)>;
  absl::Status EachKey(const std::string& of_first, const OnKey& on_key);

  const Options options_;
  const std::unique_ptr<redis::Client> client_;
};

}  // namespace veille::care

#endif  // SERVICES_CARE_ADAPTERS_REDIS_AGED_RECORDS_H_
