// The mains fail.

#include "gtest/gtest.h"

#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

using Strings = std::vector<std::string>;
using event::v1::DeviceStatus;

class PowerCut : public ::testing::Test {
 protected:
  PowerCut() {
    home.Device("hub", care::v1::ROLE_HUB).clear_check_in();
    home.care_plan().mutable_sensor_silent()->set_enabled(false);
    home.Compile();
  }
  absl::Time At(int minute, double second = 0) const { return home.At(1, 15, 12, minute, second); }
  void Mains(int minute, bool lost, const std::string& device = "hub") {
    home.See(
        Home::Status(At(minute), device,
                     lost ? DeviceStatus::KIND_MAINS_LOST : DeviceStatus::KIND_MAINS_RESTORED));
  }
  Home home;
};

TEST_F(PowerCut, IsToldAfterTwoMinutesOnceAndCleared) {
  Mains(0, true);
  home.Beat(At(1, 59));
  EXPECT_EQ(home.Told(), Strings{});
  Mains(1, true);
  home.Restart();
  home.Beat(At(2));
  EXPECT_EQ(home.Told(), Strings{"RAISE POWER_CUT TECHNICAL"});
  EXPECT_EQ(home.last().reason().en(), "Power cut since 12:00; the home's hub runs on its battery");
  Mains(3, true);
  home.Beat(At(10));
  EXPECT_EQ(home.Told(), Strings{});
  Mains(11, false);
  EXPECT_EQ(home.Told(), Strings{"CLEAR POWER_CUT TECHNICAL"});
  EXPECT_FALSE(home.state().record().devices(3).installation().has_on_battery());
}

TEST_F(PowerCut, OfAMomentIsNotTold) {
  Mains(0, true);
  Mains(1, false);
  home.Beat(At(30));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST_F(PowerCut, SeenByAnotherDeviceSaysNothingOfTheHub) {
  Mains(0, true, "hall");
  home.Beat(At(3));
  EXPECT_EQ(home.Told(), Strings{"RAISE POWER_CUT TECHNICAL"});
  EXPECT_EQ(home.last().evidence().observations(0).device_id(), "hall");
}

TEST_F(PowerCut, IsTheHubsAloneWhereAnotherDeviceHasPowerAgain) {
  Mains(0, true);
  home.Beat(At(2));
  EXPECT_EQ(home.Told(), Strings{"RAISE POWER_CUT TECHNICAL"});
  Mains(10, false, "hall");
  EXPECT_EQ(home.Told(), Strings{"CLEAR POWER_CUT TECHNICAL"});
  home.Beat(At(11));
  home.Restart();
  home.Beat(At(12));
  EXPECT_EQ(home.Told(), Strings{"RAISE HUB_ON_BATTERY/hub TECHNICAL"});
  Mains(20, false);
  EXPECT_EQ(home.Told(), Strings{"CLEAR HUB_ON_BATTERY/hub TECHNICAL"});
}

TEST_F(PowerCut, IsOneMessageWhicheverIsDueFirst) {
  home.care_plan().mutable_power_cut()->mutable_span()->set_seconds(1200);
  home.Compile();
  Mains(0, true);
  home.Beat(At(2));
  EXPECT_EQ(home.Told(), Strings{"RAISE HUB_ON_BATTERY/hub TECHNICAL"});
  home.Beat(At(30));
  EXPECT_EQ(home.Told(), Strings{});
  Mains(31, false);
  EXPECT_EQ(home.Told(), Strings{"CLEAR HUB_ON_BATTERY/hub TECHNICAL"});
}

TEST_F(PowerCut, OfTheHubIsToldWherePowerCutsAreNot) {
  home.care_plan().mutable_power_cut()->set_enabled(false);
  home.Compile();
  Mains(0, true);
  home.Beat(At(2));
  EXPECT_EQ(home.Told(), Strings{"RAISE HUB_ON_BATTERY/hub TECHNICAL"});
}

// The box to the network has no power either.
TEST_F(PowerCut, IsToldAlthoughContactIsLostWithIt) {
  Mains(0, true);
  home.Tick(At(3, 59));
  EXPECT_EQ(home.Told(), Strings{});
  home.Restart();
  home.Tick(At(4));
  EXPECT_EQ(home.Told(), Strings{"RAISE POWER_CUT TECHNICAL"});
  EXPECT_NE(home.last().reason().en().find("contact lost since"), std::string::npos);
  home.Tick(At(4, 30));
  EXPECT_EQ(home.Told(), Strings{});
}

}  // namespace
}  // namespace veille::detector
