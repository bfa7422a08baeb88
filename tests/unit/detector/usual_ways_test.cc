// What a person is used to outdoors: cells of the map, lines and stops.

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "services/detector/core/rules/familiar.h"
#include "tests/unit/detector/walking_home.h"

namespace veille::detector {
namespace {

using testing::HasSubstr;

TEST(Familiar, IsKnownFromTheNextDayUntilItIsForgotten) {
  std::string kept;
  EXPECT_FALSE(Visit(7, 100, 60, 10, kept));
  EXPECT_FALSE(Visit(7, 100, 60, 10, kept));
  EXPECT_FALSE(IsFamiliar(7, 100, 60, kept));
  EXPECT_TRUE(IsFamiliar(7, 160, 60, kept));
  EXPECT_FALSE(IsFamiliar(7, 161, 60, kept));
  EXPECT_TRUE(Visit(7, 160, 60, 10, kept));
  EXPECT_TRUE(Visit(7, 160, 60, 10, kept));
  Forget(221, 160, 60, kept);
  EXPECT_TRUE(kept.empty());
}

TEST(Familiar, KeepsTheNewestOfTooMany) {
  std::string kept;
  for (uint32_t day = 1; day <= 40; ++day) Visit(day, day, 60, 10, kept);
  EXPECT_EQ(CountFamiliar(kept), 10U);
  EXPECT_FALSE(IsFamiliar(30, 41, 60, kept));
  EXPECT_TRUE(IsFamiliar(31, 41, 60, kept));
}

class Transit : public ::testing::Test {
 protected:
  Transit() {
    home_.Device("card", care::v1::ROLE_TRANSIT);
    home_.Compile();
    home_.Only("TRANSIT_OFF_NETWORK");
  }
  void Tap(absl::Time at, const std::string& line, const std::string& stop) {
    event::v1::Event event = domain::MakeEvent(at, "card");
    event.mutable_transit_tap()->set_line(line);
    event.mutable_transit_tap()->set_stop(stop);
    home_.See(event);
    home_.Restart();
  }
  // To the market and back on six mornings; the first tap ever is told, and over.
  void Learn() {
    for (int day = 1; day <= 6; ++day) {
      Tap(home_.At(6, day, 10, 0), "5", "Gare");
      Tap(home_.At(6, day, 11, 30), "5", "Marché");
      home_.Beat(home_.At(6, day, 18, 0));
    }
    EXPECT_EQ(home_.Told(),
              (Told{"RAISE TRANSIT_OFF_NETWORK MEDIUM", "CLEAR TRANSIT_OFF_NETWORK MEDIUM"}));
  }
  WalkingHome home_;
};

TEST_F(Transit, TheUsualIsNotTold) {
  Learn();
  Tap(home_.At(6, 8, 10, 20), "5", "Gare");
  Tap(home_.At(6, 8, 12, 20), "5", "Marché");
  EXPECT_EQ(home_.Told(), Told{});
}

TEST_F(Transit, AnUnusualLineIsToldOnceAJourney) {
  Learn();
  Tap(home_.At(6, 8, 10, 0), "12", "Gare");
  Tap(home_.At(6, 8, 10, 0), "12", "Gare");
  Tap(home_.At(6, 8, 9, 0), "13", "Gare");  // Out of an old buffer.
  Tap(home_.At(6, 8, 10, 40), "12", "Plage");
  EXPECT_EQ(home_.Told(), Told{"RAISE TRANSIT_OFF_NETWORK MEDIUM"});
  EXPECT_THAT(home_.last().reason().en(), HasSubstr("Unusual public transport line"));
  home_.Beat(home_.At(6, 8, 14, 39));
  EXPECT_EQ(home_.Told(), Told{});
  home_.Beat(home_.At(6, 8, 14, 40));
  EXPECT_EQ(home_.Told(), Told{"CLEAR TRANSIT_OFF_NETWORK MEDIUM"});
}

TEST_F(Transit, AtNightItIsHigh) {
  Learn();
  Tap(home_.At(6, 8, 21, 0), "5", "Gare");
  Tap(home_.At(6, 8, 23, 30), "5", "Marché");
  EXPECT_EQ(home_.Told(),
            (Told{"RAISE TRANSIT_OFF_NETWORK MEDIUM", "WORSEN TRANSIT_OFF_NETWORK HIGH"}));
}

TEST_F(Transit, AUsualTapOrASafeZoneEndsIt) {
  Learn();
  Tap(home_.At(6, 8, 10, 0), "5", "Plage");
  Tap(home_.At(6, 8, 11, 0), "5", "Marché");
  EXPECT_EQ(home_.Told(),
            (Told{"RAISE TRANSIT_OFF_NETWORK MEDIUM", "CLEAR TRANSIT_OFF_NETWORK MEDIUM"}));
  Tap(home_.At(6, 9, 10, 0), "7", "Port");
  home_.See(home_.Fix(home_.At(6, 9, 10, 30), 0, 0));
  EXPECT_EQ(home_.Told(),
            (Told{"RAISE TRANSIT_OFF_NETWORK MEDIUM", "CLEAR TRANSIT_OFF_NETWORK MEDIUM"}));
}

// Walks on a ring of 1.2 km radius, 1 m/s, from one angle of it to another.
class OffRoute : public ::testing::Test {
 protected:
  OffRoute() { home_.Only("OFF_ROUTE"); }
  void Walk(absl::Time at, double from_m, double to_m) {
    for (double way = from_m; way <= to_m; way += 30, at += absl::Seconds(30))
      home_.See(home_.Fix(at, 1200 * std::cos(way / 1200), 1200 * std::sin(way / 1200), 8));
    home_.Restart();
  }
  // 3 km, on 15 days.
  void Learn() {
    for (int day = 1; day <= 15; ++day) Walk(home_.At(6, day, 14, 0), 0, 3000);
    EXPECT_EQ(home_.Told(), Told{});
  }
  WalkingHome home_;
};

TEST_F(OffRoute, TheUsualWayIsNotToldAndTenMinutesElsewhereAre) {
  Learn();
  Walk(home_.At(6, 16, 14, 0), 0, 3000);
  Walk(home_.At(6, 17, 14, 0), 2500, 3900);
  EXPECT_EQ(home_.Told(), Told{"RAISE OFF_ROUTE LOW"});
  EXPECT_THAT(home_.last().reason().en(), HasSubstr("10 min"));
}

TEST_F(OffRoute, GrowsWorseAndIsOverOnKnownGround) {
  Learn();
  Walk(home_.At(6, 17, 14, 0), 3300, 4800);
  EXPECT_EQ(home_.Told(), (Told{"RAISE OFF_ROUTE LOW", "WORSEN OFF_ROUTE MEDIUM"}));
  Walk(home_.At(6, 17, 15, 0), 1000, 1090);
  EXPECT_EQ(home_.Told(), Told{});
  Walk(home_.At(6, 17, 15, 2), 1120, 1180);
  EXPECT_EQ(home_.Told(), Told{"CLEAR OFF_ROUTE MEDIUM"});
}

TEST_F(OffRoute, NothingIsToldBeforeItIsLearnt) {
  for (int day = 1; day <= 12; ++day)
    Walk(home_.At(6, day, 14, 0), 600 * (day % 6), 600 * (day % 6) + 900);
  EXPECT_EQ(home_.Told(), Told{});
}

TEST_F(OffRoute, WhatWasNotVisitedInSixtyDaysIsUnknown) {
  Learn();
  for (int day = 16; day <= 30; ++day) Walk(home_.At(6, day, 14, 0), 0, 3000);
  for (int month : {7, 8}) {
    for (int day = 1; day <= 30; ++day) Walk(home_.At(month, day, 14, 0), 0, 1500);
  }
  EXPECT_EQ(home_.Told(), Told{});
  Walk(home_.At(9, 5, 14, 0), 1800, 2800);
  EXPECT_EQ(home_.Told(), Told{"RAISE OFF_ROUTE LOW"});
}

}  // namespace
}  // namespace veille::detector
