// Figures of the rules about the dwelling, from the care plan, and which devices they read.
//
// Immutable. Pure.

#ifndef SERVICES_DETECTOR_CORE_RULES_DWELLING_PLAN_H_
#define SERVICES_DETECTOR_CORE_RULES_DWELLING_PLAN_H_

#include <array>
#include <cstdint>
#include <vector>

#include "veille/care/v1/home.pb.h"

#include "common/time/local_time.h"

namespace veille::detector {

class HomePlan;

struct StoveFigures {
  bool enabled = true;
  double on_w = 0, on_celsius = 0;
  int64_t prompt_us = 0, tell_us = 0, hold_us = 0, grace_us = 0;
};
// Three levels: LOW, MEDIUM, HIGH.
struct ClimateFigures {
  bool enabled = true;
  std::array<double, 3> celsius{};
  std::array<int64_t, 3> span_us{};
  double hysteresis = 0;
};
// Nothing used, for so much of the window's hours.
struct AbsenceFigures {
  bool enabled = true;
  int64_t span_us = 0;
  LocalWindow window;
};
// Flow above `flow` for a span.
struct FlowFigures {
  bool enabled = true;
  double flow = 0;
  int64_t span_us = 0, resolution_us = 0, grace_us = 0;
};
struct PowerFigures {
  bool enabled = true;
  int64_t span_us = 0, grace_us = 0;
};
// Of the person whose dispenser it is.
struct DoseFigures {
  int device = 0;
  bool enabled = true;
  std::vector<int> times;  // Minutes after midnight, rising.
  int64_t early_us = 0, prompt_us = 0, tell_us = 0, same_us = 0;
};

struct DwellingPlan {
  StoveFigures stove;
  ClimateFigures hot, cold;
  AbsenceFigures water_none, electricity_flat;
  double use_w = 0, use_wh = 0;
  FlowFigures water_continuous, water_running, gas_flow;
  PowerFigures power_cut;
  std::vector<DoseFigures> doses;

  // Indexes of devices.
  std::vector<int> stoves;
  std::vector<int> kitchen;  // Whose silence says that nobody is in the kitchen.
  std::vector<int> climates;
  std::vector<int> meters;
};

// From its devices and care plans.
DwellingPlan MakeDwellingPlan(const HomePlan& home);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_DWELLING_PLAN_H_
