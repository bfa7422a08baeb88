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

// kTrunkTrees, kTrunkBias, and so on for each view.
#include "services/detector/core/rules/fall_trees.inc"

constexpr Model kTrunk = {kTrunkBias, kTrunkTrees.data(), kTrunkTrees.size()};
constexpr Model kWristEarly = {kWristEarlyBias, kWristEarlyTrees.data(), kWristEarlyTrees.size()};
constexpr Model kWrist = {kWristBias, kWristTrees.data(), kWristTrees.size()};

const Model& ModelOf(FallView view) {
  switch (view) {
    case FallView::kTrunk:
      return kTrunk;
    case FallView::kWristEarly:
      return kWristEarly;
    case FallView::kWrist:
      return kWrist;
  }
  return kTrunk;
}

// A fall turns the body, and the wrist at least a little.
constexpr float kTrunkTurn = 25, kWristTurn = 10;
// One blow among others as strong that leaves the arm as it was.
constexpr float kWristAsStrong = 0.85F, kWristLeftAsItWas = 30;
// One of several, amid unrest before it or with hardly a quiet window after it.
constexpr int kWristRepeats = 3, kWristQuietWindows = 5;
constexpr float kWristUnrestBefore = 0.2F;

bool IsQuiet(const FallWindow& window) {
  return window.deviation < 60 && window.mean > 900 && window.mean < 1100;
}

// The direction 2 to 1 s before; soon after the stream began, what there is has to do.
struct Span {
  int64_t from, to;
};
Span BeforeBlow(const FallWindows& windows, int64_t blow) {
  const int64_t first = windows.first();
  const Span before{std::max(first, blow - 20), blow - 10};
  if (before.to > before.from) return before;
  const int64_t to = std::max(first + 1, blow - 3);
  return {std::max(first, to - 10), to};
}

// Against the direction of 1 to 0.5 s before.
float TurnFromNear(const FallWindows& windows, int64_t blow, int64_t end) {
  const int64_t from = std::max(windows.first(), blow - 10), to = std::max(from + 1, blow - 5);
  return DegreesBetween(windows.Direction(from, to), windows.Direction(blow + 10, end - 1));
}

// What else there is like the blow from 2.5 s before it until `end`.
struct Others {
  int repeats = 0;      // Windows with 0.7 of its peak, more than 0.3 s from it.
  uint16_t second = 0;  // The largest magnitude more than 0.4 s from it.
};
Others OthersAround(const FallWindows& windows, int64_t blow, int64_t end) {
  const float repeated = 0.7F * static_cast<float>(windows.At(blow).peak);
  Others others;
  for (int64_t i = std::max(windows.first(), blow - 25); i < end; ++i) {
    const uint16_t peak = windows.At(i).peak;
    const int64_t apart = std::abs(i - blow);
    if (apart > 3 && static_cast<float>(peak) >= repeated) ++others.repeats;
    if (apart > 4) others.second = std::max(others.second, peak);
  }
  return others;
}

int QuietWindows(const FallWindows& windows, int64_t from, int64_t to) {
  int quiet = 0;
  for (int64_t i = from; i < to; ++i) quiet += IsQuiet(windows.At(i)) ? 1 : 0;
  return quiet;
}

struct Shape {
  float peak = 0, spread = 0, path = 0, least_mean = 1, least = 1, lost = 0, impulse = 0;
  float length = 0, repeats = 0, second = 0, quiet = 0, fall_time = 0;
  float net = 0, early_share = 0, steadiness = 0;
};

Shape MeasureShape(const FallWindows& windows, int64_t blow, int64_t end) {
  const int64_t first = windows.first();
  Shape shape;
  shape.peak = static_cast<float>(windows.At(blow).peak) / 1000;
  const Others others = OthersAround(windows, blow, end);
  shape.repeats = static_cast<float>(others.repeats);
  shape.second = static_cast<float>(others.second) / 1000;
  for (int64_t i = std::max(first, blow - 12); i <= blow; ++i) {
    const float mean = static_cast<float>(windows.At(i).mean) / 1000;
    shape.lost += std::max(0.0F, 1 - mean);
    if (i < blow) shape.net += mean - 1;
    if (i < blow - 10) continue;
    shape.least = std::min(shape.least, static_cast<float>(windows.At(i).least) / 1000);
    if (mean > shape.least_mean) continue;
    shape.least_mean = mean;
    shape.fall_time = static_cast<float>(blow - i);
  }
  for (int64_t i = std::max(first, blow - 2); i <= blow + 6; ++i)
    shape.impulse += std::max(0.0F, static_cast<float>(windows.At(i).mean) / 1000 - 1);
  shape.quiet = static_cast<float>(QuietWindows(windows, blow + 8, end));
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
  float before_sum = 0, motion_sum = 0;
  for (int64_t i = std::max(first, blow - 25); i < end; ++i) {
    const FallWindow& window = windows.At(i);
    const float swing = static_cast<float>(window.mean) / 1000 - 1;
    const float deviation = static_cast<float>(window.deviation) / 1000;
    const float motion = swing * swing + deviation * deviation;
    motion_sum += motion;
    if (i < blow - 3) before_sum += motion;
  }
  shape.early_share = before_sum / std::max(motion_sum, 1e-3F);
  const Vector3 push = windows.Direction(blow, blow + 1);
  shape.steadiness = std::hypot(push[0], push[1], push[2]) /
                     std::max(static_cast<float>(windows.At(blow).mean) / 1000, 0.05F);
  for (std::size_t k = 0; k < 3; ++k) shape.spread += squares[k] / n - sum[k] / n * (sum[k] / n);
  shape.spread = std::sqrt(std::max(0.0F, shape.spread));
  return shape;
}

}  // namespace

bool MayBeFall(FallView view, const FallWindows& windows, int64_t blow) {
  const int64_t end = blow + WindowsAfter(view);
  const Span before = BeforeBlow(windows, blow);
  const auto turn = [&] {
    return DegreesBetween(windows.Direction(before.from, before.to),
                          windows.Direction(blow + 10, end - 1));
  };
  if (view == FallView::kTrunk) return turn() >= kTrunkTurn;
  const Others others = OthersAround(windows, blow, end);
  const bool amid_unrest = view == FallView::kWristEarly
                               ? windows.Deviation(before.from, before.to) > kWristUnrestBefore
                               : QuietWindows(windows, blow + 8, end) < kWristQuietWindows;
  if (amid_unrest && others.repeats >= kWristRepeats) return false;
  const bool alone = static_cast<float>(others.second) <=
                     kWristAsStrong * static_cast<float>(windows.At(blow).peak);
  return turn() >= kWristTurn && (alone || TurnFromNear(windows, blow, end) >= kWristLeftAsItWas);
}

FallFeatures MeasureBlow(FallView view, const FallWindows& windows, int64_t blow,
                         const Vector3& usual) {
  const int64_t first = windows.first(), c = blow, end = blow + WindowsAfter(view);
  const auto [before_from, before_to] = BeforeBlow(windows, c);
  const Vector3 before = windows.Direction(before_from, before_to);
  const Vector3 after = windows.Direction(c + 10, end - 1);
  float widest = 0;
  for (int64_t i = c; i <= end - 6; i += 5)
    widest = std::max(widest, DegreesBetween(before, windows.Direction(i, i + 5)));
  const Shape shape = MeasureShape(windows, c, end);
  const int64_t early_to = std::max(first + 1, c - 15), late_to = std::max(first + 1, c - 5);
  return {shape.peak,
          DegreesBetween(before, after),
          windows.Deviation(c + 10, end - 1),
          shape.least_mean,
          windows.Rolling(c + 10, end - 1),
          windows.Deviation(before_from, before_to),
          windows.Deviation(c - 5, c + 8),
          shape.length,
          shape.spread,
          widest,
          std::min(shape.repeats, 6.0F),
          windows.Rolling(before_from, before_to),
          windows.Deviation(end - 8, end),
          DegreesBetween(usual, after),
          shape.lost,
          TurnFromNear(windows, c, end),
          windows.LargestDeviation(end - 12, end),
          shape.path,
          windows.Deviation(c + 3, c + 10),
          windows.Deviation(c - 12, std::max(first + 1, c - 4)),
          windows.Rhythm(c - 25, c - 3),
          windows.Rhythm(c + 4, end),
          shape.second / shape.peak,
          shape.quiet,
          shape.least,
          shape.fall_time,
          DegreesBetween(windows.Direction(end - 18, end - 10), windows.Direction(end - 8, end)),
          DegreesBetween(windows.Direction(c - 25, early_to), windows.Direction(c - 12, late_to)),
          shape.impulse,
          static_cast<float>(windows.At(c).peak) /
              std::max(1.0F, static_cast<float>(windows.At(c).mean)),
          windows.Deviation(c + 4, end),
          windows.Deviation(c - 25, std::max(first + 1, c - 5)),
          shape.net,
          shape.early_share,
          shape.steadiness};
}

float FallScore(FallView view, const FallFeatures& features) {
  const Model& model = ModelOf(view);
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
