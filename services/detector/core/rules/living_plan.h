// The figures of the rules about daily living, compiled from a care plan.

#ifndef SERVICES_DETECTOR_CORE_RULES_LIVING_PLAN_H_
#define SERVICES_DETECTOR_CORE_RULES_LIVING_PLAN_H_

#include <cstdint>

#include "veille/care/v1/care_plan.pb.h"

#include "common/time/local_time.h"

namespace veille::detector {

struct BathroomFigures {
  bool enabled = true;
  LocalWindow window;
  int64_t night_us = 0, day_us = 0, high_us = 0, grace_us = 0;
};
struct MorningFigures {
  bool enabled = true;
  bool named = false;  // The plan names the window: it holds before anything is learnt.
  LocalWindow window;
  int64_t margin_us = 0, cap_us = 0;
};
struct MealFigures {
  bool enabled = true;
  LocalWindow lunch, dinner;
  int64_t out_us = 0;
};
struct TrendFigures {
  bool enabled = true;
  LocalWindow window;
  double decline = 0, rise = 0;
};

struct LivingPlan {
  BathroomFigures bathroom;
  MorningFigures morning;
  MealFigures meal;
  TrendFigures trend;
};

LivingPlan MakeLivingPlan(const care::v1::CarePlan& plan);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_LIVING_PLAN_H_
