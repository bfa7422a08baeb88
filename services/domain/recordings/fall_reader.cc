// Recorded falls and activities: t_s,x_g,y_g,z_g, with a row about each file in recordings.csv.

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/status_macros.h"
#include "services/domain/recordings/csv.h"
#include "services/domain/recordings/recording.h"

namespace veille::domain {
namespace {

// A recording has no date: any day will do, and ShiftTo() moves it.
const absl::Time kDay = absl::FromUnixSeconds(1577880000);  // 2020-01-01 12:00 UTC.

struct Clip {
  std::string file, position, label;
  double rate_hz = 50, range_g = 0, onset_s = -1;
};

care::v1::Role RoleOf(const std::string& position) {
  if (position == "wrist") return care::v1::ROLE_WRIST;
  if (position == "chest" || position == "pendant" || position == "neck")
    return care::v1::ROLE_CHEST;
  return care::v1::ROLE_WAIST;
}

int16_t ToMilliG(double g) {
  return static_cast<int16_t>(std::lround(std::clamp(g, -32.0, 32.0) * 1000));
}

}  // namespace

absl::StatusOr<Recording> ReadFall(const std::string& folder, const std::string& file) {
  Clip clip;
  bool found = false;
  VEILLE_RETURN_IF_ERROR(ReadCsv(folder + "/recordings.csv", [&](int, const CsvRow& row) {
    if (found) return;
    const bool wanted = file.empty() ? row.Text("label") == "fall" : row.Text("file") == file;
    if (!wanted) return;
    found = true;
    clip = {row.Text("file"), row.Text("position"), row.Text("label"), 50, 0, -1};
    row.Number("rate_hz", &clip.rate_hz);
    row.Number("range_g", &clip.range_g);
    if (!row.Number("onset_s", &clip.onset_s)) clip.onset_s = -1;
  }));
  if (!found) {
    return absl::NotFoundError(folder + "/recordings.csv: has no row for '" +
                               (file.empty() ? "a fall" : file) + "'");
  }
  Recording recording;
  recording.name = clip.file;
  recording.home = MakeHome("clip", "Europe/Paris");
  care::v1::Device& device = *recording.home.add_devices();
  device.set_device_id("wearable");
  device.set_role(RoleOf(clip.position));
  recording.start = kDay;

  const std::string path = folder + "/" + clip.file;
  std::vector<int16_t> samples;
  double first_s = 0, last_s = -std::numeric_limits<double>::infinity();
  const auto flush = [&] {
    if (samples.empty()) return;
    recording.events.push_back(AccelerationEvent(kDay + absl::Seconds(first_s), "wearable",
                                                 clip.rate_hz, clip.range_g, samples));
    samples.clear();
  };
  VEILLE_RETURN_IF_ERROR(ReadCsv(path, [&](int number, const CsvRow& row) {
    double t = 0, x = 0, y = 0, z = 0;
    if (!row.Number("t_s", &t) || !row.Number("x_g", &x) || !row.Number("y_g", &y) ||
        !row.Number("z_g", &z) || std::abs(t) > 1e6) {
      return recording.AddBadLine(path, number, "is not t_s,x_g,y_g,z_g");
    }
    if (t <= last_s) return recording.AddBadLine(path, number, "goes back in time");
    // An event holds equally spaced samples: a gap begins a new one.
    const bool gap = !samples.empty() && t - last_s > 2.5 / clip.rate_hz;
    if (gap || t - first_s >= 1) flush();
    if (samples.empty()) first_s = t;
    last_s = t;
    for (const double axis : {x, y, z}) samples.push_back(ToMilliG(axis));
  }));
  flush();
  if (recording.events.empty())
    return absl::InvalidArgumentError(path + ": has no line that could be read");
  recording.end = kDay + absl::Seconds(last_s);
  recording.truth_known = !clip.label.empty();
  if (clip.label == "fall")
    recording.truth.push_back({"FALL", kDay + absl::Seconds(std::max(0.0, clip.onset_s))});
  return recording;
}

}  // namespace veille::domain
