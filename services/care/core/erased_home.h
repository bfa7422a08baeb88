// A home without somebody who lived in it. Pure; thread safe.

#ifndef SERVICES_CARE_CORE_ERASED_HOME_H_
#define SERVICES_CARE_CORE_ERASED_HOME_H_

#include <string>

#include "veille/care/v1/home_record.pb.h"

namespace veille::care {

// True when somebody else lives there.
bool IsShared(const v1::HomeRecord& home, const std::string& patient_id);

// Takes out the person, the devices that they wear, their consents, and what was granted for them.
void RemovePerson(const std::string& patient_id, v1::HomeRecord& home);

}  // namespace veille::care

#endif  // SERVICES_CARE_CORE_ERASED_HOME_H_
