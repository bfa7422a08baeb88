#include "services/domain/record_codec.h"

#include "gtest/gtest.h"

#include "veille/store/v1/registry.pb.h"

#include "services/domain/home_check.h"
#include "services/domain/registry.h"

namespace veille::domain {
namespace {

const RecordPlace kPlace{"home", "h"};

TEST(RecordCodec, WhatIsNoRecordIsRefused) {
  Vault& vault = *Vault::InTheClear();
  store::v1::StoredHome home;
  EXPECT_TRUE(absl::IsDataLoss(DecodeRecord(vault, kPlace, "", home)));
  EXPECT_TRUE(absl::IsDataLoss(DecodeRecord(vault, kPlace, "\x08", home)));
}

TEST(HomeCheck, AConsentSaysWhatWhenAndWhoReviewedIt) {
  care::v1::HomeRecord home;
  home.add_patients()->set_patient_id("martin");
  care::v1::Consent& consent = *home.add_consents();
  consent.set_patient_id("martin");
  consent.set_reviewed_by("marc");
  consent.mutable_expire_time()->set_seconds(1);
  std::string fields;
  for (const HomeFault& fault : CheckHomeRecord(home))
    if (fault.field.find("consents") != std::string::npos)
      fields += fault.field.substr(fault.field.rfind('.') + 1) + " ";
  EXPECT_EQ(fields, "consent_id scopes give_time review_time ");
}

TEST(HomeCheck, AGrantIsToAMemberOfTheCircle) {
  care::v1::HomeRecord home;
  home.add_patients()->set_patient_id("martin");
  care::v1::Grant& grant = *home.add_grants();
  grant.set_patient_id("martin");
  grant.set_caregiver_id("anne");
  std::string fields;
  for (const HomeFault& fault : CheckHomeRecord(home))
    if (fault.field.find("grants") != std::string::npos) fields += fault.field + " ";
  EXPECT_EQ(fields, "grants[0].caregiver_id grants[0].rights ");
}

// What is copied by numbers must be the same field.
TEST(HomeRecord, HasEveryFieldOfAHome) {
  const auto& home = *care::v1::Home::descriptor();
  const auto& record = *care::v1::HomeRecord::descriptor();
  for (int i = 0; i < home.field_count(); ++i) {
    const auto* field = record.FindFieldByNumber(home.field(i)->number());
    ASSERT_NE(field, nullptr) << home.field(i)->name();
    EXPECT_EQ(field->name(), home.field(i)->name());
    EXPECT_EQ(field->type(), home.field(i)->type());
    EXPECT_EQ(field->message_type(), home.field(i)->message_type());
    EXPECT_EQ(field->is_repeated(), home.field(i)->is_repeated());
  }
}

TEST(HomeRecord, WhatIsMoreDoesNotReachTheHome) {
  care::v1::HomeRecord record;
  record.set_home_id("h");
  record.add_consents()->set_consent_id("gps");
  care::v1::Home home;
  home.set_home_id("h");
  EXPECT_EQ(HomeOf(record).SerializeAsString(), home.SerializeAsString());
}

TEST(Registry, HomesThatWereCheckedAreSharedNotCopied) {
  auto home = std::make_shared<care::v1::Home>();
  home->set_home_id("h");
  home->add_sources()->set_source_id("hub");
  const auto registry = Registry::Of({home});
  EXPECT_EQ(registry->FindHome("h"), home.get());
  EXPECT_EQ(registry->HomeOfSource("hub"), home.get());
}

}  // namespace
}  // namespace veille::domain
