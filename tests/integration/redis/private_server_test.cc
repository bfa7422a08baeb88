#include "common/redis/private_server.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "tests/support/redis_server.h"

namespace veille::redis {
namespace {

namespace fs = std::filesystem;
using testing::RedisServer;

TEST(PrivateServer, KeepsWhatItAnsweredThroughAKill) {
  RedisServer redis;
  ASSERT_TRUE(redis.client().CommandSync({"SET", "k", "v"}).ok());
  redis.Kill();
  EXPECT_FALSE(redis.server().Alive());
  redis.Restart();
  EXPECT_EQ(redis.client().CommandSync({"GET", "k"})->str(), "v");
  EXPECT_TRUE(redis.server().repairs().empty());
}

TEST(PrivateServer, MendsAnAppendOnlyFileWithZerosAfterItsTail) {
  RedisServer redis;
  ASSERT_TRUE(redis.client().CommandSync({"SET", "k", "v"}).ok());
  redis.Kill();
  const fs::path aof = fs::path(redis.folder()) / "appendonlydir/appendonly.aof.1.incr.aof";
  const auto good_bytes = fs::file_size(aof);
  std::ofstream(aof, std::ios::app | std::ios::binary) << std::string(4096, '\0');
  redis.Restart();
  EXPECT_EQ(redis.client().CommandSync({"GET", "k"})->str(), "v");
  ASSERT_EQ(redis.server().repairs().size(), 1U);
  EXPECT_NE(redis.server().repairs()[0].find("cut 4096 of"), std::string::npos)
      << redis.server().repairs()[0];
  std::size_t backups = 0;
  for (const auto& entry : fs::directory_iterator(redis.folder())) {
    if (entry.path().filename().string().find(".broken-") == std::string::npos) continue;
    ++backups;
    EXPECT_EQ(entry.file_size(), good_bytes + 4096);
  }
  EXPECT_EQ(backups, 1U);
}

TEST(PrivateServer, RefusesAFolderThatAnotherOneUses) {
  RedisServer redis;
  PrivateServer::Options options;
  options.data_dir = redis.folder();
  const auto second = PrivateServer::Start(options);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition) << second.status();
  EXPECT_NE(std::string(second.status().message()).find("in use by another instance"),
            std::string::npos);
}

TEST(PrivateServer, SaysWhyItCannotStart) {
  PrivateServer::Options options;
  options.data_dir = ::testing::TempDir() + "veille-cannot-start";
  options.extra_args = {"--no-such-setting", "1"};
  const auto server = PrivateServer::Start(options);
  EXPECT_NE(std::string(server.status().message()).find("no-such-setting"), std::string::npos)
      << server.status();
  options.binary = "no-such-redis";
  EXPECT_EQ(PrivateServer::Start(options).status().code(), absl::StatusCode::kNotFound);
  fs::remove_all(options.data_dir);
}

}  // namespace
}  // namespace veille::redis
