// The identity desk's store in Redis. See app/identity_store.h.

#ifndef SERVICES_IDENTITY_ADAPTERS_REDIS_IDENTITY_STORE_H_
#define SERVICES_IDENTITY_ADAPTERS_REDIS_IDENTITY_STORE_H_

#include <memory>

#include "common/redis/pipelined_client.h"
#include "services/identity/app/identity_store.h"

namespace veille::identity {

class RedisIdentityStore final : public IdentityStore {
 public:
  explicit RedisIdentityStore(const redis::Endpoint& endpoint);

  absl::Status PutCode(const std::string& secret_digest, const std::string& hub_id,
                       absl::Duration lifetime) override;
  absl::StatusOr<std::string> Redeem(const Redemption& redemption) override;
  absl::Status Record(const Issue& issue) override;
  absl::StatusOr<bool> WasIssued(const std::string& id) override;
  absl::Status Deny(const std::string& subject, const store::v1::Denial& denial) override;
  absl::Status Allow(const std::string& subject) override;
  absl::StatusOr<std::vector<std::pair<std::string, store::v1::Denial>>> Denials() override;

 private:
  const std::unique_ptr<redis::PipelinedClient> client_;
};

}  // namespace veille::identity

#endif  // SERVICES_IDENTITY_ADAPTERS_REDIS_IDENTITY_STORE_H_
