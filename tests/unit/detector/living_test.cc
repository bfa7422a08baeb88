// Daily living: the bathroom, mornings, meals, slow changes, and what may be concluded at all.

#include "gtest/gtest.h"

#include "services/detector/core/coverage.h"
#include "services/detector/core/rules/living_plan.h"
#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

using Strings = std::vector<std::string>;

Coverage All(const Home& home) {
  return CoverageOf(home.plan().devices(), [](std::size_t) { return true; });
}

TEST(Coverage, SeesThePersonWhereMotionStandsInTwoRoomsOfThree) {
  Home home;
  EXPECT_TRUE(All(home).sees_person());
  EXPECT_FALSE(All(home).sees_bathroom());
  home.Furnish();
  EXPECT_TRUE(All(home).sees_person());
  EXPECT_TRUE(All(home).sees_bathroom());
  EXPECT_TRUE(All(home).sees_kitchen());
  for (const char* room : {"Attic", "Cellar", "Garage", "Den"})
    home.Device(room, care::v1::ROLE_INNER_CONTACT, room);
  home.Compile();
  EXPECT_FALSE(All(home).sees_person());
  EXPECT_FALSE(All(home).sees_bathroom());
}

TEST(Coverage, CountsOnlyWhatItIsToldToCount) {
  Home home;
  home.Furnish();
  EXPECT_FALSE(CoverageOf(home.plan().devices(), [](std::size_t) { return false; }).sees_person());
}

TEST(LivingPlan, KnowsWhatThePlanNames) {
  care::v1::CarePlan plan;
  EXPECT_FALSE(MakeLivingPlan(plan).morning.named);
  plan.mutable_no_morning()->set_window("05:00-09:00");
  EXPECT_TRUE(MakeLivingPlan(plan).morning.named);
  EXPECT_EQ(MakeLivingPlan(plan).bathroom.night_us, 1200LL * 1000000);
}

TEST(Inactivity, IsNotConcludedWhileThePersonIsOut) {
  Home home;
  home.See(Home::Motion(home.At(6, 15, 8, 0)));
  home.See(Home::Door(home.At(6, 15, 8, 10), true));
  home.See(Home::Door(home.At(6, 15, 8, 10, 10), false));
  home.Live(home.At(6, 15, 8, 11), home.At(6, 15, 21, 30));
  EXPECT_EQ(home.Told("INACTIVITY"), Strings{});
}

TEST(Occupied, WhoIsInBedIsNotInactiveByDay) {
  Home home;
  home.Furnish();
  home.See(Home::Use(home.At(1, 15, 2, 0), "bed", true));
  home.Restart();
  home.Live(home.At(1, 15, 2, 1), home.At(1, 15, 11, 30));
  EXPECT_EQ(home.Told("INACTIVITY"), Strings{});
  home.See(Home::Use(home.At(1, 15, 11, 31), "bed", false));
  home.Live(home.At(1, 15, 11, 32), home.At(1, 15, 14, 31));
  EXPECT_EQ(home.Told("INACTIVITY"), Strings{"RAISE INACTIVITY MEDIUM"});
}

TEST(Occupied, WhoMovesElsewhereLeftTheBedUnseen) {
  Home home;
  home.Furnish();
  home.See(Home::Use(home.At(1, 15, 2, 0), "bed", true));
  home.See(Home::Motion(home.At(1, 15, 8, 0), "Kitchen"));
  home.Live(home.At(1, 15, 8, 1), home.At(1, 15, 11, 0));
  EXPECT_EQ(home.Told("INACTIVITY"), Strings{"RAISE INACTIVITY MEDIUM"});
}

TEST(Inactivity, ByDayIsNotConcludedWhereFewRoomsAreSeen) {
  Home home;
  for (const char* room : {"Attic", "Cellar", "Garage", "Den"})
    home.Device(room, care::v1::ROLE_INNER_CONTACT, room);
  home.Compile();
  home.See(Home::Motion(home.At(1, 15, 8, 30)));
  home.Live(home.At(1, 15, 8, 31), home.At(1, 15, 20, 29));
  EXPECT_EQ(home.Told("INACTIVITY"), Strings{});
  home.Beat(home.At(1, 15, 20, 30));
  EXPECT_EQ(home.Told("INACTIVITY"), Strings{"RAISE INACTIVITY HIGH"});
}

class BathroomLong : public ::testing::Test {
 protected:
  BathroomLong() { home_.Furnish(); }
  void GoIn(absl::Time at) {
    home_.Live(at - absl::Minutes(5), at - absl::Minutes(1));
    home_.See(Home::Motion(at - absl::Seconds(10)));
    home_.See(Home::Motion(at, "Bathroom"));
    in_ = at;
  }
  absl::Time After(int minutes, double seconds = 0) const {
    return in_ + absl::Minutes(minutes) + absl::Seconds(seconds);
  }
  Home home_;
  absl::Time in_;
};

TEST_F(BathroomLong, IsToldAfterThirtyMinutesWorsensAndClears) {
  GoIn(home_.At(1, 15, 14, 0));
  home_.See(Home::Motion(After(10), "Bathroom"));
  home_.Live(After(11), After(29));
  home_.Restart();
  EXPECT_EQ(home_.Told(), Strings{});
  home_.Beat(After(30));
  EXPECT_EQ(home_.Told(), Strings{"RAISE BATHROOM_LONG MEDIUM"});
  home_.Live(After(31), After(60));
  EXPECT_EQ(home_.Told(), Strings{"WORSEN BATHROOM_LONG HIGH"});
  home_.See(Home::Motion(After(61)));
  EXPECT_EQ(home_.Told(), Strings{"CLEAR BATHROOM_LONG HIGH"});
}

TEST_F(BathroomLong, HasLessPatienceAtNightByTheWallClock) {
  // 01:50 in winter time, on the night clocks go forward.
  GoIn(home_.At(3, 29, 1, 50));
  home_.Live(After(1), After(19));
  EXPECT_EQ(home_.Told(), Strings{});
  home_.Beat(After(20));
  EXPECT_EQ(home_.Told(), Strings{"RAISE BATHROOM_LONG MEDIUM"});
}

TEST_F(BathroomLong, OutExactlyInTimeIsOut) {
  GoIn(home_.At(1, 15, 14, 0));
  home_.Live(After(1), After(29));
  home_.Send({Home::Motion(After(30))}, After(30), After(30, 1));
  home_.Beat(After(50));
  EXPECT_EQ(home_.Told(), Strings{});
}

TEST_F(BathroomLong, TheExitDoorEndsIt) {
  GoIn(home_.At(1, 15, 14, 0));
  home_.See(Home::Door(After(5), true));
  home_.See(Home::Door(After(5, 10), false));
  home_.Live(After(6), After(50));
  EXPECT_EQ(home_.Told(), Strings{});
}

TEST_F(BathroomLong, ALateEntryBeforeTheLastMovementIsOldNews) {
  GoIn(home_.At(1, 15, 14, 0));
  home_.See(Home::Motion(After(1)));
  home_.Send({Home::Motion(in_, "Bathroom")}, After(2), After(2));
  home_.Live(After(2), After(50));
  EXPECT_EQ(home_.Told(), Strings{});
}

TEST_F(BathroomLong, OfDeadSensorsElsewhereIsNotJudged) {
  GoIn(home_.At(1, 15, 14, 0));
  for (const char* dead : {"Kitchen", "Bedroom", "bed", "Living"})
    home_.state().record().mutable_devices(home_.plan().FindDevice(dead))->set_seen_us(1);
  home_.Beat(After(31));
  home_.Beat(After(61));
  EXPECT_EQ(home_.Told("BATHROOM"), Strings{});
}

TEST_F(BathroomLong, IsToldWhenContactIsLost) {
  GoIn(home_.At(1, 15, 14, 0));
  home_.Tick(After(31, 59));
  EXPECT_EQ(home_.Told("BATHROOM"), Strings{});
  home_.Tick(After(32));
  EXPECT_EQ(home_.Told("BATHROOM"), Strings{"RAISE BATHROOM_LONG MEDIUM"});
  EXPECT_NE(home_.last().reason().en().find("contact lost"), std::string::npos);
}

class NoMorning : public ::testing::Test {
 protected:
  NoMorning() { home_.Furnish(); }
  void Evening(int month, int day) {
    const absl::Time at = home_.At(month, day, 22, 0);
    home_.See(Home::Motion(at, "Bedroom"));
    home_.Live(at + absl::Minutes(1), at + absl::Minutes(30));
  }
  // Moves about for a while from then on.
  void GetUp(absl::Time at) {
    for (int i = 0; i <= 4; ++i) home_.See(Home::Motion(at + absl::Minutes(4 * i), "Kitchen"));
  }
  Strings Told() { return home_.Told("NO_MORNING"); }
  Home home_;
};

TEST_F(NoMorning, IsLowAtTenWhileNothingIsLearntAndClears) {
  Evening(1, 14);
  home_.Live(home_.At(1, 15, 4, 0), home_.At(1, 15, 9, 59));
  home_.Restart();
  EXPECT_EQ(Told(), Strings{});
  home_.Beat(home_.At(1, 15, 10, 0));
  EXPECT_EQ(Told(), Strings{"RAISE NO_MORNING LOW"});
  home_.See(Home::Motion(home_.At(1, 15, 10, 20), "Kitchen"));
  EXPECT_EQ(Told(), Strings{"CLEAR NO_MORNING LOW"});
}

TEST_F(NoMorning, IsMediumWhereThePlanNamesTheWindow) {
  home_.care_plan().mutable_no_morning()->set_window("04:00-09:00");
  home_.Compile();
  Evening(1, 14);
  home_.Live(home_.At(1, 15, 4, 0), home_.At(1, 15, 9, 0));
  EXPECT_EQ(Told(), Strings{"RAISE NO_MORNING MEDIUM"});
}

TEST_F(NoMorning, GoesByThePersonsOwnHourOnceLearnt) {
  for (int day = 5; day < 15; ++day) {
    Evening(1, day - 1);
    GetUp(home_.At(1, day, 7, 10));
  }
  Evening(1, 14);
  EXPECT_EQ(Told(), Strings{});
  home_.Live(home_.At(1, 15, 4, 0), home_.At(1, 15, 8, 9));
  EXPECT_EQ(Told(), Strings{});
  home_.Beat(home_.At(1, 15, 8, 10));
  EXPECT_EQ(Told(), Strings{"RAISE NO_MORNING MEDIUM"});
  EXPECT_NE(home_.last().reason().en().find("usually up by 07:10"), std::string::npos);
}

TEST_F(NoMorning, AVisitToTheBathroomAtFiveIsNotGettingUp) {
  Evening(1, 14);
  home_.See(Home::Motion(home_.At(1, 15, 5, 0), "Bedroom"));
  home_.See(Home::Motion(home_.At(1, 15, 5, 2), "Bathroom"));
  home_.See(Home::Motion(home_.At(1, 15, 5, 6), "Bedroom"));
  home_.Live(home_.At(1, 15, 5, 7), home_.At(1, 15, 10, 0));
  EXPECT_EQ(Told(), Strings{"RAISE NO_MORNING LOW"});
}

TEST_F(NoMorning, WhoIsUpJustSeenOrOutIsNotTold) {
  Evening(1, 14);
  GetUp(home_.At(1, 15, 8, 0));
  home_.Live(home_.At(1, 15, 8, 20), home_.At(1, 15, 10, 30));
  Evening(1, 15);
  home_.See(Home::Motion(home_.At(1, 16, 9, 30), "Bedroom"));
  home_.Live(home_.At(1, 16, 9, 31), home_.At(1, 16, 10, 1));
  Evening(1, 16);
  home_.See(Home::Door(home_.At(1, 16, 22, 40), true));
  home_.See(Home::Door(home_.At(1, 16, 22, 40, 9), false));
  home_.Live(home_.At(1, 16, 22, 41), home_.At(1, 17, 10, 30));
  EXPECT_EQ(Told(), Strings{});
}

TEST_F(NoMorning, IsWallClockOnTheNightClocksChange) {
  Evening(3, 28);
  home_.Live(home_.At(3, 29, 4, 0), home_.At(3, 29, 9, 59));
  EXPECT_EQ(Told(), Strings{});
  home_.Beat(home_.At(3, 29, 10, 0));
  EXPECT_EQ(Told(), Strings{"RAISE NO_MORNING LOW"});
}

TEST_F(NoMorning, OfDeadSensorsIsNotJudged) {
  Evening(1, 14);
  home_.Beat(home_.At(1, 15, 11, 0));
  EXPECT_EQ(Told(), Strings{});
}

class MealMissed : public ::testing::Test {
 protected:
  MealMissed() {
    home_.Furnish();
    home_.See(Home::Motion(home_.At(1, 15, 9, 0), "Kitchen"));
    home_.Live(home_.At(1, 15, 9, 1), home_.At(1, 15, 10, 59));
  }
  // Seen in the living room, from one hour to another.
  void StayIn(absl::Time from, absl::Time to) {
    for (absl::Time at = from; at < to; at += absl::Minutes(20)) {
      home_.See(Home::Motion(at, "Living"));
      home_.Live(at + absl::Minutes(1), std::min(to, at + absl::Minutes(20)));
    }
  }
  Strings Told() { return home_.Told("MEAL_MISSED"); }
  Home home_;
};

TEST_F(MealMissed, OneIsLowTwoAreMediumAndTheKitchenClears) {
  StayIn(home_.At(1, 15, 11, 0), home_.At(1, 15, 13, 59));
  EXPECT_EQ(Told(), Strings{});
  home_.Beat(home_.At(1, 15, 14, 0));
  EXPECT_EQ(Told(), Strings{"RAISE MEAL_MISSED LOW"});
  home_.Restart();
  StayIn(home_.At(1, 15, 14, 1), home_.At(1, 15, 21, 0));
  EXPECT_EQ(Told(), Strings{"WORSEN MEAL_MISSED MEDIUM"});
  event::v1::Event fridge = domain::MakeEvent(home_.At(1, 15, 21, 30), "fridge");
  fridge.mutable_contact()->set_state(event::v1::Contact::STATE_OPEN);
  home_.See(fridge);
  EXPECT_EQ(Told(), Strings{"CLEAR MEAL_MISSED MEDIUM"});
}

TEST_F(MealMissed, IsNotToldOfWhoAteOrWasOut) {
  StayIn(home_.At(1, 15, 11, 0), home_.At(1, 15, 13, 0));
  home_.See(Home::Motion(home_.At(1, 15, 13, 59), "Kitchen"));
  StayIn(home_.At(1, 15, 14, 0), home_.At(1, 15, 18, 0));
  home_.See(Home::Door(home_.At(1, 15, 18, 30), true));
  home_.See(Home::Door(home_.At(1, 15, 18, 30, 9), false));
  home_.Live(home_.At(1, 15, 18, 31), home_.At(1, 15, 18, 59));
  StayIn(home_.At(1, 15, 19, 0), home_.At(1, 15, 21, 30));
  EXPECT_EQ(Told(), Strings{});
}

TEST_F(MealMissed, OfADeadKitchenIsNotJudged) {
  StayIn(home_.At(1, 15, 11, 0), home_.At(1, 15, 13, 59));
  for (const char* device : {"Kitchen", "fridge"})
    home_.state().record().mutable_devices(home_.plan().FindDevice(device))->set_seen_us(1);
  home_.Beat(home_.At(1, 15, 14, 0));
  EXPECT_EQ(Told(), Strings{});
}

event::v1::Event Steps(absl::Time at, uint32_t count) {
  event::v1::Event event = domain::MakeEvent(at, "pendant");
  event.mutable_steps()->set_count(count);
  return event;
}

TEST(Trends, FewerStepsThanInTheFourWeeksBeforeAreToldAndCleared) {
  Home home;
  const absl::Time begin = home.At(1, 5, 10, 0);
  Strings told;
  for (int day = 0; day < 43; ++day) {
    const absl::Time at = begin + absl::Hours(24) * day;
    home.See(Home::Motion(at));
    home.See(Steps(at + absl::Minutes(1), day / 7 == 4 ? 600 : 1000));
    if (day == 20) home.Restart();
    // The hub is heard around midnight, as the week ends.
    home.See(Home::CheckIn(at + absl::Hours(13) + absl::Minutes(50)));
    home.Beat(at + absl::Hours(14));
    for (const std::string& line : home.Told("TREND"))
      told.push_back(std::to_string(day / 7) + line);
  }
  EXPECT_EQ(told, (Strings{"4RAISE TREND/STEPS LOW", "5CLEAR TREND/STEPS LOW"}));
}

TEST(Trends, MoreVisitsToTheBathroomAtNightAreTold) {
  Home home;
  home.Furnish();
  Strings told;
  for (int day = 0; day < 35; ++day) {
    const absl::Time night = home.At(1, 5, 1, 0) + absl::Hours(24) * day;
    for (int visit = 0; visit < (day < 28 ? 1 : 3); ++visit) {
      home.See(Home::Motion(night + absl::Hours(visit), "Bathroom"));
      home.See(Home::Motion(night + absl::Hours(visit) + absl::Minutes(3), "Bathroom"));
      home.See(Home::Motion(night + absl::Hours(visit) + absl::Minutes(4), "Bedroom"));
    }
    home.See(Home::CheckIn(night + absl::Hours(22) + absl::Minutes(50)));
    home.Beat(night + absl::Hours(23));
    for (const std::string& line : home.Told("TREND/VISITS")) told.push_back(line);
  }
  EXPECT_EQ(told, Strings{"RAISE TREND/VISITS LOW"});
  EXPECT_NE(home.last().reason().en().find("21 visits"), std::string::npos)
      << home.last().reason().en();
}

// Every rule's memory of a home that shows them everything.
TEST(Memory, OfTheRulesInsideTheHomeIsBounded) {
  Home home;
  home.Furnish();
  const char* const rooms[] = {"Kitchen", "Bedroom", "Bathroom", "Living", "Study", "hall"};
  for (int day = 0; day < 60; ++day) {
    const absl::Time at = home.At(1, 5, 7, 0) + absl::Hours(24) * day;
    for (int i = 0; i < 40; ++i) home.See(Home::Motion(at + absl::Minutes(i), rooms[i % 6]));
    home.See(Home::Use(at + absl::Hours(14), "bed", true));
    home.Beat(at + absl::Hours(15));
  }
  const auto& record = home.state().record();
  EXPECT_LE(record.wandering().ByteSizeLong() + record.living().ByteSizeLong(), 1024U);
}

}  // namespace
}  // namespace veille::detector
