// Metres on a plane around a point: exact to a metre within tens of kilometres. Pure.

#ifndef SERVICES_DETECTOR_CORE_RULES_PLANE_H_
#define SERVICES_DETECTOR_CORE_RULES_PLANE_H_

#include <cmath>

namespace veille::detector {

inline constexpr double kMetresPerDegree = 111'195;  // Of a sphere with the Earth's mean radius.
inline constexpr double kRadiansPerDegree = 0.017453292519943295;

struct Plane {
  double x = 0, y = 0;
};

// Metres east and north of an origin; longitudes wrap.
inline Plane Project(double latitude, double longitude, double origin_latitude,
                     double origin_longitude) {
  double east = longitude - origin_longitude;
  if (east > 180) east -= 360;
  if (east < -180) east += 360;
  return {east * kMetresPerDegree * std::cos(origin_latitude * kRadiansPerDegree),
          (latitude - origin_latitude) * kMetresPerDegree};
}

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_PLANE_H_
