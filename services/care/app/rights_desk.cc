#include "services/care/app/rights_desk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "google/protobuf/util/json_util.h"

#include "veille/event/v1/event.pb.h"
#include "veille/store/v1/notification.pb.h"

#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "services/care/app/personal_scope.h"
#include "services/care/core/access_sentence.h"
#include "services/care/core/erased_home.h"
#include "services/care/core/fhir.h"
#include "services/care/core/json.h"
#include "services/care/core/retention_table.h"

namespace veille::care {
namespace {

using google::protobuf::Message;
using rights::v1::ExportPatientResponse;

constexpr std::size_t kMaxId = 256;
constexpr int kDefaultPage = 50, kMaxPage = 500;

// Members of a circle have rights of their own one day; until they can sign in, operators act.
absl::Status Admit(const Caller& caller) {
  if (caller.kind == Caller::Kind::kOperator) return absl::OkStatus();
  return absl::PermissionDeniedError("operators alone act on people's rights");
}

absl::Status CheckId(const std::string& patient_id) {
  if (patient_id.empty()) return absl::InvalidArgumentError("patient_id: is needed");
  if (patient_id.size() > kMaxId)
    return absl::InvalidArgumentError("patient_id: at most 256 characters");
  return absl::OkStatus();
}

absl::StatusOr<ExportPatientResponse> LineOf(const std::string& data_class, const std::string& id,
                                             const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string record;
  if (!google::protobuf::util::MessageToJsonString(message, &record, options).ok())
    return absl::InternalError("a record cannot be written as JSON");
  Json line;
  line.Set("class", data_class).Set("id", id).Set("record", Json::Raw(std::move(record)));
  ExportPatientResponse response;
  response.set_line(line.ToString());
  return response;
}

ExportPatientResponse ResourceOf(std::string entry) {
  ExportPatientResponse response;
  response.set_resource(std::move(entry));
  return response;
}

// What the person shares with others of the home is theirs to see; what is the others' is not.
v1::HomeRecord HomeFor(const std::string& patient_id, const v1::HomeRecord& home) {
  v1::HomeRecord shown = home;
  for (const v1::Patient& patient : home.patients())
    if (patient.patient_id() != patient_id) RemovePerson(patient.patient_id(), shown);
  return shown;
}

// A record as a line, and as the resources that it is in FHIR's terms.
absl::Status Hand(const PersonalRecord& record, const FhirScope& scope, uint64_t number,
                  const RightsDesk::OnPart& on_part) {
  VEILLE_ASSIGN_OR_RETURN(ExportPatientResponse line,
                          LineOf(record.data_class, record.id, *record.message));
  VEILLE_RETURN_IF_ERROR(on_part(std::move(line)));
  std::vector<std::string> entries;
  if (record.data_class == "event") {
    const auto& event = static_cast<const event::v1::Event&>(*record.message);
    entries = FhirOfEvent(event, scope, "event-" + std::to_string(number));
  } else if (record.data_class == "alert") {
    const auto& stored = static_cast<const store::v1::AlertRecord&>(*record.message);
    entries = FhirOfAlert(stored.alert(), scope.patient_id);
  }
  for (std::string& entry : entries) VEILLE_RETURN_IF_ERROR(on_part(ResourceOf(std::move(entry))));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<store::v1::StoredHome> RightsDesk::HomeOf(const std::string& patient_id) {
  VEILLE_RETURN_IF_ERROR(CheckId(patient_id));
  VEILLE_ASSIGN_OR_RETURN(const std::string home_id, parts_.records.HomeOf(patient_id));
  if (!home_id.empty()) {
    VEILLE_ASSIGN_OR_RETURN(store::v1::StoredHome stored, parts_.homes.Get(home_id));
    for (const v1::Patient& patient : stored.home().patients())
      if (patient.patient_id() == patient_id) return stored;
  }
  return absl::NotFoundError("patient_id: nobody has the id '" + patient_id + "'");
}

absl::Status RightsDesk::Shown(const Caller& caller, const char* action, const std::string& home_id,
                               const std::string& patient_id) {
  store::v1::AuditEntry entry;
  SetTime(parts_.clock->Now(), *entry.mutable_time());
  entry.set_actor(caller.id);
  entry.set_client(caller.client);
  entry.set_action(action);
  entry.set_home_id(home_id);
  entry.set_patient_id(patient_id);
  entry.set_outcome("OK");
  return parts_.audit.BeforeShown(entry);
}

absl::Status RightsDesk::Export(const Caller& caller,
                                const rights::v1::ExportPatientRequest& request,
                                const OnPart& on_part) {
  VEILLE_RETURN_IF_ERROR(Admit(caller));
  const std::string& patient_id = request.patient_id();
  VEILLE_ASSIGN_OR_RETURN(const store::v1::StoredHome stored, HomeOf(patient_id));
  const std::string& home_id = stored.home().home_id();
  VEILLE_RETURN_IF_ERROR(Shown(caller, "rights.export", home_id, patient_id));
  store::v1::StoredHome shown = stored;
  *shown.mutable_home() = HomeFor(patient_id, stored.home());
  VEILLE_ASSIGN_OR_RETURN(ExportPatientResponse line, LineOf("home", home_id, shown));
  VEILLE_RETURN_IF_ERROR(on_part(std::move(line)));
  for (std::string& entry : FhirOfHome(shown.home(), patient_id))
    VEILLE_RETURN_IF_ERROR(on_part(ResourceOf(std::move(entry))));
  FhirScope fhir{patient_id, {}};
  for (const v1::Device& device : shown.home().devices()) fhir.devices.insert(device.device_id());
  uint64_t number = 0;
  VEILLE_RETURN_IF_ERROR(parts_.records.Visit(
      ScopeOf(patient_id, stored.home()),
      [&](const PersonalRecord& record) { return Hand(record, fhir, ++number, on_part); }));
  const auto on_access = [&](const store::v1::AuditEntry& entry) -> absl::Status {
    const std::string id = "access-" + std::to_string(entry.number());
    VEILLE_ASSIGN_OR_RETURN(ExportPatientResponse access, LineOf("access", id, entry));
    VEILLE_RETURN_IF_ERROR(on_part(std::move(access)));
    return on_part(ResourceOf(FhirOfAccess(entry, patient_id, id)));
  };
  VEILLE_RETURN_IF_ERROR(parts_.records.VisitAccesses(home_id, patient_id, on_access));
  for (const rights::v1::RetentionRule& rule : parts_.retention.rules()) {
    VEILLE_ASSIGN_OR_RETURN(line, LineOf("retention", rule.data_class(), rule));
    VEILLE_RETURN_IF_ERROR(on_part(std::move(line)));
  }
  return absl::OkStatus();
}

absl::StatusOr<rights::v1::ErasePatientResponse> RightsDesk::Erase(
    const Caller& caller, const rights::v1::ErasePatientRequest& request) {
  VEILLE_RETURN_IF_ERROR(Admit(caller));
  VEILLE_RETURN_IF_ERROR(CheckId(request.patient_id()));
  rights::v1::ErasePatientResponse response;
  if (request.validate_only()) {
    VEILLE_ASSIGN_OR_RETURN(*response.mutable_erasure(),
                            parts_.eraser.Plan(caller, request.patient_id()));
  } else {
    VEILLE_ASSIGN_OR_RETURN(*response.mutable_erasure(),
                            parts_.eraser.Begin(caller, request.patient_id()));
  }
  return response;
}

absl::StatusOr<rights::v1::GetErasureResponse> RightsDesk::GetErasure(
    const Caller& caller, const rights::v1::GetErasureRequest& request) {
  VEILLE_RETURN_IF_ERROR(Admit(caller));
  VEILLE_RETURN_IF_ERROR(CheckId(request.patient_id()));
  rights::v1::GetErasureResponse response;
  VEILLE_ASSIGN_OR_RETURN(*response.mutable_erasure(), parts_.eraser.Get(request.patient_id()));
  return response;
}

absl::StatusOr<rights::v1::ListAccessesResponse> RightsDesk::ListAccesses(
    const Caller& caller, const rights::v1::ListAccessesRequest& request) {
  VEILLE_RETURN_IF_ERROR(Admit(caller));
  const std::string& patient_id = request.patient_id();
  VEILLE_RETURN_IF_ERROR(CheckId(patient_id));
  std::size_t begin = 0;
  if (!request.page_token().empty() && !absl::SimpleAtoi(request.page_token(), &begin))
    return absl::InvalidArgumentError("page_token: not from a response of this method");
  if (request.page_size() < 0 || request.page_size() > kMaxPage)
    return absl::InvalidArgumentError("page_size: 0 to 500");
  const std::size_t limit =
      static_cast<std::size_t>(request.page_size() == 0 ? kDefaultPage : request.page_size());
  // Of somebody who was erased the registry knows nothing; the erasure knows the home.
  VEILLE_ASSIGN_OR_RETURN(std::string home_id, parts_.records.HomeOf(patient_id));
  if (home_id.empty()) {
    VEILLE_ASSIGN_OR_RETURN(const store::v1::Erasure erasure, parts_.eraser.Get(patient_id));
    home_id = erasure.home_id();
  }
  VEILLE_RETURN_IF_ERROR(Shown(caller, "rights.accesses", home_id, patient_id));
  std::vector<store::v1::AuditEntry> entries;
  VEILLE_RETURN_IF_ERROR(parts_.records.VisitAccesses(
      home_id, patient_id, [&entries](const store::v1::AuditEntry& entry) {
        entries.push_back(entry);
        return absl::OkStatus();
      }));
  // Several roles write: what one of them wrote late stands behind what was done after it.
  std::stable_sort(entries.begin(), entries.end(),
                   [](const store::v1::AuditEntry& a, const store::v1::AuditEntry& b) {
                     return ToTime(a.time()) < ToTime(b.time());
                   });
  rights::v1::ListAccessesResponse response;
  for (std::size_t i = begin; i < entries.size() && i - begin < limit; ++i)
    *response.add_accesses() = AccessOf(entries[i]);
  if (begin < entries.size() && entries.size() - begin > limit)
    response.set_next_page_token(std::to_string(begin + limit));
  return response;
}

absl::StatusOr<rights::v1::ListRetentionResponse> RightsDesk::ListRetention(
    const Caller& caller, const rights::v1::ListRetentionRequest&) {
  VEILLE_RETURN_IF_ERROR(Admit(caller));
  rights::v1::ListRetentionResponse response;
  for (rights::v1::RetentionRule& rule : parts_.retention.rules())
    *response.add_rules() = std::move(rule);
  return response;
}

}  // namespace veille::care
