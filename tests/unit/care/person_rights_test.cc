// The small pure parts of people's rights.

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "services/care/core/access_sentence.h"
#include "services/care/core/erased_home.h"
#include "services/care/core/json.h"
#include "services/care/core/retention_table.h"
#include "services/domain/audit/erasure_certificate.h"
#include "services/domain/home_check.h"
#include "tests/unit/care/fake_home_store.h"

namespace veille::care {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Json, KeepsOrderEscapesTextAndLeavesOutWhatIsEmpty) {
  Json inner, outer;
  inner.Set("text", "a\"b\\c\n");
  outer.Set("z", Json::Number(36.8)).Set("none", "").Set("empty", Json()).Set("inner", inner);
  outer.Set("list", Json::List({Json::Flag(true), Json::Text("x")})).Set("no", Json::List({}));
  EXPECT_EQ(outer.ToString(), R"({"z":36.8,"inner":{"text":"a\"b\\c\u000a"},"list":[true,"x"]})");
}

store::v1::AuditEntry Entry(const std::string& action, const std::string& outcome) {
  store::v1::AuditEntry entry;
  entry.set_actor("anne");
  entry.set_action(action);
  entry.set_outcome(outcome);
  return entry;
}

TEST(AccessSentence, SaysWhoDidWhatAndWhyInTwoLanguages) {
  store::v1::AuditEntry entry = Entry("alert.acknowledge", "OK");
  entry.set_alert_id("h.1");
  EXPECT_EQ(AccessOf(entry).fr(), "anne a pris une alerte en charge, au sujet de l'alerte h.1.");
  EXPECT_EQ(AccessOf(entry).en(), "anne took an alert, because of alert h.1.");
  EXPECT_EQ(AccessOf(Entry("care.device.update", "OK")).fr(), "anne a modifié un capteur.");
  EXPECT_EQ(AccessOf(Entry("care.patient.get", "NOT_FOUND")).en(),
            "anne read the person's record: refused (NOT_FOUND).");
  EXPECT_EQ(AccessOf(Entry("garden.visit", "OK")).en(), "anne did: garden.visit.");
}

TEST(ErasedHome, LosesThePersonWithEverythingThatIsTheirs) {
  v1::HomeRecord home = testing::SmallHome("h");
  const std::string id = home.patients(0).patient_id();
  EXPECT_FALSE(IsShared(home, id));
  v1::Patient& other = *home.add_patients();
  other = home.patients(0);
  other.set_patient_id("rene");
  home.add_devices()->set_patient_id(id);
  home.add_consents()->set_patient_id(id);
  home.add_grants()->set_patient_id("rene");
  EXPECT_TRUE(IsShared(home, id));
  RemovePerson(id, home);
  ASSERT_THAT(home.patients(), SizeIs(1));
  EXPECT_EQ(home.patients(0).patient_id(), "rene");
  EXPECT_THAT(home.consents(), IsEmpty());
  EXPECT_THAT(home.grants(), SizeIs(1));
  EXPECT_EQ(home.DebugString().find(id), std::string::npos);
}

TEST(RetentionTable, EveryClassHasAnAgeOrSaysWhatEndsIt) {
  config::v1::Retention config;
  config.set_alerts_days(90);
  for (const rights::v1::RetentionRule& rule : RetentionTable(config)) {
    EXPECT_FALSE(rule.ends().empty()) << rule.data_class();
    EXPECT_EQ(rule.days(), rule.data_class() == "alerts" ? 90 : rule.default_days());
  }
}

store::v1::Erasure Erased() {
  store::v1::Erasure erasure;
  erasure.set_format(1);
  erasure.set_patient_id("martin");
  (*erasure.mutable_erased())["alert"] = 3;
  (*erasure.mutable_erased())["inbox"] = 9;
  return erasure;
}

TEST(ErasureCertificate, HoldsAsItWasSignedAndNotOtherwise) {
  const auto key = SigningKey::Generate(), other = SigningKey::Generate();
  ASSERT_TRUE(key.ok() && other.ok());
  store::v1::Erasure erasure = Erased();
  domain::Certify(absl::FromUnixSeconds(1800000000), *key, erasure);
  store::v1::SignedErasure file = domain::SignedErasureOf(erasure);
  const auto certificate = domain::VerifyErasure(file, key->Public());
  ASSERT_TRUE(certificate.ok()) << certificate.status();
  EXPECT_EQ(certificate->erased().at("alert"), 3U);
  EXPECT_FALSE(domain::VerifyErasure(file, other->Public()).ok());
  (*file.mutable_readable()->mutable_erased())["alert"] = 4;
  EXPECT_THAT(std::string(domain::VerifyErasure(file, key->Public()).status().message()),
              HasSubstr("`readable` was changed"));
  file.mutable_certificate()->back() ^= 1;
  EXPECT_FALSE(domain::VerifyErasure(file, key->Public()).ok());
}

}  // namespace
}  // namespace veille::care
