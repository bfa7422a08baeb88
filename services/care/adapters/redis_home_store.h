// The registry's homes in Redis. Thread safe; blocks for a round trip.

#ifndef SERVICES_CARE_ADAPTERS_REDIS_HOME_STORE_H_
#define SERVICES_CARE_ADAPTERS_REDIS_HOME_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "common/redis/client.h"
#include "common/redis/endpoint.h"
#include "services/care/app/home_store.h"
#include "services/domain/vault/vault.h"

namespace veille::care {

class RedisHomeStore final : public HomeStore {
 public:
  struct Options {
    redis::Endpoint endpoint;
    int partitions = 0;
    std::shared_ptr<domain::Vault> vault = domain::Vault::InTheClear();
    int change_history = 1000;
    int plan_history = 500;
    // From when on a claim that its home does not use may be another's. More than a commit can
    // take.
    absl::Duration claim_time = absl::Minutes(1);
  };
  explicit RedisHomeStore(Options options);

  absl::StatusOr<store::v1::StoredHome> Get(const std::string& home_id) override;
  absl::StatusOr<std::vector<std::string>> ListIds() override;
  absl::Status Commit(const HomeCommit& commit) override;
  absl::StatusOr<std::string> FindRequest(const std::string& home_id,
                                          const std::string& request_id) override;
  absl::StatusOr<std::vector<store::v1::StoredPlan>> ListPlans(const std::string& home_id,
                                                               uint64_t before, int limit) override;
  absl::StatusOr<std::string> Claim(const std::string& unique_id,
                                    const std::string& home_id) override;
  absl::StatusOr<std::string> WouldClaim(const std::string& unique_id,
                                         const std::string& home_id) override;
  absl::Status TakeOver(const std::string& unique_id, const std::string& owner,
                        const std::string& home_id) override;
  absl::Status Release(const std::string& unique_id, const std::string& home_id) override;

 private:
  int PartitionOf(const std::string& id) const;
  // FAILED_PRECONDITION for an id of which there is an erasure, of whichever home.
  absl::Status CheckErased(const std::string& unique_id);
  absl::StatusOr<std::string> ClaimFrom(const std::string& unique_id, const std::string& owner,
                                        const std::string& home_id);

  const Options options_;
  const std::unique_ptr<redis::Client> client_;
};

}  // namespace veille::care

#endif  // SERVICES_CARE_ADAPTERS_REDIS_HOME_STORE_H_
