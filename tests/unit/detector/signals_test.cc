// Zones out of position fixes.

#include <cmath>

#include "gtest/gtest.h"

#include "common/base/random.h"
#include "services/detector/core/rules/geofence.h"

namespace veille::detector {
namespace {

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
