// Redis as it is on bad days: refusing, read-only, full, loading.
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "common/redis/errors.h"
#include "common/redis/pipelined_client.h"
#include "common/sync/worker.h"
#include "tests/support/redis_server.h"

namespace veille::redis {
namespace {

using testing::RedisServer;

PrivateServer::Options InMemory(std::vector<std::string> extra_args = {}) {
  PrivateServer::Options options;
  options.append_only = false;
  options.extra_args = std::move(extra_args);
  return options;
}

std::string WriteFile(const RedisServer& redis, const std::string& text) {
  const std::string path = redis.folder() + "/password";
  std::ofstream(path) << text;
  return path;
}

TEST(RedisTrouble, AWrongPasswordIsSaidAtOnceAndANewOneIsFound) {
  RedisServer redis(InMemory());
  ASSERT_TRUE(
      redis.client().CommandSync({"ACL", "SETUSER", "veille", "on", ">right", "~*", "+@all"}).ok());
  Endpoint endpoint = redis.endpoint();
  endpoint.username = "veille";
  endpoint.password_file = WriteFile(redis, "wrong\n");
  PipelinedClient client({.endpoint = endpoint});
  const auto refused = client.CommandSync({"PING"});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kPermissionDenied) << refused.status();
  EXPECT_EQ(ErrorCode(refused.status()), "WRONGPASS");

  WriteFile(redis, "right\n");
  ASSERT_TRUE(client.WaitConnected(absl::Seconds(5)).ok());
  EXPECT_EQ(client.CommandSync({"ACL", "WHOAMI"})->str(), "veille");
}

TEST(RedisTrouble, AReplicaIsLeftSoThatAFailoverIsFound) {
  RedisServer redis(InMemory());
  const auto operator_client = redis.NewClient();
  ASSERT_TRUE(redis.client().CommandSync({"SET", "k", "1"}).ok());
  const uint64_t before = redis.client().connection_generation();
  ASSERT_TRUE(operator_client->CommandSync({"REPLICAOF", "127.0.0.1", "1"}).ok());
  const auto reply = redis.client().CommandSync({"SET", "k", "2"});
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorCode(reply.status()), "READONLY") << reply.status();
  ASSERT_TRUE(operator_client->CommandSync({"REPLICAOF", "NO", "ONE"}).ok());
  EXPECT_TRUE(redis.client().CommandSync({"SET", "k", "3"}).ok());
  EXPECT_GT(redis.client().connection_generation(), before);
}

TEST(RedisTrouble, AtMaxmemoryOnlyAScriptThatMayDoSoGoesOn) {
  constexpr Script kPlain{"plain", 1, "#!lua\nreturn redis.call('RPUSH', KEYS[1], ARGV[1])"};
  constexpr Script kUrgent{"urgent", 1,
                           "#!lua flags=allow-oom\nreturn redis.call('RPUSH', KEYS[1], ARGV[1])"};
  RedisServer redis(InMemory());
  redis.set_scripts({kPlain, kUrgent});
  ASSERT_TRUE(redis.client().CommandSync({"CONFIG", "SET", "maxmemory", "1"}).ok());
  const auto plain = redis.client().EvalSync(kPlain, {"l", "bulk"});
  EXPECT_EQ(plain.status().code(), absl::StatusCode::kResourceExhausted) << plain.status();
  EXPECT_EQ(ErrorCode(plain.status()), "OOM");
  EXPECT_EQ(redis.client().EvalSync(kUrgent, {"l", "sos"})->integer(), 1);
}

TEST(RedisTrouble, LoadingIsWaitedFor) {
  // Loading takes 2 ms a key, and Redis answers LOADING meanwhile.
  RedisServer redis({.extra_args = {"--key-load-delay", "2000",
                                    "--loading-process-events-interval-bytes", "1024"}});
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(
        redis.client().CommandSync({"SET", "k" + std::to_string(i), std::string(100, 'v')}).ok());
  }
  redis.Kill();
  redis.Restart();
  EXPECT_EQ(redis.client().CommandSync({"DBSIZE"})->integer(), 200);
}

TEST(RedisTrouble, LoadingIsNamedWhenOnesPatienceIsShorter) {
  RedisServer redis({.extra_args = {"--key-load-delay", "300"}});
  // While it loads, Redis answers once every 1,024 commands of its log.
  ASSERT_TRUE(
      redis.client()
          .CommandSync({"EVAL", "for i = 1, 4000 do redis.call('SET', KEYS[1], i) end", "1", "k"})
          .ok());
  redis.Kill();
  absl::Status loading;
  // Beside the thread that starts the server, which waits until it has loaded.
  Worker impatient("impatient", [&] {
    while (true) {
      // A new one each time, which has nothing to back off from.
      const absl::Status status = redis.NewClient()->WaitConnected(absl::Milliseconds(50));
      if (ErrorCode(status) == "LOADING") loading = status;
      if (status.ok()) return;
    }
  });
  redis.Restart();
  impatient.Join();
  EXPECT_EQ(loading.code(), absl::StatusCode::kUnavailable) << loading;
  EXPECT_NE(std::string(loading.message()).find("redis is loading its data"), std::string::npos)
      << loading;
}

}  // namespace
}  // namespace veille::redis
