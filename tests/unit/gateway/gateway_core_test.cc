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
  bad.mutable_location()->set_longitude_degrees(2);
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

// A call for help must not go under because its neighbour's text is no UTF-8.
TEST(PrepareBatch, ReadsWhatItCanOfABatchThatProtobufRefuses) {
  Event tap = Motion(kNow);
  tap.mutable_transit_tap()->set_line("line");
  std::string damaged = tap.SerializeAsString();
  damaged[damaged.find("line")] = '\xff';
  EventBatch sos;
  *sos.add_events() = Motion(kNow);
  sos.mutable_events(0)->mutable_personal_emergency();
  const std::string tag_and_size = {'\x0a', static_cast<char>(damaged.size())};
  const std::string bytes =
      tag_and_size + damaged + sos.SerializeAsString() + std::string("\x0a\x7f");
  const PreparedBatch prepared = PrepareBatch(hub::v1::LANE_URGENT, 7, bytes, HubClock({}, kNow));
  EventBatch after;
  ASSERT_TRUE(after.ParseFromString(prepared.events));
  ASSERT_EQ(after.events_size(), 2);
  EXPECT_EQ(after.events(0).unreadable().observation(), Event::kTransitTap);
  EXPECT_EQ(after.events(0).device_id(), "hall");
  EXPECT_EQ(after.events(0).event_time().seconds(), absl::ToUnixSeconds(kNow));
  EXPECT_TRUE(after.events(1).has_personal_emergency());
  // The torn end is put aside, too.
  ASSERT_EQ(prepared.refused.size(), 2U);
  EXPECT_EQ(prepared.refused[0].rejection.event_index(), 0);
  EXPECT_EQ(prepared.refused[0].rejection.field(), "events[0].event");
  EXPECT_EQ(prepared.refused[0].content, damaged);
  EXPECT_EQ(prepared.refused[1].rejection.event_index(), -1);
}

TEST(PrepareBatch, SaysWhatAMalformedEventWas) {
  EventBatch batch;
  *batch.add_events() = Motion(kNow);
  batch.mutable_events(0)->set_device_id("pendant 1");
  batch.mutable_events(0)->mutable_personal_emergency();
  PreparedBatch prepared;
  const EventBatch after = Prepare(batch, {}, &prepared);
  EXPECT_EQ(after.events(0).unreadable().observation(), Event::kPersonalEmergency);
  EXPECT_EQ(after.events(0).unreadable().field(), "device_id");
  EXPECT_EQ(after.events(0).device_id(), "unknown");
}

TEST(PrepareBatch, AMalformedEventWithoutATimeWasSeenAtItsReceiptAndNoClockIsBlamed) {
  EventBatch batch;
  batch.add_events()->set_device_id("hall");
  PreparedBatch prepared;
  const EventBatch after = Prepare(batch, {}, &prepared);
  EXPECT_EQ(after.events(0).event_time().seconds(), absl::ToUnixSeconds(kNow));
  EXPECT_EQ(after.events(0).clock_quality(), event::v1::CLOCK_QUALITY_UNSPECIFIED);
}

TEST(PrepareBatch, PassesWhatIsNewerThanItOnByteForByte) {
  EventBatch batch;
  Event& newer = *batch.add_events();
  newer = Motion(kNow);
  newer.clear_motion();
  *newer.GetReflection()->MutableUnknownFields(&newer)->AddLengthDelimited(70) = "new";
  PreparedBatch prepared;
  Prepare(batch, {kNow, {}, {}}, &prepared);
  EXPECT_EQ(prepared.events, batch.SerializeAsString());
  EXPECT_TRUE(prepared.refused.empty());
  EXPECT_EQ(prepared.unknown, 1);
}

TEST(PrepareBatch, OfTooManyEventsIsPutAsideAsAWhole) {
  EventBatch batch;
  for (int i = 0; i <= kMaxEventsPerBatch; ++i) *batch.add_events() = Motion(kNow);
  PreparedBatch prepared;
  const EventBatch after = Prepare(batch, {}, &prepared);
  EXPECT_EQ(after.events_size(), 0);
  ASSERT_EQ(prepared.refused.size(), 1U);
  EXPECT_EQ(prepared.refused[0].rejection.event_index(), -1);
}

// The clock stood at 1970 after a power cut; when the buffer is sent it has been set.
TEST(HubClock, DatesABufferFromBeforeTheClockWasSetByItsMonotonicClock) {
  EventBatch batch;
  Event& early = *batch.add_events();
  early = Motion(absl::FromUnixSeconds(40));
  early.mutable_monotonic()->set_seconds(40);
  Event& late = *batch.add_events();
  late = Motion(kNow - absl::Seconds(10));
  late.mutable_monotonic()->set_seconds(7190);
  PreparedBatch prepared;
  const EventBatch after = Prepare(batch, {kNow, absl::Seconds(7200), kNow}, &prepared);
  EXPECT_EQ(after.events(0).event_time().seconds(), absl::ToUnixSeconds(kNow) - 7160);
  EXPECT_EQ(after.events(0).claimed_time().seconds(), 40);
  EXPECT_EQ(after.events(0).clock_quality(), event::v1::CLOCK_QUALITY_REDATED);
  EXPECT_EQ(after.events(1).event_time().seconds(), absl::ToUnixSeconds(kNow) - 10);
  EXPECT_EQ(after.events(1).clock_quality(), event::v1::CLOCK_QUALITY_UNSPECIFIED);
}

TEST(HubClock, AnotherRunsWrongClockSaysNothingAboutABuffer) {
  // Sent by a hub that says 1970 now; filled in the run before, whose clock was right.
  SendTimes times{absl::FromUnixSeconds(160), absl::Seconds(200), {}};
  times.same_run = false;
  const absl::Time before = kNow - absl::Hours(3);
  const HubClock clock(times, kNow);
  EXPECT_EQ(clock.Date(before, absl::Seconds(100)).time, before);
  // In 1970 in both runs: it cannot be known when.
  EXPECT_TRUE(clock.Date(absl::FromUnixSeconds(100), absl::Seconds(100)).at_receipt);
}

TEST(HubClock, IsMarkedBeyondThirtySecondsEitherWay) {
  EXPECT_EQ(HubClock({}, kNow).MarkedError(), std::nullopt);
  EXPECT_EQ(HubClock({kNow - absl::Seconds(30), {}, {}}, kNow).MarkedError(), std::nullopt);
  EXPECT_EQ(HubClock({kNow - absl::Seconds(31), {}, {}}, kNow).MarkedError(), absl::Seconds(31));
  EXPECT_EQ(HubClock({kNow + absl::Hours(1), {}, {}}, kNow).MarkedError(), -absl::Hours(1));
  // What the events were dated by in another run is not what the clock says now.
  SendTimes times{kNow - absl::Seconds(45), {}, {}, false};
  EXPECT_EQ(HubClock(times, kNow).MarkedError(), absl::Seconds(45));
}

TEST(HubClock, DoesNotBelieveAMonotonicClockThatIsAheadOfTheSending) {
  const HubClock clock({kNow, absl::Seconds(100), {}}, kNow);
  const HubClock::Dated dated = clock.Date(kNow - absl::Hours(1), absl::Seconds(101));
  EXPECT_EQ(dated.time, kNow - absl::Hours(1));
  EXPECT_FALSE(dated.redated);
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

}  // namespace
}  // namespace veille::gateway
