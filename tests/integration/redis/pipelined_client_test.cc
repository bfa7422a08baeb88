#include "common/redis/pipelined_client.h"

#include <atomic>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/integration/redis/latch.h"
#include "tests/support/redis_server.h"

namespace veille::redis {
namespace {

using testing::Counter;
using testing::RedisServer;

constexpr Script kAppend{"append", 1, "return redis.call('RPUSH', KEYS[1], ARGV[1])"};
constexpr Script kFenced{"fenced", 0, "return redis.error_reply('VEILLE FENCED epoch 4')"};

PrivateServer::Options InMemory() {
  PrivateServer::Options options;
  options.append_only = false;
  return options;
}

class PipelinedClientTest : public ::testing::Test {
 protected:
  PipelinedClientTest() { redis_.set_scripts({kAppend, kFenced}); }
  Client& client() { return redis_.client(); }

  RedisServer redis_{InMemory()};
};

TEST_F(PipelinedClientTest, AnswersInTheOrderOfTheCalls) {
  std::vector<int64_t> order;
  Counter done;
  for (int i = 0; i < 1000; ++i) {
    client().Eval(kAppend, {"list", std::to_string(i)}, [&](absl::StatusOr<Reply> reply) {
      order.push_back(reply.ok() ? reply->integer() : -1);
      done.Add();
    });
  }
  ASSERT_TRUE(done.Reaches(1000));
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(order[static_cast<std::size_t>(i)], i + 1);
  EXPECT_EQ(client().CommandSync({"LINDEX", "list", "999"})->str(), "999");
}

TEST_F(PipelinedClientTest, CarriesAHundredThousandScriptsInLargeBatches) {
  constexpr std::size_t kScripts = 100'000;
  const auto c = redis_.NewClient({.scripts = {kAppend}});
  ASSERT_TRUE(c->WaitConnected(absl::Seconds(5)).ok());
  std::atomic<std::size_t> good = 0;
  Counter done;
  for (std::size_t i = 0; i < kScripts; ++i) {
    c->Eval(kAppend, {"many", "x"}, [&](absl::StatusOr<Reply> reply) {
      if (reply.ok()) ++good;
      done.Add();
    });
  }
  ASSERT_TRUE(done.Reaches(kScripts));
  EXPECT_EQ(good, kScripts);
  EXPECT_EQ(c->stats().pending, 0U);
  EXPECT_EQ(c->stats().pending_bytes, 0U);
  EXPECT_GT(c->stats().commands / c->stats().batches, 2U);
}

TEST_F(PipelinedClientTest, CarriesValuesLargerThanEveryBuffer) {
  const std::string large(5 << 20, 'v');
  ASSERT_TRUE(client().CommandSync({"SET", "large", large}).ok());
  EXPECT_EQ(client().CommandSync({"GET", "large"})->str(), large);
}

TEST_F(PipelinedClientTest, SendsAScriptAgainThatRedisHasForgotten) {
  const auto c = redis_.NewClient({.scripts = {kAppend}});
  ASSERT_TRUE(c->EvalSync(kAppend, {"l", "a"}).ok());
  ASSERT_TRUE(c->CommandSync({"SCRIPT", "FLUSH"}).ok());
  EXPECT_EQ(c->EvalSync(kAppend, {"l", "b"})->integer(), 2);
  EXPECT_EQ(c->EvalSync(kAppend, {"l", "c"})->integer(), 3);
  EXPECT_EQ(c->stats().noscripts, 1U);
  EXPECT_EQ(c->stats().pending_bytes, 0U);
}

TEST_F(PipelinedClientTest, GivesAScriptsRefusalItsCode) {
  const auto reply = client().EvalSync(kFenced, {});
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorCode(reply.status()), "FENCED");
}

TEST_F(PipelinedClientTest, RefusesAScriptThatItWasNotMadeWith) {
  constexpr Script kOther{"other", 0, "return 1"};
  EXPECT_EQ(client().EvalSync(kOther, {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(client().EvalSync(kAppend, {}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(PipelinedClientTest, ComesBackAfterItsConnectionWasKilled) {
  ASSERT_TRUE(client().CommandSync({"PING"}).ok());
  const uint64_t before = client().connection_generation();
  const auto killer = redis_.NewClient();
  ASSERT_TRUE(killer->CommandSync({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}).ok());
  // The one in flight when the loss is noticed has an unknown outcome; the next one works.
  auto reply = client().CommandSync({"PING"});
  if (!reply.ok()) {
    EXPECT_TRUE(IsOutcomeUnknown(reply.status())) << reply.status();
    reply = client().CommandSync({"PING"});
  }
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_GT(client().connection_generation(), before);
}

TEST_F(PipelinedClientTest, SendsWhatQueuedWhileRedisWasAway) {
  ASSERT_TRUE(client().CommandSync({"PING"}).ok());
  redis_.Kill();
  Counter done;
  std::atomic<int> good = 0;
  const auto count = [&](const absl::StatusOr<Reply>& reply) {
    if (reply.ok()) ++good;
    done.Add();
  };
  // One may be lost with the connection; the caller, whose command is idempotent, asks again.
  client().Command({"SADD", "s", "0"}, [&](absl::StatusOr<Reply> reply) {
    if (reply.ok()) return count(reply);
    client().Command({"SADD", "s", "0"}, count);
  });
  for (int i = 1; i < 100; ++i) {
    client().Command({"SADD", "s", std::to_string(i)}, [&, i](absl::StatusOr<Reply> reply) {
      if (reply.ok()) return count(reply);
      client().Command({"SADD", "s", std::to_string(i)}, count);
    });
  }
  redis_.Restart();
  ASSERT_TRUE(done.Reaches(100));
  EXPECT_EQ(good, 100);
  EXPECT_EQ(client().CommandSync({"SCARD", "s"})->integer(), 100);
}

TEST_F(PipelinedClientTest, GivesUpOnWhatCannotBeSentInTime) {
  redis_.Kill();
  const auto c = redis_.NewClient({.queue_timeout = absl::Milliseconds(200)});
  const auto reply = c->CommandSync({"PING"});
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_NE(std::string(reply.status().message()).find("redis not reachable at unix:"),
            std::string::npos)
      << reply.status();
  EXPECT_FALSE(c->connected());
}

TEST_F(PipelinedClientTest, BoundsItsQueueByCommandsAndByBytes) {
  redis_.Kill();
  const auto c = redis_.NewClient(
      {.queue_timeout = absl::Milliseconds(300), .max_queue = 10, .max_queue_bytes = 4096});
  Counter full;
  Counter late;
  for (int i = 0; i < 15; ++i) {
    c->Command({"PING"}, [&](absl::StatusOr<Reply> reply) {
      (absl::IsResourceExhausted(reply.status()) ? full : late).Add();
    });
  }
  EXPECT_TRUE(full.Reaches(5));
  EXPECT_TRUE(late.Reaches(10));
  EXPECT_TRUE(
      absl::IsResourceExhausted(c->CommandSync({"SET", "k", std::string(5000, 'x')}).status()));
  EXPECT_EQ(c->stats().pending_bytes, 0U);
}

TEST_F(PipelinedClientTest, DropsAConnectionThatDoesNotAnswer) {
  const auto c = redis_.NewClient({.reply_timeout = absl::Milliseconds(200)});
  ASSERT_TRUE(c->CommandSync({"PING"}).ok());
  const auto reply = c->CommandSync({"BLPOP", "nothing", "2"});
  EXPECT_TRUE(IsOutcomeUnknown(reply.status())) << reply.status();
  EXPECT_TRUE(c->CommandSync({"PING"}).ok());
  EXPECT_EQ(c->connection_generation(), 2U);
}

TEST_F(PipelinedClientTest, CancelsWhatIsPendingWhenItIsDestroyed) {
  Counter cancelled;
  auto c = redis_.NewClient();
  ASSERT_TRUE(c->WaitConnected(absl::Seconds(5)).ok());
  c->Command({"BLPOP", "nothing", "3"}, [&](absl::StatusOr<Reply> reply) {
    if (absl::IsCancelled(reply.status())) cancelled.Add();
  });
  c.reset();
  EXPECT_TRUE(cancelled.Reaches(1));
}

TEST_F(PipelinedClientTest, SurvivesManyCallersWhileConnectionsAreKilled) {
  const auto c = redis_.NewClient({.backoff_max = absl::Milliseconds(20)});
  const auto killer = redis_.NewClient();
  Counter done;
  std::atomic<std::size_t> wrong = 0;
  for (std::size_t i = 0; i < 20'000; ++i) {
    if (i % 2000 == 0) {
      killer->Command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"},
                      [](const absl::StatusOr<Reply>&) {});
    }
    const std::string word = std::to_string(i);
    c->Command({"ECHO", word}, [&, word](absl::StatusOr<Reply> reply) {
      if (reply.ok() ? reply->str() != word : !IsOutcomeUnknown(reply.status())) ++wrong;
      done.Add();
    });
  }
  ASSERT_TRUE(done.Reaches(20'000));
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace veille::redis
