#include "services/detector/core/dusk.h"

#include <cmath>
#include <string>

namespace veille::detector {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kRadians = kPi / 180;

// Of the main city, as the time zone database has it.
struct ZonePlace {
  const char* zone;
  Place place;
};
constexpr ZonePlace kZones[] = {
    {"Europe/Paris", {48.87, 2.33}},        {"Europe/Brussels", {50.83, 4.33}},
    {"Europe/Luxembourg", {49.6, 6.15}},    {"Europe/Zurich", {47.38, 8.53}},
    {"Europe/Amsterdam", {52.37, 4.9}},     {"Europe/Berlin", {52.5, 13.37}},
    {"Europe/Madrid", {40.4, -3.68}},       {"Europe/Lisbon", {38.72, -9.13}},
    {"Europe/Rome", {41.9, 12.48}},         {"Europe/London", {51.51, -0.13}},
    {"Europe/Dublin", {53.33, -6.25}},      {"Europe/Vienna", {48.22, 16.33}},
    {"Europe/Warsaw", {52.25, 21}},         {"Europe/Stockholm", {59.33, 18.05}},
    {"America/New_York", {40.71, -74.01}},  {"America/Chicago", {41.85, -87.65}},
    {"America/Denver", {39.74, -104.98}},   {"America/Los_Angeles", {34.05, -118.24}},
    {"America/Montreal", {45.52, -73.57}},  {"America/Toronto", {43.65, -79.38}},
    {"America/Martinique", {14.6, -61.08}}, {"Indian/Reunion", {-20.87, 55.47}},
    {"Asia/Tokyo", {35.65, 139.74}},        {"Australia/Sydney", {-33.87, 151.22}},
};
constexpr double kDefaultLatitude = 47;
constexpr double kDegreesPerHour = 15;

}  // namespace

Place PlaceOf(const care::v1::Home& home, const absl::TimeZone& zone) {
  for (const care::v1::Patient& patient : home.patients()) {
    for (const care::v1::Zone& safe : patient.zones()) {
      if (safe.has_circle())
        return {safe.circle().latitude_degrees(), safe.circle().longitude_degrees()};
      if (safe.polygon().points_size() > 0) {
        const care::v1::Point& corner = safe.polygon().points(0);
        return {corner.latitude_degrees(), corner.longitude_degrees()};
      }
    }
  }
  for (const ZonePlace& known : kZones)
    if (home.zone() == known.zone) return known.place;
  const auto winter = absl::FromCivil(absl::CivilDay(2026, 1, 1), zone);
  return {kDefaultLatitude, zone.At(winter).offset / 3600.0 * kDegreesPerHour};
}

// NOAA Global Monitoring Laboratory, "General Solar Position Calculations" (the equations of its
// solar calculator): within a minute or two between the polar circles.
std::optional<absl::Time> SunSinks(absl::CivilDay day, const Place& place, double zenith_degrees) {
  // The fractional year, at about the time of sunset.
  const double year = absl::GetYearDay(day) - 1 + (18 - 12 - place.longitude_degrees / 15) / 24;
  const double g = 2 * kPi / 365 * year;
  const double equation_of_time =
      229.18 * (0.000075 + 0.001868 * std::cos(g) - 0.032077 * std::sin(g) -
                0.014615 * std::cos(2 * g) - 0.040849 * std::sin(2 * g));
  const double declination = 0.006918 - 0.399912 * std::cos(g) + 0.070257 * std::sin(g) -
                             0.006758 * std::cos(2 * g) + 0.000907 * std::sin(2 * g) -
                             0.002697 * std::cos(3 * g) + 0.00148 * std::sin(3 * g);
  const double latitude = place.latitude_degrees * kRadians;
  const double cosine =
      std::cos(zenith_degrees * kRadians) / (std::cos(latitude) * std::cos(declination)) -
      std::tan(latitude) * std::tan(declination);
  if (!(cosine >= -1 && cosine <= 1)) return std::nullopt;
  const double hour_angle = std::acos(cosine) / kRadians;
  const double minutes = 720 - 4 * (place.longitude_degrees - hour_angle) - equation_of_time;
  return absl::FromCivil(day, absl::UTCTimeZone()) + absl::Seconds(std::floor(minutes * 60));
}

}  // namespace veille::detector
