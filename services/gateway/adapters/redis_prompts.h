// The prompts of partitions, read from Redis: a connection for each that is open, blocked until
// there is one. Thread safe.

#ifndef SERVICES_GATEWAY_ADAPTERS_REDIS_PROMPTS_H_
#define SERVICES_GATEWAY_ADAPTERS_REDIS_PROMPTS_H_

#include <functional>
#include <memory>
#include <set>

#include "common/redis/stream_reader.h"
#include "common/sync/mutex.h"
#include "services/domain/vault/vault.h"
#include "services/gateway/app/prompt_desk.h"

namespace veille::gateway {

class RedisPrompts final : public PromptSource {
 public:
  // `on_prompt` is called on the reader's thread, until the destructor returns.
  RedisPrompts(redis::Endpoint endpoint, std::function<void(store::v1::PromptOrder)> on_prompt,
               std::shared_ptr<domain::Vault> vault = domain::Vault::InTheClear());

  void Open(int partition) override;
  void Close(int partition) override;

  // About once a second: reads what Redis refused anew.
  void RetryFailed();

 private:
  void OnRead(int partition, absl::StatusOr<redis::StreamBatch> batch);

  const std::function<void(store::v1::PromptOrder)> on_prompt_;
  const std::shared_ptr<domain::Vault> vault_;
  Mutex mu_;
  std::set<int> failed_ ABSL_GUARDED_BY(mu_);
  redis::StreamReader reader_;  // Last: its thread uses the others.
};

}  // namespace veille::gateway

#endif  // SERVICES_GATEWAY_ADAPTERS_REDIS_PROMPTS_H_
