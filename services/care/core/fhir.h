// What is kept of a person as resources of FHIR R4 (4.0.1), to be read by other systems.
//
// A resource comes as an entry of a Bundle of type "collection": {"fullUrl":…,"resource":{…}}.
// References are relative to the same base, so they lead to entries of the same Bundle. Codes are
// those of LOINC, HL7 and UCUM where they have one, else ours ("urn:veille:…") with a text. Pure.

#ifndef SERVICES_CARE_CORE_FHIR_H_
#define SERVICES_CARE_CORE_FHIR_H_

#include <set>
#include <string>
#include <vector>

#include "veille/alert/v1/alert.pb.h"
#include "veille/care/v1/home_record.pb.h"
#include "veille/event/v1/event.pb.h"
#include "veille/store/v1/audit.pb.h"

namespace veille::care {

// Patient, CareTeam, a RelatedPerson or Practitioner a member, Consents, Devices (hubs included).
std::vector<std::string> FhirOfHome(const v1::HomeRecord& home, const std::string& patient_id);

// Of whom the entries are, and the devices that FhirOfHome() has told of: others may have been
// taken away since, and are named by their ids only.
struct FhirScope {
  std::string patient_id;
  std::set<std::string> devices;
};

// Observations of vital signs, falls and calls for help; none for other events. `id` is unique in
// the export.
std::vector<std::string> FhirOfEvent(const event::v1::Event& event, const FhirScope& scope,
                                     const std::string& id);

// A Flag, and a Communication for each delivery: who was told, when, how, and what came of it.
std::vector<std::string> FhirOfAlert(const alert::v1::Alert& alert, const std::string& patient_id);

// An AuditEvent. `id` is unique in the export.
std::string FhirOfAccess(const store::v1::AuditEntry& entry, const std::string& patient_id,
                         const std::string& id);

}  // namespace veille::care

#endif  // SERVICES_CARE_CORE_FHIR_H_
