// Travel patterns through the rooms.

#include "gtest/gtest.h"

#include "common/base/random.h"
#include "services/detector/core/rules/room_walk.h"
#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

using Strings = std::vector<std::string>;

constexpr int64_t kSpanUs = 600'000'000;

std::vector<RoomMove> Walk(const std::string& rooms, uint32_t step_s) {
  std::string bytes;
  uint32_t second = 1'700'000'000;
  for (const char room : rooms) AppendMove({static_cast<uint16_t>(room), second += step_s}, bytes);
  return ParseMoves(bytes);
}

TEST(RoomWalk, ToAndFroIsPacing) {
  EXPECT_EQ(PacingMoves(Walk("ABABABA", 20), 6, kSpanUs), 6U);
  EXPECT_EQ(PacingMoves(Walk("ABABAB", 20), 6, kSpanUs), 0U);
  EXPECT_EQ(PacingMoves(Walk("CBABABA", 20), 6, kSpanUs), 0U);
  // Through a hall, and through two rooms.
  EXPECT_EQ(PacingMoves(Walk("AHBHAHBHA", 20), 6, kSpanUs), 8U);
  EXPECT_EQ(PacingMoves(Walk("AHGBGHAHGBGHA", 20), 6, kSpanUs), 12U);
}

TEST(RoomWalk, IsNotSeenInWhatIsTooSlowOrFasterThanAnybodyWalks) {
  EXPECT_EQ(PacingMoves(Walk("ABABABABABA", 180), 6, kSpanUs), 0U);
  EXPECT_EQ(PacingMoves(Walk("ABABABABABA", 1), 6, kSpanUs), 0U);
}

TEST(RoomWalk, ACircuitIsLapping) {
  EXPECT_EQ(LappingMoves(Walk("ABCABCABC", 20), 3, kSpanUs), 8U);
  EXPECT_EQ(LappingMoves(Walk("ABCABCAB", 20), 3, kSpanUs), 0U);
  EXPECT_EQ(LappingMoves(Walk("AHBHCHAHBHCHAHBHCH", 10), 3, kSpanUs), 17U);
  // The way there is the way back: that is pacing.
  EXPECT_EQ(LappingMoves(Walk("AHBHAHBHAHBHAHBH", 10), 3, kSpanUs), 0U);
  EXPECT_EQ(PacingMoves(Walk("ABCABCABCABC", 20), 6, kSpanUs), 0U);
}

TEST(RoomWalk, ThroughManyRoomsWithoutAnOrderIsRandom) {
  EXPECT_EQ(RandomMoves(Walk("ABCADBECDABECADBE", 20), 16, 4, kSpanUs), 16U);
  EXPECT_EQ(RandomMoves(Walk("ABCDABCDABCDABCDA", 20), 16, 4, kSpanUs), 0U);
  EXPECT_EQ(RandomMoves(Walk("ABCADBECDABECADBE", 60), 16, 4, kSpanUs), 0U);
  EXPECT_EQ(RandomMoves(Walk("ABCABACBACABCBABC", 20), 16, 4, kSpanUs), 0U);
}

// A chair's sensor and the bedroom's behind it see one spot.
TEST(RoomWalk, RoomsSeenInPassingAreNoMovesOfARandomWalk) {
  std::vector<RoomMove> walk;
  uint32_t second = 1000;
  for (const char room : std::string("ABCADBECDABECADBE")) {
    walk.push_back({static_cast<uint16_t>(room), second});
    walk.push_back({'Z', second + 14});
    walk.push_back({static_cast<uint16_t>(room), second + 16});
    second += 18;
  }
  EXPECT_EQ(RandomMoves(walk, 16, 4, kSpanUs), 50U);
  // Few moves, and many flickers.
  walk.clear();
  for (int i = 0; i < 20; ++i) {
    walk.push_back({static_cast<uint16_t>("ABCD"[i / 5]), second});
    walk.push_back({'Z', second + 1});
    second += i % 5 == 4 ? 20 : 2;
  }
  EXPECT_EQ(RandomMoves(walk, 12, 4, kSpanUs), 0U);
}

TEST(RoomWalk, KeepsABoundedRecord) {
  std::string bytes;
  for (uint32_t i = 0; i < 1000; ++i) AppendMove({static_cast<uint16_t>(i), i}, bytes);
  EXPECT_EQ(bytes.size(), 32U * 6);
  EXPECT_EQ(ParseMoves(bytes).back().second, 999U);
}

class RoomPatterns : public ::testing::Test {
 protected:
  RoomPatterns() : now_(home_.At(1, 15, 14, 0)) { home_.Furnish(); }
  void Visit(const std::string& room, absl::Duration after = absl::Seconds(20)) {
    now_ += after;
    home_.See(Home::Motion(now_, room));
  }
  void Pace(int moves) {
    Visit("Kitchen");
    for (int i = 0; i < moves; ++i) Visit(i % 2 == 0 ? "Study" : "Kitchen");
  }
  Strings Told() {
    Strings told;
    for (const std::string& line : home_.Told())
      if (line.find("_INDOOR") != std::string::npos) told.push_back(line);
    return told;
  }
  void Wait(absl::Duration span) {
    home_.Live(now_ + absl::Seconds(1), now_ + span);
    now_ += span;
  }
  Home home_;
  absl::Time now_;
};

TEST_F(RoomPatterns, PacingIsToldOnceAndClearedWhenItIsOver) {
  Pace(5);
  EXPECT_EQ(Told(), Strings{});
  Visit("Kitchen");
  EXPECT_EQ(Told(), Strings{"RAISE PACING_INDOOR LOW"});
  EXPECT_EQ(home_.last().evidence().observations_size(), 7);
  for (int i = 0; i < 10; ++i) Visit(i % 2 == 0 ? "Study" : "Kitchen");
  home_.Restart();
  Wait(absl::Minutes(9));
  EXPECT_EQ(Told(), Strings{});
  Wait(absl::Minutes(2));
  EXPECT_EQ(Told(), Strings{"CLEAR PACING_INDOOR LOW"});
  Wait(absl::Minutes(30));
  EXPECT_EQ(Told(), Strings{});
}

TEST_F(RoomPatterns, AShortPacingIsToldAtTheThirdTimeOfADay) {
  for (int episode = 0; episode < 2; ++episode) {
    Pace(4);
    Visit("Living");
    Wait(absl::Minutes(15));
  }
  EXPECT_EQ(Told(), Strings{});
  Pace(4);
  EXPECT_EQ(Told(), Strings{"RAISE PACING_INDOOR LOW"});
  EXPECT_NE(home_.last().reason().en().find("3 times today"), std::string::npos);
}

TEST_F(RoomPatterns, ACircuitIsLappingAndNothingElse) {
  for (int round = 0; round < 6; ++round)
    for (const char* room : {"Kitchen", "Study", "Living", "Bedroom"}) Visit(room);
  EXPECT_EQ(Told(), Strings{"RAISE LAPPING_INDOOR LOW"});
  Wait(absl::Minutes(16));
  EXPECT_EQ(Told(), Strings{"CLEAR LAPPING_INDOOR LOW"});
}

TEST_F(RoomPatterns, WithoutAnOrderIsRandom) {
  for (const char room : std::string("KSBLSKBSLBKLSBKSLBKLS")) {
    Visit(room == 'K'   ? "Kitchen"
          : room == 'S' ? "Study"
          : room == 'B' ? "Bedroom"
                        : "Living",
          absl::Seconds(12));
  }
  EXPECT_EQ(Told(), Strings{"RAISE RANDOM_INDOOR LOW"});
}

TEST_F(RoomPatterns, AnEventTwiceAndALateOneChangeNothing) {
  Pace(5);
  home_.See(Home::Motion(now_, "Study"));
  home_.See(Home::Motion(now_ - absl::Minutes(1), "Kitchen"));
  EXPECT_EQ(Told(), Strings{});
}

TEST_F(RoomPatterns, OfTwoPeopleAreNobodys) {
  home_.registry().add_patients()->set_patient_id("other");
  home_.Compile();
  Pace(12);
  EXPECT_EQ(Told(), Strings{});
}

TEST_F(RoomPatterns, DirectWaysAreNone) {
  SeededRandom random(3);
  const char* const rooms[] = {"Kitchen", "Bedroom", "Bathroom", "Living", "Study"};
  for (int i = 0; i < 60; ++i) {
    Visit(rooms[random.Below(5)], absl::Minutes(2 + static_cast<int>(random.Below(20))));
    Visit(rooms[random.Below(5)], absl::Seconds(8));
  }
  EXPECT_EQ(Told(), Strings{});
}

}  // namespace
}  // namespace veille::detector
