// A deployment that begins with nothing and is looked after by `veille care` alone.

#include <cstdio>

#include "gtest/gtest.h"

#include "common/base/file.h"
#include "common/time/clock.h"
#include "services/domain/recordings/recording.h"
#include "tests/e2e/raw_hub.h"
#include "tests/e2e/watching.h"
#include "tests/support/process.h"

namespace veille {
namespace {

using testing::Eventually;
using testing::RawHub;
using testing::Watching;

// `veille all` on an empty folder of its own.
class Deployment {
 public:
  Deployment()
      : config_(folder_.path() + "/veille.textproto"),
        process_({testing::VeilleBinary(), "all", "--data=" + folder_.path() + "/data",
                  "--config=" + config_, "--metrics=127.0.0.1:0",
                  "--ready_file=" + folder_.path() + "/ready.json"},
                 folder_.path() + "/log") {
    const std::string text = "rpc { gateway_address: \"" + gateway() + "\" notifier_address: \"" +
                             notifier() + "\" care_address: \"" + care() + "\" plaintext: true }\n";
    EXPECT_TRUE(WriteFileAtomically(config_, text).ok());
    process_.Start();
  }
  std::string path() const { return folder_.path(); }
  std::string gateway() const { return "unix:" + folder_.path() + "/gateway.sock"; }
  std::string notifier() const { return "unix:" + folder_.path() + "/notifier.sock"; }
  std::string care() const { return "unix:" + folder_.path() + "/care.sock"; }
  std::string Log() const { return ReadFile(folder_.path() + "/log").value_or(""); }
  testing::Process& process() { return process_; }

  // The exit code of `veille care WORDS…`; what it printed is in `output`.
  int Care(std::vector<std::string> words, std::string* output = nullptr) const {
    std::vector<std::string> argv = {testing::VeilleBinary(), "care", "--care=" + care(),
                                     "--actor=olga", "--plaintext"};
    argv.insert(argv.end(), words.begin(), words.end());
    const std::string log = folder_.path() + "/care-" + std::to_string(++runs_);
    testing::Process command(argv, log);
    command.Start();
    const int code = command.Wait(absl::Seconds(30));
    if (output != nullptr) *output = ReadFile(log).value_or("");
    return code;
  }
  bool Serves() const {
    return Eventually([this] { return Care({"home", "list"}) == 0; });
  }
  bool Knows(const std::string& source) const {
    return Eventually([&] {
      const RawHub hub(gateway(), testing::kIncarnation, source, absl::Seconds(20));
      return hub.welcomed();
    });
  }

 private:
  const testing::TempFolder folder_;
  const std::string config_;
  testing::Process process_;
  mutable int runs_ = 0;
};

std::vector<std::string> NewHome() {
  return {"home",
          "create",
          "home-0",
          "zone=Europe/Paris",
          "sources[0].source_id=hub-home-0",
          "patients[0].patient_id=martin",
          "patients[0].display_name=Mme Lefèvre",
          "patients[0].circle.members[0].caregiver_id=anne",
          "devices[0].device_id=pendant",
          "devices[0].role=chest"};
}

TEST(Care, AHomeThatIsCreatedInAnEmptyDeploymentIsWatchedOverAtOnce) {
  Deployment all;
  ASSERT_TRUE(all.Serves()) << all.Log();
  std::string output;
  ASSERT_EQ(all.Care(NewHome(), &output), 0) << output << all.Log();
  ASSERT_TRUE(all.Knows("hub-home-0")) << all.Log();
  Watching anne(all.notifier(), "anne");
  RawHub hub(all.gateway());
  hub.Send(1, testing::Events({testing::Sos(1)}));
  ASSERT_TRUE(hub.WaitAck(1)) << all.Log();
  EXPECT_TRUE(Eventually([&] { return anne.called("SOS").size() == 1; })) << all.Log();
}

// How often the detector has taken changed homes.
int Changes(const Deployment& all) {
  const std::string log = all.Log();
  int count = 0;
  for (std::size_t at = 0; (at = log.find("\"homes changed\"", at)) != std::string::npos; ++at)
    ++count;
  return count;
}

// Within a second on a machine that is not busy with other things: the time is printed.
TEST(Care, AChangedPlanIsInForceAtOnceAndSurvivesARestart) {
  Deployment all;
  ASSERT_TRUE(all.Serves()) << all.Log();
  ASSERT_EQ(all.Care(NewHome()), 0) << all.Log();
  ASSERT_TRUE(all.Knows("hub-home-0")) << all.Log();
  ASSERT_TRUE(Eventually([&] { return Changes(all) == 1; })) << all.Log();
  std::string output;
  ASSERT_EQ(all.Care({"plan", "update", "home-0", "risk=high", "version=watchful"}, &output), 0)
      << output;
  const absl::Duration changed = MonotonicNow();
  ASSERT_TRUE(Eventually([&] { return Changes(all) == 2; })) << all.Log();
  std::printf("in force %s after the command's end\n",
              absl::FormatDuration(MonotonicNow() - changed).c_str());
  Watching anne(all.notifier(), "anne");
  RawHub hub(all.gateway());
  hub.Send(1, testing::Events({testing::Sos(1)}));
  ASSERT_TRUE(hub.WaitAck(1)) << all.Log();
  EXPECT_TRUE(Eventually([&] {
    const auto alerts = anne.Alerts();
    return alerts.count("SOS") == 1 &&
           alerts.at("SOS").evidence().care_plan_version() == "watchful";
  })) << all.Log();
  EXPECT_EQ(all.Care({"plan", "history", "home-0"}, &output), 0);
  EXPECT_NE(output.find("risk: default -> RISK_HIGH"), std::string::npos) << output;
  all.process().Stop();
  all.process().Start();
  ASSERT_TRUE(all.Serves()) << all.Log();
  EXPECT_EQ(all.Care({"plan", "get", "home-0"}, &output), 0);
  EXPECT_NE(output.find("\"watchful\""), std::string::npos) << output;
  EXPECT_TRUE(all.Knows("hub-home-0")) << all.Log();
}

TEST(Care, ADeploymentMovesAsFilesThatStayTheSame) {
  Deployment first, second;
  ASSERT_TRUE(first.Serves()) << first.Log();
  ASSERT_EQ(first.Care(NewHome()), 0) << first.Log();
  ASSERT_EQ(first.Care({"plan", "update", "home-0", "night_exit.no_return=10m"}), 0);
  ASSERT_EQ(first.Care({"consent", "create", "home-0", "gps", "scopes=position",
                        "mode=during_alerts", "give_time=2026-01-15 10:00"}),
            0);
  ASSERT_EQ(first.Care({"grant", "create", "home-0", "anne", "rights=read,context"}), 0);
  ASSERT_EQ(first.Care({"export", first.path() + "/out"}), 0);
  ASSERT_TRUE(second.Serves()) << second.Log();
  std::string output;
  ASSERT_EQ(second.Care({"import", first.path() + "/out"}, &output), 0) << output;
  ASSERT_EQ(second.Care({"export", second.path() + "/out"}), 0);
  const auto before = ReadFile(first.path() + "/out/home-0.textproto");
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_NE(before->find("POSITION_CONSENT_DURING_ALERTS"), std::string::npos) << *before;
  EXPECT_EQ(ReadFile(second.path() + "/out/home-0.textproto").value_or(""), *before);
  EXPECT_TRUE(second.Knows("hub-home-0")) << second.Log();
}

TEST(Care, OneOfAListIsChangedAndTheOthersStay) {
  Deployment all;
  ASSERT_TRUE(all.Serves()) << all.Log();
  ASSERT_EQ(all.Care(NewHome()), 0) << all.Log();
  std::string output;
  ASSERT_EQ(all.Care({"member", "create", "home-0", "marc"}, &output), 0) << output;
  ASSERT_EQ(all.Care({"circle", "update", "home-0", "members[0].display_name=Anne D."}, &output), 0)
      << output;
  EXPECT_NE(output.find("Anne D."), std::string::npos) << output;
  EXPECT_NE(output.find("marc"), std::string::npos) << output;
  EXPECT_EQ(all.Care({"patient", "update", "home-0", "martin", "patient_id=rene"}, &output), 1);
  EXPECT_NE(output.find("patient.patient_id: an id stays"), std::string::npos) << output;
  EXPECT_EQ(all.Care({"circle", "get", "home-0", "--output=json"}, &output), 0);
  EXPECT_EQ(output.rfind("{\"etag\":\"", 0), 0U) << output;
}

TEST(Care, AnExportForgetsHomesThatAreGone) {
  Deployment all;
  ASSERT_TRUE(all.Serves()) << all.Log();
  ASSERT_EQ(all.Care(NewHome()), 0) << all.Log();
  const std::string folder = all.path() + "/out";
  std::string output;
  ASSERT_EQ(all.Care({"export", folder}, &output), 0) << output;
  ASSERT_TRUE(WriteFileAtomically(folder + "/mine.textproto", "# by hand\n").ok());
  ASSERT_EQ(all.Care({"home", "delete", "home-0"}, &output), 0) << output;
  ASSERT_EQ(all.Care({"export", folder}, &output), 0) << output;
  EXPECT_NE(output.find("home-0.textproto: removed"), std::string::npos) << output;
  EXPECT_NE(output.find("mine.textproto is of no home"), std::string::npos) << output;
  EXPECT_FALSE(ReadFile(folder + "/home-0.textproto").ok());
  EXPECT_TRUE(ReadFile(folder + "/mine.textproto").ok());
}

TEST(Care, SaysWhatIsWrongAndChangesNothing) {
  Deployment all;
  ASSERT_TRUE(all.Serves()) << all.Log();
  std::string output;
  std::vector<std::string> words = NewHome();
  words[3] = "zone=Europe/Nowhere";
  EXPECT_EQ(all.Care(words, &output), 1);
  EXPECT_NE(output.find("home.zone"), std::string::npos) << output;
  EXPECT_EQ(all.Care({"garden", "list"}, &output), 2);
  EXPECT_EQ(all.Care({"home", "list"}, &output), 0);
  EXPECT_EQ(output, "");
}

TEST(Care, WhatWouldWipeByMistakeIsRefused) {
  Deployment all;
  ASSERT_TRUE(all.Serves()) << all.Log();
  ASSERT_EQ(all.Care(NewHome()), 0) << all.Log();
  std::string before, after, output;
  ASSERT_EQ(all.Care({"home", "get", "home-0"}, &before), 0) << before;
  const std::string empty = all.path() + "/empty";
  ASSERT_TRUE(WriteFileAtomically(empty, "# a remark\n").ok());
  for (const std::string& file : {all.path(), empty}) {
    EXPECT_EQ(all.Care({"plan", "update", "home-0", file}, &output), 1) << output;
    EXPECT_EQ(all.Care({"device", "update", "home-0", "pendant", file}, &output), 1) << output;
  }
  EXPECT_EQ(all.Care({"home", "delete", "home-0", "--dry_run"}, &output), 2) << output;
  EXPECT_EQ(all.Care({"device", "delete", "home-0", "pendant", "--dry_run"}, &output), 2);
  EXPECT_EQ(all.Care({"device", "create", "home-0", "x", "--dry_run"}, &output), 2);
  EXPECT_EQ(all.Care({"plan", "rollback", "home-0", "1", "--dry_run"}, &output), 2);
  EXPECT_EQ(all.Care({"home", "get", "home-0"}, &after), 0);
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace veille
