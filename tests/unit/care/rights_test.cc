#include "services/care/core/rights.h"

#include <set>

#include "gtest/gtest.h"

#include "veille/care/v1/care_service.pb.h"

#include "tests/unit/care/fake_home_store.h"

namespace veille::care {
namespace {

using MethodDescriptor = google::protobuf::MethodDescriptor;

const google::protobuf::ServiceDescriptor& Service() {
  return *v1::GetHomeRequest::descriptor()->file()->FindServiceByName("CareService");
}

constexpr Right kAll[] = {Right::kOperate, Right::kRead,     Right::kInstallation,
                          Right::kCircle,  Right::kCarePlan, Right::kContext};

v1::HomeRecord HomeThatGrants(const std::vector<v1::MemberRight>& rights) {
  v1::HomeRecord home = testing::SmallHome("h");
  v1::Grant& grant = *home.add_grants();
  grant.set_patient_id("patient-h");
  grant.set_caregiver_id("anne");
  for (const v1::MemberRight right : rights) grant.add_rights(right);
  return home;
}

const Caller kAnne{Caller::Kind::kMember, "anne", ""};

TEST(Rights, EveryMethodOfTheServiceNeedsOne) {
  std::string without;
  for (int i = 0; i < Service().method_count(); ++i)
    if (!RightOf(Service().method(i)->name())) without += Service().method(i)->name() + " ";
  EXPECT_EQ(without, "");
  EXPECT_FALSE(RightOf("DoAnything").has_value());
}

TEST(Rights, WhatOnlyReadsNeedsNoMoreThanReadingAndNothingElseDoes) {
  for (int i = 0; i < Service().method_count(); ++i) {
    const std::string name = Service().method(i)->name();
    const bool reads = name.rfind("Get", 0) == 0 || name.rfind("List", 0) == 0;
    EXPECT_TRUE(RightOf(name) == Right::kOperate || (RightOf(name) == Right::kRead) == reads)
        << name;
  }
}

TEST(Rights, AnOperatorMayDoEverythingAndAHubNothing) {
  const v1::HomeRecord home = testing::SmallHome("h");
  for (const Right right : kAll) {
    EXPECT_TRUE(Judge({Caller::Kind::kOperator, "o", ""}, right, home, "").ok());
    EXPECT_TRUE(
        absl::IsPermissionDenied(Judge({Caller::Kind::kHub, "hub-h", ""}, right, home, "")));
  }
}

TEST(Rights, AMemberMayDoWhatTheCircleGrantsAndNoMore) {
  const v1::HomeRecord home = HomeThatGrants({v1::MEMBER_RIGHT_READ, v1::MEMBER_RIGHT_CARE_PLAN});
  EXPECT_TRUE(Judge(kAnne, Right::kRead, home, "patient-h").ok());
  EXPECT_TRUE(Judge(kAnne, Right::kCarePlan, home, "patient-h").ok());
  EXPECT_TRUE(absl::IsPermissionDenied(Judge(kAnne, Right::kCircle, home, "patient-h")));
  EXPECT_TRUE(absl::IsPermissionDenied(Judge(kAnne, Right::kOperate, home, "patient-h")));
}

TEST(Rights, WhoIsInNoCircleThereIsToldThatThereIsNothing) {
  const v1::HomeRecord home = HomeThatGrants({v1::MEMBER_RIGHT_READ});
  const Caller marc{Caller::Kind::kMember, "marc", ""};
  EXPECT_TRUE(absl::IsNotFound(Judge(marc, Right::kRead, home, "patient-h")));
  EXPECT_TRUE(absl::IsNotFound(Judge(kAnne, Right::kRead, home, "somebody-else")));
  EXPECT_TRUE(absl::IsNotFound(Judge(kAnne, Right::kRead, v1::HomeRecord(), "")));
}

TEST(Rights, AGrantToWhoLeftTheCircleIsNone) {
  v1::HomeRecord home = HomeThatGrants({v1::MEMBER_RIGHT_READ});
  home.mutable_patients(0)->mutable_circle()->mutable_members(0)->set_caregiver_id("marc");
  EXPECT_TRUE(absl::IsNotFound(Judge(kAnne, Right::kRead, home, "patient-h")));
}

TEST(Rights, GrantsAreMadeByOperatorsAlone) {
  for (const char* method : {"CreateGrant", "UpdateGrant", "DeleteGrant", "UpdateHome"})
    EXPECT_EQ(RightOf(method), Right::kOperate) << method;
}

}  // namespace
}  // namespace veille::care
