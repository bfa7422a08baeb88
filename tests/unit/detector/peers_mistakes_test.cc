// What others got wrong, one test each, named after it. Those about fences and old buffers outdoors
// are in outdoors_test.cc, those about alerts in tests/unit/notifier.

#include "gtest/gtest.h"

#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

using Strings = std::vector<std::string>;

void GoOut(Home& home, absl::Time at) {
  home.See(Home::Motion(at - absl::Minutes(1)));
  home.See(Home::Door(at, true));
  home.See(Home::Door(at + absl::Seconds(9), false));
  home.Beat(at + absl::Minutes(10));
}

// 1. Quiet hours as milliseconds since midnight: one hour off on the days on which clocks change.
TEST(PeersMistake01, TheNightEndsByTheWallClockOnTheDaysOnWhichClocksChange) {
  // 2026-03-29: the hour from 2 is skipped. 2026-10-25: the hour from 2 comes twice.
  for (const auto& [month, day] : {std::pair(3, 29), std::pair(10, 25)}) {
    Home before;
    GoOut(before, before.At(month, day, 5, 50));
    EXPECT_EQ(before.Told("NIGHT_EXIT"), Strings{"RAISE NIGHT_EXIT HIGH"}) << month;
    Home after;
    GoOut(after, after.At(month, day, 6, 1));
    EXPECT_EQ(after.Told("NIGHT_EXIT"), Strings{}) << month;
  }
}

// 3. A repeat counter without an event id: sending again inflates it.
TEST(PeersMistake03, APressThatIsSentAgainIsOnePress) {
  Home home;
  const event::v1::Event press = Home::Sos(home.At(1, 15, 9, 0), 7);
  home.See(press);
  EXPECT_EQ(home.Told("SOS"), Strings{"RAISE SOS HIGH"});
  home.Restart();
  for (int i = 1; i < 4; ++i) {
    home.Send({press}, home.At(1, 15, 9, i), home.At(1, 15, 9, i));
    EXPECT_EQ(home.Told("SOS"), Strings{});
  }
  home.See(Home::Sos(home.At(1, 15, 9, 5), 8));
  EXPECT_EQ(home.Told("SOS"), Strings{"RAISE SOS HIGH"});
}

// 5. Events older than 15 minutes tell nobody, an SOS included.
TEST(PeersMistake05, AnOldCallForHelpIsToldWithItsAge) {
  Home home;
  home.Send({Home::Sos(home.At(1, 15, 9, 0), 1)}, home.At(1, 15, 14, 0), home.At(1, 15, 14, 0));
  EXPECT_EQ(home.Told("SOS"), Strings{"RAISE SOS HIGH late"});
  EXPECT_NE(home.last().reason().en().find("09:00"), std::string::npos)
      << home.last().reason().en();
}

// 6. State that belongs to a worker: another worker raises what has not happened, or forgets.
TEST(PeersMistake06, AnotherOwnerGoesOnWhereTheFirstStopped) {
  Home home;
  home.See(Home::Motion(home.At(1, 15, 2, 9)));
  home.See(Home::Door(home.At(1, 15, 2, 10), true));
  home.Restart();
  home.See(Home::Door(home.At(1, 15, 2, 10, 9), false));
  home.Restart();
  home.Beat(home.At(1, 15, 2, 20));
  EXPECT_EQ(home.Told("NIGHT_EXIT"), Strings{"RAISE NIGHT_EXIT HIGH"});
  home.Restart();
  home.Beat(home.At(1, 15, 2, 40));
  EXPECT_EQ(home.Told("NIGHT_EXIT"), Strings{});
}

// 15. The offline alarm races with a late packet and never clears.
TEST(PeersMistake15, ALatePacketClearsTheOfflineAlarmAndItMayComeAgain) {
  Home home;
  home.Beat(home.At(1, 15, 9, 0));
  home.Tick(home.At(1, 15, 9, 5));
  EXPECT_EQ(home.Told("HUB_OFFLINE"), Strings{"RAISE HUB_OFFLINE/hub-h TECHNICAL"});
  // What was sent before the alarm arrives after it.
  home.Send({Home::Motion(home.At(1, 15, 9, 4))}, home.At(1, 15, 9, 4), home.At(1, 15, 9, 5, 1));
  EXPECT_EQ(home.Told("HUB_OFFLINE"), Strings{"CLEAR HUB_OFFLINE/hub-h TECHNICAL"});
  home.Tick(home.At(1, 15, 9, 10, 2));
  EXPECT_EQ(home.Told("HUB_OFFLINE"), Strings{"RAISE HUB_OFFLINE/hub-h TECHNICAL"});
}

// 17. After an outage every firing alert is told again.
TEST(PeersMistake17, OurOwnOutageTellsNothingAgain) {
  Home home;
  GoOut(home, home.At(1, 15, 2, 10));
  EXPECT_EQ(home.Told("NIGHT_EXIT"), Strings{"RAISE NIGHT_EXIT HIGH"});
  home.Restart();
  home.Tick(home.At(1, 15, 5, 0), true);
  home.Beat(home.At(1, 15, 5, 1));
  home.Tick(home.At(1, 15, 5, 1));
  EXPECT_EQ(home.Told(), Strings{});
}

// 18. One poisonous event blocks everything behind it.
TEST(PeersMistake18, WhatCannotBeReadBlocksNothing) {
  Home home;
  event::v1::Event unreadable = domain::MakeEvent(home.At(1, 15, 2, 9), "hall");
  unreadable.mutable_unreadable()->set_field("motion.state");
  home.Send(
      {unreadable, Home::Door(home.At(1, 15, 2, 10), true), Home::Sos(home.At(1, 15, 2, 11), 1)},
      home.At(1, 15, 2, 11), home.At(1, 15, 2, 11, 1));
  home.Beat(home.At(1, 15, 2, 20));
  EXPECT_EQ(home.Told("SOS"), Strings{"RAISE SOS HIGH"});
}

// 21. Two events less than a second apart make two alerts.
TEST(PeersMistake21, ADoorThatBouncesIsOneExit) {
  Home home;
  home.See(Home::Motion(home.At(1, 15, 2, 9)));
  for (int i = 0; i < 6; ++i)
    home.See(Home::Door(home.At(1, 15, 2, 10) + absl::Milliseconds(300 * i), i % 2 == 0));
  home.Beat(home.At(1, 15, 2, 40));
  EXPECT_EQ(home.Told("NIGHT_EXIT"), Strings{"RAISE NIGHT_EXIT HIGH"});
}

}  // namespace
}  // namespace veille::detector
