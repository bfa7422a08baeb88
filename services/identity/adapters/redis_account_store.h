// The account desk's store in Redis. See app/account_store.h.

#ifndef SERVICES_IDENTITY_ADAPTERS_REDIS_ACCOUNT_STORE_H_
#define SERVICES_IDENTITY_ADAPTERS_REDIS_ACCOUNT_STORE_H_

#include <memory>

#include "common/redis/pipelined_client.h"
#include "services/identity/app/account_store.h"

namespace veille::identity {

class RedisAccountStore final : public AccountStore {
 public:
  explicit RedisAccountStore(const redis::Endpoint& endpoint);

  absl::StatusOr<Stored> Get(const std::string& account_id) override;
  absl::StatusOr<std::vector<store::v1::StoredAccount>> List() override;
  absl::Status Put(const Change& change) override;
  absl::Status PutInvitation(const std::string& secret_digest,
                             const store::v1::StoredInvitation& invitation,
                             absl::Duration lifetime) override;
  absl::StatusOr<store::v1::StoredInvitation> FindInvitation(
      const std::string& secret_digest) override;
  absl::Status SignIn(const NewSession& sign_in) override;
  absl::StatusOr<std::vector<store::v1::StoredSession>> Sessions(
      const std::string& account_id) override;
  absl::StatusOr<int> SignOut(const std::string& account_id,
                              const std::vector<std::string>& session_ids) override;
  absl::StatusOr<TryCounts> CountsOf(const std::string& account_id,
                                     const std::string& address) override;
  absl::StatusOr<bool> Count(const std::string& account_id, const std::string& address,
                             const TryCounts& before, const TryCounts& after) override;
  absl::Status ClearTries(const std::string& account_id, const std::string& address) override;
  absl::Status OpenGlass(const std::string& account_id, const std::string& patient_id,
                         const store::v1::StoredGlass& glass) override;

 private:
  const std::unique_ptr<redis::PipelinedClient> client_;
};

}  // namespace veille::identity

#endif  // SERVICES_IDENTITY_ADAPTERS_REDIS_ACCOUNT_STORE_H_
