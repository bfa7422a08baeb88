#include "services/detector/core/rules/way.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <cstring>

#include "services/detector/core/rules/plane.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

constexpr int64_t kBucketUs = 10'000'000;
// Without a fix for so long, what came before is another walk.
constexpr int64_t kMaxGapBuckets = 60;
constexpr int64_t kLongestUs = 86'400'000'000;
// Corners fit into 16 bits.
constexpr float kFurthestM = 30'000;
// 96 legs of 15 m are half an hour at the pace of the old, 0.8 m/s.
constexpr std::size_t kMaxCorners = 96;
constexpr double kSlowest = 0.3, kFastest = 4;
// Who walks at 2 m/s seems faster by the errors of two fixes; faster still are fixes that jump.
constexpr double kFastestWalk = 2.4;
// A place is come back to within this, after having been further away than the second.
constexpr double kHereM = 30, kAwayM = 60;
constexpr int32_t kLeftForS = 180;
constexpr double kLegErrors = 1.75;
// Who stands still seems to walk to and fro as far as fixes err: within so many errors a way must
// be twice as long. Fixes that wander make 400 m in a quarter of an hour, who paces makes 650 m.
constexpr double kNoiseErrors = 4.5, kNoiseFactor = 2;
// So much longer than it stretches, a way turns, also where its turns lie on one line and the line
// is all that is left of its shape.
constexpr double kSurelyTurns = 5;
// What lies so near the straight line is no corner of the way's shape; who turns by 60° turns.
constexpr double kShapeM = 15, kTurn = 1.047;
constexpr double kHalfTurn = 2.4, kFullTurn = 6.2832;

struct Corner {
  int16_t east_m = 0, north_m = 0;
  uint16_t bucket = 0;  // Since the way's beginning.
};

struct Head {
  double latitude_degrees = 0, longitude_degrees = 0;
  int64_t begin_us = 0, newest_us = 0;
  float sum_east_m = 0, sum_north_m = 0;
  float accuracy_m = 0;  // The bucket's worst.
  uint16_t count = 0, bucket = 0;
  uint32_t corners = 0;
};

struct Way {
  Head head;
  std::array<Corner, kMaxCorners> corners;
  const Corner& last() const { return corners[head.corners - 1]; }
};

std::size_t SizeOf(const Head& head) { return sizeof(Head) + head.corners * sizeof(Corner); }

Head ParseHead(const std::string& bytes) {
  Head head;
  if (bytes.size() < sizeof(Head)) return {};
  std::memcpy(&head, bytes.data(), sizeof(Head));
  return head.corners <= kMaxCorners && bytes.size() == SizeOf(head) ? head : Head{};
}

int32_t SecondsBetween(const Corner& a, const Corner& b) {
  return (b.bucket - a.bucket) * static_cast<int32_t>(kBucketUs / 1'000'000);
}

double Length(const Corner& a, const Corner& b) {
  return std::hypot(b.east_m - a.east_m, b.north_m - a.north_m);
}

bool IsWalked(const Corner& a, const Corner& b) {
  const int32_t seconds = SecondsBetween(a, b);
  return seconds > 0 && Length(a, b) >= kSlowest * seconds &&
         Length(a, b) <= kFastestWalk * seconds;
}

// How often the last corner's place was visited before, and left for long.
uint32_t CountReturns(const Way& way) {
  const Corner here = way.last();
  uint32_t visits = 0;
  // Back from here: first the person must have been away.
  bool inside = false, away = false;
  Corner came = here;
  for (std::size_t i = way.head.corners - 1; i-- > 0;) {
    const double distance = Length(way.corners[i], here);
    if (distance > kAwayM) {
      away = true;
      inside = false;
    } else if (distance < kHereM && !inside) {
      if (away && SecondsBetween(way.corners[i], came) >= kLeftForS) {
        ++visits;
        away = false;
      }
      inside = true;
    }
    if (inside) came = way.corners[i];
  }
  return visits;
}

double DistanceToLine(const Corner& a, const Corner& b, const Corner& p) {
  const double dx = b.east_m - a.east_m, dy = b.north_m - a.north_m;
  const double x = p.east_m - a.east_m, y = p.north_m - a.north_m;
  const double squared = dx * dx + dy * dy;
  const double t = squared > 0 ? std::clamp((x * dx + y * dy) / squared, 0.0, 1.0) : 0;
  return std::hypot(x - t * dx, y - t * dy);
}

// Marks the corners between two that matter to the shape (Douglas and Peucker).
void Simplify(const Way& way, std::size_t a, std::size_t b, std::bitset<kMaxCorners>& kept) {
  double worst = std::max(kShapeM, static_cast<double>(way.head.accuracy_m));
  std::size_t at = a;
  for (std::size_t i = a + 1; i < b; ++i) {
    const double distance = DistanceToLine(way.corners[a], way.corners[b], way.corners[i]);
    if (distance <= worst) continue;
    worst = distance;
    at = i;
  }
  if (at == a) return;
  kept.set(at);
  Simplify(way, a, at, kept);
  Simplify(way, at, b, kept);
}

double AngleAt(const Corner& a, const Corner& b, const Corner& c) {
  const double e1 = b.east_m - a.east_m, n1 = b.north_m - a.north_m;
  const double e2 = c.east_m - b.east_m, n2 = c.north_m - b.north_m;
  return std::atan2(e1 * n2 - n1 * e2, e1 * e2 + n1 * n2);
}

// Turns of the shape of the last span. Leg by leg, one turn round a corner would be two halves.
uint32_t CountTurns(const Way& way, std::size_t first) {
  std::bitset<kMaxCorners> kept;
  Simplify(way, first, way.head.corners - 1, kept);
  uint32_t turns = 0;
  std::size_t before = first;
  for (std::size_t i = first + 1; i + 1 < way.head.corners; ++i) {
    if (!kept[i]) continue;
    std::size_t next = i + 1;
    while (next + 1 < way.head.corners && !kept[next]) ++next;
    const double angle = AngleAt(way.corners[before], way.corners[i], way.corners[next]);
    if (std::abs(angle) >= kTurn) ++turns;
    // Who turns right back is turned by two corners.
    if (std::abs(angle) >= kHalfTurn) ++turns;
    before = i;
  }
  return turns;
}

// The way walked in the last span, how far it stretches, and rounds: round and round in small
// circles nobody gets far enough away to come back.
void Measure(const Way& way, std::size_t first, WayVerdict& verdict) {
  double turned = 0;
  for (std::size_t i = first; i < way.head.corners; ++i) {
    for (std::size_t j = i + 1; j < way.head.corners; ++j)
      verdict.extent_m = std::max(verdict.extent_m, Length(way.corners[i], way.corners[j]));
    if (i == first || !IsWalked(way.corners[i - 1], way.corners[i])) continue;
    verdict.way_m += Length(way.corners[i - 1], way.corners[i]);
    if (i < first + 2 || !IsWalked(way.corners[i - 2], way.corners[i - 1])) continue;
    const double angle = AngleAt(way.corners[i - 2], way.corners[i - 1], way.corners[i]);
    // Half turns go either way: they cancel out, or would count as rounds by chance.
    if (std::abs(angle) < kHalfTurn) turned += angle;
  }
  verdict.rounds = static_cast<uint32_t>(std::abs(turned) / kFullTurn);
}

bool IsWithinErrors(const WayConfig& config, const Way& way, const WayVerdict& verdict) {
  return verdict.extent_m < kNoiseErrors * static_cast<double>(way.head.accuracy_m) &&
         verdict.way_m < kNoiseFactor * config.least_way_m;
}

// Whether the way of the last so many seconds turns back again and again.
bool IsTurning(const WayConfig& config, const Way& way, int32_t span_s, WayVerdict& verdict) {
  std::size_t first = way.head.corners - 1;
  while (first > 0 && SecondsBetween(way.corners[first - 1], way.last()) <= span_s) --first;
  verdict.way_m = verdict.extent_m = 0;
  Measure(way, first, verdict);
  verdict.turns = CountTurns(way, first);
  if (verdict.way_m < config.least_way_m || IsWithinErrors(config, way, verdict)) return false;
  return verdict.way_m >= kSurelyTurns * verdict.extent_m ||
         (verdict.turns >= config.turns && verdict.way_m >= config.detour_ratio * verdict.extent_m);
}

// Who gets lost had often walked straight there: the straight part would hide what follows, so the
// last part of the span is judged by itself as well.
WayVerdict Judge(const WayConfig& config, const Way& way) {
  WayVerdict verdict;
  verdict.corner = true;
  const auto span_s = static_cast<int32_t>(config.span_us / 1'000'000);
  bool turning = false;
  for (const int32_t part : {2, 3, 4})
    turning = IsTurning(config, way, span_s * part / 4, verdict) || turning;
  if (IsWithinErrors(config, way, verdict)) verdict.rounds = 0;
  verdict.returns = CountReturns(way);
  verdict.lost = turning || std::max(verdict.returns, verdict.rounds) >= config.returns;
  return verdict;
}

// Adds the mean of the bucket that ends; true when it ends a leg.
bool EndBucket(const WayConfig& config, Way& way) {
  const auto count = static_cast<float>(way.head.count);
  const Corner here{static_cast<int16_t>(std::lround(way.head.sum_east_m / count)),
                    static_cast<int16_t>(std::lround(way.head.sum_north_m / count)),
                    way.head.bucket};
  uint32_t& corners = way.head.corners;
  if (corners == 0) {
    way.corners[corners++] = here;
    return false;
  }
  const double length = Length(way.last(), here);
  // What lies within the fixes' error is no leg, and turns nobody round.
  const double least =
      std::max(config.leg_m, kLegErrors * static_cast<double>(way.head.accuracy_m));
  if (length < least) return false;
  if (length > kFastest * std::max(1, SecondsBetween(way.last(), here))) {
    // A vehicle, or a fix that jumped: what is walked begins anew.
    way.corners[0] = here;
    corners = 1;
    return false;
  }
  const auto kept_s = static_cast<int32_t>(2 * config.span_us / 1'000'000);
  std::size_t old = corners == kMaxCorners ? 1 : 0;
  while (old < corners && SecondsBetween(way.corners[old], here) > kept_s) ++old;
  std::copy(way.corners.begin() + old, way.corners.begin() + corners, way.corners.begin());
  corners -= static_cast<uint32_t>(old);
  way.corners[corners++] = here;
  return corners > 1;
}

// Reads the corners, ends the bucket, writes the corners: once in 10 s.
WayVerdict CloseBucket(const WayConfig& config, Head& head, std::string& bytes) {
  Way way{head, {}};
  if (head.corners > 0)
    std::memcpy(way.corners.data(), bytes.data() + sizeof(Head), head.corners * sizeof(Corner));
  WayVerdict verdict;
  if (EndBucket(config, way)) verdict = Judge(config, way);
  bytes.resize(SizeOf(way.head));
  std::memcpy(bytes.data() + sizeof(Head), way.corners.data(), way.head.corners * sizeof(Corner));
  head = way.head;
  head.sum_east_m = head.sum_north_m = head.accuracy_m = 0;
  head.count = 0;
  return verdict;
}

}  // namespace

WayConfig MakeWayConfig(const care::v1::DisorientationRule& rule) {
  WayConfig config;
  config.enabled = domain::IsEnabled(rule);
  config.span_us = absl::ToInt64Microseconds(domain::DurationOr(rule, "span"));
  config.turns = static_cast<uint32_t>(domain::NumberOr(rule, "turns"));
  config.leg_m = domain::NumberOr(rule, "leg_m");
  config.detour_ratio = domain::NumberOr(rule, "detour_ratio");
  config.least_way_m = domain::NumberOr(rule, "least_way_m");
  config.returns = static_cast<uint32_t>(domain::NumberOr(rule, "returns"));
  config.max_accuracy_m = domain::NumberOr(rule, "max_accuracy_m");
  return config;
}

WayVerdict Walk(const WayConfig& config, const Fix& fix, std::string& way) {
  if (!(fix.accuracy_m > 0) || fix.accuracy_m > config.max_accuracy_m) return {};
  Head head = ParseHead(way);
  if (head.count > 0 && fix.time_us <= head.newest_us) return {};
  const int64_t bucket = (fix.time_us - head.begin_us) / kBucketUs;
  Plane at = Project(fix.latitude_degrees, fix.longitude_degrees, head.latitude_degrees,
                     head.longitude_degrees);
  WayVerdict verdict;
  if (head.count == 0 || bucket - head.bucket > kMaxGapBuckets ||
      fix.time_us - head.begin_us > kLongestUs ||
      std::max(std::abs(at.x), std::abs(at.y)) > static_cast<double>(kFurthestM)) {
    head = {fix.latitude_degrees, fix.longitude_degrees, fix.time_us};
    at = {};
    way.resize(sizeof(Head));
  } else if (bucket > head.bucket) {
    verdict = CloseBucket(config, head, way);
    head.bucket = static_cast<uint16_t>(bucket);
  }
  head.newest_us = fix.time_us;
  head.sum_east_m += static_cast<float>(at.x);
  head.sum_north_m += static_cast<float>(at.y);
  head.accuracy_m = std::max(head.accuracy_m, static_cast<float>(fix.accuracy_m));
  if (head.count < UINT16_MAX) ++head.count;
  std::memcpy(way.data(), &head, sizeof(Head));
  return verdict;
}

}  // namespace veille::detector
