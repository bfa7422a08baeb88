#include "services/detector/core/rules/fall_windows.h"

#include <algorithm>
#include <cmath>

namespace veille::detector {
namespace {

constexpr float kDegrees = 57.29578F;

Vector3 DirectionOf(const FallWindow& window) {
  return {static_cast<float>(window.x), static_cast<float>(window.y), static_cast<float>(window.z)};
}

}  // namespace

float DegreesBetween(const Vector3& a, const Vector3& b) {
  const float norms = std::sqrt((a[0] * a[0] + a[1] * a[1] + a[2] * a[2]) *
                                (b[0] * b[0] + b[1] * b[1] + b[2] * b[2]));
  if (norms <= 0) return 0;
  const float cosine = (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) / norms;
  return std::acos(std::clamp(cosine, -1.0F, 1.0F)) * kDegrees;
}

void FallWindows::BeginAt(int64_t index) {
  first_ = index;
  newest_ = index - 1;
}

Vector3 FallWindows::Direction(int64_t from, int64_t to) const {
  from = std::max(from, first_);
  int32_t x = 0, y = 0, z = 0;
  for (int64_t i = from; i < to; ++i) {
    const FallWindow& window = At(i);
    x += window.x;
    y += window.y;
    z += window.z;
  }
  if (to <= from) return {};
  const float scale = 1000 * static_cast<float>(to - from);
  return {static_cast<float>(x) / scale, static_cast<float>(y) / scale,
          static_cast<float>(z) / scale};
}

float FallWindows::Deviation(int64_t from, int64_t to) const {
  from = std::max(from, first_);
  if (from >= to) return 0;
  float sum = 0, squares = 0;
  const auto n = static_cast<float>(to - from);
  for (int64_t i = from; i < to; ++i) {
    const FallWindow& window = At(i);
    const float mean = window.mean, deviation = window.deviation;
    sum += mean;
    squares += mean * mean + deviation * deviation;
  }
  return std::sqrt(std::max(0.0F, squares / n - sum / n * (sum / n))) / 1000;
}

float FallWindows::LargestDeviation(int64_t from, int64_t to) const {
  uint16_t largest = 0;
  for (int64_t i = std::max(from, first_); i < to; ++i)
    largest = std::max(largest, At(i).deviation);
  return static_cast<float>(largest) / 1000;
}

float FallWindows::Rolling(int64_t from, int64_t to) const {
  from = std::max(from, first_);
  float sum = 0;
  for (int64_t i = from + 1; i < to; ++i)
    sum += DegreesBetween(DirectionOf(At(i)), DirectionOf(At(i - 1)));
  return to - from > 1 ? sum / static_cast<float>(to - from - 1) : 0;
}

float FallWindows::Rhythm(int64_t from, int64_t to) const {
  from = std::max(from, first_);
  const int64_t n = to - from;
  if (n < 8) return 0;
  float mean = 0;
  for (int64_t i = from; i < to; ++i) mean += static_cast<float>(At(i).mean);
  mean /= static_cast<float>(n);
  float power = 0;
  for (int64_t i = from; i < to; ++i) {
    const float swing = static_cast<float>(At(i).mean) - mean;
    power += swing * swing;
  }
  // Rest has no rhythm: 20 mg of it are noise.
  power /= static_cast<float>(n);
  float best = -1;
  for (int64_t lag = 2; lag <= std::min<int64_t>(12, n / 2); ++lag) {
    float product = 0;
    for (int64_t i = from + lag; i < to; ++i) {
      product +=
          (static_cast<float>(At(i).mean) - mean) * (static_cast<float>(At(i - lag).mean) - mean);
    }
    best = std::max(best, product / static_cast<float>(n - lag) / (power + 400));
  }
  return std::min(best, 1.0F);
}

}  // namespace veille::detector
