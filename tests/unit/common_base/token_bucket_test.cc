#include "common/base/token_bucket.h"

#include "gtest/gtest.h"

namespace veille {
namespace {

const absl::Duration kStart = absl::Hours(100);

TEST(TokenBucket, GivesItsBurstAtOnceAndThenItsRate) {
  TokenBucket bucket({10, 3}, kStart);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.TryTake(1, kStart));
  EXPECT_FALSE(bucket.TryTake(1, kStart));
  EXPECT_FALSE(bucket.TryTake(1, kStart + absl::Milliseconds(99)));
  EXPECT_TRUE(bucket.TryTake(1, kStart + absl::Milliseconds(101)));
  EXPECT_FALSE(bucket.TryTake(1, kStart + absl::Milliseconds(101)));
}

TEST(TokenBucket, NeverHoldsMoreThanItsBurst) {
  TokenBucket bucket({10, 3}, kStart);
  const absl::Duration later = kStart + absl::Hours(24);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.TryTake(1, later));
  EXPECT_FALSE(bucket.TryTake(1, later));
}

TEST(TokenBucket, SaysWhenThereIsEnough) {
  TokenBucket bucket({10, 3}, kStart);
  EXPECT_EQ(bucket.Until(3, kStart), absl::ZeroDuration());
  ASSERT_TRUE(bucket.TryTake(3, kStart));
  EXPECT_EQ(bucket.Until(2, kStart), absl::Milliseconds(200));
  EXPECT_EQ(bucket.Until(2, kStart + absl::Milliseconds(150)), absl::Milliseconds(50));
}

TEST(TokenBucket, WhatIsLargerThanTheBurstCostsTheBurst) {
  TokenBucket bucket({10, 3}, kStart);
  EXPECT_TRUE(bucket.TryTake(1000, kStart));
  EXPECT_FALSE(bucket.TryTake(1000, kStart + absl::Milliseconds(299)));
  EXPECT_TRUE(bucket.TryTake(1000, kStart + absl::Milliseconds(301)));
}

TEST(TokenBucket, AClockThatGoesBackGivesNothing) {
  TokenBucket bucket({10, 1}, kStart);
  ASSERT_TRUE(bucket.TryTake(1, kStart));
  EXPECT_FALSE(bucket.TryTake(1, kStart - absl::Hours(1)));
  EXPECT_FALSE(bucket.TryTake(1, kStart + absl::Milliseconds(50)));
}

}  // namespace
}  // namespace veille
