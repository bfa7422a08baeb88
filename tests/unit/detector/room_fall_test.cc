// A radar in the bathroom sees a fall.

#include "gtest/gtest.h"

#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

using Strings = std::vector<std::string>;
using event::v1::Event;
using event::v1::Fall;

const Strings kHigh{"RAISE ROOM_FALL HIGH"}, kMedium{"RAISE ROOM_FALL MEDIUM"};

class RoomFall : public ::testing::Test {
 protected:
  RoomFall() {
    home.Device("radar", care::v1::ROLE_FALL_DETECTOR, "Bathroom");
    home.Device("bath", care::v1::ROLE_MOTION, "Bathroom");
    home.Furnish();
    Live();
  }
  void Live() {
    for (const care::v1::Device& device : home.registry().devices())
      home.See(Home::CheckIn(At(-1), device.device_id()));
  }
  absl::Time At(double seconds) const { return home.At(1, 15, 14, 0) + absl::Seconds(seconds); }
  Event Fell(double at, Fall::Verdict verdict = Fall::VERDICT_DETECTED) {
    Event event = domain::MakeEvent(At(at), "radar");
    event.mutable_fall()->set_verdict(verdict);
    event.set_device_sequence(++sequence);
    return event;
  }
  bool Says(const std::string& words) const {
    return home.last().reason().en().find(words) != std::string::npos;
  }
  Home home;
  uint64_t sequence = 0;
};

TEST_F(RoomFall, IsToldWhenNobodyMovesElsewhereForAMinute) {
  home.See(Fell(0));
  home.Beat(At(59));
  EXPECT_EQ(home.Told(), Strings{});
  home.Restart();
  home.Beat(At(60));
  EXPECT_EQ(home.Told(), kHigh);
  EXPECT_TRUE(Says("in the room (Bathroom) at 14:00, no movement elsewhere for 60 s"));
  EXPECT_TRUE(home.last().latching());
  home.Beat(At(600));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST_F(RoomFall, IsMediumWhenSomebodyMovesElsewhereMeanwhile) {
  home.See(Fell(0));
  home.See(Home::Motion(At(20), "Kitchen"));
  EXPECT_EQ(home.Told(), Strings{});
  home.Beat(At(60));
  EXPECT_EQ(home.Told(), kMedium);
  EXPECT_TRUE(Says("somebody is moving elsewhere"));
}

TEST_F(RoomFall, IsNotLoweredByWhoMovesInTheSameRoomOrMovedBeforeOrMovesLater) {
  home.See(Home::Motion(At(-30), "Kitchen"));
  home.See(Fell(0));
  home.See(Home::Motion(At(3), "Kitchen"));  // The sensor's own delay.
  home.See(Home::Motion(At(30), "bath"));
  home.See(Home::Motion(At(61), "Kitchen"));
  home.Beat(At(120));
  EXPECT_EQ(home.Told(), kHigh);
}

TEST_F(RoomFall, IsLoweredByTheDoorTheBedAndSteps) {
  for (const std::string& what : Strings{"door", "bed", "steps"}) {
    home.See(Fell(0));
    Event steps = domain::MakeEvent(At(40), "pendant");
    steps.mutable_steps()->set_count(20);
    steps.mutable_steps()->mutable_span()->set_seconds(20);
    home.See(what == "door"  ? Home::Door(At(40), true)
             : what == "bed" ? Home::Use(At(40), "bed", true)
                             : steps);
    home.Beat(At(60));
    EXPECT_EQ(home.Told("ROOM_FALL"), kMedium) << what;
    home.Compile();
    Live();
  }
}

TEST_F(RoomFall, IsToldAtOnceWhereNoLivingSensorWouldSeeMovementElsewhere) {
  // Twice the check-in contract later all are silent but the radar.
  const double later = 2 * 1800 + 10;
  home.See(Fell(later));
  EXPECT_EQ(home.Told("ROOM_FALL"), kHigh);
  EXPECT_TRUE(Says("at 15:00"));
}

TEST_F(RoomFall, IsToldAtOnceWhereWhoMovesMayBeSomebodyElse) {
  home.care_plan().set_household(care::v1::HOUSEHOLD_WITH_SPOUSE);
  home.Compile();
  Live();
  home.See(Fell(0));
  EXPECT_EQ(home.Told(), kHigh);
}

TEST_F(RoomFall, IsToldAlthoughContactIsLost) {
  home.See(Fell(0));
  home.Tick(At(179));
  EXPECT_EQ(home.Told("ROOM_FALL"), Strings{});
  home.Restart();
  home.Tick(At(180));
  EXPECT_EQ(home.Told("ROOM_FALL"), kHigh);
  EXPECT_TRUE(Says("not confirmed: contact lost"));
  home.Beat(At(300));
  EXPECT_EQ(home.Told("ROOM_FALL"), Strings{});
}

TEST_F(RoomFall, OfABacklogIsHeldAgainstTheBacklog) {
  home.Send({Fell(0), Home::Motion(At(30), "Kitchen"), Home::Motion(At(90), "bath")}, At(1800),
            At(1801));
  EXPECT_EQ(home.Told(), Strings{"RAISE ROOM_FALL MEDIUM late"});
  home.Send({Fell(3600), Home::Motion(At(3690), "bath")}, At(5400), At(5401));
  EXPECT_EQ(home.Told("ROOM_FALL"), Strings{"RAISE ROOM_FALL HIGH late"});
}

TEST_F(RoomFall, SeenAgainIsTheSameFall) {
  home.See(Fell(0));
  home.See(Fell(20));
  home.See(Fell(40));
  home.Beat(At(60));
  EXPECT_EQ(home.Told(), kHigh);
  home.Beat(At(200));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST_F(RoomFall, IsToldAsTheDetectorItselfConcludes) {
  home.See(Fell(0, Fall::VERDICT_CONFIRMED));
  EXPECT_EQ(home.Told(), kHigh);
  home.See(Fell(100));
  home.See(Fell(110, Fall::VERDICT_CANCELLED));
  EXPECT_EQ(home.Told(), kMedium);
  home.See(Fell(200));
  home.See(Fell(210, Fall::VERDICT_RECOVERED));
  EXPECT_EQ(home.Told(), Strings{"RAISE ROOM_FALL LOW"});
  home.Beat(At(600));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST_F(RoomFall, OfATestIsToldAtOnceAsOneAndArmsNothing) {
  Event test = Fell(0);
  test.set_test(true);
  home.See(test);
  EXPECT_EQ(home.Told(), Strings{"RAISE ROOM_FALL/test HIGH"});
  home.Beat(At(200));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST_F(RoomFall, IsSwitchedOffByItsOwnRuleOnly) {
  home.care_plan().mutable_device_fall()->set_enabled(false);
  home.Compile();
  Live();
  home.See(Fell(0));
  home.Beat(At(60));
  EXPECT_EQ(home.Told(), kHigh);
  home.care_plan().mutable_room_fall()->set_enabled(false);
  home.Compile();
  home.See(Fell(100));
  home.Beat(At(300));
  EXPECT_EQ(home.Told("ROOM_FALL"), Strings{});
}

}  // namespace
}  // namespace veille::detector
