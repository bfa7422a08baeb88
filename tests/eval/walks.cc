#include "tests/eval/walks.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "services/domain/recordings/csv.h"
#include "tests/eval/alerts.h"
#include "tests/eval/inject_walks.h"
#include "tests/eval/split.h"
#include "tests/eval/statistics.h"

namespace veille::eval {
namespace {

constexpr double kMetresPerDegree = 111'195;
constexpr double kRadians = 0.017453292519943295;
constexpr double kPi = 3.14159265358979323846;
constexpr double kBesideM = 50;
// What a care plan allows a zone.
constexpr std::size_t kMostCorners = 100;
constexpr int64_t kLongestGapS = 600;
constexpr char kHistory[] = "history";
constexpr uint64_t kSeed = 20110830;
// Where the person truly was: the median of the good fixes from so long before to so long after.
constexpr int64_t kSmoothingS = 15;
constexpr float kGoodAccuracyM = 30;
// What a phone usually reaches under an open sky, where a recording does not know.
constexpr double kAssumedAccuracyM = 15;

struct Spot {
  double east_m = 0, north_m = 0;
};

int64_t CountRule(const domain::Recording& recording, const std::string& rule) {
  const auto alerts = AlertsOf(recording);
  if (!alerts.ok()) return 0;
  return std::count_if(alerts->begin(), alerts->end(),
                       [&](const Alert& alert) { return alert.rule == rule; });
}

std::vector<Spot> Smooth(const domain::Recording& recording, double latitude, double longitude) {
  struct Fix {
    int64_t second;
    Spot spot;
  };
  std::vector<Fix> fixes;
  for (const event::v1::Event& event : recording.events) {
    const event::v1::Location& fix = event.location();
    if (!fix.has_accuracy_m() || fix.accuracy_m() > kGoodAccuracyM) continue;
    fixes.push_back(
        {event.event_time().seconds(),
         {(fix.longitude_degrees() - longitude) * kMetresPerDegree * std::cos(latitude * kRadians),
          (fix.latitude_degrees() - latitude) * kMetresPerDegree}});
  }
  std::vector<Spot> spots;
  std::vector<double> east, north;
  std::size_t from = 0;
  for (const Fix& fix : fixes) {
    east.clear();
    north.clear();
    while (fixes[from].second < fix.second - kSmoothingS) ++from;
    for (std::size_t i = from; i < fixes.size() && fixes[i].second <= fix.second + kSmoothingS;
         ++i) {
      east.push_back(fixes[i].spot.east_m);
      north.push_back(fixes[i].spot.north_m);
    }
    spots.push_back({Quantile(east, 0.5), Quantile(north, 0.5)});
  }
  return spots;
}

double HoursOf(const domain::Recording& recording) {
  int64_t seconds = 0;
  for (std::size_t i = 1; i < recording.events.size(); ++i) {
    const int64_t step =
        recording.events[i].event_time().seconds() - recording.events[i - 1].event_time().seconds();
    if (step <= kLongestGapS) seconds += step;
  }
  return static_cast<double>(seconds) / 3600;
}

absl::StatusOr<domain::Recording> ReadWalk(const std::string& path) {
  return domain::OpenRecording("gps:" + path, {kAssumedAccuracyM});
}

struct Listed {
  std::string path, subject, kind, truth;
};

// A set without a list that can be read has no walks, and is reported so.
std::vector<Listed> List(const std::filesystem::path& set) {
  std::vector<Listed> listed;
  domain::ReadReport report;
  const auto read =
      domain::ReadCsv((set / "recordings.csv").string(), {{"file"}, {"subject", "kind", "truth"}},
                      report, [&](const domain::CsvRow& row) {
                        listed.push_back({(set / row.Text("file")).string(), row.Text("subject"),
                                          row.Text("kind"), row.Text("truth")});
                      });
  read.IgnoreError();
  return listed;
}

std::vector<std::filesystem::path> SetsOf(const std::string& folder) {
  std::vector<std::filesystem::path> sets;
  std::error_code ignored;
  for (const auto& set : std::filesystem::directory_iterator(folder + "/gps", ignored))
    if (std::filesystem::exists(set.path() / "recordings.csv")) sets.push_back(set.path());
  std::sort(sets.begin(), sets.end());
  return sets;
}

void JudgeWalk(const Listed& listed, bool held_out, WalkSetVerdict& verdict) {
  auto recording = ReadWalk(listed.path);
  if (!recording.ok()) {
    verdict.unreadable.push_back(std::string(recording.status().message()));
    return;
  }
  ++verdict.recordings;
  verdict.hours += HoursOf(*recording);
  verdict.bad_lines += recording->bad_line_count;
  verdict.geofence_exits += CountRule(*recording, "GEOFENCE_EXIT");
  const int64_t disorientation = CountRule(*recording, "DISORIENTATION");
  verdict.disorientation_alerts += disorientation;
  auto& [walks, found] = verdict.by_truth[listed.truth.empty() ? "unknown" : listed.truth];
  ++walks;
  found += disorientation > 0 ? 1 : 0;
  if (held_out) {
    ++verdict.held_out;
    verdict.held_out_told += disorientation > 0 ? 1 : 0;
  }

  const auto corners =
      listed.kind == kHistory ? std::vector<std::pair<double, double>>{} : ZoneBeside(*recording);
  if (corners.empty()) return;
  ++verdict.fenced;
  care::v1::Zone& zone = *recording->home.mutable_patients(0)->mutable_zones(0);
  for (const auto& [latitude, longitude] : corners) {
    care::v1::Point& point = *zone.mutable_polygon()->add_points();
    point.set_latitude_degrees(latitude);
    point.set_longitude_degrees(longitude);
  }
  const int64_t flaps = CountRule(*recording, "GEOFENCE_EXIT");
  verdict.flaps += flaps;
  if (flaps > 0) verdict.flapping.push_back(recording->name + ": " + std::to_string(flaps));
}

void JudgeMade(Pattern pattern, const MadeWalk& walk, MadeVerdict& verdict) {
  ++verdict.made;
  const auto alerts = AlertsOf(walk.recording);
  if (!alerts.ok()) return;
  absl::Time told = absl::InfiniteFuture();
  bool before = false;
  for (const Alert& alert : *alerts) {
    if (alert.rule != "DISORIENTATION") continue;
    for (const absl::Time at : alert.told) {
      if (at < walk.lost_from && pattern != Pattern::kDirect) {
        before = true;
      } else {
        told = std::min(told, at);
      }
    }
  }
  verdict.told_before += before ? 1 : 0;
  if (told == absl::InfiniteFuture()) return;
  ++verdict.told;
  verdict.delays_s.push_back(absl::ToDoubleSeconds(told - walk.lost_from));
}

double Cross(const Spot& a, const Spot& b, const Spot& c) {
  return (b.east_m - a.east_m) * (c.north_m - a.north_m) -
         (b.north_m - a.north_m) * (c.east_m - a.east_m);
}

// Andrew's monotone chain, counter-clockwise.
std::vector<Spot> ConvexHull(std::vector<Spot> spots) {
  std::sort(spots.begin(), spots.end(), [](const Spot& a, const Spot& b) {
    return std::pair(a.east_m, a.north_m) < std::pair(b.east_m, b.north_m);
  });
  std::vector<Spot> hull;
  for (int side = 0; side < 2; ++side) {
    const std::size_t begin = hull.size();
    for (const Spot& spot : spots) {
      while (hull.size() >= begin + 2 && Cross(hull[hull.size() - 2], hull.back(), spot) <= 1e-9) {
        hull.pop_back();
      }
      hull.push_back(spot);
    }
    hull.pop_back();
    std::reverse(spots.begin(), spots.end());
  }
  return hull;
}

}  // namespace

std::vector<std::pair<double, double>> ZoneBeside(const domain::Recording& recording) {
  if (recording.events.empty()) return {};
  const double latitude = recording.events[0].location().latitude_degrees();
  const double longitude = recording.events[0].location().longitude_degrees();
  const std::vector<Spot> spots = Smooth(recording, latitude, longitude);
  if (spots.size() < 3) return {};
  // Around each spot the corners of a polygon that holds the circle of 50 m.
  constexpr int kCorners = 12;
  const double radius_m = kBesideM / std::cos(kPi / kCorners);
  std::vector<Spot> around;
  for (const Spot& spot : spots) {
    for (int i = 0; i < kCorners; ++i) {
      const double angle = 2 * kPi * i / kCorners;
      around.push_back(
          {spot.east_m + radius_m * std::cos(angle), spot.north_m + radius_m * std::sin(angle)});
    }
  }
  const std::vector<Spot> hull = ConvexHull(std::move(around));
  if (hull.size() > kMostCorners) return {};
  std::vector<std::pair<double, double>> corners;
  for (const Spot& corner : hull) {
    corners.emplace_back(
        latitude + corner.north_m / kMetresPerDegree,
        longitude + corner.east_m / (kMetresPerDegree * std::cos(latitude * kRadians)));
  }
  return corners;
}

std::vector<WalkSetVerdict> JudgeWalks(const std::string& folder, const std::string& split) {
  const Split tuned_on = ReadSplit(split);
  std::vector<WalkSetVerdict> verdicts;
  for (const auto& set : SetsOf(folder)) {
    WalkSetVerdict& verdict = verdicts.emplace_back();
    verdict.set = set.filename().string();
    for (const Listed& listed : List(set))
      JudgeWalk(listed, !tuned_on.IsTunedOn(verdict.set, listed.subject), verdict);
  }
  return verdicts;
}

std::vector<MadeVerdict> JudgeMadeWalks(const std::string& folder, int walks,
                                        const std::string& split) {
  const Split tuned_on = ReadSplit(split);
  std::vector<MadeVerdict> verdicts;
  for (const auto& set : SetsOf(folder)) {
    std::vector<std::vector<FixStep>> pool;
    std::vector<domain::Recording> like;
    for (const Listed& listed : List(set)) {
      if (listed.kind == kHistory || tuned_on.IsTunedOn(set.filename().string(), listed.subject))
        continue;
      auto recording = ReadWalk(listed.path);
      if (!recording.ok()) continue;
      if (auto steps = StepsOf(*recording); !steps.empty()) pool.push_back(std::move(steps));
      if (like.empty()) like.push_back(*std::move(recording));
    }
    if (pool.empty()) continue;
    for (const Pattern pattern : kPatterns) {
      SeededRandom random(kSeed);
      MadeVerdict& verdict = verdicts.emplace_back();
      verdict.set = set.filename().string();
      verdict.pattern = PatternName(pattern);
      for (int i = 0; i < walks; ++i)
        JudgeMade(pattern, MakeWalk(pattern, like.front(), pool, random), verdict);
    }
  }
  return verdicts;
}

}  // namespace veille::eval
