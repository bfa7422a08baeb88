// The way that a person walked lately, and whether it looks like somebody who is lost: turning back
// again and again, or by the same place several times.
//
// Fixes are averaged over 10 s and cut into legs, so that jitter makes no turns. Only what is
// walked (0.3 to 4 m/s) counts. At most 96 corners of the last two spans are kept, in a string of
// at most 632 bytes that is empty before the first fix. Pure.

#ifndef SERVICES_DETECTOR_CORE_RULES_WAY_H_
#define SERVICES_DETECTOR_CORE_RULES_WAY_H_

#include <cstdint>
#include <string>

#include "veille/care/v1/care_plan.pb.h"

#include "services/detector/core/rules/geofence.h"

namespace veille::detector {

struct WayConfig {
  bool enabled = true;
  int64_t span_us = 0;
  uint32_t turns = 0, returns = 0;
  double leg_m = 0, detour_ratio = 0, least_way_m = 0, max_accuracy_m = 0;
};

WayConfig MakeWayConfig(const care::v1::DisorientationRule& rule);

struct WayVerdict {
  bool corner = false;  // A leg ended with this fix; else nothing was judged.
  bool lost = false;
  uint32_t turns = 0, returns = 0, rounds = 0;
  double way_m = 0, extent_m = 0;
};

// `way` is the record, changed in place; bytes that this did not write begin a new way. A fix that
// is not newer than the last one is passed over.
WayVerdict Walk(const WayConfig& config, const Fix& fix, std::string& way);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_WAY_H_
