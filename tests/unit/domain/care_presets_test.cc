#include "services/domain/care_presets.h"

#include "gtest/gtest.h"

#include "services/domain/care_plan.h"

namespace veille::domain {
namespace {

using care::v1::CarePlan;

TEST(CarePresets, AnEmptyProfileSetsNothing) {
  EXPECT_FALSE(HasPreset({}));
  EXPECT_EQ(WithPreset({}).SerializeAsString(), "");
}

TEST(CarePresets, AProfileSetsWhereThePlanIsSilent) {
  CarePlan plan;
  plan.set_risk(care::v1::RISK_HIGH);
  plan.mutable_night_exit()->set_window("21:00-07:00");
  const CarePlan whole = WithPreset(plan);
  EXPECT_EQ(DurationOr(whole.night_exit(), "no_return"), absl::Minutes(3));
  EXPECT_EQ(whole.night_exit().window(), "21:00-07:00");
  EXPECT_TRUE(whole.hub_offline().high_risk());
}

// What the plan names is told at its own severity before the person's habits are learnt.
TEST(CarePresets, HighRiskNamesWhenTheyAreMissed) {
  CarePlan plan;
  plan.set_risk(care::v1::RISK_HIGH);
  const CarePlan whole = WithPreset(plan);
  EXPECT_TRUE(whole.not_returned().has_longest());
  EXPECT_TRUE(whole.not_returned().has_dusk_margin());
  EXPECT_TRUE(whole.no_morning().has_window());
}

TEST(CarePresets, ThePlanComesBeforeItsProfile) {
  CarePlan plan;
  plan.set_risk(care::v1::RISK_LOW);
  plan.mutable_night_exit()->mutable_no_return()->set_seconds(60);
  EXPECT_EQ(DurationOr(WithPreset(plan).night_exit(), "no_return"), absl::Minutes(1));
}

TEST(CarePresets, WithASpouseRulesThatTakeEveryMovementForThePersonsAreOff) {
  CarePlan plan;
  plan.set_household(care::v1::HOUSEHOLD_WITH_SPOUSE);
  EXPECT_FALSE(IsEnabled(WithPreset(plan).pacing()));
  plan.mutable_pacing()->set_enabled(true);
  EXPECT_TRUE(IsEnabled(WithPreset(plan).pacing()));
}

TEST(CarePresets, EveryPresetIsAPlanThatCanBe) {
  for (const auto risk : {care::v1::RISK_LOW, care::v1::RISK_HIGH}) {
    CarePlan plan;
    plan.set_risk(risk);
    plan.set_household(care::v1::HOUSEHOLD_WITH_SPOUSE);
    for (const PlanFault& fault : CheckCarePlan(WithPreset(plan)))
      ADD_FAILURE() << fault.field << ": " << fault.reason;
  }
  EXPECT_NE(DescribeProfiles().find("RISK_HIGH"), std::string::npos);
}

}  // namespace
}  // namespace veille::domain
