// Safe zones: out, and in again, out of position fixes. Pure.
//
// Out of a circle when `distance − accuracy > R + H`, H = max(min_hysteresis, ratio × R), on
// `fixes` fixes in a row or for `dwell`; in again when `distance + accuracy < R`. For a polygon the
// distance to its edge counts, R = 0, and H from the minimum alone. Out means outside every zone.
// Fixes of unknown or bad accuracy never cross; a fix that is not newer than the last one is passed
// over, so a replayed buffer flips nothing. Between two sparse fixes nothing is concluded but what
// the fixes themselves show.

#ifndef SERVICES_DETECTOR_CORE_RULES_GEOFENCE_H_
#define SERVICES_DETECTOR_CORE_RULES_GEOFENCE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "veille/care/v1/home.pb.h"

namespace veille::detector {

struct GeofenceConfig {
  struct Zone {
    std::string name;
    // Degrees; the circle's centre or the polygon's corners.
    std::vector<std::pair<double, double>> points;
    double radius_m = 0;  // 0: a polygon.
    double hysteresis_m = 0;
  };
  std::vector<Zone> zones;
  double max_accuracy_m = 100;
  uint32_t fixes = 2;
  int64_t dwell_us = 60'000'000;
};

GeofenceConfig MakeGeofenceConfig(const care::v1::Patient& patient,
                                  const care::v1::GeofenceRule& rule);

struct Fix {
  int64_t time_us = 0;
  double latitude_degrees = 0;
  double longitude_degrees = 0;
  double accuracy_m = 0;  // 0: unknown.
};

struct GeofenceEvent {
  bool exited = false;   // Else returned.
  int64_t since_us = 0;  // The first fix outside, or the fix that is inside.
  double beyond_m = 0;   // How far outside the nearest zone.
  std::string zone;      // The nearest zone.
};

class Geofence {
 public:
  std::optional<GeofenceEvent> Feed(const GeofenceConfig& config, const Fix& fix);
  bool outside() const { return outside_; }

  void AppendTo(std::string& out) const;
  bool ParseFrom(std::string_view bytes);

 private:
  bool outside_ = false;
  uint32_t fixes_outside_ = 0;
  int64_t first_outside_us_ = 0;
  int64_t newest_us_ = 0;
};

// Metres from a fix to a zone's edge: positive outside, negative inside. A local plane is exact to
// a metre within tens of kilometres. Exposed for tests.
double DistanceToEdge(const GeofenceConfig::Zone& zone, double latitude, double longitude);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_GEOFENCE_H_
