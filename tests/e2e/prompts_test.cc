// "Are you all right?", through real processes: from the detector's stream to a command that the
// hub runs, and from its answer to a caregiver.

#include <filesystem>
#include <sstream>

#include "gtest/gtest.h"

#include "veille/store/v1/prompt.pb.h"

#include "common/base/file.h"
#include "common/time/clock.h"
#include "services/domain/keys.h"
#include "services/domain/recordings/recording.h"
#include "tests/e2e/all_in_one.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/raw_hub.h"
#include "tests/e2e/watching.h"

namespace veille {
namespace {

using testing::Deployment;
using testing::Eventually;
using testing::Watching;

// A set of one clip, so long: a wearable at rest, or one that falls after four seconds and then
// lies still. `veille hub` stays as long.
void WriteClip(const std::string& set, int seconds, bool fall) {
  std::filesystem::create_directories(set);
  ASSERT_TRUE(WriteFileAtomically(
                  set + "/recordings.csv",
                  "file,subject,group,position,rate_hz,range_g,activity,description,label,onset_s,"
                  "end_s\r\nD1.csv,S,young,waist,50,16,D1,standing,adl,,\r\n")
                  .ok());
  std::ostringstream text;
  text << "t_s,x_g,y_g,z_g\r\n";
  for (int i = 0; i < seconds * 50; ++i) {
    const bool lies = fall && i >= 205, blow = fall && i >= 200 && !lies;
    text << i * 0.02 << (blow ? ",3.5,1.5,0\r\n" : lies ? ",0,0,1\r\n" : ",0,1,0\r\n");
  }
  ASSERT_TRUE(WriteFileAtomically(set + "/D1.csv", text.str()).ok());
}

TEST(Prompts, AreSpokenByTheHubsCommandAndACallForHelpIsTold) {
  Deployment deployment({testing::HomeZero()});
  store::v1::PromptOrder order;
  order.set_format(1);
  order.set_home_id("home-0");
  order.mutable_prompt()->set_prompt_id("p-1");
  order.mutable_prompt()->set_device_id("pendant");
  order.mutable_prompt()->set_text("Est-ce que ça va ?");
  order.mutable_prompt()->set_language("fr");
  order.mutable_prompt()->mutable_expire_time()->set_seconds(
      absl::ToUnixSeconds(SystemClock().Now()) + 300);
  const int partition = domain::PartitionOf("home-0", domain::kDefaultPartitions);
  ASSERT_TRUE(
      deployment.redis()
          .client()
          .CommandSync({"XADD", domain::PromptsKey(partition), "*", "p", order.SerializeAsString()})
          .ok());

  const std::string heard = deployment.folder() + "/heard", log = deployment.folder() + "/hub.log";
  WriteClip(deployment.folder() + "/set", 120, false);
  testing::Process hub(
      {testing::VeilleBinary(), "hub", "--source=falls:" + deployment.folder() + "/set",
       "--source_id=hub-home-0", "--plaintext", "--gateway=" + deployment.gateway_address(),
       "--output=json", "--prompt_command=cat >" + heard + "; echo help"},
      log);
  hub.Start();
  Watching anne(deployment.notifier_address(), "anne");
  ASSERT_TRUE(Eventually([&] { return anne.Alerts().count("SOS") == 1; }))
      << ReadFile(log).value_or("") << deployment.Log(Deployment::kDetector);
  EXPECT_EQ(anne.Alerts().at("SOS").severity(), alert::v1::SEVERITY_HIGH);
  EXPECT_EQ(ReadFile(heard).value_or(""), "Est-ce que ça va ?\n");
  const std::string said = ReadFile(log).value_or("");
  EXPECT_NE(
      said.find(R"("id":"p-1","text":"Est-ce que ça va ?","language":"fr","answer":"PENDING")"),
      std::string::npos)
      << said;
  EXPECT_NE(said.find(R"("answer":"HELP")"), std::string::npos) << said;
}

// A recorded fall through the whole service, four times as fast as life, and what a caregiver is
// told of it first when the hub's command does this.
alert::v1::Alert ToldOfAFall(const std::string& command) {
  const testing::TempFolder folder;
  WriteClip(folder.path() + "/set", 90, true);
  const std::string source = "falls:" + folder.path() + "/set", log = folder.path() + "/hub.log";
  testing::AllInOne all("scaled_clock { start: \"2026-01-15T10:00:00+01:00\" speed: 4 }\n",
                        {domain::OpenRecording(source)->home});
  all.process().Start();
  testing::Process hub({testing::VeilleBinary(), "hub", "--source=" + source, "--speed=4",
                        "--plaintext", "--gateway=" + all.gateway(), "--prompt_command=" + command},
                       log);
  Watching anne(all.notifier(), "anne");
  EXPECT_TRUE(Eventually([&] { return anne.connected(); })) << all.Log();
  hub.Start();
  alert::v1::Alert told;
  EXPECT_TRUE(Eventually([&] {
    const auto alerts = anne.Alerts();
    if (alerts.count("FALL") == 1) told = alerts.at("FALL");
    return alerts.count("FALL") == 1;
  })) << ReadFile(log).value_or("")
      << all.Log();
  return told;
}

TEST(FallPrompt, ThatNobodyAnswersIsToldAsHigh) {
  const alert::v1::Alert told = ToldOfAFall("cat >/dev/null");
  EXPECT_EQ(told.severity(), alert::v1::SEVERITY_HIGH);
  EXPECT_NE(told.reason().en().find("did not answer"), std::string::npos) << told.reason().en();
}

TEST(FallPrompt, ThatIsAnsweredFineIsToldAsMedium) {
  const alert::v1::Alert told = ToldOfAFall("echo fine");
  EXPECT_EQ(told.severity(), alert::v1::SEVERITY_MEDIUM);
  EXPECT_NE(told.reason().en().find("all is well"), std::string::npos) << told.reason().en();
}

}  // namespace
}  // namespace veille
