#include "services/gateway/adapters/redis_prompts.h"

#include <utility>

#include "common/log/log.h"
#include "services/domain/keys.h"

namespace veille::gateway {
namespace {

redis::StreamReader::Options OptionsFor(redis::Endpoint endpoint) {
  redis::StreamReader::Options options;
  options.endpoint = std::move(endpoint);
  options.name = "gateway-prompts";
  return options;
}

}  // namespace

RedisPrompts::RedisPrompts(redis::Endpoint endpoint,
                           std::function<void(store::v1::PromptOrder)> on_prompt,
                           std::shared_ptr<domain::Vault> vault)
    : on_prompt_(std::move(on_prompt)),
      vault_(std::move(vault)),
      reader_(OptionsFor(std::move(endpoint))) {}

void RedisPrompts::Open(int partition) {
  redis::StreamReader::Subscription subscription;
  subscription.key = domain::PromptsKey(partition);
  // From the beginning: the stream is short, and what is over is let go. A position in time would
  // be by Redis' clock, and prompts expire by the world's.
  subscription.after = {};
  // Long, since a quiet partition costs a command a block; short enough to notice a dead peer.
  subscription.block = absl::Seconds(10);
  reader_.Subscribe(std::move(subscription),
                    [this, partition](absl::StatusOr<redis::StreamBatch> batch) {
                      OnRead(partition, std::move(batch));
                    });
}

void RedisPrompts::Close(int partition) {
  {
    MutexLock lock(mu_);
    failed_.erase(partition);
  }
  reader_.Unsubscribe(domain::PromptsKey(partition));
}

void RedisPrompts::OnRead(int partition, absl::StatusOr<redis::StreamBatch> batch) {
  if (!batch.ok()) {
    VEILLE_LOG(kError, "cannot read prompts; hubs are asked nothing until it works again")
        .Field("partition", partition)
        .Field(batch.status());
    MutexLock lock(mu_);
    failed_.insert(partition);
    return;
  }
  for (const redis::StreamEntry& entry : batch->entries()) {
    const absl::StatusOr<std::string> bytes =
        vault_->Open(domain::PromptsKey(partition), entry.Field("p"));
    if (absl::IsNotFound(bytes.status())) continue;  // Of somebody who was erased.
    store::v1::PromptOrder order;
    if (!bytes.ok() || !order.ParseFromString(*bytes) || order.format() != 1) {
      VEILLE_LOG(kError, "a prompt cannot be read; it is passed over")
          .Field("entry", entry.id.ToString());
      continue;
    }
    on_prompt_(std::move(order));
  }
  reader_.Resume(domain::PromptsKey(partition), batch->last_id());
}

void RedisPrompts::RetryFailed() {
  std::set<int> failed;
  {
    MutexLock lock(mu_);
    failed.swap(failed_);
  }
  for (const int partition : failed) Open(partition);
}

}  // namespace veille::gateway
