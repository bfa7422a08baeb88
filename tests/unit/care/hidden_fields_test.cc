// Who sees how the others in a circle are reached.

#include "services/care/core/hidden_fields.h"

#include "gtest/gtest.h"

#include "tests/unit/care/fake_home_store.h"

namespace veille::care {
namespace {

// Anne and Marc, both with a telephone; Marc looks after the circle.
v1::HomeRecord Home() {
  v1::HomeRecord home = testing::SmallHome("h");
  v1::Circle& circle = *home.mutable_patients(0)->mutable_circle();
  circle.add_members()->set_caregiver_id("marc");
  for (v1::Member& member : *circle.mutable_members())
    member.add_channels()->mutable_email()->set_address(member.caregiver_id() + "@example.org");
  v1::Grant& grant = *home.add_grants();
  grant.set_patient_id("patient-h");
  grant.set_caregiver_id("marc");
  grant.add_rights(v1::MEMBER_RIGHT_CIRCLE);
  return home;
}

// How many channels of the circle that caller is shown.
int ChannelsSeenBy(const Caller& caller) {
  const v1::HomeRecord home = Home();
  v1::Patient shown = home.patients(0);
  HideFields(caller, home, "patient-h", shown);
  int seen = 0;
  for (const v1::Member& member : shown.circle().members()) seen += member.channels_size();
  return seen;
}

TEST(HiddenFields, AreShownToWhoLooksAfterTheCircle) {
  EXPECT_EQ(ChannelsSeenBy({Caller::Kind::kOperator, "olga", ""}), 2);
  EXPECT_EQ(ChannelsSeenBy({Caller::Kind::kMember, "marc", ""}), 2);
}

TEST(HiddenFields, LeaveOnesOwn) {
  EXPECT_EQ(ChannelsSeenBy({Caller::Kind::kMember, "anne", ""}), 1);
  EXPECT_EQ(ChannelsSeenBy({Caller::Kind::kMember, "somebody", ""}), 0);
}

TEST(HiddenFields, StayHiddenInAnEmergency) {
  Caller rita{Caller::Kind::kMember, "rita", ""};
  rita.has_broken = [](const std::string& patient_id) { return patient_id == "patient-h"; };
  EXPECT_TRUE(Judge(rita, Right::kRead, Home(), "patient-h").ok());
  EXPECT_FALSE(Judge(rita, Right::kContext, Home(), "patient-h").ok());
  EXPECT_EQ(ChannelsSeenBy(rita), 0);
}

}  // namespace
}  // namespace veille::care
