// A world whose people have channels, and notifiers that serve them.

#ifndef TESTS_INTEGRATION_NOTIFIER_CHANNEL_WORLD_H_
#define TESTS_INTEGRATION_NOTIFIER_CHANNEL_WORLD_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "services/notifier/adapters/queue_worker.h"
#include "services/notifier/app/courier.h"
#include "tests/integration/notifier/world.h"

namespace veille::notifier {

inline constexpr char kWebhookSecret[] = "a secret of more than sixteen bytes";

care::v1::Channel WebhookTo(const std::string& url);
care::v1::Channel EmailTo(const std::string& address);

// Home h1 with martin, cared for by anne, who has these channels, then by marc, who has none.
std::shared_ptr<const domain::Registry> WithChannels(
    const std::vector<care::v1::Channel>& channels);

// Webhooks signed with kWebhookSecret, and nothing else.
Courier::Channels Webhooks(const World& world);

// A notifier without its gRPC server.
class ChannelReplica {
 public:
  ChannelReplica(World& world, std::shared_ptr<const domain::Registry> registry,
                 const std::string& name, Courier::Channels channels,
                 std::function<void()> went_round = nullptr,
                 std::vector<care::v1::Member> operators = {});

  AlertDesk& desk() { return desk_; }
  metrics::Registry& metrics() { return metrics_; }

 private:
  DeskOptions OptionsOf(World& world, std::shared_ptr<const domain::Registry> registry);

  metrics::Registry metrics_;
  const std::vector<care::v1::Member> operators_;
  RedisAlertStore store_;
  Courier courier_;
  AlertDesk desk_;
  std::unique_ptr<QueueWorker> worker_;
};

// How far anne's delivery by a channel has come, as the newest telling has it.
alert::v1::DeliveryState StateOf(World& world, const std::string& alert_id,
                                 const std::string& channel);

// Real time for something that should not happen: long enough to notice, short enough to wait for.
bool StaysTrue(const std::function<bool()>& condition);

}  // namespace veille::notifier

#endif  // TESTS_INTEGRATION_NOTIFIER_CHANNEL_WORLD_H_
