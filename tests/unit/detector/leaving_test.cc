// Leaving the home and the bed: night exits beyond the plain one, not returned, out of bed, dusk.

#include "gtest/gtest.h"

#include "services/detector/core/dusk.h"
#include "services/detector/core/rules/wandering_plan.h"
#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

using Strings = std::vector<std::string>;

void GoThroughDoor(Home& home, absl::Time at) {
  home.See(Home::Door(at, true));
  home.See(Home::Door(at + absl::Seconds(12), false));
}

TEST(NightExit, IsNotToldOfAReturn) {
  Home home;
  home.See(Home::Motion(home.At(6, 15, 18, 0)));
  GoThroughDoor(home, home.At(6, 15, 18, 25));
  home.Live(home.At(6, 15, 18, 26), home.At(6, 15, 23, 38));
  home.Told();
  GoThroughDoor(home, home.At(6, 15, 23, 39));
  GoThroughDoor(home, home.At(6, 15, 23, 39, 30));
  home.Live(home.At(6, 15, 23, 40), home.At(6, 15, 23, 59));
  EXPECT_EQ(home.Told("NIGHT_EXIT"), Strings{});
}

TEST(NightExit, CountsFromTheClosingBehindWhoMovedWhileTheDoorStoodOpen) {
  Home home;
  home.Furnish();
  home.Live(home.At(1, 15, 2, 0), home.At(1, 15, 2, 8));
  home.See(Home::Motion(home.At(1, 15, 2, 9)));
  home.See(Home::Door(home.At(1, 15, 2, 10), true));
  home.See(Home::Motion(home.At(1, 15, 2, 10, 20)));
  home.See(Home::Door(home.At(1, 15, 2, 10, 40), false));
  home.Restart();
  home.Beat(home.At(1, 15, 2, 15, 39));
  EXPECT_EQ(home.Told(), Strings{});
  home.Beat(home.At(1, 15, 2, 15, 40));
  EXPECT_EQ(home.Told(), Strings{"RAISE NIGHT_EXIT HIGH"});
}

TEST(NightExit, WhoComesHomeAndClosesTheDoorDidNotLeave) {
  Home home;
  home.Furnish();
  home.See(Home::Motion(home.At(6, 15, 20, 0)));
  GoThroughDoor(home, home.At(6, 15, 20, 10));
  home.Live(home.At(6, 15, 20, 11), home.At(6, 15, 23, 9));
  home.See(Home::Door(home.At(6, 15, 23, 10), true));
  home.See(Home::Motion(home.At(6, 15, 23, 10, 10)));
  home.See(Home::Door(home.At(6, 15, 23, 10, 20), false));
  home.Beat(home.At(6, 15, 23, 30));
  EXPECT_EQ(home.Told("NIGHT_EXIT"), Strings{});
}

event::v1::Event Badge(absl::Time at, event::v1::PropertyExit::Kind kind) {
  event::v1::Event event = domain::MakeEvent(at, "badge");
  event.mutable_property_exit()->set_kind(kind);
  return event;
}

TEST(NightExit, InAHomeOfTwoTheOthersMovementIsNoReturnOfWhoseBadgeLeft) {
  Home home;
  care::v1::Patient& other = *home.registry().add_patients();
  other.set_patient_id("other");
  home.Device("badge", care::v1::ROLE_PROXIMITY);
  home.Compile();
  home.See(Home::Motion(home.At(1, 15, 2, 0)));
  home.See(Badge(home.At(1, 15, 2, 10), event::v1::PropertyExit::KIND_OCCUPANT_EXIT));
  home.See(Home::Motion(home.At(1, 15, 2, 12)));
  home.Beat(home.At(1, 15, 2, 15));
  EXPECT_EQ(home.Told(), Strings{"RAISE NIGHT_EXIT HIGH"});
  home.See(Badge(home.At(1, 15, 2, 40), event::v1::PropertyExit::KIND_OCCUPANT_RETURN));
  EXPECT_EQ(home.Told(), Strings{"CLEAR NIGHT_EXIT HIGH"});
}

TEST(NightExit, InAHomeOfTwoMovementIsPresenceWhereOnlyTheDoorSpoke) {
  Home home;
  home.registry().add_patients()->set_patient_id("other");
  home.Compile();
  GoThroughDoor(home, home.At(1, 15, 2, 10));
  home.See(Home::Motion(home.At(1, 15, 2, 12)));
  home.Beat(home.At(1, 15, 2, 30));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST(NotReturned, IsLowWhileNothingIsLearntAndClimbsLate) {
  Home home;
  home.See(Home::Motion(home.At(6, 15, 8, 0)));
  GoThroughDoor(home, home.At(6, 15, 8, 10));
  home.Live(home.At(6, 15, 8, 11), home.At(6, 15, 12, 9));
  EXPECT_EQ(home.Told(), Strings{});
  home.Beat(home.At(6, 15, 12, 10));
  EXPECT_EQ(home.Told(), Strings{"RAISE NOT_RETURNED LOW"});
  home.Restart();
  home.Live(home.At(6, 15, 12, 11), home.At(6, 15, 20, 9));
  EXPECT_EQ(home.Told(), Strings{});
  home.Live(home.At(6, 15, 20, 10), home.At(6, 15, 21, 10));
  EXPECT_EQ(home.Told(), (Strings{"WORSEN NOT_RETURNED MEDIUM", "WORSEN NOT_RETURNED HIGH"}));
  home.See(Home::Motion(home.At(6, 15, 21, 30)));
  EXPECT_EQ(home.Told(), Strings{"CLEAR NOT_RETURNED HIGH"});
}

TEST(NotReturned, HoldsFromTheFirstDayWhereThePlanNamesTheLongestOuting) {
  Home home;
  home.care_plan().mutable_not_returned()->mutable_longest()->set_seconds(7200);
  home.Compile();
  home.See(Home::Motion(home.At(6, 15, 8, 0)));
  GoThroughDoor(home, home.At(6, 15, 8, 10));
  // A resend changes nothing.
  home.Send({Home::Door(home.At(6, 15, 8, 10), true)}, home.At(6, 15, 8, 11),
            home.At(6, 15, 8, 11));
  home.Live(home.At(6, 15, 8, 12), home.At(6, 15, 10, 9));
  EXPECT_EQ(home.Told(), Strings{});
  home.Beat(home.At(6, 15, 10, 10));
  EXPECT_EQ(home.Told(), Strings{"RAISE NOT_RETURNED MEDIUM"});
  EXPECT_NE(home.last().reason().en().find("Went out at 08:10"), std::string::npos);
}

TEST(NotReturned, IsToldAfterDuskByTheWallClockOfTheSun) {
  Home home;
  home.care_plan().mutable_not_returned()->mutable_dusk_margin()->set_seconds(1800);
  home.Compile();
  home.See(Home::Motion(home.At(1, 15, 15, 50)));
  GoThroughDoor(home, home.At(1, 15, 16, 0));
  // Civil twilight ends in Paris at 17:57.
  home.Live(home.At(1, 15, 16, 1), home.At(1, 15, 18, 20));
  EXPECT_EQ(home.Told(), Strings{});
  home.Live(home.At(1, 15, 18, 21), home.At(1, 15, 18, 35));
  EXPECT_EQ(home.Told(), Strings{"RAISE NOT_RETURNED MEDIUM"});
  EXPECT_NE(home.last().reason().fr().find("il fait nuit"), std::string::npos);
}

TEST(NotReturned, LearnsWhoIsUsuallyHomeAfterDusk) {
  Home home;
  for (int day = 5; day < 15; ++day) {
    home.See(Home::Motion(home.At(1, day, 17, 0)));
    home.Live(home.At(1, day, 17, 30), home.At(1, day, 19, 0));
  }
  home.See(Home::Motion(home.At(1, 15, 15, 50)));
  GoThroughDoor(home, home.At(1, 15, 16, 0));
  home.Told();
  home.Live(home.At(1, 15, 16, 1), home.At(1, 15, 18, 35));
  EXPECT_EQ(home.Told("NOT_RETURNED"), Strings{"RAISE NOT_RETURNED MEDIUM"});
}

TEST(NotReturned, OfDeadSensorsIsNotJudged) {
  Home home;
  home.See(Home::Motion(home.At(6, 15, 8, 0)));
  GoThroughDoor(home, home.At(6, 15, 8, 10));
  for (absl::Time at = home.At(6, 15, 8, 11); at < home.At(6, 15, 23, 0); at += absl::Minutes(1))
    home.Beat(at);
  EXPECT_EQ(home.Told("NOT_RETURNED"), Strings{});
}

TEST(NotReturned, ALateDoorBeforeTheLastMovementIsOldNews) {
  Home home;
  home.See(Home::Motion(home.At(6, 15, 8, 30)));
  home.Send({Home::Door(home.At(6, 15, 8, 10), false)}, home.At(6, 15, 8, 31),
            home.At(6, 15, 8, 31));
  home.Live(home.At(6, 15, 8, 32), home.At(6, 15, 13, 0));
  EXPECT_EQ(home.Told("NOT_RETURNED"), Strings{});
}

class BedExit : public ::testing::Test {
 protected:
  BedExit() {
    home_.Furnish();
    home_.Live(home_.At(1, 14, 21, 30), home_.At(1, 14, 21, 59));
    home_.See(Home::Use(home_.At(1, 14, 22, 0), "bed", true));
    home_.Live(home_.At(1, 14, 22, 1), home_.At(1, 15, 1, 59));
    home_.See(Home::Use(home_.At(1, 15, 2, 0), "bed", false));
  }
  Home home_;
};

TEST_F(BedExit, IsToldAfterFifteenMinutesAndHighWhenNothingMoves) {
  home_.See(Home::Motion(home_.At(1, 15, 2, 5), "Kitchen"));
  home_.Restart();
  home_.Beat(home_.At(1, 15, 2, 14, 59));
  EXPECT_EQ(home_.Told(), Strings{});
  home_.Beat(home_.At(1, 15, 2, 15));
  EXPECT_EQ(home_.Told(), Strings{"RAISE BED_EXIT_NIGHT MEDIUM"});
  home_.Beat(home_.At(1, 15, 2, 20));
  EXPECT_EQ(home_.Told(), Strings{"WORSEN BED_EXIT_NIGHT HIGH"});
  home_.See(Home::Use(home_.At(1, 15, 2, 30), "bed", true));
  EXPECT_EQ(home_.Told(), Strings{"CLEAR BED_EXIT_NIGHT HIGH"});
}

TEST_F(BedExit, IsHighAtOnceWhenNobodyWasSeenSince) {
  home_.Beat(home_.At(1, 15, 2, 15));
  EXPECT_EQ(home_.Told(), Strings{"RAISE BED_EXIT_NIGHT HIGH"});
}

TEST_F(BedExit, BackExactlyInTimeIsBack) {
  home_.See(Home::Motion(home_.At(1, 15, 2, 5), "Bathroom"));
  home_.Send({Home::Use(home_.At(1, 15, 2, 15), "bed", true)}, home_.At(1, 15, 2, 15),
             home_.At(1, 15, 2, 15, 1));
  home_.Beat(home_.At(1, 15, 2, 40));
  EXPECT_EQ(home_.Told(), Strings{});
}

TEST_F(BedExit, IsToldWhenContactIsLost) {
  home_.Tick(home_.At(1, 15, 2, 16, 59));
  EXPECT_EQ(home_.Told("BED_EXIT"), Strings{});
  home_.Tick(home_.At(1, 15, 2, 17));
  EXPECT_EQ(home_.Told("BED_EXIT"), Strings{"RAISE BED_EXIT_NIGHT MEDIUM"});
  EXPECT_NE(home_.last().reason().en().find("contact lost"), std::string::npos);
}

TEST_F(BedExit, OfDeadSensorsElsewhereIsNeverHigh) {
  for (const care::v1::Device& device : home_.registry().devices()) {
    if (device.role() == care::v1::ROLE_BED) continue;
    home_.state()
        .record()
        .mutable_devices(home_.plan().FindDevice(device.device_id()))
        ->set_seen_us(1);
  }
  home_.Beat(home_.At(1, 15, 3, 30));
  EXPECT_EQ(home_.Told("BED_EXIT"), Strings{"RAISE BED_EXIT_NIGHT MEDIUM"});
}

TEST(BedExitHours, WhoOnlySatDownOrGetsUpForTheDayIsNotTold) {
  Home home;
  home.Furnish();
  home.See(Home::Use(home.At(1, 14, 21, 30), "bed", true));
  home.See(Home::Use(home.At(1, 14, 21, 40), "bed", false));
  home.Live(home.At(1, 14, 21, 41), home.At(1, 14, 22, 30));
  home.See(Home::Use(home.At(1, 14, 23, 0), "bed", true));
  home.See(Home::Use(home.At(1, 15, 5, 50), "bed", false));
  home.Beat(home.At(1, 15, 7, 0));
  EXPECT_EQ(home.Told("BED_EXIT"), Strings{});
}

TEST(BedExitHours, AreWallClockOnTheNightClocksChange) {
  Home home;
  home.Furnish();
  home.See(Home::Use(home.At(3, 28, 22, 0), "bed", true));
  // 01:50 in winter time; a quarter of an hour later it is 03:05.
  home.See(Home::Use(home.At(3, 29, 1, 50), "bed", false));
  home.Beat(home.At(3, 29, 3, 5));
  ASSERT_EQ(home.Told("BED_EXIT").size(), 1U);
  EXPECT_NE(home.last().reason().en().find("after 15 min"), std::string::npos);
}

struct Sunset {
  const char* zone;
  absl::CivilMinute at;
};

TEST(Dusk, AgreesWithAlmanacs) {
  const Sunset known[] = {{"Europe/Paris", absl::CivilMinute(2026, 6, 21, 21, 58)},
                          {"Europe/Paris", absl::CivilMinute(2026, 12, 21, 16, 56)},
                          {"Europe/London", absl::CivilMinute(2026, 3, 29, 19, 28)},
                          {"America/Los_Angeles", absl::CivilMinute(2026, 6, 15, 20, 6)},
                          {"Australia/Sydney", absl::CivilMinute(2026, 12, 21, 20, 5)}};
  for (const Sunset& sunset : known) {
    absl::TimeZone zone;
    ASSERT_TRUE(absl::LoadTimeZone(sunset.zone, &zone));
    care::v1::Home home;
    home.set_zone(sunset.zone);
    const auto at = SunSinks(absl::CivilDay(sunset.at), PlaceOf(home, zone), kSunsetZenith);
    ASSERT_TRUE(at.has_value()) << sunset.zone;
    EXPECT_LT(absl::AbsDuration(*at - absl::FromCivil(sunset.at, zone)), absl::Minutes(4))
        << sunset.zone << " " << absl::FormatTime(*at, zone);
  }
}

TEST(Dusk, ComesNotWhereTheSunDoesNotSet) {
  EXPECT_FALSE(SunSinks(absl::CivilDay(2026, 6, 21), {69.65, 18.96}, kSunsetZenith).has_value());
}

TEST(Dusk, IsWhereTheSafeZoneIsAndElseByTheZonesOffset) {
  care::v1::Home home;
  home.set_zone("Europe/Athens");
  absl::TimeZone zone;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Athens", &zone));
  EXPECT_EQ(PlaceOf(home, zone).longitude_degrees, 30);
  auto& circle = *home.add_patients()->add_zones()->mutable_circle();
  circle.set_latitude_degrees(37.98);
  circle.set_longitude_degrees(23.73);
  EXPECT_EQ(PlaceOf(home, zone).latitude_degrees, 37.98);
}

TEST(WanderingPlan, KnowsWhatThePlanNames) {
  care::v1::CarePlan plan;
  EXPECT_FALSE(MakeWanderingPlan(plan).not_returned.names_longest);
  EXPECT_EQ(MakeWanderingPlan(plan).not_returned.longest_us, 14400LL * 1000000);
  plan.mutable_not_returned()->mutable_longest()->set_seconds(3600);
  EXPECT_TRUE(MakeWanderingPlan(plan).not_returned.names_longest);
}

}  // namespace
}  // namespace veille::detector
