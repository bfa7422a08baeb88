// Faults of a request's fields as a Status that carries google.rpc.BadRequest to the caller. Pure.

#ifndef SERVICES_CARE_APP_BAD_REQUEST_H_
#define SERVICES_CARE_APP_BAD_REQUEST_H_

#include <vector>

#include "absl/status/status.h"

#include "services/domain/home_check.h"

namespace veille::care {

// INVALID_ARGUMENT that names the first fault; OK without any.
absl::Status BadRequest(const std::vector<domain::HomeFault>& faults);

}  // namespace veille::care

#endif  // SERVICES_CARE_APP_BAD_REQUEST_H_
