// Channels on a real Redis against real HTTP servers: each telling goes out once or under one key,
// whatever fails or dies, and nothing goes out that somebody has taken.

#include <set>

#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

#include "veille/alert/v1/notification.pb.h"

#include "common/crypto/base64.h"
#include "common/crypto/web_push.h"
#include "services/domain/keys.h"
#include "services/notifier/adapters/dead_man_switch.h"
#include "services/notifier/adapters/web_push_channel.h"
#include "services/notifier/core/webhook_message.h"
#include "tests/integration/notifier/channel_world.h"
#include "tests/support/http_sink.h"

namespace veille::notifier {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HttpSink;

const store::v1::Finding kFall = MakeFinding("h1", "martin", "FALL", "1");
const std::string kAlert = kFall.alert_id();

std::set<std::string> Keys(const HttpSink& sink) {
  std::set<std::string> keys;
  for (const auto& request : sink.requests()) keys.insert(request.headers.at("idempotency-key"));
  return keys;
}

bool IsSigned(const testing::HttpRequest& request) {
  const std::string& header = request.headers.at("veille-signature");
  const std::string seconds = header.substr(2, header.find(',') - 2);
  return header ==
         WebhookSignature(kWebhookSecret, absl::FromUnixSeconds(std::stoll(seconds)), request.body);
}

// When the next timer of the home's partition is due; the clock stands still.
absl::Duration NextTimer(World& world) {
  const auto timers = world.store().NextTimers();
  if (!timers.ok()) return absl::InfiniteDuration();
  return timers->at(static_cast<std::size_t>(domain::PartitionOf("h1", kPartitions))) -
         world.clock().Now();
}

// A channel that never answers, as a provider that hangs.
class SilentChannel final : public Channel {
 public:
  explicit SilentChannel(std::atomic<int>& asked) : asked_(asked) {}
  ~SilentChannel() override {
    for (const Done& done : waiting_) done({SendResult::Kind::kTemporary, "cut off"});
  }
  void Send(const Telling& /*telling*/, Done done) override {
    MutexLock lock(mu_);
    waiting_.push_back(std::move(done));
    ++asked_;
  }

 private:
  std::atomic<int>& asked_;
  Mutex mu_;
  std::vector<Done> waiting_;
};

TEST(Webhook, AFallIsOneSignedCall) {
  World world;
  HttpSink sink;
  const ChannelReplica replica(world, WithChannels({WebhookTo(sink.url() + "/sms?to=1")}), "a",
                               Webhooks(world));
  world.Queue(kFall);
  ASSERT_TRUE(Eventually(
      [&] { return StateOf(world, kAlert, "webhook") == alert::v1::DELIVERY_STATE_SENT; }));
  ASSERT_TRUE(StaysTrue([&] { return sink.requests().size() == 1; }));
  const testing::HttpRequest request = sink.requests()[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/sms");
  EXPECT_TRUE(IsSigned(request));
  EXPECT_THAT(request.headers.at("content-type"), HasSubstr("application/cloudevents+json"));
  alert::v1::NotificationEvent event;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(request.body, &event).ok());
  EXPECT_EQ(event.id(), request.headers.at("idempotency-key"));
  EXPECT_EQ(event.subject(), kAlert);
  EXPECT_THAT(event.data().text(), HasSubstr("URGENT: Madame Martin"));
  // The stream was told as ever.
  EXPECT_EQ(world.Inbox("anne"), Strings{"FALL v1 !1"});
  EXPECT_TRUE(Eventually([&] { return world.Queued() == 0; }));
}

TEST(Webhook, AProviderThatIsDownIsTriedAgainUnderOneKey) {
  World world;
  HttpSink sink;
  sink.Answer({{503}, {500}, {204}});
  const ChannelReplica replica(world, WithChannels({WebhookTo(sink.url())}), "a", Webhooks(world));
  world.Queue(kFall);
  for (std::size_t tries = 1; tries <= 2; ++tries) {
    ASSERT_TRUE(Eventually([&] {
      return sink.requests().size() == tries &&
             StateOf(world, kAlert, "webhook") == alert::v1::DELIVERY_STATE_FAILED_TEMPORARY;
    }));
    EXPECT_TRUE(StaysTrue([&] { return sink.requests().size() == tries; }));
    world.clock().Advance(absl::Seconds(10));
  }
  ASSERT_TRUE(Eventually(
      [&] { return StateOf(world, kAlert, "webhook") == alert::v1::DELIVERY_STATE_SENT; }));
  world.clock().Advance(absl::Seconds(20));
  EXPECT_TRUE(StaysTrue([&] { return sink.requests().size() == 3; }));
  EXPECT_EQ(Keys(sink).size(), 1U);
  for (const auto& request : sink.requests()) EXPECT_TRUE(IsSigned(request));
}

TEST(Webhook, AProviderThatAsksForTimeGetsIt) {
  World world;
  HttpSink sink;
  sink.Answer({{429, {{"Retry-After", "40"}}}, {204}});
  const ChannelReplica replica(world, WithChannels({WebhookTo(sink.url())}), "a", Webhooks(world));
  // Below HIGH: an emergency's next step would be due before, since nobody was reached.
  store::v1::Finding finding = kFall;
  finding.set_severity(alert::v1::SEVERITY_MEDIUM);
  world.Queue(finding);
  ASSERT_TRUE(Eventually([&] {
    return StateOf(world, kAlert, "webhook") == alert::v1::DELIVERY_STATE_FAILED_TEMPORARY;
  }));
  ASSERT_TRUE(Eventually([&] { return NextTimer(world) == absl::Seconds(40); }));
  world.clock().Advance(absl::Seconds(39));
  EXPECT_TRUE(StaysTrue([&] { return sink.requests().size() == 1; }));
  world.clock().Advance(absl::Seconds(1));
  EXPECT_TRUE(Eventually([&] { return sink.requests().size() == 2; }));
}

TEST(Webhook, ARefusalForGoodBringsTheNextChannelForwardAtOnce) {
  World world;
  HttpSink first, second;
  first.Answer({{400}});
  const ChannelReplica replica(
      world, WithChannels({WebhookTo(first.url()), WebhookTo(second.url())}), "a", Webhooks(world));
  world.Queue(kFall);
  EXPECT_TRUE(Eventually([&] { return second.requests().size() == 1; })) << "no time has passed";
  EXPECT_EQ(StateOf(world, kAlert, "webhook"), alert::v1::DELIVERY_STATE_FAILED_PERMANENT);
  world.clock().Advance(absl::Seconds(30));
  EXPECT_TRUE(
      StaysTrue([&] { return first.requests().size() == 1 && second.requests().size() == 1; }));
}

TEST(Webhook, WithoutAReceiptAnEmergencyGoesOnToTheNextChannel) {
  World world;
  HttpSink first, second;
  const ChannelReplica replica(
      world, WithChannels({WebhookTo(first.url()), WebhookTo(second.url())}), "a", Webhooks(world));
  world.Queue(kFall);
  ASSERT_TRUE(Eventually([&] { return first.requests().size() == 1; }));
  world.clock().Advance(absl::Seconds(19));
  EXPECT_TRUE(StaysTrue([&] { return second.requests().empty(); }));
  world.clock().Advance(absl::Seconds(1));
  EXPECT_TRUE(Eventually([&] { return second.requests().size() == 1; }));
}

TEST(Webhook, AReceiptKeepsTheNextChannelQuiet) {
  World world;
  HttpSink first, second;
  ChannelReplica replica(world, WithChannels({WebhookTo(first.url()), WebhookTo(second.url())}),
                         "a", Webhooks(world));
  world.Queue(kFall);
  ASSERT_TRUE(Eventually([&] { return first.requests().size() == 1; }));
  alert::v1::Receipt receipt;
  receipt.set_alert_id(kAlert);
  receipt.set_version(1);
  receipt.set_state(alert::v1::DELIVERY_STATE_DELIVERED);
  ASSERT_TRUE(replica.desk().Receipt("anne", receipt).ok());
  world.clock().Advance(absl::Seconds(30));
  EXPECT_TRUE(Eventually(
      [&] { return StateOf(world, kAlert, "webhook/2") == alert::v1::DELIVERY_STATE_CANCELLED; }));
  EXPECT_EQ(second.requests().size(), 0U);
}

// Peers' mistake 11: acknowledging does not stop the later steps, here those of every channel.
TEST(Webhook, WhatSomebodyHasTakenIsNotSentAgain) {
  World world;
  HttpSink first, second;
  first.Answer({{503}});
  ChannelReplica replica(world, WithChannels({WebhookTo(first.url()), WebhookTo(second.url())}),
                         "a", Webhooks(world));
  world.Queue(kFall);
  ASSERT_TRUE(Eventually([&] {
    return StateOf(world, kAlert, "webhook") == alert::v1::DELIVERY_STATE_FAILED_TEMPORARY;
  }));
  ASSERT_TRUE(replica.desk().Acknowledge(kAlert, {"marc", "test", ""}).ok());
  world.clock().Advance(absl::Minutes(10));
  EXPECT_TRUE(StaysTrue([&] { return first.requests().size() == 1 && second.requests().empty(); }));
  EXPECT_EQ(StateOf(world, kAlert, "webhook"), alert::v1::DELIVERY_STATE_CANCELLED);
  EXPECT_EQ(StateOf(world, kAlert, "webhook/2"), alert::v1::DELIVERY_STATE_CANCELLED);
  EXPECT_TRUE(Eventually([&] { return NextTimer(world) > absl::Hours(24); })) << "nothing waits";
}

TEST(Webhook, IsGivenUpAtItsDeadline) {
  World world;
  HttpSink sink;
  sink.Answer({{503}});
  const ChannelReplica replica(world, WithChannels({WebhookTo(sink.url())}), "a", Webhooks(world));
  world.Queue(kFall);
  ASSERT_TRUE(Eventually([&] {
    return StateOf(world, kAlert, "webhook") == alert::v1::DELIVERY_STATE_FAILED_TEMPORARY;
  }));
  world.clock().Advance(absl::Hours(2));
  EXPECT_TRUE(Eventually([&] {
    return StateOf(world, kAlert, "webhook") == alert::v1::DELIVERY_STATE_FAILED_PERMANENT;
  }));
}

TEST(Webhook, WithoutItsSecretItFailsForGood) {
  World world;
  HttpSink sink;
  care::v1::Channel channel = WebhookTo(sink.url());
  channel.mutable_webhook()->set_secret("another");
  const ChannelReplica replica(world, WithChannels({channel}), "a", Webhooks(world));
  world.Queue(kFall);
  EXPECT_TRUE(Eventually([&] {
    return StateOf(world, kAlert, "webhook") == alert::v1::DELIVERY_STATE_FAILED_PERMANENT;
  }));
  EXPECT_EQ(sink.requests().size(), 0U);
}

// "Nobody was told" must reach somebody who sits before no screen.
TEST(Webhook, OperatorsAreReachedByIt) {
  World world;
  HttpSink sink;
  care::v1::Member ops;
  ops.set_caregiver_id("operator");
  *ops.add_channels() = WebhookTo(sink.url());
  const ChannelReplica replica(world, WithChannels({}), "a", Webhooks(world), nullptr, {ops});
  world.Queue(MakeFinding("h9", "stranger", "SOS", "1"));
  ASSERT_TRUE(Eventually([&] { return sink.requests().size() == 1; }));
  EXPECT_THAT(sink.requests()[0].body, HasSubstr("NOBODY_TOLD"));
}

// The notifier dies after it has recorded the alert, before anything went out.
TEST(Webhook, KilledBetweenRecordAndSendTheOtherReplicaSends) {
  World world;
  HttpSink sink;
  const auto registry = WithChannels({WebhookTo(sink.url())});
  DeskOptions options = world.desk_options();
  options.registry = registry;
  AlertDesk dying(options, world.store(), world.metrics());
  ASSERT_TRUE(dying.OnFinding(kFall, "1-1").ok());
  EXPECT_EQ(StateOf(world, kAlert, "webhook"), alert::v1::DELIVERY_STATE_QUEUED);
  const ChannelReplica other(world, registry, "b", Webhooks(world));
  EXPECT_TRUE(Eventually(
      [&] { return StateOf(world, kAlert, "webhook") == alert::v1::DELIVERY_STATE_SENT; }));
  EXPECT_EQ(sink.requests().size(), 1U);
}

// It dies while the provider has not answered: its lease runs out, and another takes it up.
TEST(Webhook, KilledWhileSendingTheOtherReplicaSendsAfterTheLease) {
  World world;
  HttpSink sink;
  const auto registry = WithChannels({WebhookTo(sink.url())});
  std::atomic<int> asked = 0;
  {
    Courier::Channels silent;
    silent[care::v1::Channel::kWebhook] = std::make_unique<SilentChannel>(asked);
    const ChannelReplica dying(world, registry, "a", std::move(silent));
    world.Queue(kFall);
    ASSERT_TRUE(Eventually([&] { return asked == 1; }));
  }
  const ChannelReplica other(world, registry, "b", Webhooks(world));
  world.clock().Advance(absl::Seconds(29));
  EXPECT_TRUE(StaysTrue([&] { return sink.requests().empty(); })) << "the lease holds";
  world.clock().Advance(absl::Seconds(1));
  EXPECT_TRUE(Eventually([&] { return sink.requests().size() == 1; }));
  EXPECT_TRUE(Eventually(
      [&] { return StateOf(world, kAlert, "webhook") == alert::v1::DELIVERY_STATE_SENT; }));
}

TEST(Webhook, TwoReplicasCallOnceForEachAlert) {
  World world;
  HttpSink sink;
  const auto registry = WithChannels({WebhookTo(sink.url())});
  const ChannelReplica first(world, registry, "a", Webhooks(world));
  const ChannelReplica second(world, registry, "b", Webhooks(world));
  for (int i = 0; i < 40; ++i)
    world.Queue(MakeFinding("h1", "martin", "R" + std::to_string(i), "1"));
  EXPECT_TRUE(Eventually([&] { return sink.requests().size() >= 40; }));
  EXPECT_TRUE(Eventually([&] { return world.Queued() == 0; }));
  EXPECT_TRUE(StaysTrue([&] { return sink.requests().size() == 40; }));
  EXPECT_EQ(Keys(sink).size(), 40U);
}

// A provider that hangs holds nobody else back: neither the stream nor another alert.
TEST(Webhook, AProviderThatHangsHoldsNothingBack) {
  World world;
  std::atomic<int> asked = 0;
  Courier::Channels silent;
  silent[care::v1::Channel::kWebhook] = std::make_unique<SilentChannel>(asked);
  const ChannelReplica replica(world, WithChannels({WebhookTo("https://hangs.example.org/")}), "a",
                               std::move(silent));
  for (int i = 0; i < 20; ++i)
    world.Queue(MakeFinding("h1", "martin", "R" + std::to_string(i), "1"));
  EXPECT_TRUE(Eventually([&] { return asked == 20 && world.Inbox("anne").size() == 20; }));
  EXPECT_TRUE(Eventually([&] { return world.Queued() == 0; }));
}

TEST(ChannelHealth, AChannelThatFailsForEverybodyIsTheOperatorsAlertUntilItWorks) {
  World world;
  HttpSink sink;
  sink.Answer({{503}});
  const ChannelReplica replica(world, WithChannels({WebhookTo(sink.url())}), "a", Webhooks(world));
  world.Queue(kFall);
  // Tries come as their times do.
  const auto told = [&](const std::string& what) {
    return Eventually([&] {
      world.clock().Advance(absl::Milliseconds(100));
      const Strings inbox = world.Inbox("operator");
      return !inbox.empty() && inbox.back().find(what) != std::string::npos;
    });
  };
  ASSERT_TRUE(told("CHANNEL_DOWN v1 !1"));
  sink.Answer({{204}});
  EXPECT_TRUE(told("changed"));
}

// A browser and its push service.
class WebPush : public ::testing::Test {
 protected:
  WebPush() : browser_(*P256Key::Generate()), ours_(*P256Key::Generate()) {}

  care::v1::Channel Subscription(const std::string& path) {
    care::v1::Channel channel;
    auto& push = *channel.mutable_web_push();
    push.set_endpoint(service_.url() + path);
    push.set_p256dh(Base64Url(browser_.public_point()));
    push.set_auth(Base64Url(kAuth));
    return channel;
  }
  Courier::Channels Pushing() {
    Courier::Channels channels;
    transfer::Transfers::Options transfers;
    transfers.name = "web-push";
    channels[care::v1::Channel::kWebPush] = std::make_unique<WebPushChannel>(
        ours_, "mailto:operator@example.org", world_.desk_options().clock, std::move(transfers));
    return channels;
  }
  bool ReachesState(const std::string& alert, alert::v1::DeliveryState state) {
    return Eventually([&] { return StateOf(world_, alert, "web_push") == state; });
  }

  static constexpr char kAuth[] = "sixteen bytes ..";
  World world_;
  HttpSink service_;
  const P256Key browser_, ours_;
};

TEST_F(WebPush, OnlyTheBrowserCanReadIt) {
  service_.Answer({{201}});
  const ChannelReplica replica(world_, WithChannels({Subscription("/push/1")}), "a", Pushing());
  world_.Queue(kFall);
  ASSERT_TRUE(ReachesState(kAlert, alert::v1::DELIVERY_STATE_SENT));
  ASSERT_EQ(service_.requests().size(), 1U);
  const testing::HttpRequest request = service_.requests()[0];
  const auto text = DecryptWebPush(request.body, browser_, kAuth);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, HasSubstr("URGENT: Madame Martin"));
  EXPECT_THAT(request.body, ::testing::Not(HasSubstr("Martin")));
  EXPECT_EQ(request.headers.at("urgency"), "high");
  EXPECT_EQ(request.headers.at("ttl"), "3600");
  EXPECT_LE(request.headers.at("topic").size(), 32U);
  EXPECT_EQ(request.headers.at("content-encoding"), "aes128gcm");
  const std::string authorization = request.headers.at("authorization");
  const std::string token = authorization.substr(8, authorization.find(", k=") - 8);
  const std::size_t signature = token.rfind('.');
  EXPECT_TRUE(VerifyEs256(ours_.public_point(), token.substr(0, signature),
                          FromBase64(token.substr(signature + 1)).value()));
}

// Peers' mistake 7: any push error deletes the caregiver's subscription.
TEST_F(WebPush, OnlyWhatIsGoneIsNotTriedAgain) {
  const std::vector<std::pair<int, bool>> answers = {
      {403, true}, {413, true}, {404, false}, {410, false}};
  for (const auto& [status, kept] : answers) {
    const std::string path = "/push/" + std::to_string(status);
    const ChannelReplica replica(world_, WithChannels({Subscription(path)}), "a", Pushing());
    const auto first = MakeFinding("h1", "martin", "A" + path, "1");
    const auto second = MakeFinding("h1", "martin", "B" + path, "1");
    service_.Answer({{status}, {201}});
    const std::size_t before = service_.requests().size();
    world_.Queue(first);
    ASSERT_TRUE(ReachesState(first.alert_id(), alert::v1::DELIVERY_STATE_FAILED_PERMANENT));
    world_.Queue(second);
    ASSERT_TRUE(ReachesState(second.alert_id(), kept ? alert::v1::DELIVERY_STATE_SENT
                                                     : alert::v1::DELIVERY_STATE_FAILED_PERMANENT))
        << status;
    EXPECT_EQ(service_.requests().size() - before, kept ? 2U : 1U) << status;
  }
}

TEST(DeadManSwitch, CallsAsLongAsEscalationGoesRound) {
  World world;
  HttpSink outside;
  metrics::Registry metrics;
  DeadManSwitch dead_man(outside.url() + "/alive", absl::Milliseconds(20), {.name = "dead-man"},
                         metrics);
  const ChannelReplica replica(world, WithChannels({}), "a", {},
                               [&dead_man] { dead_man.WentRound(); });
  ASSERT_TRUE(Eventually([&] { return outside.requests().size() >= 3; }));
  EXPECT_EQ(outside.requests()[0].method, "GET");
  EXPECT_EQ(outside.requests()[0].path, "/alive");
  // Nothing is looked at any more, though the process lives on.
  world.redis().Kill();
  std::size_t calls = 0;
  EXPECT_TRUE(Eventually([&] {
    calls = outside.requests().size();
    return StaysTrue([&] { return outside.requests().size() == calls; });
  }));
  world.redis().Restart();
  EXPECT_TRUE(Eventually([&] { return outside.requests().size() > calls; }));
}

}  // namespace
}  // namespace veille::notifier
