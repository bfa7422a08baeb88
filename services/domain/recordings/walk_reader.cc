// Recorded walks: time,lat,lon,accuracy_m,speed_mps. The safe zone is made: 500 m around the first
// fix.

#include <filesystem>
#include <map>

#include "absl/strings/str_format.h"

#include "common/base/status_macros.h"
#include "common/time/local_time.h"
#include "services/domain/recordings/csv.h"
#include "services/domain/recordings/readers.h"

namespace veille::domain {
namespace {

constexpr double kRadiusM = 500;
// What the contract allows a fix.
constexpr float kWorstAccuracyM = 1e7F;
constexpr double kFastestMps = 1000;
// A walk is of a day or so; a stamp that is further from the middle one is of a clock gone wrong.
constexpr absl::Duration kFarOff = absl::Hours(24 * 366);

// RFC 3339, and the same with a space for the T, and without a zone: that is UTC.
bool ParseStamp(std::string stamp, absl::Time* time) {
  constexpr std::size_t kDateSize = 10;
  if (stamp.size() > kDateSize && stamp[kDateSize] == ' ') stamp[kDateSize] = 'T';
  const bool has_zone = !stamp.empty() && (stamp.back() == 'Z' || stamp.back() == 'z' ||
                                           stamp.find_first_of("+-", kDateSize) < stamp.size());
  std::string error;
  return absl::ParseTime(absl::RFC3339_full, has_zone ? stamp : stamp + "Z", time, &error);
}

// What is wrong with a row; empty when the fix is good.
std::string ReadFix(const CsvRow& row, event::v1::Event& event) {
  absl::Time time;
  double latitude = 0, longitude = 0, value = 0;
  if (!ParseStamp(row.Text("time"), &time)) return "'" + row.Text("time") + "' is not a time";
  if (!row.Number("lat", &latitude) || latitude < -90 || latitude > 90)
    return "'" + row.Text("lat") + "' is not a lat";
  if (!row.Number("lon", &longitude) || longitude < -180 || longitude > 180)
    return "'" + row.Text("lon") + "' is not a lon";
  event = MakeEvent(time, "tracker");
  event::v1::Location& location = *event.mutable_location();
  location.set_latitude_degrees(latitude);
  location.set_longitude_degrees(longitude);
  // Receivers write 0 or less for what they do not know.
  if (!row.Text("accuracy_m").empty()) {
    if (!row.Number("accuracy_m", &value) || static_cast<float>(value) >= kWorstAccuracyM)
      return "'" + row.Text("accuracy_m") + "' is not an accuracy_m";
    if (const auto accuracy_m = static_cast<float>(value); accuracy_m > 0)
      location.set_accuracy_m(accuracy_m);
  }
  if (!row.Text("speed_mps").empty()) {
    if (!row.Number("speed_mps", &value) || value > kFastestMps)
      return "'" + row.Text("speed_mps") + "' is no speed_mps";
    if (value >= 0) location.set_speed_mps(static_cast<float>(value));
  }
  return "";
}

void SupposeAccuracy(const ReadOptions& options, Recording& recording) {
  std::size_t unknown = 0;
  for (event::v1::Event& event : recording.events) {
    if (event.location().has_accuracy_m()) continue;
    ++unknown;
    if (options.assume_accuracy_m > 0)
      event.mutable_location()->set_accuracy_m(static_cast<float>(options.assume_accuracy_m));
  }
  if (unknown == 0) return;
  if (options.assume_accuracy_m > 0) {
    recording.AddNote(
        absl::StrFormat("%d of %d fixes do not say how accurate they are: taken as %g m "
                        "(--assume_accuracy_m)",
                        unknown, recording.events.size(), options.assume_accuracy_m));
  } else {
    recording.AddNote(
        absl::StrFormat("%d of %d fixes do not say how accurate they are: they cross no fence; "
                        "--assume_accuracy_m N takes them as accurate to N metres",
                        unknown, recording.events.size()));
  }
}

}  // namespace

absl::StatusOr<std::vector<Walk>> ListWalks(const std::string& set, ReadReport& report) {
  const std::string path = set + "/recordings.csv";
  std::vector<Walk> walks;
  VEILLE_RETURN_IF_ERROR(ReadCsv(path, {{"file"}, {"subject", "kind", "truth", "zone", "points"}},
                                 report, [&](const CsvRow& row) {
                                   const std::string& file = row.Text("file");
                                   if (file.empty())
                                     return report.AddBadLine(path, row.line(), "names no file");
                                   walks.push_back({set + "/" + file, file, row.Text("zone")});
                                 }));
  if (walks.empty()) return absl::InvalidArgumentError(path + ": has no row that could be read");
  return walks;
}

absl::StatusOr<Recording> ReadWalk(const Walk& walk, const ReadOptions& options) {
  Recording recording;
  recording.name = walk.name;
  const std::filesystem::path path(walk.path);
  const std::string id = path.parent_path().filename().string() + "-" + path.stem().string();
  std::string zone_name = walk.zone;
  if (zone_name.empty()) {
    zone_name = "UTC";
    recording.AddNote("no recordings.csv says its zone: taken as UTC");
  }
  VEILLE_RETURN_IF_ERROR(LoadZone(zone_name).status());
  recording.home = MakeHome(ToId("walk-" + id), zone_name);
  recording.home.mutable_patients(0)->set_display_name(walk.name);
  care::v1::Device& device = *recording.home.add_devices();
  device.set_device_id("tracker");
  device.set_role(care::v1::ROLE_TRACKER);
  std::vector<int> lines;
  VEILLE_RETURN_IF_ERROR(ReadCsv(walk.path, {{"time", "lat", "lon"}, {"accuracy_m", "speed_mps"}},
                                 recording, [&](const CsvRow& row) {
                                   event::v1::Event event;
                                   if (const std::string wrong = ReadFix(row, event);
                                       !wrong.empty())
                                     return recording.AddBadLine(walk.path, row.line(), wrong);
                                   recording.events.push_back(std::move(event));
                                   lines.push_back(row.line());
                                 }));
  DropFarOff(walk.path, lines, kFarOff, recording);
  if (recording.events.empty())
    return absl::InvalidArgumentError(walk.path + ": has no line that could be read");
  SortEvents(recording);
  SupposeAccuracy(options, recording);
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
