// What the care plan says about a person outdoors, compiled: figures, and where home is.
//
// Home is the first zone named "home", "domicile" or "maison"; without one, the first circle;
// without a circle, the first polygon. Its point is the circle's centre or the mean of the corners.
// A person without zones has no home here: rules about the distance from it are silent. Pure.

#ifndef SERVICES_DETECTOR_CORE_RULES_OUTDOORS_PLAN_H_
#define SERVICES_DETECTOR_CORE_RULES_OUTDOORS_PLAN_H_

#include <cstdint>

#include "veille/care/v1/home.pb.h"

#include "common/time/local_time.h"
#include "services/detector/core/rules/geofence.h"
#include "services/detector/core/rules/way.h"

namespace veille::detector {

struct FarFigures {
  bool enabled = true;
  double alone_m = 0, accompanied_m = 0, hysteresis_m = 0, max_accuracy_m = 0;
  uint32_t fixes = 0;
};
struct VehicleFigures {
  bool enabled = true;
  double speed_mps = 0, max_accuracy_m = 0;
  uint32_t fixes = 0;
  int64_t span_us = 0, quiet_us = 0;
};
struct OffRouteFigures {
  bool enabled = true;
  int64_t walk_us = 0, worsen_us = 0;
  uint32_t memory_days = 0, learn_days = 0, learn_cells = 0;
  double max_accuracy_m = 0;
};
struct TransitFigures {
  bool enabled = true;
  LocalWindow night;
  uint32_t memory_days = 0, learn_days = 0;
  int64_t journey_us = 0;
};
struct TrackerFigures {
  bool enabled = true;
  int64_t silence_us = 0, grace_us = 0;
};

struct OutdoorsPlan {
  bool has_home = false;
  double home_latitude = 0, home_longitude = 0;
  GeofenceConfig fence;
  LocalWindow exit_high;  // Leaving every zone is HIGH within it.
  FarFigures far;
  VehicleFigures vehicle;
  WayConfig way;
  OffRouteFigures off_route;
  TransitFigures transit;
  TrackerFigures tracker;
};

// The care plan is the patient's, with the presets of its profile.
OutdoorsPlan MakeOutdoorsPlan(const care::v1::Patient& patient,
                              const care::v1::CarePlan& care_plan);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_OUTDOORS_PLAN_H_
