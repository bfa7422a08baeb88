#include "services/detector/core/rules/outdoors_plan.h"

#include <string>

#include "absl/strings/ascii.h"

#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

using domain::IsEnabled;
using domain::NumberOr;

uint32_t CountOr(const google::protobuf::Message& rule, const char* field) {
  return static_cast<uint32_t>(NumberOr(rule, field));
}

bool IsNamedHome(const care::v1::Zone& zone) {
  const std::string name = absl::AsciiStrToLower(zone.name());
  return name == "home" || name == "domicile" || name == "maison";
}

// Null when there is no zone.
const care::v1::Zone* HomeZone(const care::v1::Patient& patient) {
  for (const care::v1::Zone& zone : patient.zones())
    if (IsNamedHome(zone)) return &zone;
  for (const care::v1::Zone& zone : patient.zones())
    if (zone.has_circle()) return &zone;
  return patient.zones().empty() ? nullptr : &patient.zones(0);
}

void FindHome(const care::v1::Patient& patient, OutdoorsPlan& plan) {
  const care::v1::Zone* zone = HomeZone(patient);
  if (zone == nullptr) return;
  const auto& corners = zone->polygon().points();
  plan.has_home = zone->has_circle() || !corners.empty();
  plan.home_latitude = zone->circle().latitude_degrees();
  plan.home_longitude = zone->circle().longitude_degrees();
  for (const care::v1::Point& corner : corners) {
    plan.home_latitude += corner.latitude_degrees() / corners.size();
    plan.home_longitude += corner.longitude_degrees() / corners.size();
  }
}

}  // namespace

OutdoorsPlan MakeOutdoorsPlan(const care::v1::Patient& patient,
                              const care::v1::CarePlan& care_plan) {
  OutdoorsPlan plan;
  FindHome(patient, plan);
  plan.fence = MakeGeofenceConfig(patient, care_plan.geofence());
  plan.exit_high = domain::WindowOr(care_plan.geofence(), "high_window");
  const auto& far = care_plan.geofence_far();
  plan.far = {IsEnabled(far),
              NumberOr(far, "alone_m"),
              NumberOr(far, "accompanied_m"),
              NumberOr(far, "hysteresis_m"),
              NumberOr(far, "max_accuracy_m"),
              CountOr(far, "fixes")};
  const auto& vehicle = care_plan.in_vehicle();
  plan.vehicle = {IsEnabled(vehicle),
                  NumberOr(vehicle, "speed_mps"),
                  NumberOr(vehicle, "max_accuracy_m"),
                  CountOr(vehicle, "fixes"),
                  domain::MicrosOr(vehicle, "span"),
                  domain::MicrosOr(vehicle, "quiet")};
  plan.way = MakeWayConfig(care_plan.disorientation());
  const auto& off_route = care_plan.off_route();
  plan.off_route = {IsEnabled(off_route),
                    domain::MicrosOr(off_route, "walk"),
                    domain::MicrosOr(off_route, "worsen"),
                    CountOr(off_route, "memory_days"),
                    CountOr(off_route, "learn_days"),
                    CountOr(off_route, "learn_cells"),
                    NumberOr(off_route, "max_accuracy_m")};
  const auto& transit = care_plan.transit();
  plan.transit = {IsEnabled(transit), domain::WindowOr(transit, "night_window"),
                  CountOr(transit, "memory_days"), CountOr(transit, "learn_days"),
                  domain::MicrosOr(transit, "journey")};
  const auto& tracker = care_plan.tracker_silent();
  plan.tracker = {IsEnabled(tracker), domain::MicrosOr(tracker, "silence"),
                  domain::MicrosOr(tracker, "contact_grace")};
  return plan;
}

}  // namespace veille::detector
