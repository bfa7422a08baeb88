#include "common/rpc/call_limits.h"

#include "gtest/gtest.h"

#include "common/rpc/plain_calls.h"
#include "common/rpc/status.h"

namespace veille::rpc {
namespace {

TEST(CallLimits, ACallerInHasteIsToldWhenToComeAgainAndOthersAreServed) {
  metrics::Registry metrics;
  absl::Duration now = absl::Hours(1);
  CallLimits limits({.rate = {10, 2}, .uptime = [&now] { return now; }}, metrics);
  EXPECT_TRUE(limits.Take("Bearer a", "/s/List").ok());
  EXPECT_TRUE(limits.Take("Bearer a", "/s/List").ok());
  const absl::Status refused = limits.Take("Bearer a", "/s/List");
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_EQ(RetryDelayOf(refused), absl::Milliseconds(100));
  EXPECT_EQ(PutOffFor(refused), absl::Milliseconds(100));
  EXPECT_EQ(PutOffFor(absl::ResourceExhaustedError("too many calls")), std::nullopt);
  EXPECT_EQ(PutOffFor(absl::UnavailableError("too many calls: try again in 1s")), std::nullopt);
  EXPECT_EQ(std::string(refused.message()).find("Bearer"), std::string::npos);
  EXPECT_TRUE(limits.Take("Bearer b", "/s/List").ok());
  now += absl::Milliseconds(101);
  EXPECT_TRUE(limits.Take("Bearer a", "/s/List").ok());
}

TEST(CallLimits, WhatMustGetThroughIsNeverCounted) {
  metrics::Registry metrics;
  CallLimits limits({.rate = {1, 1}, .always = {"/s/Acknowledge"}}, metrics);
  EXPECT_TRUE(limits.Take("svc/terminal", "/s/List").ok());
  EXPECT_FALSE(limits.Take("svc/terminal", "/s/List").ok());
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(limits.Take("svc/terminal", "/s/Acknowledge").ok());
}

TEST(PlainCalls, AreTheTokensElseTheAddressesAndNobodysFromThisMachine) {
  EXPECT_EQ(PlainCallerOf("Bearer a", "ipv4:192.0.2.7:51234"), "Bearer a");
  EXPECT_EQ(PlainCallerOf("", "ipv4:192.0.2.7:51234"), "ipv4:192.0.2.7");
  EXPECT_EQ(PlainCallerOf("", "ipv6:%5B2001:db8::7%5D:51234"), "ipv6:%5B2001:db8::7%5D");
  EXPECT_EQ(PlainCallerOf("", "ipv6:[2001:db8::7]:1"), "ipv6:[2001:db8::7]");
  for (const char* ours : {"unix:/tmp/care.sock", "unix:", "ipv4:127.0.0.1:51234",
                           "ipv4:127.1.2.3:1", "ipv6:[::1]:1", "ipv6:%5B::1%5D:51234"})
    EXPECT_EQ(PlainCallerOf("", ours), "") << ours;
  EXPECT_EQ(PlainCallerOf("Bearer a", "unix:"), "Bearer a");
}

}  // namespace
}  // namespace veille::rpc
