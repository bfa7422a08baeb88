// KeyStore on Redis, which should be another than that of the data. One connection.

#ifndef SERVICES_DOMAIN_VAULT_REDIS_KEY_STORE_H_
#define SERVICES_DOMAIN_VAULT_REDIS_KEY_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "common/redis/endpoint.h"
#include "common/redis/pipelined_client.h"
#include "services/domain/vault/key_store.h"

namespace veille::domain {

class RedisKeyStore : public KeyStore {
 public:
  explicit RedisKeyStore(const redis::Endpoint& endpoint);

  absl::StatusOr<std::vector<std::string>> Get(const std::vector<std::string>& names) override;
  absl::StatusOr<std::vector<std::string>> Create(const std::string& kek_id,
                                                  const std::vector<StoredKey>& keys) override;
  absl::Status Replace(const std::string& kek_id, const std::string& name,
                       const std::string& before, const std::string& after) override;
  absl::Status Destroy(const std::string& name, const std::string& mark) override;
  absl::StatusOr<Page> List(const std::string& from) override;
  absl::StatusOr<std::string> CurrentKek() override;
  absl::Status SetCurrentKek(const std::string& before, const std::string& kek_id) override;
  absl::StatusOr<Changes> ChangesSince(uint64_t version) override;

  redis::PipelinedClient& client() { return *client_; }

 private:
  const std::unique_ptr<redis::PipelinedClient> client_;
};

// Data and key store remember one another from their first meeting on. FAILED_PRECONDITION when the
// data was encrypted with another store's keys: an empty store in the place of a lost one must not
// be filled as if it were new.
absl::Status BindKeyStore(redis::Client& data, redis::Client& keys);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_VAULT_REDIS_KEY_STORE_H_
