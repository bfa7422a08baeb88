// What is somebody's, as long as the registry knows where they live. Pure; thread safe.

#ifndef SERVICES_CARE_APP_PERSONAL_SCOPE_H_
#define SERVICES_CARE_APP_PERSONAL_SCOPE_H_

#include <string>

#include "veille/care/v1/home_record.pb.h"

#include "services/care/app/personal_records.h"

namespace veille::care {

PersonalScope ScopeOf(const std::string& patient_id, const v1::HomeRecord& home);

}  // namespace veille::care

#endif  // SERVICES_CARE_APP_PERSONAL_SCOPE_H_
