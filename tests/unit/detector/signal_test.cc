#include "services/detector/core/signal.h"

#include <cmath>

#include "gtest/gtest.h"

#include "services/domain/recordings/recording.h"

namespace veille::detector {
namespace {

Signal Make(care::v1::Role role, const event::v1::Event& event, int part = 0) {
  DevicePlan device;
  device.role = role;
  device.presence = role == care::v1::ROLE_MOTION || role == care::v1::ROLE_BED;
  static store::v1::PendingEvent pending;
  pending.Clear();
  Fill(device, event, part, KindOf(device, event, part), pending);
  return SignalOf(pending);
}

event::v1::Event At(int seconds) { return domain::MakeEvent(absl::FromUnixSeconds(seconds), "d"); }

TEST(Signal, AnExitDoorIsADoorAndAnInnerOneIsNot) {
  event::v1::Event event = At(1);
  event.mutable_contact()->set_state(event::v1::Contact::STATE_OPEN);
  EXPECT_EQ(Make(care::v1::ROLE_EXIT_DOOR, event).kind, SignalKind::kDoorOpen);
  EXPECT_EQ(Make(care::v1::ROLE_FRIDGE_DOOR, event).kind, SignalKind::kOpened);
  event.set_unchanged(true);
  EXPECT_EQ(Make(care::v1::ROLE_EXIT_DOOR, event).kind, SignalKind::kDoorStillOpen);
}

TEST(Signal, ARepeatedStateIsNoSignOfLife) {
  event::v1::Event event = At(1);
  event.mutable_usage()->set_kind(event::v1::Usage::KIND_STARTED);
  EXPECT_TRUE(Make(care::v1::ROLE_BED, event).sign_of_life);
  event.set_unchanged(true);
  EXPECT_FALSE(Make(care::v1::ROLE_BED, event).sign_of_life);
}

TEST(Signal, ATestMeansNothing) {
  event::v1::Event event = At(1);
  event.mutable_motion();
  EXPECT_EQ(Make(care::v1::ROLE_MOTION, event).kind, SignalKind::kMovement);
  event.set_test(true);
  EXPECT_EQ(Make(care::v1::ROLE_MOTION, event).kind, SignalKind::kNothing);
}

TEST(Signal, AFixOfUnknownSpeedSaysSo) {
  event::v1::Event event = At(1);
  event.mutable_location()->set_latitude_degrees(49.9);
  event.mutable_location()->set_longitude_degrees(2.3);
  const Signal fix = Make(care::v1::ROLE_TRACKER, event);
  EXPECT_EQ(fix.kind, SignalKind::kFix);
  EXPECT_EQ(fix.value, 49.9);
  EXPECT_EQ(fix.value_3, 0);
  EXPECT_EQ(fix.value_4, -1);
}

TEST(Signal, EachVitalSignIsOne) {
  event::v1::Event event = At(1);
  event.mutable_vitals()->set_spo2_percent(91);
  event.mutable_vitals()->set_quality(event::v1::Vitals::QUALITY_GOOD);
  EXPECT_EQ(PartsOf(event), 6);
  EXPECT_EQ(Make(care::v1::ROLE_WRIST, event, 0).kind, SignalKind::kNothing);
  const Signal spo2 = Make(care::v1::ROLE_WRIST, event, 1);
  EXPECT_EQ(spo2.kind, SignalKind::kVital);
  EXPECT_EQ(spo2.code, event::v1::Vitals::kSpo2PercentFieldNumber);
  EXPECT_EQ(spo2.value, 91);
}

TEST(Signal, AMeterSaysWhichAndTemperatureWhatIsMissing) {
  event::v1::Event event = At(1);
  event.mutable_meter_reading()->set_water_litres(12);
  EXPECT_EQ(Make(care::v1::ROLE_METER, event).code, event::v1::MeterReading::kWaterLitres);
  event.mutable_temperature()->set_temperature_celsius(31);
  EXPECT_TRUE(std::isnan(Make(care::v1::ROLE_CLIMATE, event).value_2));
}

TEST(Signal, ACheckInIsNone) {
  event::v1::Event event = At(1);
  event.mutable_device_status()->set_kind(event::v1::DeviceStatus::KIND_CHECK_IN);
  EXPECT_EQ(Make(care::v1::ROLE_MOTION, event).kind, SignalKind::kNothing);
  event.mutable_device_status()->set_kind(event::v1::DeviceStatus::KIND_TAMPER);
  EXPECT_EQ(Make(care::v1::ROLE_MOTION, event).kind, SignalKind::kStatus);
}

}  // namespace
}  // namespace veille::detector
