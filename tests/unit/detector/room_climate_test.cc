// Rooms too hot and too cold.

#include "gtest/gtest.h"

#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

using Strings = std::vector<std::string>;

class RoomClimate : public ::testing::Test {
 protected:
  RoomClimate() {
    home.Device("t1", care::v1::ROLE_CLIMATE, "salon");
    home.Device("t2", care::v1::ROLE_CLIMATE, "chambre");
    home.care_plan().mutable_sensor_silent()->set_enabled(false);
    home.care_plan().mutable_inactivity()->set_enabled(false);
    home.Compile();
  }
  absl::Time At(int minute) const { return home.At(7, 15, 12, 0) + absl::Minutes(minute); }
  Strings Feel(int minute, double celsius, const std::string& device = "t1") {
    home.See(Home::Celsius(At(minute), device, celsius));
    return home.Told();
  }
  Strings Beat(int minute) {
    home.Beat(At(minute));
    return home.Told();
  }

  Home home;
};

TEST_F(RoomClimate, HeatIsToldAfterItsSpanThenWorseThenOver) {
  EXPECT_EQ(Feel(0, 28), Strings{});
  EXPECT_EQ(Feel(10, 28.1), Strings{});
  Feel(100, 28.4);
  EXPECT_EQ(Beat(129), Strings{});
  EXPECT_EQ(Beat(130), Strings{"RAISE ROOM_HOT/t1 LOW"});
  EXPECT_EQ(home.last().reason().fr(), "salon : 28,4 °C, plus de 28 °C depuis 12:10");
  EXPECT_EQ(Feel(140, 30.2), Strings{});
  EXPECT_EQ(Feel(199, 30.2), Strings{});
  EXPECT_EQ(Beat(200), Strings{"WORSEN ROOM_HOT/t1 MEDIUM"});
  EXPECT_EQ(Feel(201, 32), Strings{});
  EXPECT_EQ(Feel(202, 32.1), Strings{"WORSEN ROOM_HOT/t1 HIGH"});
  EXPECT_EQ(Feel(203, 33), Strings{});
  EXPECT_EQ(Feel(204, 27.8), Strings{}) << "within the hysteresis";
  home.Restart();
  EXPECT_EQ(Feel(205, 27.5), Strings{"CLEAR ROOM_HOT/t1 HIGH"});
  EXPECT_EQ(Feel(206, 27.5), Strings{});
  EXPECT_FALSE(home.state().record().devices(3).installation().has_climate());
}

TEST_F(RoomClimate, AtOnceTheWorstOnlyIsTold) {
  EXPECT_EQ(Feel(0, 33), Strings{"RAISE ROOM_HOT/t1 HIGH"});
  Feel(100, 33);
  EXPECT_EQ(Beat(150), Strings{});
}

TEST_F(RoomClimate, ColdIsTheSameTheOtherWayRound) {
  EXPECT_EQ(Feel(0, 18), Strings{});
  EXPECT_EQ(Feel(1, 15.5), Strings{});
  Feel(100, 15.5);
  EXPECT_EQ(Beat(120), Strings{});
  EXPECT_EQ(Beat(121), Strings{"RAISE ROOM_COLD/t1 MEDIUM"});
  EXPECT_EQ(home.last().reason().en(), "salon: 15.5 °C, below 16 °C since 12:01");
  EXPECT_EQ(Feel(122, 11.9), Strings{"WORSEN ROOM_COLD/t1 HIGH"});
  EXPECT_EQ(Feel(123, 18.4), Strings{});
  EXPECT_EQ(Feel(124, 18.5), Strings{"CLEAR ROOM_COLD/t1 HIGH"});
}

TEST_F(RoomClimate, EachRoomIsJudgedByItself) {
  Feel(0, 29);
  Feel(60, 29, "t2");
  Feel(100, 29);
  EXPECT_EQ(Beat(125), Strings{"RAISE ROOM_HOT/t1 LOW"});
  Feel(126, 29, "t2");
  EXPECT_EQ(Feel(127, 26), Strings{"CLEAR ROOM_HOT/t1 LOW"});
  EXPECT_EQ(Beat(185), Strings{"RAISE ROOM_HOT/t2 LOW"});
}

TEST_F(RoomClimate, AnOpenWindowEndsTheWait) {
  Feel(0, 29);
  Feel(60, 27);
  Feel(61, 29);
  Feel(130, 29);
  EXPECT_EQ(Beat(150), Strings{});
  EXPECT_EQ(Beat(181), Strings{"RAISE ROOM_HOT/t1 LOW"});
}

// Silence after a hot reading proves nothing.
TEST_F(RoomClimate, ADeadSensorTellsNothing) {
  Feel(0, 29);
  EXPECT_EQ(Beat(300), Strings{});
  EXPECT_EQ(Feel(310, 26), Strings{});
}

TEST_F(RoomClimate, AWarningLowersEachThreshold) {
  home.care_plan().mutable_room_hot()->set_orange_warning(true);
  home.Compile();
  EXPECT_EQ(Feel(0, 30.1), Strings{"RAISE ROOM_HOT/t1 HIGH"});
}

TEST_F(RoomClimate, HumidityAloneIsNoTemperature) {
  event::v1::Event event = domain::MakeEvent(At(0), "t1");
  event.mutable_temperature()->set_humidity_percent(40);
  home.See(event);
  EXPECT_EQ(Beat(200), Strings{});
}

}  // namespace
}  // namespace veille::detector
