// Resources of a home: where each kind stands in it, and how one is found, added, changed, removed.
//
// A home is one message; whatever is in it is addressed by ids. Pure; thread safe.

#ifndef SERVICES_CARE_CORE_RESOURCE_H_
#define SERVICES_CARE_CORE_RESOURCE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"

#include "veille/care/v1/home_record.pb.h"

namespace veille::care {

// What CareService has methods for. From kCircle on, each person has exactly one.
enum class Kind {
  kHome,
  kSource,
  kDevice,
  kRoom,
  kPatient,
  kZone,
  kMember,
  kConsent,
  kGrant,
  kCircle,
  kCarePlan,
  kContext
};

// One resource, or where resources of its kind stand.
struct Target {
  Kind kind = Kind::kHome;
  std::string home_id;
  std::string patient_id;  // Where the kind belongs to a person.
  std::string id;          // Empty for a home, and for what there is one of.
};

// "device": as audit entries and messages name it.
const char* NameOf(Kind kind);
// The resource's field in requests and responses: "device", "care_plan".
const char* RequestFieldOf(Kind kind);
// True where a target needs a patient_id.
bool IsOfPatient(Kind kind);
// The field that holds the kind's id: "device_id"; empty for what there is one of.
const char* IdFieldOf(Kind kind);
// The id within a resource.
std::string IdOf(Kind kind, const google::protobuf::Message& item);
void SetId(Kind kind, const std::string& id, google::protobuf::Message& item);

// Names the content: two are the same exactly when the resources are.
std::string EtagOf(const google::protobuf::Message& item);

// NOT_FOUND names what is missing. Valid as long as the home, unchanged.
absl::StatusOr<const google::protobuf::Message*> FindItem(const v1::HomeRecord& home,
                                                          const Target& target);
// In order of ids.
absl::StatusOr<std::vector<const google::protobuf::Message*>> ListItems(const v1::HomeRecord& home,
                                                                        const Target& target);

// ALREADY_EXISTS where the id is taken.
absl::Status AddItem(const Target& target, const google::protobuf::Message& item,
                     v1::HomeRecord& home);
// Fields of the mask become those of `item`, absent ones are cleared; "*" stands for all. The id
// stays. INVALID_ARGUMENT for a mask that names no field.
absl::Status ChangeItem(const Target& target, const google::protobuf::Message& item,
                        const google::protobuf::FieldMask& mask, v1::HomeRecord& home);
absl::Status RemoveItem(const Target& target, v1::HomeRecord& home);

// Where the resource stands: "patients[0].zones[2]"; empty for the home, or when it is not there.
std::string PathOf(const v1::HomeRecord& home, const Target& target);

}  // namespace veille::care

#endif  // SERVICES_CARE_CORE_RESOURCE_H_
