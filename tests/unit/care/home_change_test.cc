#include "services/care/core/home_change.h"

#include "gtest/gtest.h"

#include "tests/unit/care/fake_home_store.h"

namespace veille::care {
namespace {

v1::Consent Positions(const std::string& id, int64_t give_s, v1::ConsentMode mode) {
  v1::Consent consent;
  consent.set_patient_id("patient-h");
  consent.set_consent_id(id);
  consent.add_scopes(v1::CONSENT_SCOPE_POSITION);
  consent.set_mode(mode);
  consent.mutable_give_time()->set_seconds(give_s);
  return consent;
}

TEST(HomeChange, FaultsOfTheResourceAreNamedAsItsRequestNamesThem) {
  v1::HomeRecord home = testing::SmallHome("h");
  home.mutable_devices(0)->set_source_id("no-hub");
  const auto faults = CheckChanged(home, {Kind::kDevice, "h", "", "door"});
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].field, "device.source_id");
}

TEST(HomeChange, FaultsElsewhereAreNamedFromTheHome) {
  v1::HomeRecord home = testing::SmallHome("h");
  home.mutable_devices(0)->set_source_id("no-hub");
  const auto faults = CheckChanged(home, {Kind::kMember, "h", "patient-h", "anne"});
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].field, "devices[0].source_id");
}

TEST(HomeChange, TextsListsAndTimesHaveLimits) {
  v1::HomeRecord home = testing::SmallHome("h");
  home.mutable_patients(0)->set_display_name(std::string(2049, 'a'));
  home.mutable_sources(0)->set_source_id("\x1b[2J");
  for (int i = 0; i < 501; ++i) home.add_rooms();
  home.mutable_devices(0)->mutable_bind_time()->set_seconds(int64_t{1} << 60);
  std::string fields;
  for (const auto& fault : CheckLimits(home)) fields += fault.field + " ";
  EXPECT_EQ(fields, "sources[0].source_id patients[0].display_name devices[0].bind_time rooms ");
}

TEST(HomeChange, AHomeThatIsTooLargeIsRefused) {
  v1::HomeRecord home = testing::SmallHome("h");
  for (int i = 0; i < 400; ++i) home.add_rooms()->set_name(std::string(2000, 'a'));
  const auto faults = CheckChanged(home, {Kind::kHome, "h", "", ""});
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].reason, "has more than 256 KiB");
}

TEST(HomeChange, TheNewestConsentAboutPositionsIsThePositionConsent) {
  const v1::HomeRecord before = testing::SmallHome("h");
  v1::HomeRecord after = before;
  *after.add_consents() = Positions("b", 200, v1::CONSENT_MODE_DURING_ALERTS);
  *after.add_consents() = Positions("a", 100, v1::CONSENT_MODE_NEVER);
  ApplyConsents(before, after);
  EXPECT_EQ(after.patients(0).context().position_consent(), v1::POSITION_CONSENT_DURING_ALERTS);
}

TEST(HomeChange, WithoutAConsentAnyMorePositionsAreNotUsed) {
  v1::HomeRecord before = testing::SmallHome("h");
  *before.add_consents() = Positions("a", 100, v1::CONSENT_MODE_ALWAYS);
  v1::HomeRecord after = before;
  after.clear_consents();
  ApplyConsents(before, after);
  EXPECT_EQ(after.patients(0).context().position_consent(), v1::POSITION_CONSENT_NEVER);
}

TEST(HomeChange, AnotherConsentLeavesPositionsAsTheyAre) {
  const v1::HomeRecord before = testing::SmallHome("h");
  v1::HomeRecord after = before;
  v1::Consent& meters = *after.add_consents();
  meters.set_patient_id("patient-h");
  meters.add_scopes(v1::CONSENT_SCOPE_METERS);
  ApplyConsents(before, after);
  EXPECT_FALSE(after.patients(0).has_context());
}

TEST(HomeChange, APlanThatChangedUnderItsOldNameIsNamedAnew) {
  v1::CarePlan before, plan;
  before.set_version("spring");
  plan = before;
  NamePlan(before, 7, plan);
  EXPECT_EQ(plan.version(), "spring");
  plan.set_risk(v1::RISK_HIGH);
  NamePlan(before, 7, plan);
  EXPECT_EQ(plan.version(), "r7");
  plan.set_version("summer");
  NamePlan(before, 8, plan);
  EXPECT_EQ(plan.version(), "summer");
}

TEST(HomeChange, OfANewHomeEveryPlanHasChanged) {
  const v1::HomeRecord home = testing::SmallHome("h");
  EXPECT_EQ(ChangedPlans({}, home).size(), 1U);
  EXPECT_EQ(ChangedPlans(home, home).size(), 0U);
}

TEST(HomeChange, SourcesAndPeopleAreOfOneHomeOnly) {
  EXPECT_EQ(UniqueIds(testing::SmallHome("h")),
            (std::vector<std::string>{"patient:patient-h", "source:hub-h"}));
}

}  // namespace
}  // namespace veille::care
