// The main job, as a new user runs it without a terminal.

#include "gtest/gtest.h"

#include "common/base/file.h"
#include "tests/support/process.h"

namespace veille {
namespace {

TEST(Play, TellsEveryScriptedEmergencyAndAnAcknowledgementStopsTheChain) {
  const testing::TempFolder folder;
  const std::string log = folder.path() + "/play.log";
  testing::Process play({testing::VeilleBinary(), "play", "--data=" + folder.path() + "/data",
                         "--speed=600", "--output=json"},
                        log);
  play.Start();
  EXPECT_EQ(play.Wait(absl::Minutes(4)), 0) << ReadFile(log).value_or("");
}

TEST(CheckConfig, NamesFileLineAndReason) {
  const testing::TempFolder folder;
  const std::string config = folder.path() + "/bad.textproto";
  ASSERT_TRUE(WriteFileAtomically(config,
                                  "redis { endpoint: \"carrier pigeon\" }\n"
                                  "gateway { bulk_memory_ratio: 7 }\n")
                  .ok());
  const std::string log = folder.path() + "/log";
  testing::Process check(
      {testing::VeilleBinary(), "gateway", "--config=" + config, "--check_config"}, log);
  check.Start();
  EXPECT_EQ(check.Wait(absl::Seconds(20)), 1);
  const std::string said = ReadFile(log).value_or("");
  EXPECT_NE(said.find("bad.textproto:1:"), std::string::npos) << said;
  EXPECT_NE(said.find("bad.textproto:2:"), std::string::npos) << said;
  EXPECT_NE(said.find("gateway.bulk_memory_ratio"), std::string::npos) << said;
}

}  // namespace
}  // namespace veille
