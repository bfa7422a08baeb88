#include "tests/eval/walks.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "services/client/replay_engine.h"
#include "services/domain/recordings/csv.h"
#include "tests/eval/statistics.h"

namespace veille::eval {
namespace {

constexpr double kMetresPerDegree = 111'195;
constexpr double kRadians = 0.017453292519943295;
constexpr double kBesideM = 50;
// Where the person truly was: the median of a minute's good fixes.
constexpr int64_t kSmoothingS = 60;
constexpr float kGoodAccuracyM = 30;
// What a phone usually reaches under an open sky, where a recording does not know.
constexpr double kAssumedAccuracyM = 15;

struct Spot {
  double east_m = 0, north_m = 0;
};

int64_t CountRule(const domain::Recording& recording, const std::string& rule) {
  const auto findings = client::Replay(recording, {});
  if (!findings.ok()) return 0;
  return std::count_if(findings->begin(), findings->end(), [&](const store::v1::Finding& finding) {
    return finding.kind() == store::v1::Finding::KIND_RAISE && finding.evidence().rule() == rule;
  });
}

std::vector<Spot> Smooth(const domain::Recording& recording, double latitude, double longitude) {
  std::vector<Spot> spots;
  std::vector<double> east, north;
  int64_t minute = -1;
  const auto flush = [&] {
    if (!east.empty()) spots.push_back({Quantile(east, 0.5), Quantile(north, 0.5)});
    east.clear();
    north.clear();
  };
  for (const event::v1::Event& event : recording.events) {
    const event::v1::Location& fix = event.location();
    if (!fix.has_accuracy_m() || fix.accuracy_m() > kGoodAccuracyM) continue;
    if (event.event_time().seconds() / kSmoothingS != minute) flush();
    minute = event.event_time().seconds() / kSmoothingS;
    east.push_back((fix.longitude_degrees() - longitude) * kMetresPerDegree *
                   std::cos(latitude * kRadians));
    north.push_back((fix.latitude_degrees() - latitude) * kMetresPerDegree);
  }
  flush();
  return spots;
}

void JudgeWalk(const std::string& path, const std::string& truth, WalkSetVerdict& verdict) {
  auto recording = domain::OpenRecording("gps:" + path, {kAssumedAccuracyM});
  if (!recording.ok()) {
    ++verdict.unreadable;
    return;
  }
  ++verdict.recordings;
  verdict.hours += absl::ToDoubleHours(recording->end - recording->start);
  verdict.geofence_exits += CountRule(*recording, "GEOFENCE_EXIT");
  const int64_t disorientation = CountRule(*recording, "DISORIENTATION");
  verdict.disorientation_alerts += disorientation;
  auto& [walks, found] = verdict.by_truth[truth.empty() ? "unknown" : truth];
  ++walks;
  found += disorientation > 0 ? 1 : 0;

  const auto corners = ZoneBeside(*recording);
  if (corners.empty()) return;
  care::v1::Zone& zone = *recording->home.mutable_patients(0)->mutable_zones(0);
  for (const auto& [latitude, longitude] : corners) {
    care::v1::Point& point = *zone.mutable_polygon()->add_points();
    point.set_latitude_degrees(latitude);
    point.set_longitude_degrees(longitude);
  }
  verdict.flaps += CountRule(*recording, "GEOFENCE_EXIT");
}

}  // namespace

std::vector<std::pair<double, double>> ZoneBeside(const domain::Recording& recording) {
  if (recording.events.empty()) return {};
  const double latitude = recording.events[0].location().latitude_degrees();
  const double longitude = recording.events[0].location().longitude_degrees();
  const std::vector<Spot> spots = Smooth(recording, latitude, longitude);
  if (spots.size() < 3) return {};
  // The direction in which the walk is longest.
  double mean_east = 0, mean_north = 0, ee = 0, nn = 0, en = 0;
  const auto n = static_cast<double>(spots.size());
  for (const Spot& spot : spots) {
    mean_east += spot.east_m / n;
    mean_north += spot.north_m / n;
  }
  for (const Spot& spot : spots) {
    const double e = spot.east_m - mean_east, m = spot.north_m - mean_north;
    ee += e * e;
    nn += m * m;
    en += e * m;
  }
  const double angle = 0.5 * std::atan2(2 * en, ee - nn);
  const double c = std::cos(angle), s = std::sin(angle);
  double along[2] = {1e18, -1e18}, across[2] = {1e18, -1e18};
  for (const Spot& spot : spots) {
    const double u = spot.east_m * c + spot.north_m * s, v = -spot.east_m * s + spot.north_m * c;
    along[0] = std::min(along[0], u - kBesideM);
    along[1] = std::max(along[1], u + kBesideM);
    across[0] = std::min(across[0], v - kBesideM);
    across[1] = std::max(across[1], v + kBesideM);
  }
  std::vector<std::pair<double, double>> corners;
  for (const auto& [u, v] : {std::pair{along[0], across[0]}, std::pair{along[1], across[0]},
                             std::pair{along[1], across[1]}, std::pair{along[0], across[1]}}) {
    corners.emplace_back(
        latitude + (u * s + v * c) / kMetresPerDegree,
        longitude + (u * c - v * s) / (kMetresPerDegree * std::cos(latitude * kRadians)));
  }
  return corners;
}

std::vector<WalkSetVerdict> JudgeWalks(const std::string& folder) {
  std::vector<std::filesystem::path> sets;
  std::error_code ignored;
  for (const auto& set : std::filesystem::directory_iterator(folder + "/gps", ignored))
    if (std::filesystem::exists(set.path() / "recordings.csv")) sets.push_back(set.path());
  std::sort(sets.begin(), sets.end());
  std::vector<WalkSetVerdict> verdicts;
  for (const auto& set : sets) {
    WalkSetVerdict& verdict = verdicts.emplace_back();
    verdict.set = set.filename().string();
    domain::ReadReport report;
    const auto read =
        domain::ReadCsv((set / "recordings.csv").string(), {{"file"}, {"truth"}}, report,
                        [&](const domain::CsvRow& row) {
                          JudgeWalk((set / row.Text("file")).string(), row.Text("truth"), verdict);
                        });
    // A list that cannot be read is a set without recordings, and reported as one.
    read.IgnoreError();
  }
  return verdicts;
}

}  // namespace veille::eval
