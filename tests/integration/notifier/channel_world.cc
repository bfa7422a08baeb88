#include "tests/integration/notifier/channel_world.h"

#include <map>
#include <utility>

#include "services/notifier/adapters/webhook_channel.h"

namespace veille::notifier {

care::v1::Channel WebhookTo(const std::string& url) {
  care::v1::Channel channel;
  channel.mutable_webhook()->set_url(url);
  channel.mutable_webhook()->set_secret("provider");
  return channel;
}

care::v1::Channel EmailTo(const std::string& address) {
  care::v1::Channel channel;
  channel.mutable_email()->set_address(address);
  return channel;
}

std::shared_ptr<const domain::Registry> WithChannels(
    const std::vector<care::v1::Channel>& channels) {
  care::v1::Home home;
  home.set_home_id("h1");
  home.set_zone("Europe/Paris");
  home.add_sources()->set_source_id("hub-h1");
  care::v1::Patient& martin = *home.add_patients();
  martin.set_patient_id("martin");
  martin.set_display_name("Madame Martin");
  for (const char* id : {"anne", "marc"}) {
    care::v1::Member& member = *martin.mutable_circle()->add_members();
    member.set_caregiver_id(id);
    member.set_language("en");
    martin.mutable_circle()->add_steps()->add_caregiver_ids(id);
  }
  for (const auto& channel : channels)
    *martin.mutable_circle()->mutable_members(0)->add_channels() = channel;
  return *domain::Registry::Make({home});
}

Courier::Channels Webhooks(const World& world) {
  Courier::Channels channels;
  transfer::Transfers::Options transfers;
  transfers.name = "webhook";
  channels[care::v1::Channel::kWebhook] = std::make_unique<WebhookChannel>(
      std::map<std::string, std::string>{{"provider", kWebhookSecret}}, world.desk_options().clock,
      std::move(transfers));
  return channels;
}

ChannelReplica::ChannelReplica(World& world, std::shared_ptr<const domain::Registry> registry,
                               const std::string& name, Courier::Channels channels,
                               std::function<void()> went_round,
                               std::vector<care::v1::Member> operators)
    : operators_(std::move(operators)),
      store_(world.redis().endpoint(), kPartitions),
      courier_({.clock = world.desk_options().clock}, std::move(channels), store_, metrics_),
      desk_(OptionsOf(world, std::move(registry)), store_, metrics_) {
  QueueOptions options;
  options.endpoint = world.redis().endpoint();
  options.partitions = kPartitions;
  options.consumer = name;
  options.clock = world.desk_options().clock;
  options.claim_after = absl::Milliseconds(500);
  options.went_round = std::move(went_round);
  worker_ = std::make_unique<QueueWorker>(std::move(options), desk_, store_, metrics_);
}

DeskOptions ChannelReplica::OptionsOf(World& world,
                                      std::shared_ptr<const domain::Registry> registry) {
  DeskOptions options = world.desk_options();
  options.registry = std::move(registry);
  options.operators = operators_;
  options.send = [this](const store::v1::Job& job, const std::string& entry) {
    return courier_.Take(job, entry);
  };
  return options;
}

alert::v1::DeliveryState StateOf(World& world, const std::string& alert_id,
                                 const std::string& channel) {
  auto state = alert::v1::DELIVERY_STATE_UNSPECIFIED;
  const auto record = world.store().Get(alert_id);
  if (!record.ok()) return state;
  for (const auto& delivery : record->alert().deliveries())
    if (delivery.caregiver_id() == "anne" && delivery.channel() == channel)
      state = delivery.state();
  return state;
}

bool StaysTrue(const std::function<bool()>& condition) {
  const absl::Duration until = MonotonicNow() + absl::Milliseconds(700);
  while (MonotonicNow() < until) {
    if (!condition()) return false;
    SleepReally(absl::Milliseconds(10));
  }
  return true;
}

}  // namespace veille::notifier
