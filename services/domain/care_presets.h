// Presets of care plans by profile: what is at stake, and who lives in the home.
//
// Pure; thread safe.

#ifndef SERVICES_DOMAIN_CARE_PRESETS_H_
#define SERVICES_DOMAIN_CARE_PRESETS_H_

#include <string>

#include "veille/care/v1/care_plan.pb.h"

namespace veille::domain {

// The plan names a profile that sets something.
bool HasPreset(const care::v1::CarePlan& plan);

// The plan with what its profile sets, wherever the plan itself is silent.
care::v1::CarePlan WithPreset(const care::v1::CarePlan& plan);

// What each profile sets, as Markdown.
std::string DescribeProfiles();

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_CARE_PRESETS_H_
