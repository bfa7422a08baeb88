// Sensors that fall silent, wearables that are not worn, devices in trouble.

#include "gtest/gtest.h"

#include "services/detector/core/rules/installation_plan.h"
#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

using Strings = std::vector<std::string>;
using event::v1::DeviceStatus;
using event::v1::WearState;

class Installation : public ::testing::Test {
 protected:
  Installation() {
    home.care_plan().mutable_inactivity()->set_enabled(false);
    home.care_plan().mutable_sensor_silent()->set_enabled(true);
    home.Compile();
  }
  absl::Time At(int hour, int minute, double second = 0) const {
    return home.At(1, 15, hour, minute, second);
  }
  // The door and the pendant check in; the hall does not.
  Strings LiveWithoutTheHall(absl::Time from, absl::Time to) {
    for (absl::Time at = from; at <= to; at += absl::Minutes(1)) {
      home.See(Home::CheckIn(at, "door"));
      home.See(Home::CheckIn(at, "pendant"));
    }
    return home.Told();
  }
  Home home;
};

using SensorSilent = Installation;

// Peers' mistake 16.
TEST_F(SensorSilent, ALivingGatewayDoesNotHideADeadSensor) {
  home.See(Home::Motion(At(9, 0)));
  EXPECT_EQ(LiveWithoutTheHall(At(9, 0), At(9, 59)), Strings{});
  EXPECT_EQ(LiveWithoutTheHall(At(10, 0), At(10, 0)),
            Strings{"RAISE SENSOR_SILENT/hall TECHNICAL"});
  EXPECT_EQ(home.last().reason().en(), "The sensor hall (hall) has not checked in since 09:00");
  home.Restart();
  EXPECT_EQ(LiveWithoutTheHall(At(10, 1), At(14, 0)), Strings{});
  home.See(Home::CheckIn(At(14, 1)));
  EXPECT_EQ(home.Told(), Strings{"CLEAR SENSOR_SILENT/hall TECHNICAL"});
  EXPECT_EQ(LiveWithoutTheHall(At(14, 2), At(15, 0)), Strings{});
  EXPECT_EQ(LiveWithoutTheHall(At(15, 1), At(15, 1)),
            Strings{"RAISE SENSOR_SILENT/hall TECHNICAL"});
}

TEST_F(SensorSilent, ThatWasNeverHeardIsToldToo) {
  EXPECT_EQ(LiveWithoutTheHall(At(9, 0), At(9, 59)), Strings{});
  EXPECT_EQ(LiveWithoutTheHall(At(10, 0), At(10, 0)),
            Strings{"RAISE SENSOR_SILENT/hall TECHNICAL"});
  EXPECT_EQ(home.last().reason().en(), "The sensor hall (hall) has never checked in");
}

TEST_F(SensorSilent, IsNotConcludedWhileItsHubIsSilent) {
  home.See(Home::Motion(At(9, 0)));
  LiveWithoutTheHall(At(9, 0), At(9, 30));
  home.Tick(At(12, 0));
  home.Tick(At(13, 0));
  for (const std::string& line : home.Told()) EXPECT_EQ(line.find("SENSOR"), std::string::npos);
  // The backlog shows that it spoke all the while.
  std::vector<event::v1::Event> backlog;
  for (int hour = 10; hour < 13; ++hour)
    for (const char* device : {"hall", "door", "pendant"})
      backlog.push_back(Home::CheckIn(At(hour, 45), device));
  home.Send(backlog, At(13, 5), At(13, 6));
  for (const std::string& line : home.Told()) EXPECT_EQ(line.find("SENSOR"), std::string::npos);
}

// A hub without power hears nobody.
TEST_F(SensorSilent, AfterAnOutageOfTheHubEachGetsItsTimeAgain) {
  home.See(Home::Motion(At(9, 0)));
  LiveWithoutTheHall(At(9, 0), At(9, 30));
  EXPECT_EQ(LiveWithoutTheHall(At(12, 0), At(12, 59)), Strings{});
  EXPECT_EQ(LiveWithoutTheHall(At(13, 0), At(13, 0)),
            Strings{"RAISE SENSOR_SILENT/hall TECHNICAL"});
  EXPECT_EQ(home.last().reason().en(), "The sensor hall (hall) has not checked in since 09:00");
}

TEST_F(SensorSilent, WhatItSaidLongAgoDoesNotMakeItAlive) {
  home.See(Home::Motion(At(9, 0)));
  LiveWithoutTheHall(At(9, 0), At(11, 0));
  home.Send({Home::CheckIn(At(9, 10))}, At(11, 1), At(11, 1));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST_F(SensorSilent, IsToldThoughItsNextWordComesWithTheEndOfTheWait) {
  home.See(Home::Motion(At(9, 0)));
  LiveWithoutTheHall(At(9, 0), At(9, 59));
  // Due at 10:00, which the same batch first shows to be past.
  home.Send({Home::CheckIn(At(10, 1))}, At(10, 2), At(10, 2));
  EXPECT_EQ(home.Told(),
            (Strings{"RAISE SENSOR_SILENT/hall TECHNICAL", "CLEAR SENSOR_SILENT/hall TECHNICAL"}));
  EXPECT_EQ(home.last().event_time().seconds(), absl::ToUnixSeconds(At(10, 1)));
  EXPECT_EQ(LiveWithoutTheHall(At(10, 3), At(11, 0)), Strings{});
  EXPECT_EQ(LiveWithoutTheHall(At(11, 1), At(11, 1)),
            Strings{"RAISE SENSOR_SILENT/hall TECHNICAL"});
}

TEST_F(SensorSilent, IsNotConcludedOfAWordThatOvertookOthers) {
  home.See(Home::Motion(At(9, 0)));
  LiveWithoutTheHall(At(9, 0), At(9, 59));
  // By the urgent lane; its watermark is that of the lane behind.
  home.Send({Home::CheckIn(At(10, 1))}, At(9, 59), At(10, 2));
  EXPECT_EQ(home.Told(), Strings{});
  home.Send({Home::CheckIn(At(9, 58))}, At(10, 2), At(10, 2));
  EXPECT_EQ(home.Told(), Strings{});
  EXPECT_EQ(LiveWithoutTheHall(At(10, 3), At(11, 0)), Strings{});
}

TEST_F(SensorSilent, WithoutAContractProvesNothing) {
  home.registry().mutable_devices(1)->clear_check_in();
  home.Compile();
  home.See(Home::Motion(At(9, 0)));
  EXPECT_EQ(LiveWithoutTheHall(At(9, 0), At(20, 0)), Strings{});
}

TEST_F(SensorSilent, ThatTheHubCannotReachIsToldUnlessItSpeaksAgain) {
  LiveWithoutTheHall(At(9, 0), At(9, 0));
  home.See(Home::CheckIn(At(9, 0)));
  home.See(Home::Status(At(9, 5), "hall", DeviceStatus::KIND_CHECK_IN_FAILED));
  EXPECT_EQ(LiveWithoutTheHall(At(9, 6), At(9, 14)), Strings{});
  EXPECT_EQ(LiveWithoutTheHall(At(9, 15), At(9, 15)),
            Strings{"RAISE SENSOR_SILENT/hall TECHNICAL"});
  home.See(Home::Status(At(9, 16), "hall", DeviceStatus::KIND_CHECK_IN_FAILED));
  EXPECT_EQ(home.Told(), Strings{});
  home.See(Home::Motion(At(9, 20)));
  EXPECT_EQ(home.Told(), Strings{"CLEAR SENSOR_SILENT/hall TECHNICAL"});
  home.See(Home::Status(At(9, 25), "hall", DeviceStatus::KIND_CHECK_IN_FAILED));
  home.See(Home::Motion(At(9, 26)));
  EXPECT_EQ(LiveWithoutTheHall(At(9, 27), At(9, 50)), Strings{});
}

TEST_F(SensorSilent, WhatThePersonCarriesIsOutOfReachWhenTheyAreOut) {
  home.Live(At(9, 0), At(9, 1));
  home.See(Home::Door(At(9, 2), true));
  home.See(Home::Door(At(9, 3), false));
  home.Told();
  for (absl::Time at = At(9, 4); at < At(12, 0); at += absl::Minutes(1)) {
    home.See(Home::CheckIn(at, "hall"));
    home.See(Home::CheckIn(at, "door"));
  }
  EXPECT_EQ(home.Told(), Strings{});
  // Back home without it.
  home.See(Home::Motion(At(12, 0)));
  home.See(Home::CheckIn(At(12, 1)));
  EXPECT_EQ(home.Told(), Strings{"RAISE SENSOR_SILENT/pendant TECHNICAL"});
}

class OffBody : public Installation {
 protected:
  Strings Wear(absl::Time at, WearState::State state) {
    event::v1::Event event = domain::MakeEvent(at, "pendant");
    event.mutable_wear_state()->set_state(state);
    home.See(event);
    return home.Told();
  }
};

TEST_F(OffBody, IsToldByDayAndClearedWhenWorn) {
  home.Live(At(9, 0), At(9, 1));
  EXPECT_EQ(Wear(At(9, 2), WearState::STATE_OFF_BODY), Strings{});
  home.Live(At(9, 3), At(9, 20));
  Wear(At(9, 21), WearState::STATE_OFF_BODY);
  home.Live(At(9, 22), At(9, 31));
  EXPECT_EQ(home.Told(), Strings{});
  home.Restart();
  home.Beat(At(9, 32));
  EXPECT_EQ(home.Told(), Strings{"RAISE OFF_BODY/pendant TECHNICAL"});
  home.Live(At(9, 33), At(10, 30));
  EXPECT_EQ(home.Told(), Strings{});
  EXPECT_EQ(Wear(At(10, 31), WearState::STATE_WORN), Strings{"CLEAR OFF_BODY/pendant TECHNICAL"});
}

TEST_F(OffBody, OnItsChargerIsWhereItBelongs) {
  home.Live(At(9, 0), At(9, 1));
  Wear(At(9, 2), WearState::STATE_OFF_BODY);
  Wear(At(9, 10), WearState::STATE_CHARGING);
  home.Live(At(9, 11), At(10, 30));
  EXPECT_EQ(home.Told(), Strings{});
  Wear(At(11, 0), WearState::STATE_OFF_BODY);
  event::v1::Event battery = domain::MakeEvent(At(11, 5), "pendant");
  battery.mutable_battery()->set_charge_percent(90);
  battery.mutable_battery()->set_charging(true);
  home.See(battery);
  home.Live(At(11, 6), At(12, 0));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST_F(OffBody, TheNightDoesNotCount) {
  const auto night = [&](int hour, int minute) { return home.At(3, 28, hour, minute); };
  home.Live(night(19, 30), night(19, 45));
  Wear(night(19, 50), WearState::STATE_OFF_BODY);
  // Clocks go forward in this night.
  home.Live(night(19, 51), home.At(3, 29, 8, 19));
  EXPECT_EQ(home.Told(), Strings{});
  home.Live(home.At(3, 29, 8, 20), home.At(3, 29, 8, 21));
  EXPECT_EQ(home.Told(), Strings{"RAISE OFF_BODY/pendant TECHNICAL"});
}

using Tamper = Installation;

TEST_F(Tamper, FaultsAndTheEndAreToldOnceEachAndCleared) {
  const auto say = [&](int minute, DeviceStatus::Kind kind) {
    home.See(Home::Status(At(9, minute), "hall", kind));
    return home.Told();
  };
  EXPECT_EQ(say(0, DeviceStatus::KIND_TAMPER), Strings{"RAISE TAMPER/hall TECHNICAL"});
  EXPECT_EQ(say(1, DeviceStatus::KIND_TAMPER), Strings{});
  EXPECT_EQ(say(2, DeviceStatus::KIND_FAULT), Strings{"RAISE TAMPER/fault/hall TECHNICAL"});
  EXPECT_EQ(say(3, DeviceStatus::KIND_END_OF_LIFE),
            Strings{"RAISE TAMPER/end_of_life/hall TECHNICAL"});
  home.Restart();
  EXPECT_EQ(say(4, DeviceStatus::KIND_FAULT), Strings{});
  EXPECT_EQ(say(5, DeviceStatus::KIND_TAMPER_CLEARED), Strings{"CLEAR TAMPER/hall TECHNICAL"});
  EXPECT_EQ(
      say(6, DeviceStatus::KIND_FAULT_CLEARED),
      (Strings{"CLEAR TAMPER/fault/hall TECHNICAL", "CLEAR TAMPER/end_of_life/hall TECHNICAL"}));
  EXPECT_EQ(say(7, DeviceStatus::KIND_FAULT_CLEARED), Strings{});
  EXPECT_EQ(say(8, DeviceStatus::KIND_TAMPER), Strings{"RAISE TAMPER/hall TECHNICAL"});
}

TEST_F(Tamper, AClearanceThatComesLateEndsNothingThatBeganAfterIt) {
  home.See(Home::Status(At(9, 10), "hall", DeviceStatus::KIND_TAMPER));
  home.Told();
  home.Send({Home::Status(At(9, 5), "hall", DeviceStatus::KIND_TAMPER_CLEARED)}, At(9, 11),
            At(9, 11));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST(Quiet, NothingIsRememberedOfWhatIsInOrder) {
  Home home;
  home.care_plan().mutable_sensor_silent()->set_enabled(true);
  for (int i = 0; i < 17; ++i)
    home.Device("d" + std::to_string(i),
                i % 2 == 0 ? care::v1::ROLE_CLIMATE : care::v1::ROLE_MOTION, "salon");
  home.Compile();
  home.Live(home.At(1, 15, 9, 0), home.At(1, 15, 11, 0));
  for (int i = 0; i < 17; i += 2)
    home.See(Home::Celsius(home.At(1, 15, 11, 1), "d" + std::to_string(i), 21));
  for (const auto& device : home.state().record().devices())
    EXPECT_EQ(device.installation().ByteSizeLong(), 0U);
  EXPECT_EQ(home.state().record().dwelling().ByteSizeLong(), 0U);
}

}  // namespace
}  // namespace veille::detector
