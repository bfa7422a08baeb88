// The quick look may say "look closely" of a good batch; it must never say "sound" of one that the
// careful look would change.

#include "services/gateway/core/sound_batch.h"

#include "gtest/gtest.h"

#include "veille/event/v1/event.pb.h"

#include "common/base/random.h"
#include "services/gateway/core/validate.h"

namespace veille::gateway {
namespace {

using event::v1::Event;
using event::v1::EventBatch;

constexpr int64_t kNow = 1'800'000'000;
constexpr BelievedSeconds kBelieved = {946684800, kNow + 299};

Event Motion() {
  Event event;
  event.mutable_event_time()->set_seconds(kNow);
  event.mutable_event_time()->set_nanos(120'000'000);
  event.set_device_id("hall-motion");
  event.mutable_motion()->set_state(event::v1::Motion::STATE_DETECTED);
  return event;
}

Event Acceleration() {
  Event event;
  event.mutable_event_time()->set_seconds(kNow);
  event.set_device_id("watch");
  event.set_device_sequence(7);
  event.mutable_monotonic()->set_seconds(3600);
  event.mutable_acceleration()->set_rate_hz(50);
  event.mutable_acceleration()->set_range_g(8);
  event.mutable_acceleration()->set_samples_mg(std::string(300, '\1'));
  return event;
}

std::optional<int> Count(const Event& event) {
  EventBatch batch;
  *batch.add_events() = event;
  return CountSoundEvents(batch.SerializeAsString(), kBelieved);
}

TEST(SoundBatch, CountsMotionAndAcceleration) {
  EventBatch batch;
  *batch.add_events() = Motion();
  *batch.add_events() = Acceleration();
  *batch.add_events() = Motion();
  EXPECT_EQ(CountSoundEvents(batch.SerializeAsString(), kBelieved), 3);
  EXPECT_EQ(CountSoundEvents("", kBelieved), 0);
}

TEST(SoundBatch, LeavesOtherObservationsToTheCarefulLook) {
  Event event = Motion();
  event.mutable_location()->set_latitude_degrees(49.9);
  EXPECT_EQ(Count(event), std::nullopt);
}

TEST(SoundBatch, LeavesWhatOnlyTheGatewaySaysToTheCarefulLook) {
  Event event = Motion();
  event.set_clock_quality(event::v1::CLOCK_QUALITY_REDATED);
  EXPECT_EQ(Count(event), std::nullopt);
  event = Motion();
  event.mutable_claimed_time()->set_seconds(kNow);
  EXPECT_EQ(Count(event), std::nullopt);
}

TEST(SoundBatch, LeavesTimesThatAreNotBelievedToTheCarefulLook) {
  for (const int64_t seconds : {int64_t{0}, int64_t{-1}, kBelieved.first - 1, kBelieved.last + 1}) {
    Event event = Motion();
    event.mutable_event_time()->set_seconds(seconds);
    EXPECT_EQ(Count(event), std::nullopt) << seconds;
  }
  Event event = Motion();
  event.mutable_event_time()->set_nanos(-1);
  EXPECT_EQ(Count(event), std::nullopt);
  EXPECT_EQ(CountSoundEvents(EventBatch().SerializeAsString(), {}), 0);
}

TEST(SoundBatch, LeavesWhatTheMonotonicClockContradictsToTheCarefulLook) {
  BelievedSeconds believed = kBelieved;
  believed.first_boot = kNow - 1000;
  believed.last_boot = kNow - 500;
  const auto count = [&](int64_t monotonic) {
    EventBatch batch;
    *batch.add_events() = Motion();
    batch.mutable_events(0)->mutable_monotonic()->set_seconds(monotonic);
    return CountSoundEvents(batch.SerializeAsString(), believed);
  };
  EXPECT_EQ(count(499), std::nullopt);
  EXPECT_EQ(count(500), 1);
  EXPECT_EQ(count(1000), 1);
  EXPECT_EQ(count(1001), std::nullopt);
  EXPECT_EQ(count(-1), std::nullopt);
}

TEST(SoundBatch, LeavesABatchOfTooManyEventsToTheCarefulLook) {
  EventBatch batch;
  for (int i = 0; i < kMaxEventsPerBatch; ++i) *batch.add_events() = Motion();
  EXPECT_EQ(CountSoundEvents(batch.SerializeAsString(), kBelieved), kMaxEventsPerBatch);
  *batch.add_events() = Motion();
  EXPECT_EQ(CountSoundEvents(batch.SerializeAsString(), kBelieved), std::nullopt);
}

TEST(SoundBatch, DoesNotTakeATrailingZeroForTheEnd) {
  EventBatch batch;
  *batch.add_events() = Motion();
  EXPECT_EQ(CountSoundEvents(batch.SerializeAsString() + std::string(1, '\0'), kBelieved),
            std::nullopt);
}

TEST(SoundBatch, NeverCallsSoundWhatTheCarefulLookRefuses) {
  SeededRandom random(1);
  EventBatch good;
  *good.add_events() = Motion();
  *good.add_events() = Acceleration();
  const std::string bytes = good.SerializeAsString();
  int sound = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string mutated = bytes;
    for (int i = 0; i <= static_cast<int>(random.Below(3)); ++i)
      mutated[random.Below(mutated.size())] = static_cast<char>(random.Below(256));
    const std::optional<int> count = CountSoundEvents(mutated, kBelieved);
    if (!count.has_value()) continue;
    ++sound;
    EventBatch batch;
    ASSERT_TRUE(batch.ParseFromString(mutated));
    ASSERT_EQ(batch.events_size(), *count);
    for (const Event& event : batch.events()) {
      ASSERT_FALSE(FindViolation(event).has_value()) << event.DebugString();
      ASSERT_GE(event.event_time().seconds(), kBelieved.first);
      ASSERT_LE(event.event_time().seconds(), kBelieved.last);
    }
  }
  EXPECT_GT(sound, 1000);
}

}  // namespace
}  // namespace veille::gateway
