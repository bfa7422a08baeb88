// Which channels a person is told by, in what order, and what keeps a send from going out.

#include "services/notifier/core/channels.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "services/notifier/core/alert_life.h"
#include "services/notifier/core/answers.h"
#include "services/notifier/core/channel_health.h"

namespace veille::notifier {
namespace {

using store::v1::AlertRecord;
using store::v1::Send;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

care::v1::Channel Webhook(alert::v1::Severity min = alert::v1::SEVERITY_UNSPECIFIED) {
  care::v1::Channel channel;
  channel.mutable_webhook()->set_url("https://sms.example.org/");
  channel.set_min_severity(min);
  return channel;
}
care::v1::Channel Email() {
  care::v1::Channel channel;
  channel.mutable_email()->set_address("anne@example.org");
  return channel;
}
care::v1::Channel Push() {
  care::v1::Channel channel;
  channel.mutable_web_push()->set_endpoint("https://push.example.org/1");
  return channel;
}

// An alert of this severity that was just told to its first step.
struct Raised {
  explicit Raised(const std::vector<care::v1::Channel>& channels,
                  alert::v1::Severity severity = alert::v1::SEVERITY_HIGH,
                  const std::vector<care::v1::ChannelKind>& step_channels = {}) {
    Audience audience;
    for (const char* id : {"anne", "marc"}) {
      care::v1::Member member;
      member.set_caregiver_id(id);
      if (member.caregiver_id() == "anne")
        for (const auto& channel : channels) *member.add_channels() = channel;
      audience.members.push_back(member);
      care::v1::EscalationStep step;
      step.add_caregiver_ids(id);
      for (const auto kind : step_channels) step.add_channels(kind);
      audience.steps.push_back(step);
    }
    store::v1::Finding finding;
    finding.set_home_id("h1");
    finding.set_alert_id("h1.1");
    finding.set_finding_id("h1.1/1");
    finding.set_kind(store::v1::Finding::KIND_RAISE);
    finding.set_severity(severity);
    finding.set_latching(true);
    Decision decision;
    record = Raise(finding, audience, {.now = kNow}, decision);
    sends = PlanSends(decision.tells, {}, kNow, record);
  }
  AlertRecord record;
  std::vector<Send> sends;
};

std::vector<std::string> Names(const std::vector<Send>& sends) {
  std::vector<std::string> names;
  for (const Send& send : sends) {
    names.push_back(RouteOf(send).name() + " " + absl::FormatDuration(DueTime(send) - kNow));
  }
  return names;
}

alert::v1::DeliveryState StateOf(const AlertRecord& record, const std::string& channel) {
  for (const auto& delivery : record.alert().deliveries())
    if (delivery.channel() == channel) return delivery.state();
  return alert::v1::DELIVERY_STATE_UNSPECIFIED;
}

void Receive(AlertRecord& record) {
  RecordReceipt("anne", record.alert().version(), alert::v1::DELIVERY_STATE_SEEN, kNow, record);
}

TEST(Channels, APersonWithoutAnyIsToldByTheStreamAlone) {
  const Raised raised({});
  EXPECT_THAT(raised.sends, IsEmpty());
  EXPECT_EQ(raised.record.alert().deliveries_size(), 1);
}

TEST(Channels, EachIsTriedAWhileAfterTheOneBefore) {
  const Raised raised({Webhook(), Push(), Email()});
  EXPECT_THAT(Names(raised.sends), ElementsAre("webhook 0", "web_push 20s", "email 40s"));
}

TEST(Channels, AreRecordedAsQueuedBeforeAnythingGoesOut) {
  const Raised raised({Webhook(), Email()});
  EXPECT_EQ(StateOf(raised.record, "webhook"), alert::v1::DELIVERY_STATE_QUEUED);
  EXPECT_EQ(StateOf(raised.record, "email"), alert::v1::DELIVERY_STATE_QUEUED);
}

TEST(Channels, OneThatIsForWorseIsPassedOver) {
  const Raised raised({Webhook(alert::v1::SEVERITY_HIGH), Email()}, alert::v1::SEVERITY_MEDIUM);
  EXPECT_THAT(Names(raised.sends), ElementsAre("email 0"));
}

TEST(Channels, ASecondOfAKindHasANameOfItsOwn) {
  const Raised raised({Email(), Email()});
  EXPECT_THAT(Names(raised.sends), ElementsAre("email 0", "email/2 20s"));
}

TEST(Channels, AStepThatNamesSomeUsesTheseInItsOrder) {
  const Raised raised({Webhook(), Email(), Push()}, alert::v1::SEVERITY_HIGH,
                      {care::v1::CHANNEL_KIND_EMAIL, care::v1::CHANNEL_KIND_WEBHOOK});
  EXPECT_THAT(Names(raised.sends), ElementsAre("email 0", "webhook 20s"));
}

TEST(Channels, AStepThatNamesTheStreamFirstHoldsTheOthersBack) {
  const Raised raised({Webhook()}, alert::v1::SEVERITY_HIGH,
                      {care::v1::CHANNEL_KIND_STREAM, care::v1::CHANNEL_KIND_WEBHOOK});
  EXPECT_THAT(Names(raised.sends), ElementsAre("webhook 20s"));
}

TEST(Channels, WhatOnlyChangedGoesToTheStreamAlone) {
  Raised raised({Webhook()});
  const auto decision = Acknowledge({"anne", "test", ""}, kNow, raised.record);
  ASSERT_TRUE(decision.ok());
  EXPECT_THAT(PlanSends(decision->tells, {}, kNow, raised.record), IsEmpty());
}

TEST(Channels, TheChainsEndTellsEverybodyByTheirOwnList) {
  Raised raised({Webhook()}, alert::v1::SEVERITY_HIGH, {care::v1::CHANNEL_KIND_EMAIL});
  ASSERT_THAT(raised.sends, IsEmpty());
  store::v1::Tell tell;
  tell.set_version(3);
  tell.set_step(3);
  tell.set_reason(alert::v1::Update::REASON_NOTIFY);
  tell.add_caregiver_ids("anne");
  EXPECT_THAT(Names(PlanSends({tell}, {}, kNow, raised.record)), ElementsAre("webhook 0"));
}

TEST(Judge, SendsWhatIsWanted) {
  const Raised raised({Webhook()});
  EXPECT_EQ(Judge(raised.sends[0], kNow, raised.record), SendVerdict::kSend);
}

// Peers' mistake 11: acknowledging does not stop the later steps.
TEST(Judge, CancelsWhatSomebodyHasTakenOnEveryChannel) {
  Raised raised({Webhook(), Email()});
  ASSERT_TRUE(
      RecordSend(raised.sends[0], alert::v1::DELIVERY_STATE_FAILED_TEMPORARY, kNow, raised.record));
  ASSERT_TRUE(Acknowledge({"marc", "test", ""}, kNow, raised.record).ok());
  EXPECT_EQ(StateOf(raised.record, "webhook"), alert::v1::DELIVERY_STATE_CANCELLED);
  EXPECT_EQ(StateOf(raised.record, "email"), alert::v1::DELIVERY_STATE_CANCELLED);
  for (const Send& send : raised.sends)
    EXPECT_EQ(Judge(send, kNow, raised.record), SendVerdict::kDone);
}

TEST(Judge, SendsNothingTwice) {
  Raised raised({Webhook()});
  ASSERT_TRUE(RecordSend(raised.sends[0], alert::v1::DELIVERY_STATE_SENT, kNow, raised.record));
  EXPECT_EQ(Judge(raised.sends[0], kNow, raised.record), SendVerdict::kDone);
}

TEST(Judge, AnEmergencyGoesOnToTheNextChannelUntilThePersonHasConfirmedIt) {
  Raised raised({Webhook(), Email()});
  ASSERT_TRUE(RecordSend(raised.sends[0], alert::v1::DELIVERY_STATE_SENT, kNow, raised.record));
  EXPECT_EQ(Judge(raised.sends[1], kNow, raised.record), SendVerdict::kSend);
  Receive(raised.record);
  EXPECT_EQ(Judge(raised.sends[1], kNow, raised.record), SendVerdict::kCancel);
}

TEST(Judge, WhatCanWaitRestsWithTheChannelThatHasTakenIt) {
  Raised raised({Webhook(), Email()}, alert::v1::SEVERITY_MEDIUM);
  EXPECT_EQ(Judge(raised.sends[1], kNow, raised.record), SendVerdict::kSend);
  ASSERT_TRUE(RecordSend(raised.sends[0], alert::v1::DELIVERY_STATE_SENT, kNow, raised.record));
  EXPECT_EQ(Judge(raised.sends[1], kNow, raised.record), SendVerdict::kCancel);
}

// The first channel is not a fallback: it goes out with the stream, whatever the stream says.
TEST(Judge, TheFirstChannelDoesNotWaitForTheStream) {
  Raised raised({Webhook()});
  Receive(raised.record);
  EXPECT_EQ(Judge(raised.sends[0], kNow, raised.record), SendVerdict::kSend);
  Send retry = raised.sends[0];
  retry.set_attempts(1);
  EXPECT_EQ(Judge(retry, kNow, raised.record), SendVerdict::kCancel);
}

TEST(Judge, AReceiptOfTheStreamSaysNothingOfTheOthers) {
  Raised raised({Webhook()});
  Receive(raised.record);
  EXPECT_EQ(StateOf(raised.record, "stream"), alert::v1::DELIVERY_STATE_SEEN);
  EXPECT_EQ(StateOf(raised.record, "webhook"), alert::v1::DELIVERY_STATE_QUEUED);
}

TEST(Judge, ANewerTellingReplacesWhatIsStillTried) {
  Raised raised({Webhook()});
  store::v1::Finding again;
  again.set_alert_id("h1.1");
  again.set_finding_id("h1.1/2");
  again.set_kind(store::v1::Finding::KIND_RAISE);
  again.set_severity(alert::v1::SEVERITY_HIGH);
  Audience audience;
  const Decision decision = Join(again, audience, {.now = kNow}, raised.record);
  const auto newer = PlanSends(decision.tells, {}, kNow, raised.record);
  ASSERT_EQ(newer.size(), 1U);
  EXPECT_EQ(Judge(raised.sends[0], kNow, raised.record), SendVerdict::kCancel);
  EXPECT_EQ(Judge(newer[0], kNow, raised.record), SendVerdict::kSend);
}

TEST(Judge, GivesUpAtTheDeadlineAndNotBefore) {
  const Raised raised({Webhook()});
  EXPECT_EQ(Judge(raised.sends[0], kNow + absl::Hours(1), raised.record), SendVerdict::kSend);
  EXPECT_EQ(Judge(raised.sends[0], kNow + absl::Hours(1) + absl::Seconds(1), raised.record),
            SendVerdict::kExpired);
}

TEST(RecordSend, SaysThatItWentOutEvenWhenItWasCancelledMeanwhile) {
  Raised raised({Webhook()});
  ASSERT_TRUE(Acknowledge({"marc", "test", ""}, kNow, raised.record).ok());
  EXPECT_FALSE(
      RecordSend(raised.sends[0], alert::v1::DELIVERY_STATE_FAILED_TEMPORARY, kNow, raised.record));
  EXPECT_TRUE(RecordSend(raised.sends[0], alert::v1::DELIVERY_STATE_SENT, kNow, raised.record));
  EXPECT_FALSE(
      RecordSend(raised.sends[0], alert::v1::DELIVERY_STATE_CANCELLED, kNow, raised.record));
  EXPECT_EQ(StateOf(raised.record, "webhook"), alert::v1::DELIVERY_STATE_SENT);
}

TEST(KeyOf, IsTheSameForEveryTryAndForNothingElse) {
  const Raised raised({Webhook(), Email()});
  Send retry = raised.sends[0];
  retry.set_attempts(7);
  EXPECT_EQ(KeyOf("h1.1", retry), KeyOf("h1.1", raised.sends[0]));
  EXPECT_NE(KeyOf("h1.1", raised.sends[0]), KeyOf("h1.1", raised.sends[1]));
  EXPECT_NE(KeyOf("h1.1", raised.sends[0]), KeyOf("h1.2", raised.sends[0]));
}

TEST(NextChannel, IsTheOneThatWaitsToTheByte) {
  const Raised raised({Webhook(), Email()});
  Send tried = raised.sends[0];
  tried.set_attempts(3);
  EXPECT_EQ(NextChannel(tried)->SerializeAsString(), raised.sends[1].SerializeAsString());
  EXPECT_EQ(NextChannel(raised.sends[1]), std::nullopt);
}

TEST(RetryDelay, DoublesUpToAMinuteWithFullJitter) {
  EXPECT_EQ(RetryDelay(1, 0), absl::Seconds(1));
  EXPECT_LE(RetryDelay(1, 0.999), absl::Seconds(2));
  EXPECT_LE(RetryDelay(3, 0.999), absl::Seconds(8));
  EXPECT_GT(RetryDelay(3, 0.999), absl::Seconds(7));
  EXPECT_LE(RetryDelay(1000, 0.999), absl::Minutes(1));
}

TEST(ChannelHealth, IsDownWhenItFailsForAWhileAndUpWithTheFirstThatWorks) {
  using Change = ChannelHealth::Change;
  ChannelHealth health;
  EXPECT_EQ(health.Note(false, kNow), Change::kNone);
  EXPECT_EQ(health.Note(false, kNow + absl::Seconds(29)), Change::kNone);
  EXPECT_EQ(health.Note(false, kNow + absl::Seconds(30)), Change::kDown);
  EXPECT_EQ(health.Note(false, kNow + absl::Seconds(31)), Change::kNone);
  EXPECT_FALSE(health.up());
  EXPECT_EQ(health.since(), kNow);
  EXPECT_EQ(health.Note(true, kNow + absl::Seconds(40)), Change::kUp);
  EXPECT_EQ(health.Note(true, kNow + absl::Seconds(41)), Change::kNone);
}

TEST(ChannelHealth, ASuccessBetweenFailuresKeepsItUp) {
  ChannelHealth health;
  for (int i = 0; i < 20; ++i) {
    health.Note(false, kNow + absl::Minutes(i));
    health.Note(true, kNow + absl::Minutes(i));
  }
  EXPECT_TRUE(health.up());
}

}  // namespace
}  // namespace veille::notifier
