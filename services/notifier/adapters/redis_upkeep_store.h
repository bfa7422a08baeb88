// The rounds' own keys in Redis. Thread safe.

#ifndef SERVICES_NOTIFIER_ADAPTERS_REDIS_UPKEEP_STORE_H_
#define SERVICES_NOTIFIER_ADAPTERS_REDIS_UPKEEP_STORE_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/redis/client.h"
#include "services/notifier/app/upkeep_store.h"

namespace veille::notifier {

class RedisUpkeepStore : public UpkeepStore {
 public:
  // `client` has the notifier's scripts, and outlives this. Two notifiers are two instances.
  RedisUpkeepStore(redis::Client& client, int partitions, std::string instance);

  absl::StatusOr<bool> Hold(absl::Duration real) override;
  absl::StatusOr<store::v1::UpkeepState> LoadUpkeep() override;
  absl::Status SaveUpkeep(const store::v1::UpkeepState& state) override;
  absl::StatusOr<Owners> PartitionOwners() override;
  absl::StatusOr<Reach> ReachOf(const std::string& caregiver_id) override;
  absl::StatusOr<Backlog> CountBacklog() override;

 private:
  // The same command for each partition's key, in one round trip.
  absl::StatusOr<std::vector<redis::Reply>> ForEachPartition(
      const std::function<std::vector<std::string>(int)>& command);

  redis::Client& client_;
  const int partitions_;
  const int home_;  // The operators' partition.
  const std::string instance_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_REDIS_UPKEEP_STORE_H_
