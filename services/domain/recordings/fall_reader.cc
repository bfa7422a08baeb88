// Recorded falls and activities: t_s,x_g,y_g,z_g, with a row about each file in recordings.csv.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

#include "absl/strings/str_format.h"

#include "common/base/status_macros.h"
#include "services/domain/recordings/csv.h"
#include "services/domain/recordings/readers.h"

namespace veille::domain {
namespace {

// A recording has no date: any day will do, and ShiftTo() moves it.
const absl::Time kDay = absl::FromUnixSeconds(1577880000);  // 2020-01-01 12:00 UTC.

// What the contract allows an event.
constexpr double kLeastHz = 1, kMostHz = 400;
// An event holds about this much.
constexpr double kEventS = 1;
// And the contract allows it this much, however its stamps stand still.
constexpr double kLongestS = 10;
// Samples that are missing for longer than this many of them, and longer than watches take between
// two bursts, begin a new event.
constexpr double kGapSamples = 2.5, kBurstS = 0.15;
// A step back of the clock by more than this is a clock that was set.
constexpr double kSetBackS = 1;
// The stamps of some watches come in bursts: only a rate that is further off is theirs.
constexpr double kRateTolerance = 0.2;
// Fewer steps than this say nothing of a rate.
constexpr std::size_t kLeastSteps = 10;

care::v1::Role RoleOf(const std::string& position) {
  if (position == "wrist") return care::v1::ROLE_WRIST;
  if (position == "chest" || position == "pendant" || position == "neck")
    return care::v1::ROLE_CHEST;
  return care::v1::ROLE_WAIST;
}

bool IsKnownPosition(const std::string& position) {
  return position == "waist" || RoleOf(position) != care::v1::ROLE_WAIST;
}

int16_t ToMilliG(double g) {
  return static_cast<int16_t>(std::lround(std::clamp(g, -32.0, 32.0) * 1000));
}

struct Sample {
  double t = 0;
  double axes[3] = {0, 0, 0};
};

// What the list does not say, the stamps do: the middle one of the steps forward.
double MiddleRate(const std::vector<Sample>& samples) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < samples.size(); ++i)
    if (samples[i].t > samples[i - 1].t) steps.push_back(samples[i].t - samples[i - 1].t);
  if (steps.empty()) return 50;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  return 1 / *middle;
}

// In the order of the file. A stamp may repeat; one that is a little earlier is a bad line; after a
// clock that was set back, time goes on from where it was.
absl::StatusOr<std::vector<Sample>> ReadSamples(const std::string& path, ReadReport& report) {
  std::vector<Sample> samples;
  double moved_by = 0;
  int set_back = 0;
  VEILLE_RETURN_IF_ERROR(
      ReadCsv(path, {{"t_s", "x_g", "y_g", "z_g"}, {}}, report, [&](const CsvRow& row) {
        Sample sample;
        if (!row.Number("t_s", &sample.t) || std::abs(sample.t) > 1e6)
          return report.AddBadLine(path, row.line(), "'" + row.Text("t_s") + "' is not a t_s");
        constexpr const char* kAxes[] = {"x_g", "y_g", "z_g"};
        for (int i = 0; i < 3; ++i) {
          if (row.Number(kAxes[i], &sample.axes[i])) continue;
          return report.AddBadLine(path, row.line(),
                                   "'" + row.Text(kAxes[i]) + "' is not a number of " + kAxes[i]);
        }
        sample.t += moved_by;
        if (!samples.empty() && sample.t < samples.back().t) {
          const double back = samples.back().t - sample.t;
          if (back <= kSetBackS) {
            return report.AddBadLine(path, row.line(),
                                     absl::StrFormat("goes back in time by %.3f s", back));
          }
          moved_by += back;
          sample.t = samples.back().t;
          ++set_back;
        }
        samples.push_back(sample);
      }));
  if (set_back > 0) {
    report.AddNote(absl::StrFormat(
        "the clock was set back %d times; what follows is played on from there", set_back));
  }
  return samples;
}

// Cuts samples into events of equally spaced ones, of about a second.
void AddEvents(const std::vector<Sample>& samples, double rate_hz, double range_g,
               Recording& recording) {
  std::vector<int16_t> packed;
  std::size_t first = 0;
  const double gap_s = std::max(kGapSamples / rate_hz, kBurstS);
  const auto most = static_cast<std::size_t>(rate_hz * kLongestS);
  // `next`: the following event begins where this one ends, without a gap.
  const auto flush = [&](std::size_t end, bool next) {
    const std::size_t steps = next ? end - first : end - first - 1;
    const double span = samples[next ? end : end - 1].t - samples[first].t;
    double rate = rate_hz;
    if (steps >= kLeastSteps && span > 0) {
      const double seen = static_cast<double>(steps) / span;
      if (std::abs(seen - rate) > kRateTolerance * rate)
        rate = std::clamp(seen, rate / kGapSamples, kMostHz);
    }
    recording.events.push_back(AccelerationEvent(kDay + absl::Seconds(samples[first].t), "wearable",
                                                 rate, range_g, packed));
    packed.clear();
    first = end;
  };
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (!packed.empty()) {
      const bool gap = samples[i].t - samples[i - 1].t > gap_s;
      if (gap || samples[i].t - samples[first].t >= kEventS || i - first >= most) flush(i, !gap);
    }
    for (const double axis : samples[i].axes) packed.push_back(ToMilliG(axis));
  }
  if (!packed.empty()) flush(samples.size(), false);
}

}  // namespace

absl::StatusOr<std::vector<Clip>> ListClips(const std::string& set, ReadReport& report) {
  const std::string path = set + "/recordings.csv";
  const CsvColumns columns = {
      {"file", "position", "rate_hz", "label"},
      {"subject", "group", "range_g", "activity", "description", "onset_s", "end_s"}};
  std::vector<Clip> clips;
  VEILLE_RETURN_IF_ERROR(ReadCsv(path, columns, report, [&](const CsvRow& row) {
    Clip clip;
    clip.set = set;
    clip.file = row.Text("file");
    clip.position = row.Text("position");
    clip.label = row.Text("label");
    clip.subject = row.Text("subject");
    clip.group = row.Text("group");
    clip.activity = row.Text("activity");
    if (clip.file.empty()) return report.AddBadLine(path, row.line(), "names no file");
    for (const auto& [column, value] :
         {std::pair("rate_hz", &clip.rate_hz), std::pair("range_g", &clip.range_g),
          std::pair("onset_s", &clip.onset_s)}) {
      if (row.Text(column).empty() || (row.Number(column, value) && *value >= 0)) continue;
      return report.AddBadLine(
          path, row.line(),
          "'" + row.Text(column) + "' is not a number of " + column + ", 0 or more");
    }
    if (clip.rate_hz != 0 && (clip.rate_hz < kLeastHz || clip.rate_hz > kMostHz)) {
      return report.AddBadLine(path, row.line(),
                               "rate_hz is not between 1 and 400, or empty where it is unknown");
    }
    clips.push_back(std::move(clip));
  }));
  if (clips.empty()) return absl::InvalidArgumentError(path + ": has no row that could be read");
  return clips;
}

absl::StatusOr<Recording> ReadClip(const Clip& clip) {
  Recording recording;
  recording.name = clip.file;
  recording.dated = false;
  const std::string set = std::filesystem::path(clip.set).filename().string();
  recording.home =
      MakeHome(ToId(set + "-" + std::filesystem::path(clip.file).replace_extension().string()),
               "Europe/Paris");
  recording.home.mutable_patients(0)->set_display_name(set + " " + clip.file);
  care::v1::Device& device = *recording.home.add_devices();
  device.set_device_id("wearable");
  device.set_role(RoleOf(clip.position));
  recording.start = kDay;
  if (!IsKnownPosition(clip.position)) {
    recording.AddNote("position '" + clip.position +
                      "' is none of waist, chest, pendant, neck, wrist: judged as waist");
  }
  const std::string path = clip.set + "/" + clip.file;
  VEILLE_ASSIGN_OR_RETURN(std::vector<Sample> samples, ReadSamples(path, recording));
  if (samples.empty()) return absl::InvalidArgumentError(path + ": has no line that could be read");
  double rate_hz = clip.rate_hz;
  if (!(rate_hz > 0)) {
    rate_hz = std::clamp(MiddleRate(samples), kLeastHz, kMostHz);
    recording.AddNote(
        absl::StrFormat("rate_hz is unknown: taken from the time stamps as %.1f", rate_hz));
  }
  // Whatever its stamps begin with, a clip begins with its first sample.
  const double first_s = samples.front().t;
  for (Sample& sample : samples) sample.t -= first_s;
  AddEvents(samples, rate_hz, clip.range_g, recording);
  SortEvents(recording);
  recording.end = kDay + absl::Seconds(samples.back().t);
  recording.truth_known = !clip.label.empty();
  if (clip.label == "fall") {
    recording.truth.push_back(
        {"FALL", kDay + absl::Seconds(std::max(0.0, clip.onset_s - first_s))});
  }
  return recording;
}

}  // namespace veille::domain
