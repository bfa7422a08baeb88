#include "services/care/core/fhir.h"

#include <algorithm>
#include <optional>

#include "absl/time/time.h"

#include "common/base/digest.h"
#include "common/base/timestamp.h"
#include "services/care/core/json.h"

namespace veille::care {
namespace {

using google::protobuf::Timestamp;

// Nobody serves it: a name that cannot be somebody's.
constexpr char kBase[] = "https://veille.invalid/fhir/";
constexpr char kLoinc[] = "http://loinc.org";
constexpr std::string_view kOxygenSaturation = "2708-6", kPulseOximetry = "59408-5";
constexpr char kUcum[] = "http://unitsofmeasure.org";
constexpr char kOurCodes[] = "urn:veille:codes";
constexpr std::size_t kMaxId = 64;

// Of FHIR's characters, at most 64 of them; what is changed keeps apart by a digest.
std::string IdOf(const std::string& text) {
  std::string id = text;
  std::replace_if(
      id.begin(), id.end(),
      [](char c) {
        return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '.');
      },
      '-');
  if (id == text && !id.empty() && id.size() <= kMaxId) return id;
  return id.substr(0, kMaxId - 17) + "-" + Sha256Hex16(text);
}

std::string When(const Timestamp& time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", ToTime(time), absl::UTCTimeZone());
}

Json Resource(const char* type, const std::string& id) {
  Json resource;
  resource.Set("resourceType", type).Set("id", IdOf(id));
  return resource;
}

std::string Entry(const char* type, const std::string& id, const Json& resource) {
  Json entry;
  entry.Set("fullUrl", kBase + std::string(type) + "/" + IdOf(id));
  entry.Set("resource", Json::Raw(resource.ToString()));
  return entry.ToString();
}

Json Identifier(const char* system, const std::string& value) {
  Json identifier;
  identifier.Set("system", system).Set("value", value);
  return identifier;
}

Json Identifiers(const char* system, const std::string& value) {
  return Json::List({Identifier(system, value)});
}

// To what is no entry: only its id says who or what it is.
Json LogicalReference(const char* system, const std::string& value) {
  Json reference;
  reference.Set("identifier", Identifier(system, value));
  return reference;
}

Json Reference(const char* type, const std::string& id) {
  Json reference;
  reference.Set("reference", std::string(type) + "/" + IdOf(id));
  return reference;
}

Json Coding(std::string_view system, std::string_view code) {
  Json coding;
  coding.Set("system", system).Set("code", code);
  return coding;
}

Json Concept(std::string_view system, std::string_view code, std::string_view text = {}) {
  Json coded;
  coded.Set("coding", Json::List({Coding(system, code)})).Set("text", text);
  return coded;
}

Json CodedBy(std::vector<Json> codings) {
  Json coded;
  coded.Set("coding", Json::List(std::move(codings)));
  return coded;
}

Json Named(const std::string& text) {
  Json name;
  name.Set("text", text);
  return name.empty() ? Json::List({}) : Json::List({name});
}

Json Communication(const std::string& language) {
  if (language.empty()) return Json::List({});
  Json communication;
  communication.Set("language", Concept("urn:ietf:bcp:47", language));
  return Json::List({communication});
}

std::string PatientEntry(const v1::Patient& patient) {
  Json resource = Resource("Patient", patient.patient_id());
  resource.Set("identifier", Identifiers("urn:veille:patient", patient.patient_id()))
      .Set("active", Json::Flag(true))
      .Set("name", Named(patient.display_name()))
      .Set("communication", Communication(patient.language()));
  return Entry("Patient", patient.patient_id(), resource);
}

bool IsRelated(const v1::Member& member) {
  return member.relation() == v1::Member::RELATION_FAMILY ||
         member.relation() == v1::Member::RELATION_NEIGHBOUR;
}

Json Telecom(const v1::Member& member) {
  std::vector<Json> points;
  for (const v1::Channel& channel : member.channels()) {
    Json point;
    if (channel.has_email()) {
      point.Set("system", "email").Set("value", channel.email().address());
    } else if (channel.has_webhook()) {
      point.Set("system", "url").Set("value", channel.webhook().url());
    } else if (channel.has_web_push()) {
      point.Set("system", "other").Set("value", channel.web_push().endpoint());
    }
    if (!point.empty()) points.push_back(std::move(point));
  }
  return Json::List(std::move(points));
}

std::string MemberEntry(const v1::Member& member, const std::string& patient_id) {
  const char* type = IsRelated(member) ? "RelatedPerson" : "Practitioner";
  Json resource = Resource(type, member.caregiver_id());
  resource.Set("identifier", Identifiers("urn:veille:caregiver", member.caregiver_id()))
      .Set("active", Json::Flag(true));
  if (IsRelated(member)) {
    const bool family = member.relation() == v1::Member::RELATION_FAMILY;
    resource.Set("patient", Reference("Patient", patient_id))
        .Set("relationship",
             Json::List({Concept("http://terminology.hl7.org/CodeSystem/v3-RoleCode",
                                 family ? "FAMMEMB" : "NBOR")}));
  }
  resource.Set("name", Named(member.display_name())).Set("telecom", Telecom(member));
  // A Practitioner's communication is a list of languages, a RelatedPerson's of objects.
  if (IsRelated(member)) {
    resource.Set("communication", Communication(member.language()));
  } else if (!member.language().empty()) {
    resource.Set("communication", Json::List({Concept("urn:ietf:bcp:47", member.language())}));
  }
  return Entry(type, member.caregiver_id(), resource);
}

std::string TeamEntry(const v1::Patient& patient) {
  std::vector<Json> participants;
  participants.reserve(static_cast<std::size_t>(patient.circle().members_size()));
  for (const v1::Member& member : patient.circle().members()) {
    Json participant;
    participant.Set("member", Reference(IsRelated(member) ? "RelatedPerson" : "Practitioner",
                                        member.caregiver_id()));
    participants.push_back(std::move(participant));
  }
  Json resource = Resource("CareTeam", patient.patient_id());
  resource.Set("status", "active")
      .Set("subject", Reference("Patient", patient.patient_id()))
      .Set("participant", Json::List(std::move(participants)));
  return Entry("CareTeam", patient.patient_id(), resource);
}

std::string ConsentEntry(const v1::Consent& consent) {
  Json resource = Resource("Consent", consent.consent_id());
  resource.Set("status", "active")
      .Set("scope",
           Concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"))
      .Set("category", Json::List({Concept(kLoinc, "59284-0", "Consent Document")}))
      .Set("patient", Reference("Patient", consent.patient_id()));
  if (consent.has_give_time()) resource.Set("dateTime", When(consent.give_time()));
  resource.Set("policyRule", Concept(kOurCodes, v1::ConsentMode_Name(consent.mode())));
  Json provision;
  provision.Set("type", consent.mode() == v1::CONSENT_MODE_NEVER ? "deny" : "permit");
  if (consent.has_expire_time()) {
    Json period;
    period.Set("end", When(consent.expire_time()));
    provision.Set("period", period);
  }
  std::vector<Json> codes;
  codes.reserve(static_cast<std::size_t>(consent.scopes_size()));
  for (const int scope : consent.scopes()) {
    codes.push_back(
        Concept(kOurCodes, v1::ConsentScope_Name(static_cast<v1::ConsentScope>(scope))));
  }
  provision.Set("code", Json::List(std::move(codes)));
  resource.Set("provision", provision);
  return Entry("Consent", consent.consent_id(), resource);
}

// A hub or a phone: beside the devices that it speaks for, and apart from them by its id.
std::string SourceEntry(const v1::Source& source) {
  const std::string id = "source." + source.source_id();
  const auto kind =
      source.kind() == v1::Source::KIND_UNSPECIFIED ? v1::Source::KIND_HUB : source.kind();
  Json resource = Resource("Device", id);
  resource.Set("identifier", Identifiers("urn:veille:source", source.source_id()))
      .Set("status", "active")
      .Set("type", Concept(kOurCodes, v1::Source::Kind_Name(kind)));
  return Entry("Device", id, resource);
}

std::string DeviceEntry(const v1::Device& device, const std::string& patient_id) {
  Json resource = Resource("Device", device.device_id());
  resource.Set("identifier", Identifiers("urn:veille:device", device.device_id()))
      .Set("status", device.has_unbind_time() ? "inactive" : "active")
      .Set("type", Concept(kOurCodes, v1::Role_Name(device.role())));
  if (!device.patient_id().empty()) resource.Set("patient", Reference("Patient", patient_id));
  return Entry("Device", device.device_id(), resource);
}

Json Observed(const std::string& id, const event::v1::Event& event, const FhirScope& scope,
              const char* category, const Json& code) {
  Json resource = Resource("Observation", id);
  resource.Set("status", "final")
      .Set("category",
           Json::List(
               {Concept("http://terminology.hl7.org/CodeSystem/observation-category", category)}))
      .Set("code", code)
      .Set("subject", Reference("Patient", scope.patient_id))
      .Set("effectiveDateTime", When(event.event_time()))
      .Set("device", scope.devices.count(event.device_id()) > 0
                         ? Reference("Device", event.device_id())
                         : LogicalReference("urn:veille:device", event.device_id()));
  return resource;
}

Json Quantity(double value, const char* unit) {
  Json quantity;
  quantity.Set("value", Json::Number(value))
      .Set("unit", unit)
      .Set("system", kUcum)
      .Set("code", unit);
  return quantity;
}

struct Measured {
  std::string_view code;
  const char* unit;
  std::optional<float> value;
};

// The profile of blood pressure has both in one: what was not measured is said to be missing.
void AddBloodPressure(const event::v1::Event& event, const FhirScope& scope, const std::string& id,
                      std::vector<std::string>& entries) {
  const event::v1::Vitals& vitals = event.vitals();
  if (!vitals.has_systolic_mmhg() && !vitals.has_diastolic_mmhg()) return;
  const auto component = [](const char* code, bool has, float value) {
    Json part;
    part.Set("code", Concept(kLoinc, code));
    if (has) {
      part.Set("valueQuantity", Quantity(static_cast<double>(value), "mm[Hg]"));
    } else {
      part.Set("dataAbsentReason",
               Concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "unknown"));
    }
    return part;
  };
  const std::string own = id + ".85354-9";
  Json resource = Observed(own, event, scope, "vital-signs", Concept(kLoinc, "85354-9"));
  resource.Set(
      "component",
      Json::List({component("8480-6", vitals.has_systolic_mmhg(), vitals.systolic_mmhg()),
                  component("8462-4", vitals.has_diastolic_mmhg(), vitals.diastolic_mmhg())}));
  entries.push_back(Entry("Observation", own, resource));
}

void AddVitals(const event::v1::Event& event, const FhirScope& scope, const std::string& id,
               std::vector<std::string>& entries) {
  const event::v1::Vitals& vitals = event.vitals();
  const auto given = [](bool has, float value) {
    return has ? std::optional<float>(value) : std::nullopt;
  };
  const Measured all[] = {
      {"8867-4", "/min", given(vitals.has_heart_rate_bpm(), vitals.heart_rate_bpm())},
      {kOxygenSaturation, "%", given(vitals.has_spo2_percent(), vitals.spo2_percent())},
      {"8310-5", "Cel",
       given(vitals.has_body_temperature_celsius(), vitals.body_temperature_celsius())},
      {"9279-1", "/min",
       given(vitals.has_respiration_per_minute(), vitals.respiration_per_minute())},
  };
  for (const Measured& measured : all) {
    if (!measured.value) continue;
    const std::string own = id + "." + std::string(measured.code);
    Json code = Concept(kLoinc, measured.code);
    // HL7's profile wants the general code; that it was measured by light is said beside it.
    if (measured.code == kOxygenSaturation)
      code = CodedBy({Coding(kLoinc, kOxygenSaturation), Coding(kLoinc, kPulseOximetry)});
    Json resource = Observed(own, event, scope, "vital-signs", code);
    resource.Set("valueQuantity", Quantity(static_cast<double>(*measured.value), measured.unit));
    entries.push_back(Entry("Observation", own, resource));
  }
  AddBloodPressure(event, scope, id, entries);
}

const char* StatusOf(alert::v1::DeliveryState state) {
  switch (state) {
    case alert::v1::DELIVERY_STATE_QUEUED:
      return "preparation";
    case alert::v1::DELIVERY_STATE_SENT:
    case alert::v1::DELIVERY_STATE_FAILED_TEMPORARY:
      return "in-progress";
    case alert::v1::DELIVERY_STATE_DELIVERED:
    case alert::v1::DELIVERY_STATE_SEEN:
      return "completed";
    case alert::v1::DELIVERY_STATE_FAILED_PERMANENT:
    case alert::v1::DELIVERY_STATE_CANCELLED:
      return "not-done";
    default:
      return "unknown";
  }
}

bool WasReceived(alert::v1::DeliveryState state) {
  return state == alert::v1::DELIVERY_STATE_DELIVERED || state == alert::v1::DELIVERY_STATE_SEEN;
}

// Who was told may be in the circle no more: named by their id.
std::string CommunicationEntry(const alert::v1::Alert& alert, const alert::v1::Delivery& delivery,
                               const std::string& patient_id, const std::string& id) {
  Json payload;
  payload.Set("contentString", alert.reason().fr());
  Json resource = Resource("Communication", id);
  resource.Set("status", StatusOf(delivery.state()))
      .Set("medium", Json::List({Concept(
                         kOurCodes, delivery.channel().empty() ? "stream" : delivery.channel())}))
      .Set("subject", Reference("Patient", patient_id))
      .Set("about", Json::List({Reference("Flag", alert.alert_id())}))
      .Set("recipient",
           Json::List({LogicalReference("urn:veille:caregiver", delivery.caregiver_id())}));
  // When its state came about is all that is kept.
  if (delivery.state() == alert::v1::DELIVERY_STATE_SENT)
    resource.Set("sent", When(delivery.update_time()));
  if (WasReceived(delivery.state())) resource.Set("received", When(delivery.update_time()));
  if (!payload.empty()) resource.Set("payload", Json::List({payload}));
  return Entry("Communication", id, resource);
}

std::string FlagEntry(const alert::v1::Alert& alert, const std::string& patient_id) {
  Json period;
  period.Set("start", When(alert.event_time()));
  if (alert.has_close_time()) period.Set("end", When(alert.close_time()));
  Json code = Concept(kOurCodes, alert.rule(), alert.reason().fr());
  Json resource = Resource("Flag", alert.alert_id());
  resource.Set("identifier", Identifiers("urn:veille:alert", alert.alert_id()))
      .Set("status", alert.handling() == alert::v1::HANDLING_CLOSED ? "inactive" : "active")
      .Set("category",
           Json::List({Concept("http://terminology.hl7.org/CodeSystem/flag-category", "safety",
                               "rule version " + std::to_string(alert.evidence().rule_version()) +
                                   ", care plan " + alert.evidence().care_plan_version())}))
      .Set("code", code)
      .Set("subject", Reference("Patient", patient_id))
      .Set("period", period);
  return Entry("Flag", alert.alert_id(), resource);
}

// C, R, U, D or E, by the last word of the action.
const char* ActionOf(const std::string& action) {
  const std::string verb = action.substr(action.find('.') + 1);
  if (verb == "create" || verb == "add") return "C";
  if (verb == "update" || verb == "rollback") return "U";
  if (verb == "delete" || verb == "erase" || verb == "erased") return "D";
  if (verb == "get" || verb == "list" || verb == "watch" || verb == "history" || verb == "export" ||
      verb == "accesses")
    return "R";
  return "E";
}

}  // namespace

std::vector<std::string> FhirOfHome(const v1::HomeRecord& home, const std::string& patient_id) {
  std::vector<std::string> entries;
  for (const v1::Patient& patient : home.patients()) {
    if (patient.patient_id() != patient_id) continue;
    entries.push_back(PatientEntry(patient));
    for (const v1::Member& member : patient.circle().members())
      entries.push_back(MemberEntry(member, patient_id));
    entries.push_back(TeamEntry(patient));
  }
  for (const v1::Consent& consent : home.consents())
    if (consent.patient_id() == patient_id) entries.push_back(ConsentEntry(consent));
  for (const v1::Source& source : home.sources()) entries.push_back(SourceEntry(source));
  for (const v1::Device& device : home.devices()) {
    if (!device.patient_id().empty() && device.patient_id() != patient_id) continue;
    entries.push_back(DeviceEntry(device, patient_id));
  }
  return entries;
}

std::vector<std::string> FhirOfEvent(const event::v1::Event& event, const FhirScope& scope,
                                     const std::string& id) {
  std::vector<std::string> entries;
  if (event.has_vitals()) AddVitals(event, scope, id, entries);
  if (event.has_fall()) {
    Json resource = Observed(id, event, scope, "survey", Concept(kOurCodes, "fall", "Fall"));
    resource.Set("valueString", event::v1::Fall::Verdict_Name(event.fall().verdict()));
    entries.push_back(Entry("Observation", id, resource));
  }
  if (event.has_personal_emergency()) {
    Json resource = Observed(id, event, scope, "survey",
                             Concept(kOurCodes, "personal-emergency", "Call for help"));
    resource.Set("valueString",
                 event::v1::PersonalEmergency::Trigger_Name(event.personal_emergency().trigger()));
    entries.push_back(Entry("Observation", id, resource));
  }
  return entries;
}

std::vector<std::string> FhirOfAlert(const alert::v1::Alert& alert, const std::string& patient_id) {
  std::vector<std::string> entries = {FlagEntry(alert, patient_id)};
  int number = 0;
  for (const alert::v1::Delivery& delivery : alert.deliveries()) {
    const std::string id = alert.alert_id() + "." + std::to_string(++number);
    entries.push_back(CommunicationEntry(alert, delivery, patient_id, id));
  }
  return entries;
}

std::string FhirOfAccess(const store::v1::AuditEntry& entry, const std::string& patient_id,
                         const std::string& id) {
  Json agent, who, source, observer, entity;
  who.Set("display", entry.actor());
  agent.Set("who", who).Set("requestor", Json::Flag(true));
  observer.Set("display", "veille");
  source.Set("observer", observer);
  entity.Set("what", Reference("Patient", patient_id));
  Json resource = Resource("AuditEvent", id);
  const bool ok = entry.outcome().compare(0, 2, "OK") == 0;
  resource.Set("type", Coding("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest"))
      .Set("subtype", Json::List({Coding(kOurCodes, entry.action())}))
      .Set("action", ActionOf(entry.action()))
      .Set("recorded", When(entry.time()))
      .Set("outcome", ok ? "0" : "4")
      .Set("outcomeDesc", entry.outcome())
      .Set("agent", Json::List({agent}))
      .Set("source", source)
      .Set("entity", Json::List({entity}));
  return Entry("AuditEvent", id, resource);
}

}  // namespace veille::care
