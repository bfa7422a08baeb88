// When it grows dark where a home is.
//
// Pure; thread safe.

#ifndef SERVICES_DETECTOR_CORE_DUSK_H_
#define SERVICES_DETECTOR_CORE_DUSK_H_

#include <optional>

#include "absl/time/time.h"

#include "veille/care/v1/home.pb.h"

namespace veille::detector {

struct Place {
  double latitude_degrees = 0, longitude_degrees = 0;
};

// By the first zone of a person, else by the main city of the time zone, else by its offset at the
// latitude of France.
Place PlaceOf(const care::v1::Home& home, const absl::TimeZone& zone);

// The sun's angle from the zenith at sunset (refraction and its radius included) and at dusk, the
// end of civil twilight.
inline constexpr double kSunsetZenith = 90.833, kDuskZenith = 96;

// When the sun sinks to this angle on a local day; nothing where it does not on that day.
std::optional<absl::Time> SunSinks(absl::CivilDay day, const Place& place, double zenith_degrees);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_DUSK_H_
