// Flags that several commands share. Defined in flags.cc.

#ifndef SERVICES_CLIENT_FLAGS_H_
#define SERVICES_CLIENT_FLAGS_H_

#include <string>

#include "absl/flags/declare.h"

#include "services/client/caregiver_client.h"
#include "services/client/render.h"

ABSL_DECLARE_FLAG(std::string, source);
ABSL_DECLARE_FLAG(std::string, speed);
ABSL_DECLARE_FLAG(std::string, output);
ABSL_DECLARE_FLAG(std::string, language);
ABSL_DECLARE_FLAG(std::string, caregiver);
ABSL_DECLARE_FLAG(std::string, notifier);
ABSL_DECLARE_FLAG(std::string, gateway);

namespace veille::client {

// From the flags.
CaregiverOptions CaregiverOptionsFromFlags();
Style StyleFromFlags();
bool JsonFromFlags();
// World seconds a real second; 0 for as fast as it goes ("max").
absl::StatusOr<double> SpeedFromFlags();

// "veille: …" on standard error; returns 1.
int Complain(const absl::Status& status);

}  // namespace veille::client

#endif  // SERVICES_CLIENT_FLAGS_H_
