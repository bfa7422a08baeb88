// The synthetic patient: real processes, the whole way.

#include <memory>

#include "gtest/gtest.h"

#include "common/base/file.h"
#include "services/domain/keys.h"
#include "tests/e2e/all_in_one.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/raw_hub.h"
#include "tests/e2e/watching.h"

namespace veille {
namespace {

using testing::AllInOne;
using testing::Deployment;
using testing::Eventually;
using testing::HomeZero;
using testing::MakeCaregiver;
using testing::Process;
using testing::TempFolder;
using testing::VeilleBinary;
using testing::Watching;

struct Ran {
  int code = 0;
  std::string said;
};

Ran Drill(const std::string& gateway, const std::string& notifier, const std::string& within,
          const std::string& trust = "--plaintext") {
  const TempFolder folder;
  Process drill({VeilleBinary(), "drill", "--gateway=" + gateway, "--notifier=" + notifier,
                 "--within=" + within, "--output=json", trust},
                folder.path() + "/log");
  drill.Start();
  const int code = drill.Wait(absl::Seconds(120));
  return {code, ReadFile(folder.path() + "/log").value_or("")};
}

// In their order.
std::vector<std::string> StagesIn(const std::string& said) {
  std::vector<std::string> stages;
  const std::string mark = "{\"stage\":\"";
  for (auto at = said.find(mark); at != std::string::npos; at = said.find(mark, at + 1)) {
    const auto from = at + mark.size();
    stages.push_back(said.substr(from, said.find('"', from) - from));
  }
  return stages;
}

config::v1::Config WithSyntheticPatient() {
  config::v1::Config config;
  config.mutable_synthetic_patient()->set_daily_at("10:00");
  return config;
}

TEST(Drill, GoesTheWholeWayAndNobodyElseHearsOfIt) {
  AllInOne all("synthetic_patient { daily_at: \"10:00\" }\n");
  all.process().Start();
  // By itself: that of the day before has not arrived in a deployment that is new.
  ASSERT_TRUE(Eventually([&] {
    return all.Log().find("the exercise alarm has arrived") != std::string::npos;
  })) << all.Log();
  Watching anne(all.notifier(), "anne");
  Watching operators(all.notifier(), "operator");
  ASSERT_TRUE(Eventually([&] { return anne.connected() && operators.connected(); }));
  const Ran ran = Drill(all.gateway(), all.notifier(), "60s");
  EXPECT_EQ(ran.code, 0) << ran.said;
  EXPECT_EQ(StagesIn(ran.said),
            (std::vector<std::string>{"client", "gateway", "pressed", "log", "alert", "told",
                                      "receipt", "taken", "closed"}));
  const auto exercises =
      MakeCaregiver(all.notifier(), std::string(domain::kExerciseHome))->List("", false, 10);
  ASSERT_TRUE(exercises.ok()) << exercises.status();
  ASSERT_EQ(exercises->size(), 2U);
  for (const alert::v1::Alert& alert : *exercises) {
    EXPECT_EQ(alert.status(), alert::v1::STATUS_EXERCISE);
    EXPECT_EQ(alert.outcome(), alert::v1::OUTCOME_TEST);
  }
  EXPECT_TRUE(anne.seen().empty());
  EXPECT_TRUE(operators.seen().empty());
  EXPECT_EQ(all.process().Stop(), 0);
}

TEST(Drill, GoesTheWholeWayOverMutualTls) {
  AllInOne all("synthetic_patient { daily_at: \"10:00\" }\n", {}, true);
  all.process().Start();
  ASSERT_TRUE(Eventually([&] {
    return all.Log().find("the exercise alarm has arrived") != std::string::npos;
  })) << all.Log();
  const Ran ran = Drill(all.gateway(), all.notifier(), "60s", "--data=" + all.data());
  EXPECT_EQ(ran.code, 0) << ran.said;
  EXPECT_EQ(StagesIn(ran.said).back(), "closed");
  EXPECT_NE(Drill(all.gateway(), all.notifier(), "5s").code, 0);
  EXPECT_EQ(all.process().Stop(), 0);
}

TEST(Drill, SaysHowFarItCameWhenNobodyJudges) {
  Deployment deployment({HomeZero()}, WithSyntheticPatient());
  deployment.process(Deployment::kDetector).Kill();
  const Ran ran = Drill(deployment.gateway_address(), deployment.notifier_address(), "5s");
  EXPECT_EQ(ran.code, 1) << ran.said;
  EXPECT_EQ(StagesIn(ran.said), (std::vector<std::string>{"client", "gateway", "pressed", "log"}));
  EXPECT_NE(ran.said.find("detector"), std::string::npos) << ran.said;
}

TEST(Drill, SaysThatThereIsNoSyntheticPatient) {
  Deployment deployment({HomeZero()});
  const Ran ran = Drill(deployment.gateway_address(), deployment.notifier_address(), "20s");
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.said.find("synthetic_patient"), std::string::npos) << ran.said;
}

}  // namespace
}  // namespace veille
