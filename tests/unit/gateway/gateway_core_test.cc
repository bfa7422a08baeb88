// What the gateway makes of batches, good and bad, and of clocks that are wrong.

#include "gtest/gtest.h"

#include "veille/event/v1/event.pb.h"

#include "services/gateway/core/batch.h"
#include "services/gateway/core/validate.h"

namespace veille::gateway {
namespace {

using event::v1::Event;
using event::v1::EventBatch;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

Event Motion(absl::Time at) {
  Event event;
  event.mutable_event_time()->set_seconds(absl::ToUnixSeconds(at));
  event.set_device_id("hall");
  event.mutable_motion();
  return event;
}

EventBatch Prepare(const EventBatch& batch, const SendTimes& times, PreparedBatch* prepared) {
  *prepared = PrepareBatch(hub::v1::LANE_BULK, 7, batch.SerializeAsString(), HubClock(times, kNow));
  EventBatch after;
  EXPECT_TRUE(after.ParseFromString(prepared->events));
  return after;
}

TEST(PrepareBatch, PassesAGoodBatchOnByteForByte) {
  EventBatch batch;
  *batch.add_events() = Motion(kNow - absl::Seconds(3));
  PreparedBatch prepared;
  Prepare(batch, {kNow, {}, {}}, &prepared);
  EXPECT_EQ(prepared.events, batch.SerializeAsString());
  EXPECT_TRUE(prepared.refused.empty());
}

// Peers' mistake 18: one poisonous event blocks the queue for ever.
TEST(PrepareBatch, PutsAMalformedEventAsideAlone) {
  EventBatch batch;
  *batch.add_events() = Motion(kNow);
  Event& bad = *batch.add_events();
  bad = Motion(kNow);
  bad.mutable_location()->set_latitude_degrees(91);
  *batch.add_events() = Motion(kNow);
  PreparedBatch prepared;
  const EventBatch after = Prepare(batch, {}, &prepared);
  ASSERT_EQ(prepared.refused.size(), 1U);
  EXPECT_EQ(prepared.refused[0].rejection.field(), "events[1].location.latitude_degrees");
  EXPECT_EQ(prepared.refused[0].rejection.event_index(), 1);
  ASSERT_EQ(after.events_size(), 3);
  EXPECT_TRUE(after.events(1).has_unreadable());
  EXPECT_EQ(after.events(1).device_id(), "hall");
  EXPECT_TRUE(after.events(2).has_motion());
}

TEST(PrepareBatch, KeepsTheSequenceGoingWhenNothingCanBeRead) {
  const PreparedBatch prepared =
      PrepareBatch(hub::v1::LANE_BULK, 7, "\xff\xff garbage", HubClock({}, kNow));
  EXPECT_EQ(prepared.events, "");
  ASSERT_EQ(prepared.refused.size(), 1U);
  EXPECT_EQ(prepared.refused[0].rejection.event_index(), -1);
}

TEST(HubClock, RedatesWhatAHubSawWhoseClockSays1970) {
  EventBatch batch;
  *batch.add_events() = Motion(absl::FromUnixSeconds(100));
  PreparedBatch prepared;
  const SendTimes times{absl::FromUnixSeconds(160), absl::Seconds(200), absl::FromUnixSeconds(160)};
  const EventBatch after = Prepare(batch, times, &prepared);
  EXPECT_EQ(after.events(0).event_time().seconds(), absl::ToUnixSeconds(kNow) - 60);
  EXPECT_EQ(after.events(0).claimed_time().seconds(), 100);
  EXPECT_EQ(after.events(0).clock_quality(), event::v1::CLOCK_QUALITY_REDATED);
  EXPECT_EQ(*HubClock(times, kNow).Watermark(), kNow);
}

TEST(HubClock, KeepsWhatWasSeenBeforeTheClockWentWrong) {
  const SendTimes times{absl::FromUnixSeconds(160), absl::Seconds(200), {}};
  const absl::Time before = kNow - absl::Hours(3);
  const HubClock::Dated dated = HubClock(times, kNow).Date(before);
  EXPECT_EQ(dated.time, before);
  EXPECT_FALSE(dated.redated);
}

TEST(HubClock, JudgesATimeAheadAtItsReceipt) {
  const HubClock clock({}, kNow);
  EXPECT_TRUE(clock.Date(kNow + absl::Minutes(6)).at_receipt);
  EXPECT_EQ(clock.Date(kNow + absl::Minutes(6)).time, kNow);
  EXPECT_FALSE(clock.Date(kNow + absl::Minutes(4)).at_receipt);
}

TEST(HubClock, NeverPromisesBeyondTheReceipt) {
  EXPECT_EQ(*HubClock({kNow, {}, kNow + absl::Minutes(2)}, kNow).Watermark(), kNow);
}

TEST(Hello, IsCheckedFieldByField) {
  hub::v1::Hello hello;
  hello.set_source_id("hub 1");
  hello.set_incarnation("xyz");
  const auto found = FindViolations(hello);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].field, "hello.source_id");
  EXPECT_EQ(found[1].field, "hello.incarnation");
}

TEST(Validate, RefusesNumbersThatAreNone) {
  Event event = Motion(kNow);
  event.mutable_acceleration()->set_rate_hz(50);
  event.mutable_acceleration()->set_samples_mg("12345");
  EXPECT_EQ(FindViolation(event)->field, "acceleration.samples_mg");
  event.mutable_location()->set_longitude_degrees(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(FindViolation(event)->field, "location.longitude_degrees");
  event.mutable_contact();
  EXPECT_EQ(FindViolation(event)->field, "contact.state");
}

}  // namespace
}  // namespace veille::gateway
