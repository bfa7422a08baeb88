// The figures of the rules about leaving and wandering, compiled from a care plan.

#ifndef SERVICES_DETECTOR_CORE_RULES_WANDERING_PLAN_H_
#define SERVICES_DETECTOR_CORE_RULES_WANDERING_PLAN_H_

#include <cstdint>

#include "veille/care/v1/care_plan.pb.h"

#include "common/time/local_time.h"

namespace veille::detector {

struct NotReturnedFigures {
  bool enabled = true;
  // The plan names them: they hold whatever was learnt.
  bool names_longest = false, names_dusk = false;
  double factor = 0;
  int64_t shortest_us = 0, longest_us = 0, dusk_margin_us = 0, unlearnt_us = 0, worsen_us = 0;
};
struct BedExitFigures {
  bool enabled = true;
  LocalWindow window;
  int64_t patience_us = 0, still_us = 0, settled_us = 0, grace_us = 0;
};
struct PacingFigures {
  bool enabled = true;
  uint32_t moves = 0, least_moves = 0, episodes = 0;
  int64_t span_us = 0;
};
struct LappingFigures {
  bool enabled = true;
  uint32_t rounds = 0;
  int64_t span_us = 0;
};
struct RandomWalkFigures {
  bool enabled = true;
  uint32_t moves = 0, rooms = 0;
  int64_t span_us = 0;
};

struct WanderingPlan {
  NotReturnedFigures not_returned;
  BedExitFigures bed_exit;
  PacingFigures pacing;
  LappingFigures lapping;
  RandomWalkFigures random_walk;
};

WanderingPlan MakeWanderingPlan(const care::v1::CarePlan& plan);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_WANDERING_PLAN_H_
