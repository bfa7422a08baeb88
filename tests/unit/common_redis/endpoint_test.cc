#include "common/redis/endpoint.h"

#include <gtest/gtest.h>

namespace veille::redis {
namespace {

TEST(Endpoint, IsReadFromEachOfItsForms) {
  EXPECT_EQ(ParseEndpoint("unix:/run/redis.sock")->unix_socket, "/run/redis.sock");
  EXPECT_EQ(ParseEndpoint("tcp:redis:6380")->ToString(), "tcp:redis:6380");
  EXPECT_EQ(ParseEndpoint("tcp:[::1]:7000")->ToString(), "tcp:[::1]:7000");
  EXPECT_EQ(ParseEndpoint("redis://veille@cache.local")->username, "veille");
  EXPECT_EQ(ParseEndpoint("redis://veille@cache.local")->ToString(), "tcp:cache.local:6379");
}

TEST(Endpoint, IsRefusedWithTheReason) {
  for (const char* text : {"", "unix:", "tcp:host", "tcp::6379", "tcp:host:0", "tcp:host:65536",
                           "tcp:host:12x", "tcp:[::1", "host:6379", "redis://"}) {
    EXPECT_EQ(ParseEndpoint(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(ParseEndpoint("unix:/" + std::string(120, 'x')).ok());
}

TEST(Endpoint, NeverRepeatsAPasswordThatWasWrittenIntoTheAddress) {
  const auto status = ParseEndpoint("redis://me:hunter2@host").status();
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(std::string(status.message()).find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace veille::redis
