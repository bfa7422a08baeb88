#include "services/detector/core/rules/fall_score.h"

#include <algorithm>
#include <cmath>

namespace veille::detector {
namespace {

// A tree of depth 3: three questions, the second and third chosen by the answers before. The left
// branch is for values below the threshold; leaves from left to right.
struct Tree {
  std::array<uint8_t, 7> feature;
  std::array<float, 7> threshold;
  std::array<float, 8> leaf;
};

struct Model {
  float bias;
  const Tree* trees;
  std::size_t count;
};

// kTrunkTrees, kTrunkBias, kWristTrees, kWristBias.
#include "services/detector/core/rules/fall_trees.inc"

constexpr Model kTrunk = {kTrunkBias, kTrunkTrees.data(), kTrunkTrees.size()};
constexpr Model kWrist = {kWristBias, kWristTrees.data(), kWristTrees.size()};

// A fall turns the body, and the wrist at least a little.
constexpr float kTrunkTurn = 25, kWristTurn = 10;
// Whoever walks on or claps has this unrest, and is never still for so many windows on end.
constexpr float kWristUnrest = 0.25F;
constexpr int kWristStillWindows = 3;

bool IsQuiet(const FallWindow& window) {
  return window.deviation < 60 && window.mean > 900 && window.mean < 1100;
}

// So many windows on end without motion; whatever the sensor takes for 1 g.
bool Rests(const FallWindows& windows, int64_t from, int64_t to) {
  int rest = 0;
  for (int64_t i = from; i < to; ++i) {
    const FallWindow& window = windows.At(i);
    const bool still =
        window.deviation < 60 && std::abs(window.mean - windows.At(i - 1).mean) < 100;
    rest = still ? rest + 1 : 0;
    if (rest == kWristStillWindows) return true;
  }
  return false;
}

// The direction 2 to 1 s before; soon after the stream began, what there is has to do.
struct Before {
  int64_t from, to;
};
Before BeforeBlow(const FallWindows& windows, int64_t blow) {
  const int64_t first = windows.first();
  const Before before{std::max(first, blow - 20), blow - 10};
  if (before.to > before.from) return before;
  const int64_t to = std::max(first + 1, blow - 3);
  return {std::max(first, to - 10), to};
}

struct Shape {
  float peak = 0, spread = 0, path = 0, least_mean = 1, least = 1, lost = 0, impulse = 0;
  float length = 0, repeats = 0, second = 0, quiet = 0, fall_time = 0;
};

Shape MeasureShape(const FallWindows& windows, int64_t blow) {
  const int64_t first = windows.first();
  Shape shape;
  shape.peak = static_cast<float>(windows.At(blow).peak) / 1000;
  for (int64_t i = std::max(first, blow - 25); i < blow + kWindowsAfterBlow; ++i) {
    const float peak = static_cast<float>(windows.At(i).peak) / 1000;
    if (std::abs(i - blow) > 3 && peak >= 0.7F * shape.peak) ++shape.repeats;
    if (std::abs(i - blow) > 4) shape.second = std::max(shape.second, peak);
  }
  for (int64_t i = std::max(first, blow - 12); i <= blow; ++i) {
    const float mean = static_cast<float>(windows.At(i).mean) / 1000;
    shape.lost += std::max(0.0F, 1 - mean);
    if (i < blow - 10) continue;
    shape.least = std::min(shape.least, static_cast<float>(windows.At(i).least) / 1000);
    if (mean > shape.least_mean) continue;
    shape.least_mean = mean;
    shape.fall_time = static_cast<float>(blow - i);
  }
  for (int64_t i = std::max(first, blow - 2); i <= blow + 6; ++i)
    shape.impulse += std::max(0.0F, static_cast<float>(windows.At(i).mean) / 1000 - 1);
  for (int64_t i = blow + 8; i < blow + kWindowsAfterBlow; ++i) {
    if (IsQuiet(windows.At(i))) ++shape.quiet;
  }
  const int64_t from = std::max(first, blow - 10);
  Vector3 sum{}, squares{}, last{};
  for (int64_t i = from; i < blow + 15; ++i) {
    const FallWindow& window = windows.At(i);
    if (window.deviation > 300 || window.mean > 1250 || window.mean < 750) ++shape.length;
    if (i >= blow + 10) continue;
    const Vector3 here = windows.Direction(i, i + 1);
    if (i > from) shape.path += std::hypot(here[0] - last[0], here[1] - last[1], here[2] - last[2]);
    last = here;
    for (std::size_t k = 0; k < 3; ++k) {
      sum[k] += here[k];
      squares[k] += here[k] * here[k];
    }
  }
  const auto n = static_cast<float>(blow + 10 - from);
  for (std::size_t k = 0; k < 3; ++k) shape.spread += squares[k] / n - sum[k] / n * (sum[k] / n);
  shape.spread = std::sqrt(std::max(0.0F, shape.spread));
  return shape;
}

}  // namespace

bool MayBeFall(WornAt place, const FallWindows& windows, int64_t blow) {
  if (place == WornAt::kWrist && windows.Deviation(blow + 10, blow + 25) > kWristUnrest &&
      !Rests(windows, blow + 8, blow + kWindowsAfterBlow)) {
    return false;
  }
  const auto [from, to] = BeforeBlow(windows, blow);
  return DegreesBetween(windows.Direction(from, to), windows.Direction(blow + 10, blow + 25)) >=
         (place == WornAt::kWrist ? kWristTurn : kTrunkTurn);
}

FallFeatures MeasureBlow(const FallWindows& windows, int64_t blow, const Vector3& usual) {
  const int64_t first = windows.first(), c = blow;
  const auto [before_from, before_to] = BeforeBlow(windows, c);
  const Vector3 before = windows.Direction(before_from, before_to);
  const Vector3 after = windows.Direction(c + 10, c + 25);
  const int64_t near_from = std::max(first, c - 10);
  const int64_t near_to = std::max(near_from + 1, c - 5);
  float widest = 0;
  for (int64_t i = c; i <= c + 20; i += 5)
    widest = std::max(widest, DegreesBetween(before, windows.Direction(i, i + 5)));
  const Shape shape = MeasureShape(windows, c);
  const int64_t early_to = std::max(first + 1, c - 15), late_to = std::max(first + 1, c - 5);
  return {shape.peak,
          DegreesBetween(before, after),
          windows.Deviation(c + 10, c + 25),
          shape.least_mean,
          windows.Rolling(c + 10, c + 25),
          windows.Deviation(before_from, before_to),
          windows.Deviation(c - 5, c + 8),
          shape.length,
          shape.spread,
          widest,
          std::min(shape.repeats, 6.0F),
          windows.Rolling(before_from, before_to),
          windows.Deviation(c + 18, c + 26),
          DegreesBetween(usual, after),
          shape.lost,
          DegreesBetween(windows.Direction(near_from, near_to), after),
          windows.LargestDeviation(c + 14, c + 26),
          shape.path,
          windows.Deviation(c + 3, c + 10),
          windows.Deviation(c - 12, std::max(first + 1, c - 4)),
          windows.Rhythm(c - 25, c - 3),
          windows.Rhythm(c + 4, c + 26),
          shape.second / shape.peak,
          shape.quiet,
          shape.least,
          shape.fall_time,
          DegreesBetween(windows.Direction(c + 8, c + 16), windows.Direction(c + 18, c + 26)),
          DegreesBetween(windows.Direction(c - 25, early_to), windows.Direction(c - 12, late_to)),
          shape.impulse,
          static_cast<float>(windows.At(c).peak) /
              std::max(1.0F, static_cast<float>(windows.At(c).mean)),
          windows.Deviation(c + 4, c + 26),
          windows.Deviation(c - 25, std::max(first + 1, c - 5))};
}

float FallScore(WornAt place, const FallFeatures& features) {
  const Model& model = place == WornAt::kWrist ? kWrist : kTrunk;
  float score = model.bias;
  for (std::size_t i = 0; i < model.count; ++i) {
    const Tree& tree = model.trees[i];
    std::size_t node = 0;
    for (int level = 0; level < 3; ++level)
      node = 2 * node + (features[tree.feature[node]] < tree.threshold[node] ? 1 : 2);
    score += tree.leaf[node - 7];
  }
  return score;
}

}  // namespace veille::detector
