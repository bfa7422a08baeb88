// The desk through its requests, as the service calls it, on a store in memory.

#include "services/care/app/care_desk.h"

#include <map>
#include <memory>
#include <string>

#include "gtest/gtest.h"

#include "veille/care/v1/care_service.pb.h"

#include "common/rpc/status.h"
#include "services/care/app/requests.h"
#include "services/care/core/access_sentence.h"
#include "tests/unit/care/fake_home_store.h"
#include "tests/unit/care/fake_personal_records.h"

namespace veille::care {
namespace {

using testing::FakeCareTrail;
using testing::FakeHomeStore;
using testing::SmallHome;

const Caller kOperator{Caller::Kind::kOperator, "olga", "terminal"};

class Desk : public ::testing::Test {
 protected:
  template <typename Response, typename Request>
  absl::StatusOr<Response> Ask(const char* method, const Request& request,
                               const Caller& caller = kOperator) {
    Response response;
    absl::Status status = Handle(desk_, {caller, method}, request, response);
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<v1::CreateHomeResponse> Create(const v1::HomeRecord& home,
                                                const std::string& request_id = "") {
    v1::CreateHomeRequest request;
    *request.mutable_home() = home;
    request.set_request_id(request_id);
    return Ask<v1::CreateHomeResponse>("CreateHome", request);
  }

  v1::GetDeviceResponse Door() {
    v1::GetDeviceRequest request;
    request.set_home_id("h");
    request.set_device_id("door");
    return Ask<v1::GetDeviceResponse>("GetDevice", request).value();
  }

  static v1::UpdateDeviceRequest Room(const std::string& room, const std::string& etag = "") {
    v1::UpdateDeviceRequest request;
    request.set_home_id("h");
    request.mutable_device()->set_device_id("door");
    request.mutable_device()->set_room(room);
    request.mutable_update_mask()->add_paths("room");
    request.set_etag(etag);
    return request;
  }

  absl::StatusOr<v1::UpdateCarePlanResponse> NoReturn(int64_t seconds) {
    v1::UpdateCarePlanRequest request;
    request.set_home_id("h");
    request.set_patient_id("patient-h");
    request.mutable_care_plan()->mutable_night_exit()->mutable_no_return()->set_seconds(seconds);
    request.mutable_update_mask()->add_paths("night_exit.no_return");
    return Ask<v1::UpdateCarePlanResponse>("UpdateCarePlan", request);
  }

  absl::StatusOr<v1::ListCarePlanRevisionsResponse> History(int page_size,
                                                            const std::string& token) {
    v1::ListCarePlanRevisionsRequest request;
    request.set_home_id("h");
    request.set_patient_id("patient-h");
    request.set_page_size(page_size);
    request.set_page_token(token);
    return Ask<v1::ListCarePlanRevisionsResponse>("ListCarePlanRevisions", request);
  }

  const std::shared_ptr<VirtualClock> clock_ =
      std::make_shared<VirtualClock>(absl::FromUnixSeconds(1800000000));
  FakeHomeStore store_;
  FakeCareTrail trail_;
  CareDesk desk_{store_, trail_, clock_};
};

TEST_F(Desk, AHomeThatIsCreatedIsThere) {
  ASSERT_TRUE(Create(SmallHome("h")).ok());
  v1::GetHomeRequest request;
  request.set_home_id("h");
  EXPECT_EQ(Ask<v1::GetHomeResponse>("GetHome", request)->home().SerializeAsString(),
            SmallHome("h").SerializeAsString());
  EXPECT_TRUE(absl::IsAlreadyExists(Create(SmallHome("h")).status()));
}

TEST_F(Desk, EveryFaultOfAHomeIsNamedAtOnce) {
  v1::HomeRecord home = SmallHome("h");
  home.set_zone("Europe/Nowhere");
  home.clear_sources();
  const absl::Status status = Create(home).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(rpc::ViolationsOf(status).size(), 2U);
}

TEST_F(Desk, TheSameRequestAgainCreatesNothing) {
  v1::HomeRecord home = SmallHome("h");
  home.clear_home_id();
  const auto first = Create(home, "request-1");
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = Create(home, "request-1");
  EXPECT_EQ(second->home().home_id(), first->home().home_id());
  EXPECT_EQ(store_.ListIds()->size(), 1U);
}

TEST_F(Desk, TheIdOfAnotherRequestIsRefused) {
  ASSERT_TRUE(Create(SmallHome("h"), "request-1").ok());
  v1::HomeRecord other = SmallHome("h");
  other.set_zone("Europe/London");
  const absl::Status status = Create(other, "request-1").status();
  ASSERT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(rpc::ViolationsOf(status)[0].field, "request_id");
}

TEST_F(Desk, AChangeOverAnothersIsAborted) {
  ASSERT_TRUE(Create(SmallHome("h")).ok());
  const std::string etag = Door().etag();
  ASSERT_TRUE(Ask<v1::UpdateDeviceResponse>("UpdateDevice", Room("hall", etag)).ok());
  const absl::Status late =
      Ask<v1::UpdateDeviceResponse>("UpdateDevice", Room("kitchen", etag)).status();
  EXPECT_TRUE(absl::IsAborted(late)) << late;
  EXPECT_EQ(Door().device().room(), "hall");
}

TEST_F(Desk, ChangesOfDifferentDevicesAtOnceAreBothKept) {
  v1::HomeRecord home = SmallHome("h");
  home.add_devices()->set_device_id("bed");
  ASSERT_TRUE(Create(home).ok());
  store_.before_commit = [this] {
    v1::UpdateDeviceRequest bed = Room("bedroom");
    bed.mutable_device()->set_device_id("bed");
    EXPECT_TRUE(Ask<v1::UpdateDeviceResponse>("UpdateDevice", bed).ok());
  };
  ASSERT_TRUE(Ask<v1::UpdateDeviceResponse>("UpdateDevice", Room("hall")).ok());
  EXPECT_EQ(store_.Get("h")->home().devices(0).room(), "hall");
  EXPECT_EQ(store_.Get("h")->home().devices(1).room(), "bedroom");
}

TEST_F(Desk, WhatIsStillNeededIsNotRemoved) {
  v1::HomeRecord home = SmallHome("h");
  home.mutable_devices(0)->set_source_id("hub-h");
  home.add_sources()->set_source_id("phone");
  ASSERT_TRUE(Create(home).ok());
  v1::DeleteSourceRequest request;
  request.set_home_id("h");
  request.set_source_id("hub-h");
  const absl::Status status = Ask<v1::DeleteSourceResponse>("DeleteSource", request).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  request.set_source_id("phone");
  EXPECT_TRUE(Ask<v1::DeleteSourceResponse>("DeleteSource", request).ok());
}

TEST_F(Desk, AHubOfAnotherHomeIsRefusedUntilThatHasItNoMore) {
  ASSERT_TRUE(Create(SmallHome("h")).ok());
  v1::HomeRecord other = SmallHome("i");
  other.mutable_sources(0)->set_source_id("hub-h");
  EXPECT_TRUE(absl::IsAlreadyExists(Create(other).status()));
  v1::DeleteHomeRequest request;
  request.set_home_id("h");
  ASSERT_TRUE(Ask<v1::DeleteHomeResponse>("DeleteHome", request).ok());
  EXPECT_TRUE(Create(other).ok());
}

TEST_F(Desk, APlanHasAHistoryAndCanGoBack) {
  ASSERT_TRUE(Create(SmallHome("h")).ok());
  const auto first = NoReturn(600);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->care_plan().version(), "r2");
  ASSERT_TRUE(NoReturn(900).ok());
  v1::RollbackCarePlanRequest request;
  request.set_home_id("h");
  request.set_patient_id("patient-h");
  request.set_revision(first->revision());
  const auto back = Ask<v1::RollbackCarePlanResponse>("RollbackCarePlan", request);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->care_plan().SerializeAsString(), first->care_plan().SerializeAsString());
  EXPECT_EQ(back->revision_now(), 4U);
  const auto history = History(2, "");
  ASSERT_EQ(history->revisions_size(), 2);
  EXPECT_EQ(history->revisions(0).action(), "care.plan.rollback");
  EXPECT_EQ(history->revisions(0).actor(), "olga");
  const auto rest = History(2, history->next_page_token());
  ASSERT_EQ(rest->revisions_size(), 2);
  EXPECT_EQ(rest->revisions(1).action(), "care.home.create");
  EXPECT_EQ(rest->next_page_token(), "");
}

TEST_F(Desk, ARevisionThatNeverWasIsNotFound) {
  ASSERT_TRUE(Create(SmallHome("h")).ok());
  v1::RollbackCarePlanRequest request;
  request.set_home_id("h");
  request.set_patient_id("patient-h");
  request.set_revision(17);
  EXPECT_TRUE(
      absl::IsNotFound(Ask<v1::RollbackCarePlanResponse>("RollbackCarePlan", request).status()));
}

TEST_F(Desk, APlanThatCannotBeIsRefusedWithItsField) {
  ASSERT_TRUE(Create(SmallHome("h")).ok());
  const absl::Status status = NoReturn(1).status();
  ASSERT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(rpc::ViolationsOf(status)[0].field, "care_plan.night_exit.no_return");
}

TEST_F(Desk, AValidatingChangeChangesNothing) {
  v1::CreateHomeRequest request;
  *request.mutable_home() = SmallHome("h");
  request.set_validate_only(true);
  ASSERT_TRUE(Ask<v1::CreateHomeResponse>("CreateHome", request).ok());
  EXPECT_TRUE(store_.ListIds()->empty());
  EXPECT_TRUE(trail_.done.empty());
}

TEST_F(Desk, AValidatingChangeSeesIdsThatAreTakenOrWereErased) {
  ASSERT_TRUE(Create(SmallHome("i")).ok());
  v1::CreateHomeRequest request;
  *request.mutable_home() = SmallHome("h");
  request.mutable_home()->mutable_sources(0)->set_source_id("hub-i");
  request.set_validate_only(true);
  EXPECT_TRUE(absl::IsAlreadyExists(Ask<v1::CreateHomeResponse>("CreateHome", request).status()));
  *request.mutable_home() = SmallHome("h");
  store_.erased.insert("patient:patient-h");
  EXPECT_TRUE(
      absl::IsFailedPrecondition(Ask<v1::CreateHomeResponse>("CreateHome", request).status()));
}

// Who is not in the registry can no longer be shown what is stored of them, nor be erased.
TEST_F(Desk, WhoeverIsStoredElsewhereIsErasedAndNotDeleted) {
  testing::FakePersonalRecords records;
  CareDesk desk(store_, trail_, clock_, &records);
  ASSERT_TRUE(Create(SmallHome("h")).ok());
  v1::DeleteHomeRequest request;
  request.set_home_id("h");
  v1::DeleteHomeResponse response;
  records.held = {"patient-h"};
  const absl::Status refused = Handle(desk, {kOperator, "DeleteHome"}, request, response);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_NE(refused.message().find("veille rights erase patient-h"), absl::string_view::npos);
  v1::UpdateHomeRequest update;
  *update.mutable_home() = SmallHome("h");
  update.mutable_home()->mutable_patients(0)->set_patient_id("rene");
  update.mutable_update_mask()->add_paths("*");
  v1::UpdateHomeResponse updated;
  EXPECT_TRUE(absl::IsFailedPrecondition(Handle(desk, {kOperator, "UpdateHome"}, update, updated)));
  records.held.clear();
  EXPECT_TRUE(Handle(desk, {kOperator, "DeleteHome"}, request, response).ok());
}

TEST_F(Desk, AnIdIsNotChanged) {
  ASSERT_TRUE(Create(SmallHome("h")).ok());
  v1::UpdateDeviceRequest device = Room("kitchen");
  device.mutable_update_mask()->add_paths("device_id");
  absl::Status status = Ask<v1::UpdateDeviceResponse>("UpdateDevice", device).status();
  ASSERT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(rpc::ViolationsOf(status)[0].field, "device.device_id");
  v1::UpdateConsentRequest consent;
  consent.set_home_id("h");
  consent.set_patient_id("patient-h");
  consent.mutable_consent()->set_consent_id("paper");
  consent.mutable_update_mask()->add_paths("patient_id");
  status = Ask<v1::UpdateConsentResponse>("UpdateConsent", consent).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(Door().device().room(), "");
}

TEST_F(Desk, ListsComeInPages) {
  for (const char* id : {"c", "a", "b"}) ASSERT_TRUE(Create(SmallHome(id)).ok());
  v1::ListHomesRequest request;
  request.set_page_size(2);
  const auto first = Ask<v1::ListHomesResponse>("ListHomes", request);
  ASSERT_EQ(first->homes_size(), 2);
  EXPECT_EQ(first->homes(1).home_id(), "b");
  request.set_page_token(first->next_page_token());
  const auto second = Ask<v1::ListHomesResponse>("ListHomes", request);
  ASSERT_EQ(second->homes_size(), 1);
  EXPECT_EQ(second->homes(0).home_id(), "c");
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(Desk, EveryChangeAndEveryViewIsInTheBook) {
  ASSERT_TRUE(Create(SmallHome("h")).ok());
  Door();
  EXPECT_FALSE(NoReturn(1).ok());
  ASSERT_EQ(trail_.done.size(), 2U);
  EXPECT_EQ(trail_.done[0].action(), "care.home.create");
  EXPECT_EQ(trail_.done[0].outcome(), "OK");
  EXPECT_EQ(trail_.done[1].action(), "care.plan.update");
  EXPECT_EQ(trail_.done[1].outcome(), "INVALID_ARGUMENT");
  EXPECT_EQ(trail_.done[1].patient_id(), "patient-h");
  ASSERT_EQ(trail_.shown.size(), 1U);
  EXPECT_EQ(trail_.shown[0].actor(), "olga");
  EXPECT_EQ(trail_.shown[0].action(), "care.device.get");
}

// Something of every kind, so that there is something to show.
v1::HomeRecord FullHome() {
  v1::HomeRecord home = SmallHome("h");
  home.add_rooms()->set_name("kitchen");
  v1::Patient& patient = *home.mutable_patients(0);
  v1::Zone& zone = *patient.add_zones();
  zone.set_name("kitchen");
  zone.mutable_circle()->set_latitude_degrees(49.9);
  zone.mutable_circle()->set_longitude_degrees(2.3);
  zone.mutable_circle()->set_radius_m(300);
  v1::Consent& consent = *home.add_consents();
  consent.set_consent_id("paper");
  consent.set_patient_id("patient-h");
  consent.add_scopes(v1::CONSENT_SCOPE_POSITION);
  consent.set_mode(v1::CONSENT_MODE_ALWAYS);
  consent.mutable_give_time()->set_seconds(1800000000 - 60);
  v1::Grant& grant = *home.add_grants();
  grant.set_patient_id("patient-h");
  grant.set_caregiver_id("anne");
  grant.add_rights(v1::MEMBER_RIGHT_READ);
  return home;
}

// Ids as FullHome has them.
void NameIn(google::protobuf::Message& message) {
  const std::map<std::string, std::string> ids = {
      {"home_id", "h"},       {"patient_id", "patient-h"}, {"source_id", "hub-h"},
      {"device_id", "door"},  {"name", "kitchen"},         {"caregiver_id", "anne"},
      {"consent_id", "paper"}};
  for (const auto& [name, id] : ids)
    if (const auto* field = message.GetDescriptor()->FindFieldByName(name); field != nullptr)
      message.GetReflection()->SetString(&message, field, id);
}

// A request about something that is there.
std::unique_ptr<google::protobuf::Message> RequestOf(
    const google::protobuf::MethodDescriptor& method) {
  const auto* type = method.input_type();
  std::unique_ptr<google::protobuf::Message> request(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  NameIn(*request);
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    if (field->cpp_type() == field->CPPTYPE_MESSAGE && field->name() != "update_mask")
      NameIn(*request->GetReflection()->MutableMessage(request.get(), field));
  }
  if (method.name() == "RollbackCarePlan")
    static_cast<v1::RollbackCarePlanRequest&>(*request).set_revision(1);
  return request;
}

// Whoever adds a method gives it a sentence: the log is the person's to read.
TEST_F(Desk, EveryMethodLeavesASentenceInThePersonsLog) {
  const auto& service = *v1::GetHomeRequest::descriptor()->file()->FindServiceByName("CareService");
  for (int i = 0; i < service.method_count(); ++i) {
    const auto& method = *service.method(i);
    FakeHomeStore store;
    FakeCareTrail trail;
    CareDesk desk(store, trail, clock_);
    v1::CreateHomeRequest create;
    *create.mutable_home() = FullHome();
    v1::CreateHomeResponse created;
    ASSERT_TRUE(Handle(desk, {kOperator, "CreateHome"}, create, created).ok());
    trail.done.clear();
    const std::unique_ptr<google::protobuf::Message> response(
        google::protobuf::MessageFactory::generated_factory()
            ->GetPrototype(method.output_type())
            ->New());
    const absl::Status status =
        Handle(desk, {kOperator, method.name().c_str()}, *RequestOf(method), *response);
    std::vector<store::v1::AuditEntry> entries = trail.shown;
    entries.insert(entries.end(), trail.done.begin(), trail.done.end());
    EXPECT_FALSE(entries.empty()) << method.name() << " " << status;
    for (const store::v1::AuditEntry& entry : entries)
      EXPECT_EQ(AccessOf(entry).en().find(" did: "), std::string::npos)
          << method.name() << ": " << AccessOf(entry).en();
  }
}

TEST_F(Desk, WhatCannotBeRecordedIsNotShown) {
  ASSERT_TRUE(Create(SmallHome("h")).ok());
  trail_.trouble = absl::UnavailableError("the book is away");
  v1::GetHomeRequest request;
  request.set_home_id("h");
  EXPECT_TRUE(absl::IsUnavailable(Ask<v1::GetHomeResponse>("GetHome", request).status()));
}

// The seam: no method answers a caller who may nothing, whatever is asked.
TEST_F(Desk, NoMethodServesAHub) {
  ASSERT_TRUE(Create(SmallHome("h")).ok());
  const auto& service = *v1::GetHomeRequest::descriptor()->file()->FindServiceByName("CareService");
  const std::string before = store_.Get("h")->SerializeAsString();
  for (int i = 0; i < service.method_count(); ++i) {
    const auto& method = *service.method(i);
    auto* factory = google::protobuf::MessageFactory::generated_factory();
    const std::unique_ptr<google::protobuf::Message> request(
        factory->GetPrototype(method.input_type())->New());
    const std::unique_ptr<google::protobuf::Message> response(
        factory->GetPrototype(method.output_type())->New());
    for (int j = 0; j < method.input_type()->field_count(); ++j) {
      const auto* field = method.input_type()->field(j);
      const auto* reflection = request->GetReflection();
      const std::string name = field->name();
      if (name == "home_id") reflection->SetString(request.get(), field, "h");
      if (name == "patient_id") reflection->SetString(request.get(), field, "patient-h");
      if (field->message_type() != nullptr) reflection->MutableMessage(request.get(), field);
      if (name == "home")
        reflection->MutableMessage(request.get(), field)->CopyFrom(SmallHome("h"));
    }
    const Caller hub{Caller::Kind::kHub, "hub-h", ""};
    EXPECT_TRUE(
        absl::IsPermissionDenied(Handle(desk_, {hub, method.name().c_str()}, *request, *response)))
        << method.name();
    EXPECT_EQ(response->ByteSizeLong(), 0U) << method.name();
  }
  EXPECT_EQ(store_.Get("h")->SerializeAsString(), before);
}

}  // namespace
}  // namespace veille::care
