// Figures of the rules on vital signs, from a person's care plan. All off unless the deployment
// switches vital signs on.
//
// Immutable. Pure.

#ifndef SERVICES_DETECTOR_CORE_RULES_VITALS_PLAN_H_
#define SERVICES_DETECTOR_CORE_RULES_VITALS_PLAN_H_

#include <cstdint>

#include "veille/care/v1/care_plan.pb.h"

namespace veille::detector {

struct VitalsPlan {
  struct {
    bool enabled = false;
    double medium = 0, high = 0;
    int64_t persistence_us = 0, validity_us = 0;
  } news;
  struct {
    bool enabled = false;
    double low = 0;
    int readings = 3;
    int64_t span_us = 0;
  } oxygen;
  struct {
    bool enabled = false;
    double fast = 0, slow = 0;
    int64_t span_us = 0, gap_us = 0;
  } pulse;
  struct {
    bool enabled = false;
    double low = 0, hysteresis = 0;
  } temperature;
};

VitalsPlan MakeVitalsPlan(const care::v1::CarePlan& care, bool switched_on);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_VITALS_PLAN_H_
