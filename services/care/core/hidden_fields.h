// Fields that a caller does not get although the resource is theirs to read: how others in a circle
// are reached is for operators, and for whoever was granted to look after the circle. Pure.

#ifndef SERVICES_CARE_CORE_HIDDEN_FIELDS_H_
#define SERVICES_CARE_CORE_HIDDEN_FIELDS_H_

#include <string>

#include "google/protobuf/message.h"

#include "services/care/core/rights.h"

namespace veille::care {

// Clears them wherever they stand in `message`, which is of that person, or of the home.
void HideFields(const Caller& caller, const v1::HomeRecord& home, const std::string& patient_id,
                google::protobuf::Message& message);

}  // namespace veille::care

#endif  // SERVICES_CARE_CORE_HIDDEN_FIELDS_H_
