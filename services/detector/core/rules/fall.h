// A fall out of packed acceleration: impact, change of posture, what the person does then.
//
// Streaming and in constant memory: samples are folded into windows of 100 ms on an absolute grid,
// so how they were cut into events never matters. Any orientation of the axes, 10 to 400 Hz. Pure.
//
//   impact     the strongest window of 2.6 s reaches the position's least impact
//   suspected  2.6 s later: direction and rest before and after make it likely (fall_score.h), and
//              the direction turned by the position's least angle
//   fallen     still for `stillness` after that, or not up again within `patience`
//   long lie   fallen, and not up an hour after the impact
//   recovered  ten even steps, or, on the trunk, upright again for 30 s. Stirring is neither.
// A stream that ends after "suspected" stays armed: see PendingDeadline().

#ifndef SERVICES_DETECTOR_CORE_RULES_FALL_H_
#define SERVICES_DETECTOR_CORE_RULES_FALL_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "veille/care/v1/care_plan.pb.h"
#include "veille/care/v1/home.pb.h"

#include "services/detector/core/rules/fall_score.h"

namespace veille::detector {

struct FallConfig {
  WornAt place = WornAt::kWrist;
  float impact_mg = 1500;
  float angle_cosine = 0.9397F;
  float least_score = 0;
  int64_t stillness_us = 30'000'000;
  int64_t patience_us = 300'000'000;
  int64_t long_lie_us = 3'600'000'000;
};

// For a position; care.v1.ROLE_WRIST, ROLE_WAIST, ROLE_CHEST.
FallConfig MakeFallConfig(const care::v1::FallRule& rule, care::v1::Role role);

struct FallEvent {
  enum class Kind { kSuspected, kFallen, kLongLie, kRecovered };
  Kind kind = Kind::kSuspected;
  int64_t impact_us = 0;
  int64_t decide_us = 0;  // The time by which it was certain.
  float peak_g = 0;
  float angle_degrees = 0;
  bool still = false;  // Fallen: the person does not move; else moves, and is not up.
  bool told = false;   // Recovered: after it was told as fallen.
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
  // The suspicion has been told by another way: only getting up again is still looked for.
  void Disarm() {
    if (phase_ == Phase::kSuspected) phase_ = Phase::kFallen;
  }

  void AppendTo(std::string& out) const;
  // False, and unchanged, for what AppendTo() did not write.
  bool ParseFrom(std::string_view bytes);

 private:
  using Vector = std::array<float, 3>;
  // Means over 100 ms, in thousandths of g; 12 bytes.
  struct Window {
    int16_t x = 0, y = 0, z = 0;
    uint16_t mean = 0;  // Of the magnitude.
    uint16_t peak = 0;
    uint16_t deviation = 0;  // Of the magnitude, around its mean.
  };
  // 2.5 s before the impact to 2.6 s after, and what a short gap may add: 58 windows.
  static constexpr int kWindows = 58;
  static constexpr int64_t kWindowUs = 100'000;

  enum class Phase : uint8_t { kQuiet, kSuspected, kFallen, kLongLie };

  void CloseWindow(const FallConfig& config, std::vector<FallEvent>& out);
  void StartWindow(int64_t index);
  void OnGap(const FallConfig& config, int64_t index);
  const Window& At(int64_t index) const {
    return ring_[static_cast<std::size_t>(index % kWindows)];
  }
  static Vector Direction(const Window& window);

  // Looking for a blow; true when `candidate_` is to be judged.
  bool FindCandidate(const FallConfig& config);
  FallFeatures Measure(float* angle_cosine) const;
  void JudgeCandidate(const FallConfig& config, std::vector<FallEvent>& out);
  // After a suspicion.
  void Follow(const FallConfig& config, std::vector<FallEvent>& out);
  bool IsUp(const FallConfig& config);
  void CountStep();
  FallEvent Tell(FallEvent::Kind kind) const;

  // Of the windows [from, to), as far as they are kept.
  Vector MeanDirection(int64_t from, int64_t to) const;
  float Deviation(int64_t from, int64_t to) const;
  float Rolling(int64_t from, int64_t to) const;
  float LargestDeviation(int64_t from, int64_t to) const;

  std::array<Window, kWindows> ring_{};
  int64_t window_ = -1;  // Index of the open window on the absolute grid; −1 before the first.
  int64_t first_window_ = 0;  // The oldest window of this run without a gap.
  int64_t candidate_ = -1;    // The strongest window so far.
  int64_t newest_us_ = 0;
  int32_t count_ = 0;
  float sum_x_ = 0, sum_y_ = 0, sum_z_ = 0, sum_ = 0, sum_squares_ = 0, peak_ = 0;
  Vector usual_{};  // Direction of the past minute, until a second before a candidate.
  int32_t usual_count_ = 0;
  Phase phase_ = Phase::kQuiet;
  int64_t impact_us_ = 0;
  int64_t deadline_us_ = 0;
  float impact_peak_ = 0;
  float angle_ = 0;
  Vector upright_{};  // The usual direction before the fall; zero when it tells nothing.
  int32_t up_windows_ = 0;
  int32_t steps_ = 0;
  int32_t step_interval_ = 0;
  int64_t step_window_ = 0;
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_FALL_H_
