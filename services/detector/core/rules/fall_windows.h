// Acceleration folded into windows of 100 ms on an absolute grid, the last few seconds of them.
//
// How the samples were cut into events never matters, nor how the axes lie: what is asked of the
// windows are magnitudes and angles between directions. 10 to 400 Hz. Pure.

#ifndef SERVICES_DETECTOR_CORE_RULES_FALL_WINDOWS_H_
#define SERVICES_DETECTOR_CORE_RULES_FALL_WINDOWS_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace veille::detector {

using Vector3 = std::array<float, 3>;

// 0 to 180 degrees; 0 where one of them has no direction.
float DegreesBetween(const Vector3& a, const Vector3& b);

// Thousandths of g; 14 bytes.
struct FallWindow {
  int16_t x = 0, y = 0, z = 0;             // Mean of each axis.
  uint16_t mean = 0, peak = 0, least = 0;  // Of the magnitude.
  uint16_t deviation = 0;                  // Of the magnitude, around its mean.
};

class FallWindows {
 public:
  static constexpr int64_t kMicros = 100'000;
  // 2.5 s before a blow to 2.6 s after, and what a short gap may add. A power of two, for the sake
  // of speed; even, so that no byte of the record is padding.
  static constexpr int64_t kKept = 64;

  // The windows [first(), newest()] are known, as far as they are kept.
  int64_t first() const { return first_; }
  int64_t newest() const { return newest_; }
  const FallWindow& At(int64_t index) const { return ring_[SlotOf(index)]; }
  // The window after the newest, or a later one: those between are as the newest.
  void Add(int64_t index, const FallWindow& window) {
    for (int64_t skipped = newest_ + 1; skipped < index; ++skipped)
      ring_[SlotOf(skipped)] = At(skipped - 1);
    ring_[SlotOf(index)] = window;
    newest_ = index;
  }
  // What came before `index` is another story.
  void BeginAt(int64_t index);
  // False where the members contradict each other.
  bool IsSound() const { return first_ >= 0 && newest_ >= -1; }

  // Over the windows [from, to), as far as they are known; in g and degrees.
  Vector3 Direction(int64_t from, int64_t to) const;
  float Deviation(int64_t from, int64_t to) const;
  float LargestDeviation(int64_t from, int64_t to) const;
  // The mean change of direction from one window to the next.
  float Rolling(int64_t from, int64_t to) const;
  // How well the mean magnitude repeats itself after 0.2 to 1.2 s: -1 to 1.
  float Rhythm(int64_t from, int64_t to) const;

 private:
  static std::size_t SlotOf(int64_t index) { return static_cast<uint64_t>(index) % kKept; }

  std::array<FallWindow, kKept> ring_{};
  int64_t first_ = 0;
  int64_t newest_ = -1;
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_FALL_WINDOWS_H_
