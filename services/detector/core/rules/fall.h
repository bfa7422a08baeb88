// A fall out of packed acceleration: impact, change of posture, stillness.
//
// Streaming and in constant memory: samples are folded into sub-windows of 100 ms on an absolute
// grid, so how they were cut into events never matters. Any orientation of the axes, 10 to 400 Hz.
// Pure.
//
//   impact     the magnitude reaches the position's threshold
//   suspected  2.5 s to 3 s later: the mean direction has turned by the position's angle against
//   that of
//              2 to 1 s before the impact, and the magnitude was still (domain figures:
//              care_plan.proto)
//   fallen     still for `stillness` after that
//   recovered  moved again before
// A stream that ends after "suspected" stays armed: see PendingSince().

#ifndef SERVICES_DETECTOR_CORE_RULES_FALL_H_
#define SERVICES_DETECTOR_CORE_RULES_FALL_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "veille/care/v1/care_plan.pb.h"
#include "veille/care/v1/home.pb.h"

namespace veille::detector {

struct FallConfig {
  float impact_mg = 3000;
  float slow_impact_mg = 2000;  // At 12 Hz or less.
  float angle_cosine = 0.7071F;
  float still_mg = 400;
  int64_t stillness_us = 30'000'000;
};

// For a position; care.v1.ROLE_WRIST, ROLE_WAIST, ROLE_CHEST.
FallConfig MakeFallConfig(const care::v1::FallRule& rule, care::v1::Role role);

struct FallEvent {
  enum class Kind { kSuspected, kFallen, kRecovered };
  Kind kind = Kind::kSuspected;
  int64_t impact_us = 0;
  int64_t decide_us = 0;  // The time by which it was certain.
  float peak_g = 0;
  float angle_degrees = 0;
};

class FallDetector {
 public:
  // Samples as in veille.event.v1.Acceleration. What was concluded is appended to `out`. Samples at
  // or before the newest one are passed over; a gap forgets what stillness was counted, not the
  // suspicion.
  void Feed(const FallConfig& config, int64_t first_us, float rate_hz, std::string_view samples_mg,
            std::vector<FallEvent>& out);

  // The impact of a suspected fall that has not been decided, and when it would be told; 0 when
  // none.
  int64_t PendingImpact() const { return phase_ == Phase::kSuspected ? impact_us_ : 0; }
  int64_t PendingDeadline() const { return phase_ == Phase::kSuspected ? deadline_us_ : 0; }
  // Nothing was ever fed.
  bool empty() const { return window_ < 0; }
  // The suspicion has been told by another way: forget it.
  void Disarm() { phase_ = Phase::kQuiet; }

  void AppendTo(std::string& out) const;
  // False, and unchanged, for what AppendTo() did not write.
  bool ParseFrom(std::string_view bytes);

 private:
  // Means over 100 ms, in thousandths of g; 12 bytes.
  struct Window {
    int16_t x = 0, y = 0, z = 0;
    uint16_t mean = 0;  // Of the magnitude.
    uint16_t peak = 0;
    uint16_t deviation = 0;  // Of the magnitude, around its mean.
  };
  // 2.4 s before the impact to 3 s after: 54 windows.
  static constexpr int kWindows = 56;
  static constexpr int64_t kWindowUs = 100'000;

  enum class Phase : uint8_t { kQuiet, kImpact, kSuspected };

  void CloseWindow(const FallConfig& config, std::vector<FallEvent>& out);
  void StartWindow(int64_t index);
  void Judge(const FallConfig& config, std::vector<FallEvent>& out);
  bool MeanDirection(int64_t from, int64_t to, std::array<float, 3>& mean) const;
  float Deviation(int64_t from, int64_t to) const;

  std::array<Window, kWindows> ring_{};
  int64_t window_ = -1;  // Index of the open window on the absolute grid; −1 before the first.
  int64_t first_window_ = 0;  // The oldest window of this run without a gap.
  int64_t newest_us_ = 0;
  int32_t count_ = 0;
  float sum_x_ = 0, sum_y_ = 0, sum_z_ = 0, sum_ = 0, sum_squares_ = 0, peak_ = 0;
  Phase phase_ = Phase::kQuiet;
  bool slow_ = false;
  int64_t impact_us_ = 0;
  int64_t deadline_us_ = 0;
  float impact_peak_ = 0;
  float angle_ = 0;
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_FALL_H_
