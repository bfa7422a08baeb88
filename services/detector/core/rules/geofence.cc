#include "services/detector/core/rules/geofence.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

constexpr double kMetresPerDegree = 111'195;  // Of a sphere with the Earth's mean radius.
constexpr double kRadians = 0.017453292519943295;

struct Plane {
  double x = 0, y = 0;
};

// Metres east and north of an origin; longitudes wrap.
Plane Project(double latitude, double longitude, double origin_latitude, double origin_longitude) {
  double east = longitude - origin_longitude;
  if (east > 180) east -= 360;
  if (east < -180) east += 360;
  return {east * kMetresPerDegree * std::cos(origin_latitude * kRadians),
          (latitude - origin_latitude) * kMetresPerDegree};
}

double DistanceToSegment(const Plane& a, const Plane& b) {
  // From the origin, where the fix is.
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double length = dx * dx + dy * dy;
  const double t = length > 0 ? std::clamp(-(a.x * dx + a.y * dy) / length, 0.0, 1.0) : 0;
  return std::hypot(a.x + t * dx, a.y + t * dy);
}

}  // namespace

GeofenceConfig MakeGeofenceConfig(const care::v1::Patient& patient,
                                  const care::v1::GeofenceRule& rule) {
  GeofenceConfig config;
  config.max_accuracy_m = domain::NumberOr(rule, "max_accuracy_m");
  config.fixes = static_cast<uint32_t>(domain::NumberOr(rule, "fixes"));
  config.dwell_us = absl::ToInt64Microseconds(domain::DurationOr(rule, "dwell"));
  const double least = domain::NumberOr(rule, "min_hysteresis_m");
  const double ratio = domain::NumberOr(rule, "hysteresis_ratio");
  for (const care::v1::Zone& zone : patient.zones()) {
    GeofenceConfig::Zone compiled;
    compiled.name = zone.name();
    if (zone.has_circle()) {
      const care::v1::Circle2D& circle = zone.circle();
      compiled.points = {{circle.latitude_degrees(), circle.longitude_degrees()}};
      compiled.radius_m = circle.radius_m();
    }
    for (const care::v1::Point& point : zone.polygon().points())
      compiled.points.emplace_back(point.latitude_degrees(), point.longitude_degrees());
    compiled.hysteresis_m = std::max(least, ratio * compiled.radius_m);
    if (!compiled.points.empty()) config.zones.push_back(std::move(compiled));
  }
  return config;
}

double DistanceToEdge(const GeofenceConfig::Zone& zone, double latitude, double longitude) {
  if (zone.radius_m > 0) {
    const Plane centre = Project(zone.points[0].first, zone.points[0].second, latitude, longitude);
    return std::hypot(centre.x, centre.y) - zone.radius_m;
  }
  double nearest = std::numeric_limits<double>::infinity();
  bool inside = false;
  Plane before = Project(zone.points.back().first, zone.points.back().second, latitude, longitude);
  for (const auto& [corner_latitude, corner_longitude] : zone.points) {
    const Plane corner = Project(corner_latitude, corner_longitude, latitude, longitude);
    nearest = std::min(nearest, DistanceToSegment(before, corner));
    // A ray to the east crosses this edge.
    if ((before.y > 0) != (corner.y > 0) &&
        before.x + (0 - before.y) / (corner.y - before.y) * (corner.x - before.x) > 0) {
      inside = !inside;
    }
    before = corner;
  }
  return inside ? -nearest : nearest;
}

std::optional<GeofenceEvent> Geofence::Feed(const GeofenceConfig& config, const Fix& fix) {
  if (config.zones.empty() || fix.time_us <= newest_us_) return std::nullopt;
  newest_us_ = fix.time_us;
  if (!(fix.accuracy_m > 0) || fix.accuracy_m > config.max_accuracy_m) return std::nullopt;
  bool inside = false, out_of_all = true;
  double nearest = std::numeric_limits<double>::infinity();
  const GeofenceConfig::Zone* nearest_zone = nullptr;
  for (const GeofenceConfig::Zone& zone : config.zones) {
    const double distance = DistanceToEdge(zone, fix.latitude_degrees, fix.longitude_degrees);
    inside = inside || distance + fix.accuracy_m < 0;
    out_of_all = out_of_all && distance - fix.accuracy_m > zone.hysteresis_m;
    if (distance < nearest) {
      nearest = distance;
      nearest_zone = &zone;
    }
  }
  if (outside_) {
    if (!inside) return std::nullopt;
    outside_ = false;
    fixes_outside_ = 0;
    return GeofenceEvent{false, fix.time_us, 0, nearest_zone->name};
  }
  if (!out_of_all) {
    fixes_outside_ = 0;
    return std::nullopt;
  }
  if (fixes_outside_++ == 0) first_outside_us_ = fix.time_us;
  if (fixes_outside_ < config.fixes &&
      (fixes_outside_ < 2 || fix.time_us - first_outside_us_ < config.dwell_us)) {
    return std::nullopt;
  }
  outside_ = true;
  return GeofenceEvent{true, first_outside_us_, nearest, nearest_zone->name};
}

void Geofence::AppendTo(std::string& out) const {
  out += '\1';
  out += outside_ ? '\1' : '\0';
  out.append(reinterpret_cast<const char*>(&fixes_outside_), sizeof(fixes_outside_));
  out.append(reinterpret_cast<const char*>(&first_outside_us_), sizeof(first_outside_us_));
  out.append(reinterpret_cast<const char*>(&newest_us_), sizeof(newest_us_));
}

bool Geofence::ParseFrom(std::string_view bytes) {
  if (bytes.size() != 22 || bytes[0] != '\1' || (bytes[1] & ~1) != 0) return false;
  outside_ = bytes[1] == '\1';
  std::memcpy(&fixes_outside_, bytes.data() + 2, 4);
  std::memcpy(&first_outside_us_, bytes.data() + 6, 8);
  std::memcpy(&newest_us_, bytes.data() + 14, 8);
  return true;
}

}  // namespace veille::detector
