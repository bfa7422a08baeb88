// The main job, as a new user runs it without a terminal.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

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

TEST(CommandLine, ThatIsWrongEndsWithTwoBeforeAnythingIsMade) {
  const testing::TempFolder folder;
  const std::string data = folder.path() + "/data", log = folder.path() + "/log";
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"all", "extra"}, "'extra' is not understood here"},
      {{"care", "serve", "extra"}, "'extra' is not understood here"},
      {{"notifier", "--check_config", "bogus"}, "'bogus' is not understood here"},
      {{"rules", "--nope"}, "--nope: there is no such flag"},
      {{"alerts", "--caregiver=anne", "resolve", "h.1", "other", "caf\xc3"}, "is not UTF-8"},
      {{"replay", "--assume_accuracy_m=-1"}, "--assume_accuracy_m: must be a number"},
      {{"duty", "--caregiver=anne", "take", "0h"}, "take: '0h' is too short"},
      {{"alerts", "--caregiver=anne", "take"}, "take: of which alert?"},
      {{}, "Serve:"},
      {{"nothing"}, "there is no command 'nothing'"}};
  for (const auto& [words, said] : wrong) {
    std::vector<std::string> argv = {testing::VeilleBinary(), "--data=" + data};
    argv.insert(argv.end(), words.begin(), words.end());
    testing::Process process(argv, log);
    process.Start();
    EXPECT_EQ(process.Wait(absl::Seconds(20)), 2) << said;
    EXPECT_NE(ReadFile(log).value_or("").find(said), std::string::npos) << said;
  }
  EXPECT_FALSE(std::filesystem::exists(data));
}

TEST(CheckConfig, NamesFileLineAndReason) {
  const testing::TempFolder folder;
  const std::string config = folder.path() + "/bad.textproto";
  ASSERT_TRUE(WriteFileAtomically(config,
                                  "redis { endpoint: \"carrier pigeon\" }\n"
                                  "gateway { bulk_memory_ratio: 7 }\n"
                                  "identity { trust_domain: \"x y\" address: \"nonsense\" }\n"
                                  "metrics_address: \"0.0.0.0:99999\"\n"
                                  "retention { alerts_days: 4000000000 }\n")
                  .ok());
  const std::string log = folder.path() + "/log";
  testing::Process check(
      {testing::VeilleBinary(), "gateway", "--config=" + config, "--check_config"}, log);
  check.Start();
  EXPECT_EQ(check.Wait(absl::Seconds(20)), 1);
  const std::string said = ReadFile(log).value_or("");
  for (const char* fault :
       {"bad.textproto:1:", "bad.textproto:2:", "gateway.bulk_memory_ratio",
        "identity.trust_domain", "identity.address", "metrics_address", "retention.alerts_days"})
    EXPECT_NE(said.find(fault), std::string::npos) << fault << " in " << said;
}

TEST(CheckConfig, NamesEveryFaultOfEveryHomeWithFileLineAndReason) {
  const testing::TempFolder folder;
  std::filesystem::create_directories(folder.path() + "/homes");
  const std::string config = folder.path() + "/veille.textproto";
  ASSERT_TRUE(
      WriteFileAtomically(config, "redis { endpoint: \"unix:/nowhere\" }\nhomes_folder: \"" +
                                      folder.path() + "/homes\"\nkeys { unencrypted: true }\n")
          .ok());
  const auto home = [&](const std::string& name, const std::string& plan) {
    const std::string text = "home_id: \"" + name +
                             "\"\n"
                             "zone: \"Europe/Paris\"\n"
                             "sources { source_id: \"hub-" +
                             name +
                             "\" }\n"
                             "patients {\n"
                             "  patient_id: \"p-" +
                             name +
                             "\"\n"
                             "  circle { members { caregiver_id: \"anne\" } }\n"
                             "  care_plan {\n" +
                             plan +
                             "  }\n"
                             "}\n";
    ASSERT_TRUE(WriteFileAtomically(folder.path() + "/homes/" + name + ".textproto", text).ok());
  };
  const auto check = [&](int expected) {
    const std::string log = folder.path() + "/log";
    std::filesystem::remove(log);
    testing::Process process(
        {testing::VeilleBinary(), "detector", "--config=" + config, "--check_config"}, log);
    process.Start();
    EXPECT_EQ(process.Wait(absl::Seconds(20)), expected);
    return ReadFile(log).value_or("");
  };
  home("good", "    night_exit { window: \"21:30-06:30\" }\n");
  EXPECT_NE(check(0).find("the configuration is good"), std::string::npos);
  home("unknown", "    night_exit { patience: 3 }\n");
  home("impossible",
       "    fall { least_impact_g: 0.1 }\n"
       "    night_exit { window: \"25:00-06:00\" }\n"
       "    battery_low { low_percent: 300 }\n");
  home("broken", "    night_exit { window: \n");
  const std::string said = check(1);
  for (const char* fault :
       {"unknown.textproto:8:", "patience", "impossible.textproto:8:",
        "fall.least_impact_g: 0.1 g is not in", "impossible.textproto:9:", "night_exit.window",
        "impossible.textproto:10:", "battery_low.low_percent: 300", "broken.textproto:"}) {
    EXPECT_NE(said.find(fault), std::string::npos) << fault << " in " << said;
  }
  EXPECT_EQ(said.find("good.textproto"), std::string::npos) << said;
}

}  // namespace
}  // namespace veille
