#include "common/redis/reply.h"

#include <utility>

#include <gtest/gtest.h>

#include "common/redis/stream_reader.h"
#include "common/redis/wire.h"

namespace veille::redis {
namespace {

TEST(Reply, KeepsItsTreeWhereverItIsMoved) {
  Reply first = *Reply::Parse("*3\r\n:1\r\n$2\r\nab\r\n*1\r\n$-1\r\n");
  const ReplyView view = first[1];
  const Reply second = std::move(first);
  EXPECT_EQ(view.str(), "ab");
  EXPECT_TRUE(first.IsNil());
  EXPECT_EQ(second.ToDebugString(), "[1, \"ab\", [nil]]");
}

TEST(Reply, OfAnotherShapeThanExpectedAnswersNothing) {
  const Reply reply = Reply::Integer(7);
  EXPECT_EQ(reply.str(), "");
  EXPECT_EQ(reply.size(), 0U);
  EXPECT_TRUE(reply[3][4].IsNil());
  EXPECT_EQ(Reply::String("a").integer(), 0);
  EXPECT_EQ(*Reply::String("-42").AsInteger(), -42);
  EXPECT_FALSE(Reply::String("42x").AsInteger().ok());
}

TEST(Reply, ParsedFromAnErrorIsItsStatus) {
  EXPECT_EQ(Reply::Parse("-OOM full\r\n").status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(Reply::Parse("$5\r\nab").ok());
}

TEST(StreamBatch, ViewsTheEntriesOfXread) {
  const auto batch = StreamBatch::FromXread(*Reply::Parse(
      "*1\r\n*2\r\n$1\r\ns\r\n*2\r\n*2\r\n$3\r\n5-1\r\n*4\r\n$1\r\na\r\n$1\r\nx\r\n$1\r\nb\r\n"
      "$1\r\ny\r\n*2\r\n$3\r\n5-2\r\n*-1\r\n"));
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(batch->entries()[0].Field("b"), "y");
  EXPECT_EQ(batch->last_id(), (StreamId{5, 2}));
  EXPECT_EQ(StreamBatch::FromXread(Reply::Integer(1)).status().code(), absl::StatusCode::kDataLoss);
}

TEST(Wire, WritesACommandAsRedisReadsIt) {
  std::string out;
  wire::AppendCommand(out, {"SET", "k", std::string_view("\0\r\n", 3)});
  const std::string_view want("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\n\0\r\n\r\n", 29);
  EXPECT_EQ(out, want);
}

}  // namespace
}  // namespace veille::redis
