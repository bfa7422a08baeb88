#include "services/detector/core/rules/geofence.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "services/detector/core/rules/plane.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

// The way between two fixes is known only roughly, and after so long not at all.
constexpr int64_t kLongestSegmentUs = 1'800'000'000;
// Errors of fixes last, and so do corners that are cut: fixes of less than this apart are one.
constexpr int64_t kApartUs = 30'000'000;
// Who came faster than anybody walks drove, or the fix jumped: a second one shall say so, too.
constexpr double kFastestMps = 3;
constexpr std::size_t kSizeOfFormat1 = 22, kSizeOfFormat2 = 42;

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
  bool inside = false;
  double nearest = std::numeric_limits<double>::infinity(), margin = nearest;
  const GeofenceConfig::Zone* nearest_zone = nullptr;
  for (const GeofenceConfig::Zone& zone : config.zones) {
    const double distance = DistanceToEdge(zone, fix.latitude_degrees, fix.longitude_degrees);
    inside = inside || distance + fix.accuracy_m < 0;
    margin = std::min(margin, distance - fix.accuracy_m - zone.hysteresis_m);
    if (distance < nearest) {
      nearest = distance;
      nearest_zone = &zone;
    }
  }
  const int64_t crossed_us = Crossing(config, fix.time_us, margin);
  good_us_ = fix.time_us;
  margin_m_ = static_cast<float>(margin);
  if (outside_) {
    if (!inside) return std::nullopt;
    outside_ = false;
    fixes_outside_ = 0;
    return GeofenceEvent{false, fix.time_us, 0, nearest_zone->name};
  }
  if (margin <= 0) {
    fixes_outside_ = 0;
    return std::nullopt;
  }
  if (fixes_outside_ == 0) first_outside_us_ = crossed_us;
  // Two fixes of one moment share their error: they are one.
  if (fixes_outside_ == 0 || fix.time_us - counted_us_ >= kApartUs) {
    ++fixes_outside_;
    counted_us_ = fix.time_us;
  }
  if (fixes_outside_ < config.fixes && fix.time_us - first_outside_us_ < config.dwell_us)
    return std::nullopt;
  outside_ = true;
  return GeofenceEvent{true, first_outside_us_, nearest, nearest_zone->name};
}

int64_t Geofence::Crossing(const GeofenceConfig& config, int64_t fix_us, double margin_m) const {
  const int64_t span_us = fix_us - good_us_;
  const auto before = static_cast<double>(margin_m_);
  const bool sparse =
      good_us_ != 0 && span_us > config.dwell_us && span_us <= kLongestSegmentUs && before <= 0;
  const double seconds = static_cast<double>(span_us) / 1e6;
  if (!sparse || margin_m <= 0 || (margin_m - before) / seconds > kFastestMps) return fix_us;
  return fix_us -
         static_cast<int64_t>(static_cast<double>(span_us) * margin_m / (margin_m - before));
}

void Geofence::AppendTo(std::string& out) const {
  out += '\2';
  out += outside_ ? '\1' : '\0';
  out.append(reinterpret_cast<const char*>(&fixes_outside_), sizeof(fixes_outside_));
  out.append(reinterpret_cast<const char*>(&first_outside_us_), sizeof(first_outside_us_));
  out.append(reinterpret_cast<const char*>(&newest_us_), sizeof(newest_us_));
  out.append(reinterpret_cast<const char*>(&good_us_), sizeof(good_us_));
  out.append(reinterpret_cast<const char*>(&counted_us_), sizeof(counted_us_));
  out.append(reinterpret_cast<const char*>(&margin_m_), sizeof(margin_m_));
}

bool Geofence::ParseFrom(std::string_view bytes) {
  const bool old = bytes.size() == kSizeOfFormat1 && bytes[0] == '\1';
  if (!old && (bytes.size() != kSizeOfFormat2 || bytes[0] != '\2')) return false;
  if ((bytes[1] & ~1) != 0) return false;
  outside_ = bytes[1] == '\1';
  std::memcpy(&fixes_outside_, bytes.data() + 2, 4);
  std::memcpy(&first_outside_us_, bytes.data() + 6, 8);
  std::memcpy(&newest_us_, bytes.data() + 14, 8);
  if (old) return true;
  std::memcpy(&good_us_, bytes.data() + 22, 8);
  std::memcpy(&counted_us_, bytes.data() + 30, 8);
  std::memcpy(&margin_m_, bytes.data() + 38, 4);
  return true;
}

}  // namespace veille::detector
