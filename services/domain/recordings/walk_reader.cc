// Recorded walks: time,lat,lon,accuracy_m,speed_mps. The safe zone is made: 500 m around the first
// fix.

#include <filesystem>

#include "common/base/status_macros.h"
#include "services/domain/recordings/csv.h"
#include "services/domain/recordings/recording.h"

namespace veille::domain {
namespace {

constexpr double kRadiusM = 500;
// Where the recording does not know, what a phone usually reaches under an open sky.
constexpr float kAssumedAccuracyM = 15;

}  // namespace

absl::StatusOr<Recording> ReadWalk(const std::string& path) {
  Recording recording;
  recording.name = std::filesystem::path(path).filename().string();
  recording.home = MakeHome("walk", "Europe/Paris");
  care::v1::Device& device = *recording.home.add_devices();
  device.set_device_id("tracker");
  device.set_role(care::v1::ROLE_TRACKER);
  VEILLE_RETURN_IF_ERROR(ReadCsv(path, [&](int number, const CsvRow& row) {
    absl::Time time;
    std::string error;
    double latitude = 0, longitude = 0, value = 0;
    std::string stamp = row.Text("time");
    if (const auto space = stamp.find(' '); space != std::string::npos) stamp[space] = 'T';
    if (!stamp.empty() && stamp.back() != 'Z' && stamp.find('+') == std::string::npos) stamp += 'Z';
    if (!absl::ParseTime(absl::RFC3339_full, stamp, &time, &error))
      return recording.AddBadLine(path, number, "'" + stamp + "' is not a time");
    if (!row.Number("lat", &latitude) || !row.Number("lon", &longitude) || latitude < -90 ||
        latitude > 90 || longitude < -180 || longitude > 180) {
      return recording.AddBadLine(path, number, "has no position");
    }
    event::v1::Event event = MakeEvent(time, "tracker");
    event::v1::Location& location = *event.mutable_location();
    location.set_latitude_degrees(latitude);
    location.set_longitude_degrees(longitude);
    location.set_accuracy_m(row.Number("accuracy_m", &value) && value > 0
                                ? static_cast<float>(value)
                                : kAssumedAccuracyM);
    if (row.Number("speed_mps", &value) && value >= 0)
      location.set_speed_mps(static_cast<float>(value));
    recording.events.push_back(std::move(event));
  }));
  if (recording.events.empty())
    return absl::InvalidArgumentError(path + ": has no line that could be read");
  SortEvents(recording);
  const event::v1::Location& first = recording.events.front().location();
  care::v1::Zone& zone = *recording.home.mutable_patients(0)->add_zones();
  zone.set_name("home");
  zone.mutable_circle()->set_latitude_degrees(first.latitude_degrees());
  zone.mutable_circle()->set_longitude_degrees(first.longitude_degrees());
  zone.mutable_circle()->set_radius_m(kRadiusM);
  recording.start = absl::FromUnixSeconds(recording.events.front().event_time().seconds());
  recording.end = absl::FromUnixSeconds(recording.events.back().event_time().seconds() + 1);
  return recording;
}

}  // namespace veille::domain
