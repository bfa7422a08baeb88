// Medication: missed, and taken twice.

#include "gtest/gtest.h"

#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

using Strings = std::vector<std::string>;

class Dose : public ::testing::Test {
 protected:
  Dose() {
    home.Device("box", care::v1::ROLE_DISPENSER).mutable_check_in()->set_seconds(4 * 3600);
    home.care_plan().mutable_sensor_silent()->set_enabled(false);
    home.care_plan().mutable_inactivity()->set_enabled(false);
    for (const char* time : {"08:00", "20:00"}) home.care_plan().mutable_dose()->add_times(time);
    home.Compile();
  }
  absl::Time At(int hour, int minute = 0, double second = 0) const {
    return home.At(1, 15, hour, minute, second);
  }
  // The box lives, unopened.
  void Begin(absl::Time at) {
    home.See(Home::CheckIn(at, "box"));
    home.Told();
  }
  Strings Open(absl::Time at) {
    event::v1::Event event = domain::MakeEvent(at, "box");
    event.mutable_dosage()->set_kind(event::v1::Dosage::KIND_TAKEN);
    home.See(event);
    return home.Told();
  }
  Strings Beat(absl::Time at) {
    home.Beat(at);
    return home.Told();
  }
  Home home;
};

TEST_F(Dose, OfABoxThatStaysShutIsAskedAboutThenTold) {
  Begin(At(6, 30));
  home.Beat(At(8, 59, 59));
  EXPECT_TRUE(home.effects().empty());
  home.Beat(At(9));
  ASSERT_EQ(home.effects().prompts.size(), 1U);
  EXPECT_EQ(home.effects().prompts[0].prompt().text(), "Avez-vous pris vos médicaments de 08:00 ?");
  home.Told();
  home.Restart();
  EXPECT_EQ(Beat(At(9, 59, 59)), Strings{});
  EXPECT_EQ(Beat(At(10)), Strings{"RAISE DOSE_MISSED/box MEDIUM"});
  EXPECT_EQ(home.last().reason().en(),
            "Dose of 08:00 not taken: the dispenser was not opened within 2 h");
  EXPECT_EQ(Beat(At(11)), Strings{});
  EXPECT_EQ(Open(At(11, 30)), Strings{"CLEAR DOSE_MISSED/box MEDIUM"});
}

TEST_F(Dose, TakenInTimeIsNeitherAskedAboutNorTold) {
  Begin(At(6, 30));
  EXPECT_EQ(Open(At(7, 10)), Strings{});
  home.Beat(At(12));
  EXPECT_TRUE(home.effects().empty());
}

TEST_F(Dose, ExactlyWhenItWouldBeToldCounts) {
  Begin(At(6, 30));
  Open(At(10));
  EXPECT_EQ(Beat(At(11)), Strings{});
}

TEST_F(Dose, AnOpeningLongBeforeIsNotForIt) {
  Begin(At(6));
  EXPECT_EQ(Open(At(6, 59)), Strings{});
  Beat(At(9));
  EXPECT_EQ(Beat(At(10)), Strings{"RAISE DOSE_MISSED/box MEDIUM"});
}

TEST_F(Dose, TwoOpeningsForOneAreToldOnce) {
  Begin(At(6, 30));
  Open(At(8));
  EXPECT_EQ(Open(At(8, 5)), Strings{}) << "the lid was opened again at once";
  EXPECT_EQ(Open(At(8, 5)), Strings{}) << "the same event again";
  EXPECT_EQ(Open(At(9)), Strings{"RAISE DOSE_DOUBLE/box MEDIUM"});
  EXPECT_EQ(home.last().reason().fr(),
            "Pilulier ouvert deux fois pour la prise de 08:00 : à 08:00 et à 09:00");
  EXPECT_EQ(Open(At(11)), Strings{});
  EXPECT_EQ(Beat(At(19)), Strings{"CLEAR DOSE_DOUBLE/box MEDIUM"});
  EXPECT_EQ(Open(At(19, 30)), Strings{});
  EXPECT_EQ(Beat(At(22, 30)), Strings{}) << "the evening's was taken";
}

TEST_F(Dose, TheNextOnesTimeEndsWhatWasMissed) {
  Begin(At(6, 30));
  home.See(Home::CheckIn(At(9, 30), "box"));
  EXPECT_EQ(Beat(At(10)), Strings{"RAISE DOSE_MISSED/box MEDIUM"});
  home.See(Home::CheckIn(At(18, 30), "box"));
  EXPECT_EQ(Beat(At(19)), Strings{"CLEAR DOSE_MISSED/box MEDIUM"});
  home.See(Home::CheckIn(At(21, 30), "box"));
  EXPECT_EQ(Beat(At(22)), Strings{"RAISE DOSE_MISSED/box MEDIUM"});
}

// A living gateway says nothing of a dispenser that is dead.
TEST_F(Dose, OfADeadDispenserIsNotConcluded) {
  Begin(At(0, 30));
  for (int hour = 1; hour < 24; ++hour) EXPECT_EQ(Beat(At(hour)), Strings{}) << hour;
}

TEST_F(Dose, IsNotConcludedWhileTheHubIsSilent) {
  Begin(At(6, 30));
  home.Tick(At(11));
  for (const std::string& line : home.Told()) EXPECT_EQ(line.find("DOSE"), std::string::npos);
  // The backlog: it was opened in time.
  event::v1::Event taken = domain::MakeEvent(At(8, 2), "box");
  taken.mutable_dosage()->set_kind(event::v1::Dosage::KIND_TAKEN);
  home.Send({taken}, At(12), At(12));
  home.Told();
  EXPECT_EQ(Beat(At(13)), Strings{});
}

TEST_F(Dose, TheDispensersOwnWordNeedsNoWaiting) {
  Begin(At(6, 30));
  event::v1::Event event = domain::MakeEvent(At(8, 30), "box");
  event.mutable_dosage()->set_kind(event::v1::Dosage::KIND_MISSED);
  home.See(event);
  EXPECT_EQ(home.Told(), Strings{"RAISE DOSE_MISSED/box MEDIUM"});
  home.See(event);
  EXPECT_EQ(home.Told(), Strings{});
}

// Peers' mistake 1: hours computed as milliseconds since midnight.
TEST_F(Dose, IsDueByTheWallClockOnTheDayOfTheChange) {
  const absl::Time night = home.At(3, 29, 0, 30);
  Begin(night);
  home.See(Home::CheckIn(home.At(3, 29, 6, 30), "box"));
  EXPECT_EQ(Beat(home.At(3, 29, 9, 59, 59)), Strings{});
  EXPECT_EQ(Beat(home.At(3, 29, 10, 0)), Strings{"RAISE DOSE_MISSED/box MEDIUM"});
}

TEST_F(Dose, FollowsAPlanWithOtherTimes) {
  Begin(At(6, 30));
  home.care_plan().mutable_dose()->clear_times();
  home.care_plan().mutable_dose()->add_times("12:00");
  const std::string stored = home.state().Serialize();
  home.Compile();
  home.state() = *HomeState::Parse(stored, home.plan());
  home.See(Home::CheckIn(At(9, 30), "box"));
  EXPECT_EQ(Beat(At(13, 59)), Strings{});
  EXPECT_EQ(Beat(At(14)), Strings{"RAISE DOSE_MISSED/box MEDIUM"});
}

}  // namespace
}  // namespace veille::detector
