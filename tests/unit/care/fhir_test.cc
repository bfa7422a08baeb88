#include "services/care/core/fhir.h"

#include <map>
#include <regex>
#include <set>

#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

#include "tests/unit/care/fake_home_store.h"

namespace veille::care {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// An element of a resource as FHIR R4 (4.0.1) has it, on the page of the resource,
// hl7.org/fhir/R4/<resource>.html: how often it stands there, and where its value set is required,
// the codes. What is not in the table is not an element of it, or none that we write.
struct Element {
  int least, most;  // Most: −1 for any number.
  std::set<std::string> codes{};
};
using Elements = std::map<std::string, Element>;

const std::map<std::string, Elements>& Definitions() {
  static const auto* definitions = new std::map<std::string, Elements>{
      {"Patient",
       {{"identifier", {0, -1}},
        {"active", {0, 1}},
        {"name", {0, -1}},
        {"communication", {0, -1}},
        {"communication.language", {1, 1}}}},
      {"RelatedPerson",
       {{"identifier", {0, -1}},
        {"active", {0, 1}},
        {"patient", {1, 1}},
        {"relationship", {0, -1}},
        {"name", {0, -1}},
        {"telecom", {0, -1}},
        {"telecom.system", {0, 1, {"phone", "fax", "email", "pager", "url", "sms", "other"}}},
        {"communication", {0, -1}},
        {"communication.language", {1, 1}}}},
      {"Practitioner",
       {{"identifier", {0, -1}},
        {"active", {0, 1}},
        {"name", {0, -1}},
        {"telecom", {0, -1}},
        {"telecom.system", {0, 1, {"phone", "fax", "email", "pager", "url", "sms", "other"}}},
        {"communication", {0, -1}}}},
      {"CareTeam",
       {{"status", {0, 1, {"proposed", "active", "suspended", "inactive", "entered-in-error"}}},
        {"subject", {0, 1}},
        {"participant", {0, -1}},
        {"participant.member", {0, 1}}}},
      {"Consent",
       {{"status",
         {1, 1, {"draft", "proposed", "active", "rejected", "inactive", "entered-in-error"}}},
        {"scope", {1, 1}},
        {"category", {1, -1}},
        {"patient", {0, 1}},
        {"dateTime", {0, 1}},
        // ppc-1: either a policy or a policyRule.
        {"policyRule", {1, 1}},
        {"provision", {0, 1}},
        {"provision.type", {0, 1, {"deny", "permit"}}},
        {"provision.code", {0, -1}},
        {"provision.period", {0, 1}}}},
      {"Device",
       {{"identifier", {0, -1}},
        {"status", {0, 1, {"active", "inactive", "entered-in-error", "unknown"}}},
        {"type", {0, 1}},
        {"patient", {0, 1}}}},
      {"Observation",
       {{"status",
         {1,
          1,
          {"registered", "preliminary", "final", "amended", "corrected", "cancelled",
           "entered-in-error", "unknown"}}},
        {"category", {0, -1}},
        {"code", {1, 1}},
        {"subject", {0, 1}},
        {"effectiveDateTime", {0, 1}},
        {"device", {0, 1}},
        {"valueQuantity", {0, 1}},
        {"component", {0, -1}},
        {"component.code", {1, 1}},
        {"component.valueQuantity", {0, 1}},
        {"component.dataAbsentReason", {0, 1}},
        {"valueString", {0, 1}}}},
      {"Flag",
       {{"identifier", {0, -1}},
        {"status", {1, 1, {"active", "inactive", "entered-in-error"}}},
        {"category", {0, -1}},
        {"code", {1, 1}},
        {"subject", {1, 1}},
        {"period", {0, 1}}}},
      {"Communication",
       {{"status",
         {1,
          1,
          {"preparation", "in-progress", "not-done", "on-hold", "stopped", "completed",
           "entered-in-error", "unknown"}}},
        {"medium", {0, -1}},
        {"subject", {0, 1}},
        {"about", {0, -1}},
        {"sent", {0, 1}},
        {"received", {0, 1}},
        {"recipient", {0, -1}},
        {"payload", {0, -1}},
        {"payload.contentString", {0, 1}}}},
      {"AuditEvent",
       {{"type", {1, 1}},
        {"subtype", {0, -1}},
        {"action", {0, 1, {"C", "R", "U", "D", "E"}}},
        {"recorded", {1, 1}},
        {"outcome", {0, 1, {"0", "4", "8", "12"}}},
        {"outcomeDesc", {0, 1}},
        {"agent", {1, -1}},
        {"agent.who", {0, 1}},
        {"agent.requestor", {1, 1}},
        {"source", {1, 1}},
        {"source.observer", {1, 1}},
        {"entity", {0, -1}},
        {"entity.what", {0, 1}}}},
  };
  return *definitions;
}

std::vector<const Value*> ValuesOf(const Value& value) {
  std::vector<const Value*> values;
  if (!value.has_list_value()) return {&value};
  for (const Value& item : value.list_value().values()) values.push_back(&item);
  return values;
}

void CheckElement(const std::string& at, const Element& element, const Struct& parent,
                  std::vector<std::string>& faults) {
  const std::string name = at.substr(at.rfind('.') + 1);
  const auto field = parent.fields().find(name);
  if (field == parent.fields().end()) {
    if (element.least > 0) faults.push_back(at + " is missing");
    return;
  }
  if (field->second.has_list_value() != (element.most < 0))
    faults.push_back(at + (element.most < 0 ? " must be a list" : " must not be a list"));
  for (const Value* value : ValuesOf(field->second)) {
    if (!element.codes.empty() && element.codes.count(value->string_value()) == 0)
      faults.push_back(at + " is not of the value set: " + value->string_value());
  }
}

// Everything that is wrong with a resource by the table, and with its id.
std::vector<std::string> FaultsOf(const Struct& resource) {
  std::vector<std::string> faults;
  const std::string type = resource.fields().at("resourceType").string_value();
  const auto definition = Definitions().find(type);
  if (definition == Definitions().end()) return {type + " is no resource that we know"};
  static const std::regex id("[A-Za-z0-9.-]{1,64}");
  if (!std::regex_match(resource.fields().at("id").string_value(), id))
    faults.push_back(type + ".id: " + resource.fields().at("id").string_value());
  for (const auto& [name, value] : resource.fields()) {
    if (name != "resourceType" && name != "id" && definition->second.count(name) == 0)
      faults.push_back(type + " has no element " + name);
  }
  for (const auto& [path, element] : definition->second) {
    const std::size_t dot = path.find('.');
    const std::string at = std::string(type).append(".").append(path);
    if (dot == std::string::npos) {
      CheckElement(at, element, resource, faults);
      continue;
    }
    const auto parent = resource.fields().find(path.substr(0, dot));
    if (parent == resource.fields().end()) continue;
    for (const Value* value : ValuesOf(parent->second))
      CheckElement(at, element, value->struct_value(), faults);
  }
  return faults;
}

struct Checked {
  std::set<std::string> types, urls, references;
  std::vector<std::string> faults;
};

void FindReferences(const Value& value, std::set<std::string>& references) {
  for (const Value& item : value.list_value().values()) FindReferences(item, references);
  for (const auto& [name, field] : value.struct_value().fields()) {
    if (name == "reference") references.insert(field.string_value());
    FindReferences(field, references);
  }
}

void Check(const std::vector<std::string>& entries, Checked& checked) {
  for (const std::string& text : entries) {
    Struct entry;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(text, &entry).ok()) << text;
    const std::string url = entry.fields().at("fullUrl").string_value();
    EXPECT_TRUE(checked.urls.insert(url).second) << url << " stands there twice";
    const Value& resource = entry.fields().at("resource");
    checked.types.insert(resource.struct_value().fields().at("resourceType").string_value());
    for (std::string& fault : FaultsOf(resource.struct_value()))
      checked.faults.push_back(fault + " in " + text);
    FindReferences(resource, checked.references);
  }
}

v1::HomeRecord Home() {
  v1::HomeRecord home = testing::SmallHome("h_1");
  v1::Patient& patient = *home.mutable_patients(0);
  patient.set_display_name("Odette \"Dédé\" Vasseur");
  patient.set_language("fr");
  v1::Member& nurse = *patient.mutable_circle()->add_members();
  nurse.set_caregiver_id("nurse@ssiad");
  nurse.set_display_name("Inès");
  nurse.set_language("fr");
  nurse.set_relation(v1::Member::RELATION_PROFESSIONAL);
  nurse.add_channels()->mutable_email()->set_address("ines@exemple.fr");
  patient.mutable_circle()->mutable_members(0)->set_relation(v1::Member::RELATION_FAMILY);
  patient.mutable_circle()->mutable_members(0)->set_language("fr");
  v1::Consent& consent = *home.add_consents();
  consent.set_consent_id("gps");
  consent.set_patient_id(patient.patient_id());
  consent.set_mode(v1::CONSENT_MODE_DURING_ALERTS);
  consent.add_scopes(v1::CONSENT_SCOPE_POSITION);
  consent.mutable_give_time()->set_seconds(1800000000);
  consent.mutable_expire_time()->set_seconds(1900000000);
  return home;
}

alert::v1::Alert Alert() {
  alert::v1::Alert alert;
  alert.set_alert_id("h_1.0123456789abcdef");
  alert.set_rule("SOS");
  alert.mutable_reason()->set_fr("Appel à l'aide");
  alert.mutable_event_time()->set_seconds(1800000000);
  alert.set_handling(alert::v1::HANDLING_CLOSED);
  alert.mutable_close_time()->set_seconds(1800000600);
  alert.mutable_evidence()->set_rule_version(3);
  for (int state = 0; state <= alert::v1::DeliveryState_MAX; ++state) {
    alert::v1::Delivery& delivery = *alert.add_deliveries();
    delivery.set_caregiver_id("anne");
    delivery.set_state(static_cast<alert::v1::DeliveryState>(state));
    delivery.mutable_update_time()->set_seconds(1800000001);
  }
  return alert;
}

event::v1::Event EventOf(const v1::HomeRecord& home) {
  event::v1::Event event;
  event.set_device_id(home.devices(0).device_id());
  event.mutable_event_time()->set_seconds(1800000000);
  return event;
}

TEST(Fhir, EveryResourceHasTheElementsThatR4AsksForAndReferencesLeadToEntries) {
  const v1::HomeRecord home = Home();
  const std::string id = home.patients(0).patient_id();
  Checked checked;
  Check(FhirOfHome(home, id), checked);
  event::v1::Event vitals = EventOf(home), fall = EventOf(home), sos = EventOf(home);
  vitals.mutable_vitals()->set_heart_rate_bpm(61.5F);
  vitals.mutable_vitals()->set_spo2_percent(97);
  vitals.mutable_vitals()->set_body_temperature_celsius(36.8F);
  vitals.mutable_vitals()->set_respiration_per_minute(16);
  vitals.mutable_vitals()->set_systolic_mmhg(128);
  vitals.mutable_vitals()->set_diastolic_mmhg(79);
  fall.mutable_fall()->set_verdict(event::v1::Fall::VERDICT_DETECTED);
  sos.mutable_personal_emergency()->set_trigger(event::v1::PersonalEmergency::TRIGGER_BUTTON);
  const FhirScope scope{id, {home.devices(0).device_id()}};
  Check(FhirOfEvent(vitals, scope, "event-1"), checked);
  Check(FhirOfEvent(fall, scope, "event-2"), checked);
  Check(FhirOfEvent(sos, scope, "event-3"), checked);
  Check(FhirOfAlert(Alert(), id), checked);
  for (const char* action : {"alert.get", "device.create", "plan.rollback", "rights.erase", "x"}) {
    store::v1::AuditEntry access;
    access.set_actor("anne");
    access.set_action(action);
    access.set_outcome("OK");
    Check({FhirOfAccess(access, id, std::string("access-") + action)}, checked);
  }
  EXPECT_THAT(checked.faults, IsEmpty());
  for (const auto& [type, elements] : Definitions())
    EXPECT_EQ(checked.types.count(type), 1U) << type;
  for (const std::string& reference : checked.references)
    EXPECT_EQ(checked.urls.count("https://veille.invalid/fhir/" + reference), 1U) << reference;
}

TEST(Fhir, TheTableFindsWhatIsMissingUnknownOrOfNoValueSet) {
  Struct resource;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(
                  R"({"resourceType":"Flag","id":"a_b","status":"on","colour":"red",
                      "code":[{"text":"x"}]})",
                  &resource)
                  .ok());
  EXPECT_EQ(FaultsOf(resource).size(), 5U);
}

TEST(Fhir, ADeviceThatWasTakenAwaySinceIsNamedByItsId) {
  const v1::HomeRecord home = Home();
  event::v1::Event fall = EventOf(home);
  fall.mutable_fall()->set_verdict(event::v1::Fall::VERDICT_DETECTED);
  const std::vector<std::string> entries = FhirOfEvent(fall, {"p", {}}, "event-1");
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_THAT(entries[0],
              HasSubstr("\"device\":{\"identifier\":{\"system\":\"urn:veille:device\""));
}

TEST(Fhir, HalfABloodPressureSaysWhatIsMissing) {
  event::v1::Event event = EventOf(Home());
  event.mutable_vitals()->set_systolic_mmhg(128);
  const std::vector<std::string> entries = FhirOfEvent(event, {"p", {}}, "event-1");
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_THAT(entries[0], HasSubstr("\"code\":\"8480-6\"}]},\"valueQuantity\""));
  EXPECT_THAT(entries[0], HasSubstr("\"code\":\"8462-4\"}]},\"dataAbsentReason\""));
}

TEST(Fhir, WhatOthersOfTheHomeWearIsNotTheirs) {
  v1::HomeRecord home = Home();
  v1::Device& other = *home.add_devices();
  other.set_device_id("of-rene");
  other.set_patient_id("rene");
  for (const std::string& entry : FhirOfHome(home, home.patients(0).patient_id()))
    EXPECT_THAT(entry, ::testing::Not(HasSubstr("of-rene")));
}

}  // namespace
}  // namespace veille::care
