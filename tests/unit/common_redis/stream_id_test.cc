#include "common/redis/stream_id.h"

#include <limits>

#include <gtest/gtest.h>

namespace veille::redis {
namespace {

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

TEST(StreamId, IsReadAndWrittenAsRedisDoes) {
  EXPECT_EQ(ParseStreamId("1700000000000-7")->ToString(), "1700000000000-7");
  EXPECT_EQ(*ParseStreamId("5"), (StreamId{5, 0}));
  EXPECT_EQ(*ParseStreamId("18446744073709551615-18446744073709551615"), (StreamId{kMax, kMax}));
}

TEST(StreamId, RefusesAllElse) {
  for (const char* text : {"", "-", "$", ">", "+", "1-", "-1", "1-2-3", "1 -2", "0x1-0", "1-2 ",
                           "18446744073709551616-0"}) {
    EXPECT_FALSE(ParseStreamId(text).ok()) << text;
  }
}

TEST(StreamId, IsOrderedByTimeThenSequence) {
  EXPECT_LT((StreamId{1, 9}), (StreamId{2, 0}));
  EXPECT_LT((StreamId{2, 0}), (StreamId{2, 1}));
  EXPECT_EQ((StreamId{2, kMax}.Next()), (StreamId{3, 0}));
  EXPECT_EQ((StreamId{kMax, kMax}.Next()), (StreamId{kMax, kMax}));
}

}  // namespace
}  // namespace veille::redis
