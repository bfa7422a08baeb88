#include "common/limit/keyed_buckets.h"

#include "gtest/gtest.h"

namespace veille {
namespace {

constexpr absl::Duration kStart = absl::ZeroDuration();

TEST(KeyedBuckets, OneCallersHasteIsNoOthersLoss) {
  KeyedBuckets buckets({10, 1}, 100, kStart);
  EXPECT_EQ(buckets.TakeOrWait("marie", kStart), absl::ZeroDuration());
  EXPECT_EQ(buckets.TakeOrWait("marie", kStart), absl::Milliseconds(100));
  EXPECT_EQ(buckets.TakeOrWait("paul", kStart), absl::ZeroDuration());
}

TEST(KeyedBuckets, ACrowdOfMadeUpNamesSharesWhatIsLeft) {
  KeyedBuckets buckets({10, 1}, 2, kStart);
  EXPECT_EQ(buckets.TakeOrWait("a", kStart), absl::ZeroDuration());
  EXPECT_EQ(buckets.TakeOrWait("b", kStart), absl::ZeroDuration());
  EXPECT_EQ(buckets.TakeOrWait("c", kStart), absl::ZeroDuration());
  EXPECT_GT(buckets.TakeOrWait("d", kStart), absl::ZeroDuration());
  EXPECT_EQ(buckets.size(), 2U);
}

TEST(KeyedBuckets, WhoHasBeenQuietIsForgottenForWhoIsNew) {
  KeyedBuckets buckets({10, 1}, 2, kStart);
  EXPECT_EQ(buckets.TakeOrWait("a", kStart), absl::ZeroDuration());
  EXPECT_EQ(buckets.TakeOrWait("b", kStart), absl::ZeroDuration());
  const absl::Duration later = kStart + absl::Seconds(2);
  EXPECT_EQ(buckets.TakeOrWait("c", later), absl::ZeroDuration());
  EXPECT_EQ(buckets.size(), 1U);
}

}  // namespace
}  // namespace veille
