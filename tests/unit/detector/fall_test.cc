// Falls out of acceleration: what is suspected, what is not, and what follows a suspicion.

#include "services/detector/core/rules/fall.h"

#include "gtest/gtest.h"

#include "services/detector/core/rules/fall_score.h"
#include "services/detector/core/rules/fall_windows.h"
#include "tests/unit/detector/fall_signals.h"

namespace veille::detector {
namespace {

using Kind = FallEvent::Kind;

constexpr care::v1::Role kPlaces[] = {care::v1::ROLE_WRIST, care::v1::ROLE_WAIST,
                                      care::v1::ROLE_CHEST};

struct Feeding {
  care::v1::Role role = care::v1::ROLE_WRIST;
  std::size_t chunk = 50;
  bool restart = false;
  bool told = false;          // Whatever is suspected is told at once.
  std::size_t lost_from = 0;  // Samples that never come.
  std::size_t lost_until = 0;
};

std::vector<FallEvent> Feed(const std::vector<int16_t>& samples, double rate_hz,
                            const Feeding& how) {
  const FallConfig config = MakeFallConfig({}, how.role);
  FallDetector detector;
  std::vector<FallEvent> out;
  const std::size_t count = samples.size() / 3;
  for (std::size_t at = 0; at < count; at += how.chunk) {
    if (at >= how.lost_from && at < how.lost_until) continue;
    const std::size_t n = std::min(how.chunk, count - at);
    const auto time_us = static_cast<int64_t>(
        1'700'000'000'000'000 + std::llround(static_cast<double>(at) * 1e6 / rate_hz));
    const std::string_view bytes(reinterpret_cast<const char*>(samples.data() + 3 * at), n * 6);
    detector.Feed(config, time_us, static_cast<float>(rate_hz), bytes, out);
    if (how.told && !out.empty()) detector.SetTold();
    if (!how.restart) continue;
    std::string stored;
    detector.AppendTo(stored);
    FallDetector again;
    EXPECT_TRUE(again.ParseFrom(stored));
    detector = again;
  }
  return out;
}

std::vector<FallEvent> Feed(const Motion& motion, const Feeding& how) {
  return Feed(motion.Pack(), motion.rate_hz(), how);
}

int Count(const std::vector<FallEvent>& events, Kind kind) {
  return static_cast<int>(std::count_if(
      events.begin(), events.end(), [&](const FallEvent& event) { return event.kind == kind; }));
}

Motion FallAndLie(double rate_hz, double lie_s = 40) {
  Motion motion(rate_hz);
  motion.Rest(4).Fall(4.5, 80).Rest(lie_s);
  return motion;
}

TEST(Fall, IsSuspectedAtAnyRateAndOrientationAndWhenTheSensorClips) {
  for (const auto role : kPlaces) {
    for (const double rate : {10.0, 20.0, 25.0, 50.0, 100.0, 200.0}) {
      for (const double turn : {0.0, 1.0, 2.5}) {
        const auto events = Feed(FallAndLie(rate).Pack(4, turn), rate, {.role = role});
        EXPECT_EQ(Count(events, Kind::kSuspected), 1)
            << role << " at " << rate << " Hz, turned " << turn;
        EXPECT_EQ(Count(events, Kind::kStill), 1);
      }
    }
  }
}

TEST(Fall, IsDecidedTwoAndAHalfSecondsAfterTheImpactAndStillAfterThirty) {
  const auto events = Feed(FallAndLie(50), {});
  ASSERT_EQ(events.size(), 2U);
  EXPECT_NEAR(static_cast<double>(events[0].decide_us - events[0].impact_us) / 1e6, 2.7, 0.11);
  EXPECT_NEAR(static_cast<double>(events[1].decide_us - events[1].impact_us) / 1e6, 30, 1.5);
}

TEST(Fall, AtTheWristIsDecidedASecondEarlierWhereNoDoubtIsLeft) {
  const std::vector<int16_t> samples = FallAndLie(50, 1.5).Pack();
  FallConfig config = MakeFallConfig({}, care::v1::ROLE_WRIST);
  config.least_score = -3;  // Nothing is doubted that is by default.
  FallDetector detector;
  std::vector<FallEvent> out;
  detector.Feed(config, 1'700'000'000'000'000, 50,
                {reinterpret_cast<const char*>(samples.data()), samples.size() * 2}, out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_NEAR(static_cast<double>(out[0].decide_us - out[0].impact_us) / 1e6, 1.7, 0.11);
}

TEST(Fall, IsNotSuspectedInEverydayMovements) {
  for (const auto role : kPlaces) {
    for (const double rate : {20.0, 50.0, 100.0}) {
      EXPECT_TRUE(Feed(Motion(rate).Rest(3).Steps(60, 1.8, 0.35).Rest(10), {.role = role}).empty())
          << "walking";
      EXPECT_TRUE(Feed(Motion(rate).Rest(3).Steps(60, 2.7, 1.2).Rest(10), {.role = role}).empty())
          << "jogging";
      EXPECT_TRUE(Feed(Motion(rate).Rest(3).Steps(20, 3.1, 1.8).Rest(10), {.role = role}).empty())
          << "clapping";
      for (const double peak : {2.0, 3.0, 4.5}) {
        EXPECT_TRUE(Feed(Motion(rate).Rest(4).Bump(peak).Rest(20), {.role = role}).empty())
            << "sitting down hard, " << peak << " g";
      }
      EXPECT_TRUE(Feed(Motion(rate).Rest(4).TurnBy(80).Rest(20), {.role = role}).empty())
          << "lying down gently";
    }
  }
}

TEST(Fall, AtTheWristIsGivenUpWhenTheArmMovesOnAsEver) {
  const auto events =
      Feed(Motion(50).Rest(4).Fall(4.5, 80).Rest(3).Stir(400), {.role = care::v1::ROLE_WRIST});
  EXPECT_EQ(Count(events, Kind::kSuspected), 1);
  EXPECT_EQ(Count(events, Kind::kGivenUp), 1);
  EXPECT_EQ(Count(events, Kind::kNotUp) + Count(events, Kind::kUp), 0);
}

TEST(Fall, AtTheWaistIsNotUpAfterFiveMinutesOfStirring) {
  const auto events =
      Feed(Motion(50).Rest(4).Fall(4.5, 80).Rest(3).Stir(400), {.role = care::v1::ROLE_WAIST});
  EXPECT_EQ(Count(events, Kind::kNotUp), 1);
  EXPECT_EQ(Count(events, Kind::kUp), 0);
}

TEST(Fall, IsOverAfterTenEvenStepsOrHalfAMinuteUpright) {
  for (const auto role : kPlaces) {
    const auto events = Feed(
        Motion(50).Rest(4).Fall(4.5, 80).Rest(8).TurnBy(-80).Steps(15, 1.8, 0.3), {.role = role});
    EXPECT_EQ(Count(events, Kind::kUp), 1) << role;
  }
  const auto events = Feed(Motion(50).Rest(4).Fall(4.5, 80).Rest(8).TurnBy(-80).Rest(35),
                           {.role = care::v1::ROLE_WAIST});
  EXPECT_EQ(Count(events, Kind::kUp), 1);
}

TEST(Fall, IsALongLieAfterAnHour) {
  const auto told = Feed(FallAndLie(20, 3700), {.told = true});
  ASSERT_EQ(Count(told, Kind::kLongLie), 1);
  EXPECT_NEAR(static_cast<double>(told.back().decide_us - told.back().impact_us) / 1e6, 3600, 1);
  const auto just_before = Feed(FallAndLie(20, 3590), {.told = true});
  EXPECT_EQ(Count(just_before, Kind::kLongLie), 0);
}

TEST(Fall, SurvivesAGapAfterTheSuspicionAndCountsStillnessAnew) {
  const Feeding gap{.lost_from = 600, .lost_until = 1000};  // From 12 s to 20 s.
  const auto events = Feed(FallAndLie(50, 60), gap);
  ASSERT_EQ(Count(events, Kind::kStill), 1);
  EXPECT_NEAR(static_cast<double>(events.back().decide_us % 1'000'000'000) / 1e6, 50, 1.2);
}

TEST(Fall, IsNotSuspectedAcrossAGap) {
  const Feeding gap{.lost_from = 200, .lost_until = 300};  // The blow itself is missing.
  EXPECT_TRUE(Feed(FallAndLie(50, 30), gap).empty());
}

TEST(Fall, DoesNotDependOnHowTheSamplesAreCutOrOnRestarts) {
  const Motion motion = FallAndLie(50);
  const auto whole = Feed(motion, {});
  for (const std::size_t chunk : {1U, 7U, 33U, 500U}) {
    const auto cut = Feed(motion, {.chunk = chunk, .restart = chunk == 33U});
    ASSERT_EQ(cut.size(), whole.size()) << chunk;
    for (std::size_t i = 0; i < cut.size(); ++i) {
      EXPECT_EQ(cut[i].kind, whole[i].kind);
      EXPECT_EQ(cut[i].impact_us, whole[i].impact_us);
      EXPECT_EQ(cut[i].decide_us, whole[i].decide_us);
    }
  }
}

TEST(Fall, PassesOverWhatCameBefore) {
  const std::vector<int16_t> samples = FallAndLie(50).Pack();
  std::vector<int16_t> twice;
  const FallConfig config = MakeFallConfig({}, care::v1::ROLE_WRIST);
  FallDetector detector;
  std::vector<FallEvent> out;
  for (int again = 0; again < 2; ++again) {
    detector.Feed(config, 1'700'000'000'000'000, 50,
                  {reinterpret_cast<const char*>(samples.data()), samples.size() * 2}, out);
  }
  EXPECT_EQ(Count(out, Kind::kSuspected), 1);
}

TEST(Fall, RefusesARecordThatItDidNotWrite) {
  FallDetector detector;
  EXPECT_FALSE(detector.ParseFrom(""));
  EXPECT_FALSE(detector.ParseFrom(std::string(900, '\xff')));
  std::string stored;
  detector.AppendTo(stored);
  EXPECT_LE(stored.size(), 1536U);
  EXPECT_TRUE(detector.ParseFrom(stored));
  EXPECT_FALSE(detector.ParseFrom(std::string(stored.size(), '\xff')));
  EXPECT_FALSE(detector.ParseFrom(stored.substr(1)));
}

FallWindow Lying(int16_t x, int16_t y) {
  const auto size = static_cast<uint16_t>(std::lround(std::hypot(x, y)));
  return {x, y, 0, size, size, size, 0};
}

TEST(FallWindows, KnowDirectionsAndFillShortGaps) {
  FallWindows windows;
  windows.BeginAt(1000);
  windows.Add(1000, Lying(1000, 0));
  windows.Add(1005, Lying(0, 1000));
  EXPECT_EQ(windows.newest(), 1005);
  EXPECT_NEAR(DegreesBetween(windows.Direction(1000, 1005), windows.Direction(1005, 1006)), 90,
              0.1);
  EXPECT_NEAR(windows.Rolling(1000, 1006), 90.0 / 5, 0.1);
  EXPECT_EQ(windows.Deviation(1000, 1006), 0);
}

TEST(FallWindows, TellRhythmFromRest) {
  FallWindows walking, resting;
  walking.BeginAt(0);
  resting.BeginAt(0);
  for (int i = 0; i < 30; ++i) {
    walking.Add(i, Lying(static_cast<int16_t>(1000 + 300 * std::sin(i * 2 * 3.14159 / 5)), 0));
    resting.Add(i, Lying(static_cast<int16_t>(1000 + (i * 7 % 3)), 0));
  }
  EXPECT_GT(walking.Rhythm(0, 30), 0.8);
  EXPECT_LT(resting.Rhythm(0, 30), 0.2);
}

// A blow after which the body lies still in another posture is more like a fall than the same blow
// without one, or with unrest after it.
TEST(FallScore, NeedsATurnAndRest) {
  const auto score = [](const Motion& motion, care::v1::Role role) {
    std::vector<FallBlow> blows;
    FallConfig config = MakeFallConfig({}, role);
    config.trace = &blows;
    config.least_score = 1000;
    const std::vector<int16_t> samples = motion.Pack();
    FallDetector detector;
    std::vector<FallEvent> out;
    detector.Feed(config, 1'700'000'000'000'000, static_cast<float>(motion.rate_hz()),
                  {reinterpret_cast<const char*>(samples.data()), samples.size() * 2}, out);
    float best = -1000;
    for (const FallBlow& blow : blows) best = std::max(best, FallScore(blow.view, blow.features));
    return best;
  };
  for (const auto role : kPlaces) {
    const float fall = score(Motion(50).Rest(4).Fall(4.5, 80).Rest(10), role);
    EXPECT_GT(fall, score(Motion(50).Rest(4).Fall(4.5, 3).Rest(10), role));
    EXPECT_GT(fall, score(Motion(50).Rest(4).Fall(4.5, 80).Steps(10, 2, 1), role));
  }
}

}  // namespace
}  // namespace veille::detector
