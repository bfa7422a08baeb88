#include "services/client/what_if.h"

#include "gtest/gtest.h"

#include "services/client/replay_engine.h"
#include "services/domain/recordings/recording.h"

namespace veille::client {
namespace {

using store::v1::Finding;

Finding Make(const std::string& id, const std::string& rule, int64_t at, int64_t decided,
             alert::v1::Severity severity, Finding::Kind kind = Finding::KIND_RAISE) {
  Finding finding;
  finding.set_alert_id(id);
  finding.set_rule_key(rule);
  finding.set_kind(kind);
  finding.set_severity(severity);
  finding.mutable_event_time()->set_seconds(at);
  finding.mutable_decide_time()->set_seconds(decided);
  return finding;
}

TEST(WhatIf, NothingDiffersFromItself) {
  const std::vector<Finding> told = {Make("a", "FALL", 100, 130, alert::v1::SEVERITY_HIGH)};
  EXPECT_TRUE(Compare(told, told).empty());
}

TEST(WhatIf, SaysWhatComesGoesAndChanges) {
  const std::vector<Finding> before = {
      Make("a", "FALL", 100, 130, alert::v1::SEVERITY_HIGH),
      Make("b", "DOOR", 9000, 9300, alert::v1::SEVERITY_MEDIUM),
      Make("b", "DOOR", 9000, 9900, alert::v1::SEVERITY_MEDIUM, Finding::KIND_CLEAR)};
  const std::vector<Finding> after = {Make("c", "DOOR", 9060, 9700, alert::v1::SEVERITY_HIGH),
                                      Make("d", "PACING", 50000, 50600, alert::v1::SEVERITY_LOW)};
  const std::vector<Difference> differences = Compare(before, after);
  ASSERT_EQ(differences.size(), 3U);
  EXPECT_EQ(differences[0].kind, Difference::Kind::kGoes);
  EXPECT_EQ(differences[0].before.rule_key, "FALL");
  EXPECT_EQ(differences[1].kind, Difference::Kind::kChanges);
  EXPECT_EQ(differences[1].after.severity, alert::v1::SEVERITY_HIGH);
  EXPECT_EQ(differences[2].kind, Difference::Kind::kComes);
}

TEST(WhatIf, AnAlertThatGrowsWorseIsOne) {
  const std::vector<Finding> before = {
      Make("a", "HUB", 100, 400, alert::v1::SEVERITY_TECHNICAL),
      Make("a", "HUB", 100, 1000, alert::v1::SEVERITY_MEDIUM, Finding::KIND_WORSEN)};
  const std::vector<Finding> after = {Make("a", "HUB", 100, 400, alert::v1::SEVERITY_TECHNICAL)};
  ASSERT_EQ(Compare(before, after).size(), 1U);
  EXPECT_EQ(Compare(before, after)[0].kind, Difference::Kind::kChanges);
}

TEST(WhatIf, AnotherPatienceMovesTheSimulatedNightExit) {
  domain::Recording recording = domain::SimulateEvening(1);
  const auto before = Replay(recording, {});
  ASSERT_TRUE(before.ok());
  auto& plan = *recording.home.mutable_patients(0)->mutable_care_plan();
  plan.mutable_night_exit()->mutable_no_return()->set_seconds(600);
  const auto after = Replay(recording, {});
  ASSERT_TRUE(after.ok());
  const std::vector<Difference> differences = Compare(*before, *after);
  ASSERT_EQ(differences.size(), 1U);
  EXPECT_EQ(differences[0].kind, Difference::Kind::kChanges);
  EXPECT_EQ(differences[0].after.decide_time - differences[0].before.decide_time,
            absl::Minutes(5));
}

}  // namespace
}  // namespace veille::client
