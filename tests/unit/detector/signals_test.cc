// Falls out of acceleration, and zones out of position fixes.

#include <cmath>

#include "gtest/gtest.h"

#include "common/base/random.h"
#include "services/detector/core/rules/fall.h"
#include "services/detector/core/rules/geofence.h"

namespace veille::detector {
namespace {

struct Sample {
  double x, y, z;
};

// 4 s upright, a blow, `after` seconds in another posture; the arm's axes turned by `turn`.
std::vector<Sample> MakeFall(double rate_hz, double peak_g, double angle_degrees, double after,
                             double shake_g, double turn) {
  std::vector<Sample> samples;
  SeededRandom random(7);
  const auto noise = [&](double scale) { return scale * (random.Unit() - 0.5); };
  for (int i = 0; i < static_cast<int>((5 + after) * rate_hz); ++i) {
    const double t = i / rate_hz;
    const double tilt = t < 4.2 ? 0 : angle_degrees * 0.0174533;
    double size = 1 + noise(t > 4.5 ? shake_g : 0.05);
    if (t >= 3.9 && t < 4.1) size = 0.3;
    if (t >= 4.1 && t < 4.25) size = peak_g;
    const double x = size * std::cos(tilt), y = size * std::sin(tilt);
    samples.push_back({x * std::cos(turn) - y * std::sin(turn),
                       x * std::sin(turn) + y * std::cos(turn), noise(0.02)});
  }
  return samples;
}

std::string Pack(const std::vector<Sample>& samples, double clip_g) {
  std::string bytes;
  for (const Sample& sample : samples) {
    for (const double axis : {sample.x, sample.y, sample.z}) {
      const auto mg = static_cast<int16_t>(std::lround(std::clamp(axis, -clip_g, clip_g) * 1000));
      bytes.append(reinterpret_cast<const char*>(&mg), sizeof(mg));
    }
  }
  return bytes;
}

// What is concluded, when the samples come in pieces of `chunk`.
std::vector<FallEvent> Feed(const std::string& bytes, double rate_hz, std::size_t chunk,
                            bool restart = false) {
  const FallConfig config = MakeFallConfig({}, care::v1::ROLE_WRIST);
  FallDetector detector;
  std::vector<FallEvent> out;
  const std::size_t count = bytes.size() / 6;
  for (std::size_t at = 0; at < count; at += chunk) {
    const std::size_t n = std::min(chunk, count - at);
    const auto time_us = static_cast<int64_t>(
        1'700'000'000'000'000 + std::llround(static_cast<double>(at) * 1e6 / rate_hz));
    detector.Feed(config, time_us, static_cast<float>(rate_hz),
                  std::string_view(bytes).substr(at * 6, n * 6), out);
    if (!restart) continue;
    std::string stored;
    detector.AppendTo(stored);
    FallDetector again;
    EXPECT_TRUE(again.ParseFrom(stored));
    detector = again;
  }
  return out;
}

bool Has(const std::vector<FallEvent>& events, FallEvent::Kind kind) {
  for (const FallEvent& event : events)
    if (event.kind == kind) return true;
  return false;
}

TEST(Fall, IsFoundAtAnyRateAndOrientationAndWhenTheSensorClips) {
  for (const double rate : {10.0, 20.0, 25.0, 50.0, 100.0, 200.0}) {
    for (const double turn : {0.0, 1.0, 2.5}) {
      const std::string bytes = Pack(MakeFall(rate, 4.5, 80, 40, 0.05, turn), 4);
      const auto events = Feed(bytes, rate, static_cast<std::size_t>(rate));
      EXPECT_TRUE(Has(events, FallEvent::Kind::kSuspected)) << rate << " Hz, turned " << turn;
      EXPECT_TRUE(Has(events, FallEvent::Kind::kFallen)) << rate << " Hz, turned " << turn;
    }
  }
}

TEST(Fall, IsNotSeenInABlowWithoutAnotherPosture) {
  EXPECT_TRUE(Feed(Pack(MakeFall(50, 4.5, 5, 40, 0.05, 0), 8), 50, 50).empty());
}

TEST(Fall, RecoversWhenThePersonMovesAgain) {
  std::vector<Sample> samples = MakeFall(50, 4.5, 80, 6, 0.05, 0);
  SeededRandom random(3);
  for (int i = 0; i < 50 * 30; ++i)
    samples.push_back({1.8 * random.Unit(), 1.8 * random.Unit(), 0});
  const auto events = Feed(Pack(samples, 8), 50, 50);
  EXPECT_TRUE(Has(events, FallEvent::Kind::kRecovered));
  EXPECT_FALSE(Has(events, FallEvent::Kind::kFallen));
}

TEST(Fall, DoesNotDependOnHowTheSamplesAreCutOrOnRestarts) {
  const std::string bytes = Pack(MakeFall(50, 4.5, 80, 40, 0.05, 0), 8);
  const auto whole = Feed(bytes, 50, 50);
  for (const std::size_t chunk : {1U, 7U, 33U, 500U}) {
    const auto cut = Feed(bytes, 50, chunk, chunk == 33U);
    ASSERT_EQ(cut.size(), whole.size()) << chunk;
    for (std::size_t i = 0; i < cut.size(); ++i) {
      EXPECT_EQ(cut[i].kind, whole[i].kind);
      EXPECT_EQ(cut[i].impact_us, whole[i].impact_us);
      EXPECT_EQ(cut[i].decide_us, whole[i].decide_us);
    }
  }
}

TEST(Fall, RefusesARecordThatItDidNotWrite) {
  FallDetector detector;
  EXPECT_FALSE(detector.ParseFrom(""));
  EXPECT_FALSE(detector.ParseFrom(std::string(900, '\xff')));
}

GeofenceConfig Circle() {
  GeofenceConfig config;
  config.zones = {{"home", {{49.9, 2.3}}, 200, 40}};
  return config;
}

Fix At(int64_t second, double north_m, double accuracy_m) {
  return {second * 1000000, 49.9 + north_m / 111195, 2.3, accuracy_m};
}

TEST(Geofence, IsLeftAfterTwoFixesBeyondRadiusHysteresisAndAccuracy) {
  Geofence fence;
  EXPECT_FALSE(fence.Feed(Circle(), At(1, 249, 10)));
  EXPECT_FALSE(fence.Feed(Circle(), At(2, 251, 10)));
  EXPECT_FALSE(fence.Feed(Circle(), At(31, 252, 10)));
  const auto left = fence.Feed(Circle(), At(32, 252, 10));
  ASSERT_TRUE(left.has_value());
  EXPECT_TRUE(left->exited);
  EXPECT_EQ(left->since_us, 2000000);
}

// Peers' mistake 4: the same radius to enter and to leave, accuracy ignored.
TEST(Geofence, DoesNotFlapOnAnEdge) {
  Geofence fence;
  SeededRandom random(5);
  int events = 0;
  for (int i = 1; i < 5000; ++i)
    events += fence.Feed(Circle(), At(i * 10, 200 + 60 * (random.Unit() - 0.5), 20)) ? 1 : 0;
  EXPECT_EQ(events, 0);
}

TEST(Geofence, IgnoresFixesOfBadOrUnknownAccuracyAndOldOnes) {
  Geofence fence;
  for (int i = 1; i < 10; ++i) {
    EXPECT_FALSE(fence.Feed(Circle(), At(i, 5000, 150)));
    EXPECT_FALSE(fence.Feed(Circle(), At(i + 100, 5000, 0)));
  }
  EXPECT_FALSE(fence.Feed(Circle(), At(50, 900, 10)));
  EXPECT_FALSE(fence.Feed(Circle(), At(51, 900, 10)));
  EXPECT_FALSE(fence.outside());
}

TEST(Geofence, IsEnteredAgainOnlyWhenClearlyInside) {
  Geofence fence;
  fence.Feed(Circle(), At(1, 400, 10));
  fence.Feed(Circle(), At(31, 400, 10));
  EXPECT_TRUE(fence.outside());
  EXPECT_FALSE(fence.Feed(Circle(), At(32, 195, 10)));
  const auto back = fence.Feed(Circle(), At(33, 185, 10));
  ASSERT_TRUE(back.has_value());
  EXPECT_FALSE(back->exited);
}

TEST(Geofence, TwoFixesOfOneMomentAreOne) {
  Geofence fence;
  fence.Feed(Circle(), At(1, 0, 10));
  EXPECT_FALSE(fence.Feed(Circle(), At(2, 400, 10)));
  EXPECT_FALSE(fence.Feed(Circle(), At(31, 400, 10)));
  EXPECT_TRUE(fence.Feed(Circle(), At(32, 400, 10)));
}

TEST(Geofence, TheWayBetweenSparseFixesCounts) {
  Geofence fence;
  fence.Feed(Circle(), At(0, 0, 10));
  fence.Feed(Circle(), At(10, 150, 10));  // 100 m short of leaving, errors counted.
  const auto left = fence.Feed(Circle(), At(310, 450, 10));
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(left->since_us, 110000000);
  // Over hours nobody knows the way, and nobody walks 300 m in a minute and a half.
  for (const int64_t later : {7200, 90}) {
    Geofence other;
    other.Feed(Circle(), At(10, 150, 10));
    EXPECT_FALSE(other.Feed(Circle(), At(10 + later, 450, 10)));
  }
}

TEST(Geofence, GoesOnFromItsStoredBytes) {
  Geofence fence;
  fence.Feed(Circle(), At(10, 150, 10));
  std::string stored;
  fence.AppendTo(stored);
  Geofence again;
  ASSERT_TRUE(again.ParseFrom(stored));
  EXPECT_TRUE(again.Feed(Circle(), At(310, 450, 10)));
  EXPECT_FALSE(again.ParseFrom("x"));
}

TEST(Geofence, KnowsPolygons) {
  GeofenceConfig::Zone zone{
      "field", {{49.9, 2.3}, {49.9, 2.31}, {49.91, 2.31}, {49.91, 2.3}}, 0, 30};
  EXPECT_LT(DistanceToEdge(zone, 49.905, 2.305), -300);
  EXPECT_NEAR(DistanceToEdge(zone, 49.89, 2.305), 1112, 5);
}

}  // namespace
}  // namespace veille::detector
