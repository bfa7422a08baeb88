// Access in an emergency by somebody who does not care for the person: what the circle is told.
// Pure.

#ifndef SERVICES_IDENTITY_CORE_GLASS_H_
#define SERVICES_IDENTITY_CORE_GLASS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "veille/store/v1/finding.pb.h"

namespace veille::identity {

struct Glass {
  std::string home_id, patient_id, account_id, reason;
};

// INVALID_ARGUMENT: 10 to 300 characters, without control characters.
absl::Status CheckReason(const std::string& reason);

// One alert for each account and moment: to be told again is no fault.
store::v1::Finding GlassFinding(const Glass& glass, absl::Time now);

}  // namespace veille::identity

#endif  // SERVICES_IDENTITY_CORE_GLASS_H_
