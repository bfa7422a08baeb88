#include "tests/eval/inject_walks.h"

#include <algorithm>
#include <cmath>

namespace veille::eval {
namespace {

constexpr double kMetresPerDegree = 111'195;
constexpr double kRadians = 0.017453292519943295;
constexpr double kPi = 3.14159265358979323846;
constexpr double kFitS = 20;
constexpr double kLongestGapS = 120;
constexpr std::size_t kFewestFixes = 20;
// Faster than this is no walking, but a fix that jumped.
constexpr double kFastestMps = 3;
constexpr double kPurposefulS = 600, kLostS = 1200;
// Between two recorded walks.
constexpr double kJoinS = 5;

struct Fix {
  double at_s = 0, east_m = 0, north_m = 0;
};

std::vector<Fix> FixesOf(const domain::Recording& walk) {
  std::vector<Fix> fixes;
  if (walk.events.empty()) return fixes;
  const event::v1::Location& first = walk.events.front().location();
  const double scale = kMetresPerDegree * std::cos(first.latitude_degrees() * kRadians);
  for (const event::v1::Event& event : walk.events) {
    if (!event.has_location()) continue;
    fixes.push_back(
        {static_cast<double>(event.event_time().seconds() - walk.events[0].event_time().seconds()) +
             1e-9 * event.event_time().nanos(),
         (event.location().longitude_degrees() - first.longitude_degrees()) * scale,
         (event.location().latitude_degrees() - first.latitude_degrees()) * kMetresPerDegree});
  }
  return fixes;
}

// Where the person was at the time of a fix: on the line through the fixes around it.
Fix Fitted(const std::vector<Fix>& fixes, std::size_t i) {
  double n = 0, t = 0, tt = 0, e = 0, te = 0, m = 0, tm = 0;
  const auto add = [&](const Fix& fix) {
    const double dt = fix.at_s - fixes[i].at_s;
    n += 1;
    t += dt;
    tt += dt * dt;
    e += fix.east_m;
    te += dt * fix.east_m;
    m += fix.north_m;
    tm += dt * fix.north_m;
  };
  for (std::size_t k = i; k < fixes.size() && fixes[k].at_s <= fixes[i].at_s + kFitS; ++k)
    add(fixes[k]);
  for (std::size_t k = i; k > 0 && fixes[k - 1].at_s >= fixes[i].at_s - kFitS; --k)
    add(fixes[k - 1]);
  const double spread = n * tt - t * t;
  if (n < 3 || spread <= 0) return fixes[i];
  return {fixes[i].at_s, (e * tt - t * te) / spread, (m * tt - t * tm) / spread};
}

// The way as corners, made as far as it is asked for.
class Way {
 public:
  Way(Pattern pattern, Random& random) : pattern_(pattern), random_(random) {
    heading_ = 2 * kPi * random_.Unit();
    onwards_ = heading_;
    a_m_ = Between(40, pattern == Pattern::kPacing ? 150 : 120);
    b_m_ = Between(40, 120);
    leg_m_ = Between(80, 250);
  }

  void BeginToBeLost() {
    lost_ = pattern_ != Pattern::kDirect;
    // Here the two points, or the block, are.
    leg_m_ = gone_m_;
  }

  void Walk(double metres) {
    while (metres > 0) {
      const double part = std::min(metres, std::max(0.0, leg_m_ - gone_m_));
      east_m += part * std::sin(heading_);
      north_m += part * std::cos(heading_);
      gone_m_ += part;
      metres -= part;
      if (gone_m_ >= leg_m_) Turn();
    }
  }

  double east_m = 0, north_m = 0;

 private:
  double Between(double low, double high) { return low + (high - low) * random_.Unit(); }

  void Turn() {
    gone_m_ = 0;
    if (!lost_) {
      // Through the streets, never more than 90° off the way to go.
      leg_m_ = Between(80, 250);
      const double side = kPi / 2 * (random_.Below(2) == 0 ? 1 : -1);
      heading_ = heading_ == onwards_ ? onwards_ + (random_.Unit() < 0.6 ? side : 0) : onwards_;
      return;
    }
    ++turns_;
    switch (pattern_) {
      case Pattern::kPacing:
        heading_ += kPi;
        leg_m_ = a_m_;
        return;
      case Pattern::kLapping:
        heading_ += kPi / 2;
        leg_m_ = turns_ % 2 == 0 ? a_m_ : b_m_;
        return;
      default:
        heading_ += Between(kPi / 2, kPi) * (random_.Below(2) == 0 ? 1 : -1);
        leg_m_ = Between(20, 100);
        return;
    }
  }

  const Pattern pattern_;
  Random& random_;
  double heading_ = 0, onwards_ = 0;
  double a_m_ = 0, b_m_ = 0;
  double leg_m_ = 0, gone_m_ = 0;
  int turns_ = 0;
  bool lost_ = false;
};

}  // namespace

std::vector<FixStep> StepsOf(const domain::Recording& walk) {
  const std::vector<Fix> fixes = FixesOf(walk);
  std::vector<FixStep> steps;
  if (fixes.size() < kFewestFixes) return steps;
  Fix before = Fitted(fixes, 0);
  for (std::size_t i = 0; i < fixes.size(); ++i) {
    const Fix here = Fitted(fixes, i);
    FixStep step;
    step.after_s = i == 0 ? kJoinS : fixes[i].at_s - fixes[i - 1].at_s;
    if (step.after_s > kLongestGapS) return {};
    step.walked_m = std::min(std::hypot(here.east_m - before.east_m, here.north_m - before.north_m),
                             kFastestMps * step.after_s);
    step.east_error_m = fixes[i].east_m - here.east_m;
    step.north_error_m = fixes[i].north_m - here.north_m;
    step.accuracy_m = walk.events[i].location().accuracy_m();
    steps.push_back(step);
    before = here;
  }
  return steps;
}

MadeWalk MakeWalk(Pattern pattern, const domain::Recording& like,
                  const std::vector<std::vector<FixStep>>& pool, Random& random) {
  MadeWalk made;
  made.recording.name = like.name;
  made.recording.home = like.home;
  made.recording.start = like.start;
  made.lost_from = like.start + absl::Seconds(kPurposefulS);
  const event::v1::Location& origin = like.events.front().location();
  const double scale = kMetresPerDegree * std::cos(origin.latitude_degrees() * kRadians);
  Way way(pattern, random);
  double at_s = 0;
  bool lost = false;
  while (at_s < kPurposefulS + kLostS) {
    for (const FixStep& step : pool[random.Below(pool.size())]) {
      at_s += step.after_s;
      if (at_s >= kPurposefulS + kLostS) break;
      if (!lost && at_s >= kPurposefulS) {
        way.BeginToBeLost();
        lost = true;
      }
      way.Walk(step.walked_m);
      event::v1::Event event = domain::MakeEvent(like.start + absl::Seconds(at_s), "tracker");
      event::v1::Location& fix = *event.mutable_location();
      fix.set_latitude_degrees(origin.latitude_degrees() +
                               (way.north_m + step.north_error_m) / kMetresPerDegree);
      fix.set_longitude_degrees(origin.longitude_degrees() +
                                (way.east_m + step.east_error_m) / scale);
      if (step.accuracy_m > 0) fix.set_accuracy_m(step.accuracy_m);
      made.recording.events.push_back(std::move(event));
    }
  }
  made.recording.end = like.start + absl::Seconds(kPurposefulS + kLostS + 1);
  return made;
}

}  // namespace veille::eval
