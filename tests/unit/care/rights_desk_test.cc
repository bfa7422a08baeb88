#include "services/care/app/rights_desk.h"

#include <functional>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "services/care/core/access_sentence.h"
#include "tests/unit/care/fake_home_store.h"
#include "tests/unit/care/fake_personal_records.h"

namespace veille::care {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr Caller::Kind kKinds[] = {Caller::Kind::kOperator, Caller::Kind::kMember,
                                   Caller::Kind::kHub};

class World {
 public:
  World() {
    HomeCommit commit;
    commit.home_id = "h";
    commit.home.emplace().set_format(1);
    *commit.home->mutable_home() = testing::SmallHome("h");
    EXPECT_TRUE(homes.Commit(commit).ok());
    records.homes["patient-h"] = "h";
    for (int i = 0; i < 7; ++i) {
      store::v1::AuditEntry& entry = records.accesses.emplace_back();
      entry.set_actor("anne");
      entry.set_action("alert.list");
      entry.set_outcome("OK");
    }
  }

  // Every method of RightsService by its name, for somebody's data.
  absl::Status Call(const std::string& method, const Caller& caller, const std::string& patient) {
    const std::map<std::string, std::function<absl::Status()>> methods = {
        {"ExportPatient",
         [&] {
           rights::v1::ExportPatientRequest request;
           request.set_patient_id(patient);
           return desk.Export(caller, request, [this](const auto& part) {
             parts.push_back(part.line() + part.resource());
             return absl::OkStatus();
           });
         }},
        {"ErasePatient",
         [&] {
           rights::v1::ErasePatientRequest request;
           request.set_patient_id(patient);
           return desk.Erase(caller, request).status();
         }},
        {"GetErasure",
         [&] {
           rights::v1::GetErasureRequest request;
           request.set_patient_id(patient);
           return desk.GetErasure(caller, request).status();
         }},
        {"ListAccesses",
         [&] {
           rights::v1::ListAccessesRequest request;
           request.set_patient_id(patient);
           return desk.ListAccesses(caller, request).status();
         }},
        {"ListRetention",
         [&] { return desk.ListRetention(caller, rights::v1::ListRetentionRequest()).status(); }},
    };
    const auto at = methods.find(method);
    return at == methods.end() ? absl::UnimplementedError(method + " is not in the matrix")
                               : at->second();
  }

  Eraser::Options EraserOptions() const {
    Eraser::Options options;
    options.clock = clock;
    return options;
  }

  metrics::Registry metrics;
  testing::FakeHomeStore homes;
  testing::FakePersonalRecords records;
  testing::FakeCareTrail trail;
  std::shared_ptr<VirtualClock> clock =
      std::make_shared<VirtualClock>(absl::FromUnixSeconds(1800000000));
  Eraser eraser{EraserOptions(), homes, records, trail};
  Retention retention{{{}, clock, absl::ZeroDuration()}, records, metrics};
  RightsDesk desk{{homes, records, eraser, retention, trail, clock}};
  std::vector<std::string> parts;
};

TEST(RightsDesk, EveryMethodIsForOperatorsAlone) {
  const auto& service =
      *rights::v1::GetErasureRequest::descriptor()->file()->FindServiceByName("RightsService");
  for (int i = 0; i < service.method_count(); ++i) {
    for (const Caller::Kind kind : kKinds) {
      World world;
      const absl::Status status =
          world.Call(service.method(i)->name(), {kind, "anne", ""}, "patient-h");
      EXPECT_FALSE(absl::IsUnimplemented(status)) << status;
      EXPECT_EQ(absl::IsPermissionDenied(status), kind != Caller::Kind::kOperator)
          << service.method(i)->name() << " " << status;
    }
  }
}

TEST(RightsDesk, EveryMethodLeavesASentenceInThePersonsLog) {
  const auto& service =
      *rights::v1::GetErasureRequest::descriptor()->file()->FindServiceByName("RightsService");
  World world;
  for (int i = 0; i < service.method_count(); ++i)
    world.Call(service.method(i)->name(), {Caller::Kind::kOperator, "olga", ""}, "patient-h")
        .IgnoreError();
  EXPECT_THAT(world.trail.shown, SizeIs(2));  // An export, and a look at this log.
  for (const store::v1::AuditEntry& entry : world.trail.shown)
    EXPECT_THAT(AccessOf(entry).en(), ::testing::Not(HasSubstr(" did: ")));
}

// Whoever has the id is not erased because somebody else, who had it before, was.
TEST(RightsDesk, AFinishedErasureIsNotTheAnswerForSomebodyWhoIsThere) {
  World world;
  const Caller olga{Caller::Kind::kOperator, "olga", ""};
  store::v1::Erasure& done = world.records.erasures["patient-h"];
  done.set_format(1);
  done.set_home_id("elsewhere");
  done.set_patient_id("patient-h");
  done.set_state(store::v1::Erasure::STATE_DONE);
  // Begun anew: nothing can be erased here, and it says so.
  EXPECT_TRUE(absl::IsFailedPrecondition(world.Call("ErasePatient", olga, "patient-h")));
  world.records.homes.clear();
  EXPECT_TRUE(world.Call("ErasePatient", olga, "patient-h").ok());
}

TEST(RightsDesk, NobodyIsShownAnythingBeforeItStandsInTheAuditLog) {
  World world;
  world.trail.trouble = absl::UnavailableError("no audit log");
  const Caller olga{Caller::Kind::kOperator, "olga", ""};
  EXPECT_TRUE(absl::IsUnavailable(world.Call("ExportPatient", olga, "patient-h")));
  EXPECT_TRUE(absl::IsUnavailable(world.Call("ListAccesses", olga, "patient-h")));
  EXPECT_THAT(world.parts, SizeIs(0));
}

TEST(RightsDesk, AnUnknownPersonIsNotFound) {
  World world;
  const Caller olga{Caller::Kind::kOperator, "olga", ""};
  for (const char* method : {"ExportPatient", "GetErasure", "ListAccesses"})
    EXPECT_TRUE(absl::IsNotFound(world.Call(method, olga, "nobody"))) << method;
}

TEST(RightsDesk, WhereNothingIsEncryptedNobodyCanBeErased) {
  World world;
  const absl::Status status =
      world.Call("ErasePatient", {Caller::Kind::kOperator, "olga", ""}, "patient-h");
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("keys.unencrypted"));
}

TEST(RightsDesk, PagesAccesses) {
  World world;
  rights::v1::ListAccessesRequest request;
  request.set_patient_id("patient-h");
  request.set_page_size(5);
  const Caller olga{Caller::Kind::kOperator, "olga", ""};
  auto page = world.desk.ListAccesses(olga, request);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(page->accesses(), SizeIs(5));
  request.set_page_token(page->next_page_token());
  page = world.desk.ListAccesses(olga, request);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(page->accesses(), SizeIs(2));
  EXPECT_EQ(page->next_page_token(), "");
  request.set_page_token("x");
  EXPECT_TRUE(absl::IsInvalidArgument(world.desk.ListAccesses(olga, request).status()));
}

// What is stored of caregivers is theirs to know about, too.
TEST(Retention, NamesEveryClassThatIsStored) {
  World world;
  std::set<std::string> classes;
  for (const rights::v1::RetentionRule& rule : world.retention.rules())
    classes.insert(rule.data_class());
  for (const char* data_class :
       {"accounts", "sign_ins", "invitations", "openings", "certificates", "denials", "tries"})
    EXPECT_EQ(classes.count(data_class), 1U) << data_class;
}

TEST(Retention, LooksAtEveryClassThatAnAgeEndsAndCounts) {
  World world;
  EXPECT_TRUE(world.retention.Enforce().ok());
  EXPECT_EQ(world.records.looked.at("alerts"), absl::Hours(24) * 365);
  EXPECT_EQ(world.records.looked.count("audit"), 0U);
  for (const rights::v1::RetentionRule& rule : world.retention.rules()) {
    EXPECT_NE(rule.ends_fr(), "") << rule.data_class();
    EXPECT_EQ(world.records.looked.count(rule.data_class()), rule.days() > 0 ? 1U : 0U);
    EXPECT_EQ(rule.deleted(), rule.data_class() == "alerts" ? 2U : 0U);
  }
  EXPECT_THAT(world.metrics.Expose(), HasSubstr("veille_retention_deleted_total 2"));
}

}  // namespace
}  // namespace veille::care
