#include "services/detector/core/rules/fall.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

constexpr float kSlowHz = 12;
// Before the impact: 2 to 1 s. After: 1 to 2.5 s. In windows of 100 ms.
constexpr int64_t kBeforeFrom = 20, kBeforeTo = 10, kAfterFrom = 10, kAfterTo = 25;
// An impact is judged when the windows after it are full.
constexpr int64_t kJudgeAfter = 26;
// Lying still, a watch moves with the breath and a stir of the hand; a person who gets up does
// more.
constexpr float kMovingMg = 250;
// So many moving windows of the last second mean that the person moves.
constexpr int kMovingWindows = 4;
constexpr float kDegrees = 57.29578F;

int16_t Clamp16(float value) {
  return static_cast<int16_t>(std::clamp(value, -32767.0F, 32767.0F));
}
uint16_t ClampU16(float value) { return static_cast<uint16_t>(std::clamp(value, 0.0F, 65535.0F)); }

}  // namespace

FallConfig MakeFallConfig(const care::v1::FallRule& rule, care::v1::Role role) {
  const bool wrist = role == care::v1::ROLE_WRIST;
  FallConfig config;
  const auto mg = [&rule](const char* field) {
    return static_cast<float>(domain::NumberOr(rule, field) * 1000);
  };
  config.impact_mg = mg(wrist ? "wrist_impact_g" : "waist_impact_g");
  config.slow_impact_mg = std::min(config.impact_mg, mg("slow_wrist_impact_g"));
  const double degrees =
      domain::NumberOr(rule, wrist ? "wrist_angle_degrees" : "waist_angle_degrees");
  config.angle_cosine = static_cast<float>(std::cos(degrees / static_cast<double>(kDegrees)));
  config.still_mg = mg("still_deviation_g");
  config.stillness_us = absl::ToInt64Microseconds(domain::DurationOr(rule, "stillness"));
  return config;
}

void FallDetector::StartWindow(int64_t index) {
  window_ = index;
  count_ = 0;
  sum_x_ = sum_y_ = sum_z_ = sum_ = sum_squares_ = peak_ = 0;
}

void FallDetector::Feed(const FallConfig& config, int64_t first_us, float rate_hz,
                        std::string_view samples_mg, std::vector<FallEvent>& out) {
  const double step_us = 1e6 / static_cast<double>(rate_hz);
  slow_ = rate_hz <= kSlowHz;
  const std::size_t samples = samples_mg.size() / 6;
  const char* at = samples_mg.data();
  int64_t window_end = window_ < 0 ? 0 : (window_ + 1) * kWindowUs;
  for (std::size_t i = 0; i < samples; ++i, at += 6) {
    const int64_t time_us = first_us + static_cast<int64_t>(static_cast<double>(i) * step_us);
    if (time_us <= newest_us_) continue;
    newest_us_ = time_us;
    if (time_us >= window_end) {
      const int64_t index = time_us / kWindowUs;
      if (window_ >= 0 && count_ > 0) CloseWindow(config, out);
      // More than a window missing at 10 Hz and above is a gap: what came before is another story.
      if (window_ < 0 || index > window_ + 3) {
        first_window_ = index;
        if (phase_ == Phase::kImpact) phase_ = Phase::kQuiet;
      } else {
        // Low rates skip a window now and then: it is as the one before.
        for (int64_t skipped = window_ + 1; skipped < index; ++skipped) {
          ring_[static_cast<std::size_t>(skipped % kWindows)] =
              ring_[static_cast<std::size_t>((skipped - 1) % kWindows)];
        }
      }
      StartWindow(index);
      window_end = (index + 1) * kWindowUs;
    }
    int16_t sample[3];
    std::memcpy(sample, at, sizeof(sample));
    const auto x = static_cast<float>(sample[0]), y = static_cast<float>(sample[1]),
               z = static_cast<float>(sample[2]);
    const float square = x * x + y * y + z * z;
    const float magnitude = std::sqrt(square);
    sum_x_ += x;
    sum_y_ += y;
    sum_z_ += z;
    sum_ += magnitude;
    sum_squares_ += square;
    peak_ = std::max(peak_, magnitude);
    ++count_;
  }
}

void FallDetector::CloseWindow(const FallConfig& config, std::vector<FallEvent>& out) {
  const auto n = static_cast<float>(count_);
  Window& window = ring_[static_cast<std::size_t>(window_ % kWindows)];
  window.x = Clamp16(sum_x_ / n);
  window.y = Clamp16(sum_y_ / n);
  window.z = Clamp16(sum_z_ / n);
  const float mean = sum_ / n;
  window.mean = ClampU16(mean);
  window.peak = ClampU16(peak_);
  window.deviation = ClampU16(std::sqrt(std::max(0.0F, sum_squares_ / n - mean * mean)));
  Judge(config, out);
}

bool FallDetector::MeanDirection(int64_t from, int64_t to, std::array<float, 3>& mean) const {
  mean = {0, 0, 0};
  if (from < first_window_) return false;
  for (int64_t i = from; i < to; ++i) {
    const Window& window = ring_[static_cast<std::size_t>(i % kWindows)];
    mean[0] += window.x;
    mean[1] += window.y;
    mean[2] += window.z;
  }
  return true;
}

float FallDetector::Deviation(int64_t from, int64_t to) const {
  float sum = 0, squares = 0;
  const auto n = static_cast<float>(to - from);
  for (int64_t i = from; i < to; ++i) {
    const Window& window = ring_[static_cast<std::size_t>(i % kWindows)];
    const float mean = window.mean, deviation = window.deviation;
    sum += mean;
    squares += mean * mean + deviation * deviation;
  }
  return std::sqrt(std::max(0.0F, squares / n - sum / n * (sum / n)));
}

void FallDetector::Judge(const FallConfig& config, std::vector<FallEvent>& out) {
  const Window& window = ring_[static_cast<std::size_t>(window_ % kWindows)];
  const int64_t end_us = (window_ + 1) * kWindowUs;
  const float threshold = slow_ ? config.slow_impact_mg : config.impact_mg;
  if (phase_ == Phase::kSuspected) {
    int moving = 0;
    for (int64_t i = std::max(first_window_, window_ - 9); i <= window_; ++i)
      moving += ring_[static_cast<std::size_t>(i % kWindows)].deviation > kMovingMg ? 1 : 0;
    if (moving >= kMovingWindows) {
      out.push_back({FallEvent::Kind::kRecovered, impact_us_, end_us, impact_peak_ / 1000, angle_});
      phase_ = Phase::kQuiet;
    } else if (end_us >= deadline_us_) {
      out.push_back(
          {FallEvent::Kind::kFallen, impact_us_, deadline_us_, impact_peak_ / 1000, angle_});
      phase_ = Phase::kQuiet;
    }
    return;
  }
  if (static_cast<float>(window.peak) >= threshold) {
    // The last strong blow of a row counts: bouncing and hands on the floor come before the rest.
    impact_peak_ = phase_ == Phase::kImpact
                       ? std::max(impact_peak_, static_cast<float>(window.peak))
                       : static_cast<float>(window.peak);
    phase_ = Phase::kImpact;
    impact_us_ = window_ * kWindowUs;
    return;
  }
  const int64_t impact = impact_us_ / kWindowUs;
  if (phase_ != Phase::kImpact || window_ < impact + kJudgeAfter) return;
  phase_ = Phase::kQuiet;
  std::array<float, 3> before, after;
  if (!MeanDirection(std::max(impact - kBeforeFrom, first_window_), impact - kBeforeTo, before) ||
      impact - kBeforeTo <= first_window_ ||
      !MeanDirection(impact + kAfterFrom, impact + kAfterTo, after)) {
    return;
  }
  const float norms =
      std::sqrt((before[0] * before[0] + before[1] * before[1] + before[2] * before[2]) *
                (after[0] * after[0] + after[1] * after[1] + after[2] * after[2]));
  if (norms <= 0) return;
  const float cosine = (before[0] * after[0] + before[1] * after[1] + before[2] * after[2]) / norms;
  if (cosine > config.angle_cosine ||
      Deviation(impact + kAfterFrom, impact + kAfterTo) >= config.still_mg) {
    return;
  }
  angle_ = std::acos(std::clamp(cosine, -1.0F, 1.0F)) * kDegrees;
  phase_ = Phase::kSuspected;
  deadline_us_ = impact_us_ + config.stillness_us;
  out.push_back({FallEvent::Kind::kSuspected, impact_us_, end_us, impact_peak_ / 1000, angle_});
}

namespace {
template <typename T>
void Put(const T& value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}
template <typename T>
void Take(T& value, std::string_view& bytes) {
  std::memcpy(&value, bytes.data(), sizeof(value));
  bytes.remove_prefix(sizeof(value));
}
}  // namespace

// The record: a version byte, then the members in order. Little-endian machines only, as all of
// ours.
void FallDetector::AppendTo(std::string& out) const {
  out += '\1';
  Put(ring_, out);
  Put(window_, out);
  Put(first_window_, out);
  Put(newest_us_, out);
  Put(count_, out);
  for (const float sum : {sum_x_, sum_y_, sum_z_, sum_, sum_squares_, peak_}) Put(sum, out);
  Put(phase_, out);
  Put(static_cast<uint8_t>(slow_), out);
  Put(impact_us_, out);
  Put(deadline_us_, out);
  Put(impact_peak_, out);
  Put(angle_, out);
}

bool FallDetector::ParseFrom(std::string_view bytes) {
  std::string mine;
  AppendTo(mine);
  if (bytes.size() != mine.size() || bytes[0] != '\1') return false;
  FallDetector read;
  uint8_t slow = 0;
  bytes.remove_prefix(1);
  Take(read.ring_, bytes);
  Take(read.window_, bytes);
  Take(read.first_window_, bytes);
  Take(read.newest_us_, bytes);
  Take(read.count_, bytes);
  for (float* sum :
       {&read.sum_x_, &read.sum_y_, &read.sum_z_, &read.sum_, &read.sum_squares_, &read.peak_}) {
    Take(*sum, bytes);
  }
  uint8_t phase = 0;
  Take(phase, bytes);
  Take(slow, bytes);
  Take(read.impact_us_, bytes);
  Take(read.deadline_us_, bytes);
  Take(read.impact_peak_, bytes);
  Take(read.angle_, bytes);
  // Beyond the year 9999 nothing is computed with.
  constexpr int64_t kMax = 253402300799LL * 1000000;
  if (phase > 2 || slow > 1 || read.window_ < -1 || read.window_ > kMax || read.first_window_ < 0 ||
      read.first_window_ > kMax || read.newest_us_ < 0 || read.newest_us_ > kMax ||
      read.impact_us_ < 0 || read.impact_us_ > kMax || read.deadline_us_ < 0 ||
      read.deadline_us_ > 2 * kMax || read.count_ < 0) {
    return false;
  }
  read.phase_ = static_cast<Phase>(phase);
  read.slow_ = slow == 1;
  *this = read;
  return true;
}

}  // namespace veille::detector
