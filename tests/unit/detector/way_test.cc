// Ways that look lost, and the rule that tells them.

#include "services/detector/core/rules/way.h"

#include <cmath>

#include "gtest/gtest.h"

#include "common/base/random.h"
#include "tests/unit/detector/walking_home.h"

namespace veille::detector {
namespace {

// Walks through corners, metres east and north, at 1.1 m/s with a fix every 5 s that jitters.
class Walker {
 public:
  void To(double east, double north) {
    const double length = std::hypot(east - east_, north - north_);
    const int steps = std::max(1, static_cast<int>(length / 5.5));
    for (int i = 1; i <= steps; ++i) {
      const double e = east_ + (east - east_) * i / steps,
                   n = north_ + (north - north_) * i / steps;
      See(e + 4 * (random_.Unit() - 0.5), n + 4 * (random_.Unit() - 0.5), 8);
    }
    east_ = east;
    north_ = north;
  }
  void See(double east, double north, double accuracy_m) {
    time_us_ += 5'000'000;
    last_ = {time_us_, 48 + north / 111195, 2 + east / (111195 * std::cos(48 * 0.0174533)),
             accuracy_m};
    const WayVerdict verdict = Walk(config_, last_, way_);
    lost_ = lost_ || verdict.lost;
  }
  // The last fix again: nothing may change.
  bool IsUnmovedByItsLastFix() {
    const std::string before = way_;
    Walk(config_, last_, way_);
    return before == way_;
  }
  bool lost() const { return lost_; }
  std::string& way() { return way_; }

 private:
  const WayConfig config_ = MakeWayConfig({});
  SeededRandom random_{11};
  std::string way_;
  Fix last_;
  int64_t time_us_ = 1'700'000'000'000'000;
  double east_ = 0, north_ = 0;
  bool lost_ = false;
};

TEST(Way, AnErrandAndBackIsNotLost) {
  Walker walker;
  for (const auto& [east, north] :
       {std::pair{300, 0}, {300, 200}, {450, 200}, {300, 200}, {300, 0}, {0, 0}})
    walker.To(east, north);
  EXPECT_FALSE(walker.lost());
}

TEST(Way, TurningBackThreeTimesIsNotLostAndAgainIs) {
  Walker walker;
  for (const double east : {120, 0, 120}) walker.To(east, 0);
  EXPECT_FALSE(walker.lost());
  for (const double east : {0, 120, 0}) walker.To(east, 0);
  EXPECT_TRUE(walker.lost());
}

TEST(Way, ComingByTheSamePlaceAgainAndAgainIsLost) {
  Walker walker;
  for (int lap = 0; lap < 4; ++lap) {
    for (int corner = 0; corner < 12; ++corner)
      walker.To(60 * std::cos(corner * 0.5236), 60 * std::sin(corner * 0.5236));
  }
  EXPECT_TRUE(walker.lost());
}

// Of three corners on a line nothing is left but the line.
TEST(Way, PacingAlongOneLineIsLost) {
  Walker walker;
  for (int i = 0; i < 12; ++i) walker.To(i % 2 == 0 ? 60 : 0, 0);
  EXPECT_TRUE(walker.lost());
}

// A phone in the pocket of somebody on a bench: its error drifts as far as it admits.
TEST(Way, StandingWhereFixesDriftIsNotLost) {
  Walker walker;
  SeededRandom random(5);
  double east = 0, north = 0;
  for (int i = 0; i < 2000; ++i) {
    east = 0.9 * east + 15 * (random.Unit() - 0.5);
    north = 0.9 * north + 15 * (random.Unit() - 0.5);
    walker.See(east, north, 15);
  }
  EXPECT_FALSE(walker.lost());
}

TEST(Way, StandingWhereFixesWanderIsNotLost) {
  Walker walker;
  SeededRandom random(5);
  for (int i = 0; i < 2000; ++i)
    walker.See(20 * (random.Unit() - 0.5), 20 * (random.Unit() - 0.5), 12);
  EXPECT_FALSE(walker.lost());
}

TEST(Way, InaccurateAndRepeatedFixesTellNothing) {
  Walker walker;
  for (int i = 0; i < 300; ++i) walker.See(i % 20 < 10 ? 0 : 80, 0, 60);
  EXPECT_TRUE(walker.way().empty());
  walker.To(200, 0);
  EXPECT_TRUE(walker.IsUnmovedByItsLastFix());
}

TEST(Way, KeepsABoundedRecordAndBeginsAnewFromBytesThatItDidNotWrite) {
  Walker walker;
  walker.way() = "not a way";
  for (int i = 0; i < 400; ++i) walker.To(i % 2 == 0 ? 200 : 0, i);
  EXPECT_LE(walker.way().size(), 640U);
  EXPECT_GT(walker.way().size(), 9U);
}

class Disorientation : public ::testing::Test {
 protected:
  Disorientation() { home_.Only("DISORIENTATION"); }
  // To and fro along 100 m, at 1 m/s.
  void Pace(int times, bool restart = false) {
    for (int leg = 0; leg < times; ++leg) {
      for (int i = 1; i <= 10; ++i) {
        now_ += absl::Seconds(10);
        home_.See(home_.Fix(now_, leg % 2 == 0 ? 10 * i : 100 - 10 * i, 0, 5));
        if (restart) home_.Restart();
      }
    }
  }
  WalkingHome home_;
  absl::Time now_ = home_.At(6, 1, 14, 0);
};

TEST_F(Disorientation, IsToldOnceAndOverAfterAQuarterOfAnHour) {
  Pace(8);
  EXPECT_EQ(home_.Told(), Told{"RAISE DISORIENTATION MEDIUM"});
  Pace(4);
  EXPECT_EQ(home_.Told(), Told{});
  for (int i = 0; i < 100; ++i) {
    now_ += absl::Seconds(20);
    home_.See(home_.Fix(now_, 0, 0, 5));
  }
  EXPECT_EQ(home_.Told(), Told{"CLEAR DISORIENTATION MEDIUM"});
}

TEST_F(Disorientation, ARestartAtEveryFixChangesNothing) {
  Pace(8, true);
  EXPECT_EQ(home_.Told(), Told{"RAISE DISORIENTATION MEDIUM"});
}

TEST_F(Disorientation, WhoIsSeenInsideIsAtHome) {
  for (int i = 0; i < 8; ++i) {
    home_.See(home_.Motion(now_ + absl::Seconds(1)));
    Pace(1);
  }
  EXPECT_EQ(home_.Told(), Told{});
}

TEST_F(Disorientation, WithACompanionItIsLower) {
  home_.See(home_.Near(now_, event::v1::Presence::KIND_COMPANION_NEAR, true));
  Pace(8);
  EXPECT_EQ(home_.Told(), Told{"RAISE DISORIENTATION LOW"});
}

}  // namespace
}  // namespace veille::detector
