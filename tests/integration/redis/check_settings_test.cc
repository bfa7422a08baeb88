#include "common/redis/check_settings.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/redis_server.h"

namespace veille::redis {
namespace {

TEST(CheckSettings, ListsEverythingThatIsWrongWithItsRemedy) {
  testing::RedisServer redis;
  EXPECT_TRUE(CheckSettings(redis.client(), {}).ok());
  ASSERT_TRUE(redis.client()
                  .CommandSync({"CONFIG", "SET", "appendfsync", "everysec", "maxmemory-policy",
                                "allkeys-lru", "no-appendfsync-on-rewrite", "yes"})
                  .ok());
  const absl::Status status = CheckSettings(redis.client(), {});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  const std::string text(status.message());
  for (const char* remedy : {"CONFIG SET appendfsync always", "CONFIG SET maxmemory-policy noevic",
                             "CONFIG SET no-appendfsync-on-rewrite no"}) {
    EXPECT_NE(text.find(remedy), std::string::npos) << text;
  }
  EXPECT_EQ(text.find("CONFIG SET appendonly"), std::string::npos) << text;

  const std::string relaxed(
      CheckSettings(redis.client(), {.appendfsync = Fsync::kEverySecond}).message());
  EXPECT_EQ(relaxed.find("appendfsync is"), std::string::npos) << relaxed;
}

TEST(ReadServerInfo, SaysVersionRoleAndMemory) {
  PrivateServer::Options options;
  options.maxmemory_bytes = 64 << 20;
  testing::RedisServer redis(options);
  const auto info = ReadServerInfo(redis.client());
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->maxmemory_bytes, 64 << 20);
  EXPECT_EQ(info->role, "master");
  EXPECT_GE(info->redis_version, "7");
  EXPECT_GT(info->memory_fraction(), 0);
}

}  // namespace
}  // namespace veille::redis
