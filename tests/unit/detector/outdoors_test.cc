// Outdoors: fences as a rule, far from home, in a vehicle, a silent tracker.

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "common/base/random.h"
#include "services/detector/core/rules/outdoors_plan.h"
#include "services/detector/core/rules/whereabouts.h"
#include "tests/unit/detector/walking_home.h"

namespace veille::detector {
namespace {

using event::v1::Presence;
using testing::HasSubstr;
using testing::Not;

TEST(OutdoorsPlan, HomeIsTheZoneOfThatNameElseTheFirstCircle) {
  care::v1::Patient patient;
  EXPECT_FALSE(MakeOutdoorsPlan(patient, {}).has_home);
  care::v1::Zone& field = *patient.add_zones();
  for (const double latitude : {1.0, 3.0})
    field.mutable_polygon()->add_points()->set_latitude_degrees(latitude);
  EXPECT_DOUBLE_EQ(MakeOutdoorsPlan(patient, {}).home_latitude, 2);
  patient.add_zones()->mutable_circle()->set_latitude_degrees(50);
  EXPECT_DOUBLE_EQ(MakeOutdoorsPlan(patient, {}).home_latitude, 50);
  care::v1::Zone& home = *patient.add_zones();
  home.set_name("Domicile");
  home.mutable_circle()->set_latitude_degrees(51);
  EXPECT_DOUBLE_EQ(MakeOutdoorsPlan(patient, {}).home_latitude, 51);
}

TEST(Geofence, LeavingByDayIsMediumAndAtNightHigh) {
  for (const auto& [hour, severity] : {std::pair{14, "MEDIUM"}, {23, "HIGH"}}) {
    WalkingHome home;
    const absl::Time at = home.At(6, 1, hour, 0);
    home.Walk({home.Fix(at, 0, 0), home.Fix(at + absl::Minutes(3), 300, 0),
               home.Fix(at + absl::Minutes(4), 300, 0)});
    EXPECT_EQ(home.Told(), Told{std::string("RAISE GEOFENCE_EXIT ") + severity});
    EXPECT_THAT(home.last().DebugString(), Not(HasSubstr("2.30")));
    home.See(home.Fix(at + absl::Minutes(9), 0, 0));
    EXPECT_EQ(home.Told(), Told{std::string("CLEAR GEOFENCE_EXIT ") + severity});
  }
}

TEST(Geofence, APhoneThatWasLeftAtHomeDoesNotBringThePersonBack) {
  WalkingHome home;
  home.Device("watch", care::v1::ROLE_WRIST);
  home.Compile();
  const absl::Time at = home.At(6, 1, 14, 0);
  home.See(home.Fix(at, 0, 0));
  for (int i = 1; i <= 5; ++i) {
    home.See(home.Fix(at + absl::Minutes(i), 400, 0, 10, -1, "watch"));
    home.See(home.Fix(at + absl::Minutes(i) + absl::Seconds(30), 0, 0));
  }
  EXPECT_EQ(home.Told(), Told{"RAISE GEOFENCE_EXIT MEDIUM"});
}

TEST(Whereabouts, WhatIsRememberedOfAPersonIsBounded) {
  WalkingHome home;
  home.Device("card", care::v1::ROLE_TRANSIT);
  home.Compile();
  SeededRandom random(3);
  for (int day = 0; day < 30; ++day) {
    absl::Time at = home.At(6, 1, 14, 0) + absl::Hours(24 * day);
    double east = 0, north = 0, heading = 0;
    for (int i = 0; i < 60; ++i, at += absl::Seconds(30)) {
      heading += 2 * random.Unit() - 1;
      home.See(home.Fix(at, east += 35 * std::cos(heading), north += 35 * std::sin(heading), 6));
    }
    event::v1::Event tap = domain::MakeEvent(at, "card");
    tap.mutable_transit_tap()->set_line(std::to_string(day));
    tap.mutable_transit_tap()->set_stop(std::to_string(day));
    home.See(tap);
  }
  const store::v1::OutdoorsState& state = home.state().record().patients(0).outdoors();
  EXPECT_LE(state.off_route().cells().size(), 480U);
  EXPECT_EQ(state.transit().usual().size(), 120U);
  RecordProperty("bytes", static_cast<int>(state.ByteSizeLong()));
  EXPECT_LE(state.ByteSizeLong(), 1536U);
}

// Peers' mistake: a fence on the server's clock that flips on one message.
TEST(PeersMistake02, AnOldBufferGivesNoLiveEnterOrLeave) {
  WalkingHome home;
  const absl::Time at = home.At(6, 1, 14, 0);
  home.Walk({home.Fix(at, 0, 0), home.Fix(at + absl::Minutes(30), 10, 0)});
  // A walk of the morning arrives now, by another way, twice.
  for (int again = 0; again < 2; ++again) {
    home.Send({home.Fix(at - absl::Hours(3), 900, 0), home.Fix(at - absl::Hours(2), 1500, 0)},
              at + absl::Minutes(31), at + absl::Minutes(31));
  }
  EXPECT_EQ(home.Told(), Told{});
  // One message of now flips nothing either.
  home.See(home.Fix(at + absl::Minutes(32), 2500, 0, 400));
  EXPECT_EQ(home.Told(), Told{});
}

// Peers' mistake: the same radius to enter and to leave, accuracy ignored.
TEST(PeersMistake04, AFenceDoesNotFlapBesideItsEdge) {
  WalkingHome home;
  const absl::Time at = home.At(6, 1, 14, 0);
  for (int i = 0; i < 200; ++i)
    home.See(home.Fix(at + absl::Seconds(20 * i), i % 2 == 0 ? 185 : 235, 0, 12));
  EXPECT_EQ(home.Told(), Told{});
}

class GeofenceFar : public ::testing::TestWithParam<bool> {
 protected:
  GeofenceFar() { home_.Only("GEOFENCE_FAR"); }
  // Two fixes at a distance, and only what is told of being far.
  Told Go(double metres) {
    for (int i = 0; i < 2; ++i) {
      now_ += absl::Minutes(1);
      home_.See(home_.Fix(now_, metres, 0));
      if (GetParam()) home_.Restart();
    }
    return home_.Told();
  }
  void Company(bool near) { home_.See(home_.Near(now_, Presence::KIND_COMPANION_NEAR, near)); }

  WalkingHome home_;
  absl::Time now_ = home_.At(6, 1, 14, 0);
};

TEST_P(GeofenceFar, IsToldBeyondItsDistanceAndNotAtIt) {
  EXPECT_EQ(Go(0), Told{});
  EXPECT_EQ(Go(810), Told{});  // Its accuracy counts against it.
  EXPECT_EQ(Go(815), Told{"RAISE GEOFENCE_FAR HIGH"});
  EXPECT_THAT(home_.last().reason().en(), HasSubstr("815 m from home"));
  EXPECT_EQ(Go(1500), Told{});
  EXPECT_EQ(Go(745), Told{});  // Not clearly near.
  EXPECT_EQ(Go(735), Told{"CLEAR GEOFENCE_FAR HIGH"});
}

TEST_P(GeofenceFar, ACompanionMayGoFurther) {
  Company(true);
  EXPECT_EQ(Go(1900), Told{});
  EXPECT_EQ(Go(2100), Told{"RAISE GEOFENCE_FAR HIGH"});
  EXPECT_EQ(Go(1900), Told{"CLEAR GEOFENCE_FAR HIGH"});
  Company(false);
  EXPECT_EQ(Go(1900), Told{"RAISE GEOFENCE_FAR HIGH"});
  Company(true);
  EXPECT_EQ(Go(1900), Told{"CLEAR GEOFENCE_FAR HIGH"});
  EXPECT_THAT(home_.last().reason().en(), HasSubstr("Accompanied"));
}

TEST_P(GeofenceFar, ACompanionWhoIsNotSeenAgainIsGone) {
  Company(true);
  EXPECT_EQ(Go(1500), Told{});
  now_ += absl::Minutes(26);
  EXPECT_EQ(Go(1500), Told{});
  EXPECT_EQ(Go(1500), Told{"RAISE GEOFENCE_FAR HIGH"});
}

TEST_P(GeofenceFar, OldAndRepeatedFixesAreNotAskedTwice) {
  EXPECT_EQ(Go(0), Told{});
  const absl::Time at = now_ += absl::Minutes(1);
  home_.See(home_.Fix(at, 3000, 0));
  home_.See(home_.Fix(at, 3000, 0));
  home_.See(home_.Fix(at - absl::Seconds(30), 3000, 0));
  EXPECT_EQ(home_.Told(), Told{});
}

INSTANTIATE_TEST_SUITE_P(Restarts, GeofenceFar, testing::Bool());

TEST(GeofenceFar, ASafeZoneFarAwayIsNotFar) {
  WalkingHome home;
  care::v1::Zone& daughter = *home.registry().mutable_patients(0)->add_zones();
  daughter = home.registry().patients(0).zones(0);
  daughter.set_name("Claire");
  daughter.mutable_circle()->set_latitude_degrees(WalkingHome::kLatitude + 0.05);
  home.Compile();
  const absl::Time at = home.At(6, 1, 14, 0);
  for (int i = 0; i < 5; ++i)
    home.See(home.Fix(at + absl::Minutes(i), 0, 0.05 * WalkingHome::kMetres));
  EXPECT_EQ(home.Told(), Told{});
}

class InVehicle : public ::testing::Test {
 protected:
  InVehicle() { home_.Only("IN_VEHICLE"); }
  // So many fixes, `apart` seconds apart, each so much further.
  void Drive(int fixes, int apart, double metres, float speed = -1) {
    for (int i = 0; i < fixes; ++i) {
      now_ += absl::Seconds(apart);
      east_ += metres;
      home_.See(home_.Fix(now_, east_, 0, 8, speed));
    }
  }
  WalkingHome home_;
  absl::Time now_ = home_.At(6, 1, 14, 0);
  double east_ = 0;
};

TEST_F(InVehicle, IsToldAtTheThirdFastFixAndOverAfterFiveMinutes) {
  Drive(1, 20, 0);
  Drive(2, 20, 200);
  EXPECT_EQ(home_.Told(), Told{});
  home_.Restart();
  Drive(1, 20, 200);
  EXPECT_EQ(home_.Told(), Told{"RAISE IN_VEHICLE MEDIUM"});
  Drive(5, 20, 200);
  Drive(1, 299, 0);
  EXPECT_EQ(home_.Told(), Told{});
  Drive(1, 1, 0);
  EXPECT_EQ(home_.Told(), Told{"CLEAR IN_VEHICLE MEDIUM"});
}

TEST_F(InVehicle, TheFixesOwnSpeedCountsButNotForAMoment) {
  Drive(1, 20, 0, 0);
  Drive(8, 1, 0, 12);  // A receiver that is mistaken for eight seconds.
  Drive(5, 20, 20, 7);
  EXPECT_EQ(home_.Told(), Told{});
  Drive(3, 20, 20, 7.5);
  EXPECT_EQ(home_.Told(), Told{"RAISE IN_VEHICLE MEDIUM"});
}

TEST_F(InVehicle, WalkingAndOneJumpAreNone) {
  Drive(60, 5, 6);
  Drive(1, 60, 2000);
  Drive(1, 60, -2000);
  Drive(60, 5, 6);
  EXPECT_EQ(home_.Told(), Told{});
}

TEST_F(InVehicle, WithACompanionItIsNot) {
  home_.See(home_.Near(now_, Presence::KIND_COMPANION_NEAR, true));
  Drive(12, 20, 300);
  EXPECT_EQ(home_.Told(), Told{});
}

// A phone that goes out with the person, and the home's hub.
class TrackerSilent : public ::testing::Test {
 protected:
  TrackerSilent() {
    home_.Only("TRACKER_SILENT_OUTSIDE");
    home_.Walk({home_.Fix(at_ - absl::Minutes(1), 0, 0), home_.Fix(at_, 400, 0)});
  }
  WalkingHome home_;
  absl::Time at_ = home_.At(6, 1, 14, 0);
};

TEST_F(TrackerSilent, IsToldAfterTenMinutesOutsideAndOverWithAPosition) {
  home_.Beat(at_ + absl::Minutes(10) - absl::Microseconds(1));
  EXPECT_EQ(home_.Told(), Told{});
  home_.Restart();
  home_.Beat(at_ + absl::Minutes(10));
  EXPECT_EQ(home_.Told(), Told{"RAISE TRACKER_SILENT_OUTSIDE MEDIUM"});
  EXPECT_THAT(home_.last().reason().en(), HasSubstr("since 14:00"));
  home_.Beat(at_ + absl::Minutes(20));
  home_.Tick(at_ + absl::Minutes(20));
  EXPECT_EQ(home_.Told(), Told{});
  home_.See(home_.Fix(at_ + absl::Minutes(21), 500, 0, 300));
  EXPECT_EQ(home_.Told(), Told{"CLEAR TRACKER_SILENT_OUTSIDE MEDIUM"});
}

TEST_F(TrackerSilent, IsToldByTheServicesTicksWhenContactIsLost) {
  home_.Tick(at_ + absl::Minutes(14));
  home_.Tick(at_ + absl::Minutes(20), true);  // Our own downtime: the phone gets time.
  home_.Tick(at_ + absl::Minutes(24));
  EXPECT_EQ(home_.Told(), Told{});
  home_.Tick(at_ + absl::Minutes(26));
  EXPECT_EQ(home_.Told(), Told{"RAISE TRACKER_SILENT_OUTSIDE MEDIUM"});
  EXPECT_THAT(home_.last().reason().en(), HasSubstr("contact lost"));
}

TEST_F(TrackerSilent, AtHomeOrInAZoneNobodyWaitsForIt) {
  home_.See(home_.Fix(at_ + absl::Minutes(5), 20, 0));
  home_.Beat(at_ + absl::Hours(2));
  EXPECT_EQ(home_.Told(), Told{});
  home_.See(home_.Fix(at_ + absl::Hours(2), 400, 0));
  home_.See(
      home_.Near(at_ + absl::Hours(2) + absl::Minutes(1), Presence::KIND_PERSON_AT_HOME, true));
  home_.Beat(at_ + absl::Hours(2) + absl::Minutes(30));
  EXPECT_EQ(home_.Told(), Told{});
}

TEST_F(TrackerSilent, WhoCameInByTheDoorIsBack) {
  home_.Beat(at_ + absl::Minutes(11));
  EXPECT_EQ(home_.Told(), Told{"RAISE TRACKER_SILENT_OUTSIDE MEDIUM"});
  home_.See(home_.Door(at_ + absl::Minutes(12), true));
  home_.See(home_.Door(at_ + absl::Minutes(12) + absl::Seconds(10), false));
  home_.See(home_.Motion(at_ + absl::Minutes(13)));
  EXPECT_EQ(home_.Told(), Told{"CLEAR TRACKER_SILENT_OUTSIDE MEDIUM"});
}

TEST_F(TrackerSilent, LeavingByTheDoorWithoutAPositionIsSeen) {
  home_.See(home_.Fix(at_ + absl::Minutes(5), 20, 0));
  home_.See(home_.Door(at_ + absl::Minutes(6), true));
  home_.See(home_.Door(at_ + absl::Minutes(6) + absl::Seconds(10), false));
  home_.Beat(at_ + absl::Minutes(16));
  EXPECT_EQ(home_.Told(), Told{});
  home_.Beat(at_ + absl::Minutes(17));
  EXPECT_EQ(home_.Told(), Told{"RAISE TRACKER_SILENT_OUTSIDE MEDIUM"});
}

TEST_F(TrackerSilent, ALowBatteryOutsideIsToldOnce) {
  event::v1::Event battery = domain::MakeEvent(at_ + absl::Minutes(1), "tracker");
  battery.mutable_battery()->set_charge_percent(18);
  home_.See(battery);
  home_.See(home_.Fix(at_ + absl::Minutes(2), 450, 0));
  EXPECT_EQ(home_.Told(), Told{"RAISE TRACKER_SILENT_OUTSIDE/BATTERY MEDIUM"});
  home_.See(home_.Fix(at_ + absl::Minutes(3), 500, 0));
  EXPECT_EQ(home_.Told(), Told{});
  home_.See(home_.Fix(at_ + absl::Minutes(4), 10, 0));
  home_.Beat(at_ + absl::Minutes(5));
  EXPECT_EQ(home_.Told(), Told{"CLEAR TRACKER_SILENT_OUTSIDE/BATTERY MEDIUM"});
}

}  // namespace
}  // namespace veille::detector
