// Which rooms a home's sensors see: what may be concluded from seeing nobody there.
//
// Pure.

#ifndef SERVICES_DETECTOR_CORE_COVERAGE_H_
#define SERVICES_DETECTOR_CORE_COVERAGE_H_

#include <functional>
#include <vector>

#include "services/detector/core/home_plan.h"

namespace veille::detector {

struct Coverage {
  int rooms = 0;         // Those that sensors of signs of life and exit doors name.
  int motion_rooms = 0;  // Those with motion sensors.
  int stay_rooms = 0;    // Those with motion sensors, or a bed or seat that knows who is in it.
  int kitchen = 0;       // Sensors of signs of life in the kitchen, the fridge among them.
  bool kitchen_motion = false;
  bool bathroom_motion = false;

  // Who moves about is seen: motion in two rooms of three.
  bool sees_person() const { return motion_rooms > 0 && 3 * motion_rooms >= 2 * rooms; }
  // Who comes out of the bathroom is seen where they settle: motion there, and motion, a bed or a
  // seat in most rooms, at least three besides.
  bool sees_bathroom() const {
    return bathroom_motion && stay_rooms > 3 && 3 * stay_rooms >= 2 * rooms;
  }
  // Who eats is seen: by motion, or by several doors of fridge and cupboards.
  bool sees_kitchen() const { return kitchen_motion || kitchen >= 3; }
};

// Counts the devices, by their index, that `counts` says yes to; the rooms of all.
Coverage CoverageOf(const std::vector<DevicePlan>& devices,
                    const std::function<bool(std::size_t)>& counts);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_COVERAGE_H_
