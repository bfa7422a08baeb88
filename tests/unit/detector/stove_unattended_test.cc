// The stove is on and nobody is with it.

#include "gtest/gtest.h"

#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

using Strings = std::vector<std::string>;
using event::v1::DeviceStatus;

const char kRaised[] = "RAISE STOVE_UNATTENDED/plug MEDIUM";
const char kCleared[] = "CLEAR STOVE_UNATTENDED/plug MEDIUM";

// A plug at the stove and motion in the kitchen; somebody lit it at noon and was seen last then.
class StoveUnattended : public ::testing::Test {
 protected:
  StoveUnattended() {
    home.Device("plug", care::v1::ROLE_APPLIANCE, "kitchen")
        .set_location_code(event::v1::LOCATION_CODE_STOVE);
    home.Device("kitchen-motion", care::v1::ROLE_MOTION, "kitchen");
    home.care_plan().mutable_sensor_silent()->set_enabled(false);
    home.care_plan().mutable_inactivity()->set_enabled(false);
    home.Compile();
  }
  absl::Time At(int minute, double second = 0) const {
    return home.At(1, 15, 12, 0) + absl::Minutes(minute) + absl::Seconds(second);
  }
  void Light() {
    home.Live(At(-2), At(-1));
    home.See(Home::Motion(At(0), "kitchen-motion"));
    home.See(Home::Watts(At(0), "plug", 1500));
  }
  void Watts(int minute, double watts) { home.See(Home::Watts(At(minute), "plug", watts)); }

  Home home;
};

TEST_F(StoveUnattended, AsksThePersonThenTellsTheCircleAndNotAMomentSooner) {
  Light();
  home.Beat(At(14, 59));
  EXPECT_TRUE(home.effects().empty());
  home.Beat(At(15));
  ASSERT_EQ(home.effects().prompts.size(), 1U);
  EXPECT_EQ(home.effects().prompts[0].prompt().text(),
            "La cuisinière est allumée depuis 12:00. Tout va bien ?");
  EXPECT_EQ(home.Told(), Strings{});
  home.Beat(At(24, 59));
  EXPECT_TRUE(home.effects().empty());
  home.Beat(At(25));
  EXPECT_EQ(home.Told(), Strings{kRaised});
  EXPECT_EQ(home.last().reason().fr(),
            "Cuisinière allumée depuis 12:00, personne dans la cuisine depuis 12:00 (25 min)");
  home.Live(At(26), At(40));
  EXPECT_TRUE(home.effects().empty());
}

TEST_F(StoveUnattended, WaitsAnewWhenSomebodyIsInTheKitchenAndClears) {
  Light();
  home.Beat(At(14));
  home.See(Home::Motion(At(14, 30), "kitchen-motion"));
  home.Beat(At(29));
  EXPECT_TRUE(home.effects().empty());
  home.Live(At(30), At(40));
  EXPECT_EQ(home.Told(), Strings{kRaised});
  home.See(Home::Motion(At(41), "hall"));
  EXPECT_EQ(home.Told(), Strings{});
  home.See(Home::Motion(At(42), "kitchen-motion"));
  EXPECT_EQ(home.Told(), Strings{kCleared});
  // It is on still.
  home.Live(At(43), At(70));
  EXPECT_EQ(home.Told(), Strings{kRaised});
}

TEST_F(StoveUnattended, AnAnswerCountsAsPresence) {
  Light();
  home.Beat(At(16));
  event::v1::Event answer = domain::MakeEvent(At(16, 30), "pendant");
  answer.mutable_prompt_answer()->set_answer(event::v1::PromptAnswer::ANSWER_FINE);
  home.See(answer);
  home.Told();
  home.Live(At(17), At(31));
  EXPECT_TRUE(home.effects().empty());
}

TEST_F(StoveUnattended, APlateThatHoldsItsHeatIsOnAndOneThatDrewNothingForLongIsOff) {
  Light();
  for (int minute = 1; minute < 30; minute += 2) Watts(minute, minute % 4 == 1 ? 0 : 1500);
  EXPECT_EQ(home.Told(), Strings{kRaised});
  Watts(31, 0);
  home.Beat(At(33, 59));
  EXPECT_EQ(home.Told(), Strings{});
  home.Beat(At(34));
  EXPECT_EQ(home.Told(), Strings{kCleared});
  EXPECT_FALSE(home.state().record().devices(3).installation().has_stove());
}

TEST_F(StoveUnattended, AHotPlateIsOnUntilItCooled) {
  home.Live(At(-2), At(-1));
  home.See(Home::Celsius(At(0), "plug", 60));
  home.Beat(At(20));
  EXPECT_TRUE(home.effects().empty());
  home.See(Home::Celsius(At(20), "plug", 61));
  home.Live(At(21), At(46));
  EXPECT_EQ(home.Told(), Strings{kRaised});
  home.See(Home::Celsius(At(47), "plug", 58));
  home.Live(At(48), At(55));
  EXPECT_EQ(home.Told(), Strings{});
  home.See(Home::Celsius(At(56), "plug", 40));
  home.Live(At(57), At(62));
  EXPECT_EQ(home.Told(), Strings{kCleared});
}

TEST_F(StoveUnattended, SaysNothingOfAKitchenWhoseSensorsAreDead) {
  home.Live(At(-300), At(-299));
  for (int minute = 0; minute < 120; ++minute) Watts(minute, 1500);
  EXPECT_TRUE(home.effects().empty());
  // Somebody is seen, and then nobody for long.
  home.See(Home::Motion(At(120), "kitchen-motion"));
  home.Beat(At(145));
  EXPECT_EQ(home.Told(), Strings{kRaised});
}

TEST_F(StoveUnattended, IsToldAlthoughContactIsLost) {
  Light();
  home.Restart();
  home.Tick(At(26, 59));
  EXPECT_EQ(home.effects().findings.size(), 2U) << "HUB_OFFLINE, TECHNICAL and MEDIUM";
  home.Told();
  home.Tick(At(27));
  EXPECT_EQ(home.Told(), Strings{kRaised});
  EXPECT_EQ(home.last().reason().en(),
            "Stove on since 12:00; not confirmed: contact lost with the home");
  home.Tick(At(28));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST_F(StoveUnattended, IsNotAlteredByARestartNorByWhatComesTwice) {
  Light();
  home.Restart();
  Light();
  home.Beat(At(16));
  home.Restart();
  Watts(20, 1400);
  home.Beat(At(25));
  EXPECT_EQ(home.Told(), Strings{kRaised});
  home.Restart();
  Watts(30, 1400);
  EXPECT_EQ(home.Told(), Strings{});
}

TEST_F(StoveUnattended, LateNewsOfABacklogIsToldAsLate) {
  home.Live(At(-2), At(-1));
  home.Send({Home::Motion(At(0), "kitchen-motion"), Home::Watts(At(0), "plug", 1500),
             Home::Watts(At(50), "plug", 1500)},
            At(50), At(90));
  home.Send({}, At(90), At(90, 1));
  EXPECT_EQ(home.Told(), Strings{std::string(kRaised) + " late"});
}

}  // namespace
}  // namespace veille::detector
