#include "services/detector/core/rules/fall.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

// An impact is judged when the windows after it are full.
constexpr int64_t kJudgeAfter = 26;
// So many windows before an impact are another story, and part of what is usual.
constexpr int64_t kUsualLag = 36;
constexpr float kUsualShare = 0.02F;
// Short gaps are as the window before them; after a longer one begins another story.
constexpr int64_t kMaxGapWindows = 6;
// Lying still, a watch moves with the breath and a stir of the hand; so many moving windows of the
// last second mean that the person moves.
constexpr uint16_t kMovingMg = 250;
constexpr int kMovingWindows = 4;
// Getting up: ten even steps of 0.4 to 1 s, or this long upright.
constexpr int32_t kSteps = 10;
constexpr int64_t kShortestStep = 4, kLongestStep = 10;
constexpr int kStepRiseMg = 120;
constexpr int32_t kUpWindows = 300;
constexpr float kDegrees = 57.29578F;
// Upright is within 40° of the usual; where the fall ended within 45° of it, posture tells nothing.
const float kUprightCosine = std::cos(40 / kDegrees);
const float kLyingCosine = std::cos(45 / kDegrees);

int16_t Clamp16(float value) {
  return static_cast<int16_t>(std::clamp(value, -32767.0F, 32767.0F));
}
uint16_t ClampU16(float value) { return static_cast<uint16_t>(std::clamp(value, 0.0F, 65535.0F)); }

template <typename Vector>
float Cosine(const Vector& a, const Vector& b) {
  const float norms = std::sqrt((a[0] * a[0] + a[1] * a[1] + a[2] * a[2]) *
                                (b[0] * b[0] + b[1] * b[1] + b[2] * b[2]));
  if (norms <= 0) return 1;
  return std::clamp((a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) / norms, -1.0F, 1.0F);
}

template <typename Vector>
float Degrees(const Vector& a, const Vector& b) {
  return std::acos(Cosine(a, b)) * kDegrees;
}

}  // namespace

FallConfig MakeFallConfig(const care::v1::FallRule& rule, care::v1::Role role) {
  const bool wrist = role == care::v1::ROLE_WRIST;
  FallConfig config;
  config.place = wrist ? WornAt::kWrist : WornAt::kTrunk;
  config.impact_mg = static_cast<float>(domain::NumberOr(rule, "least_impact_g") * 1000);
  config.angle_cosine = 0.9397F;
  config.least_score =
      static_cast<float>(domain::NumberOr(rule, wrist ? "wrist_score" : "waist_score"));
  config.stillness_us = absl::ToInt64Microseconds(domain::DurationOr(rule, "stillness"));
  config.patience_us = absl::ToInt64Microseconds(domain::DurationOr(rule, "patience"));
  config.long_lie_us = absl::ToInt64Microseconds(domain::DurationOr(rule, "long_lie"));
  return config;
}

void FallDetector::StartWindow(int64_t index) {
  window_ = index;
  count_ = 0;
  sum_x_ = sum_y_ = sum_z_ = sum_ = sum_squares_ = peak_ = 0;
}

void FallDetector::OnGap(const FallConfig& config, int64_t index) {
  first_window_ = index;
  candidate_ = -1;
  usual_count_ = 0;
  up_windows_ = steps_ = 0;
  if (phase_ == Phase::kSuspected) deadline_us_ = index * kWindowUs + config.stillness_us;
}

void FallDetector::Feed(const FallConfig& config, int64_t first_us, float rate_hz,
                        std::string_view samples_mg, std::vector<FallEvent>& out) {
  const double step_us = 1e6 / static_cast<double>(rate_hz);
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
      if (window_ < 0 || index > window_ + kMaxGapWindows) {
        OnGap(config, index);
      } else {
        // Low rates and bad links skip a window now and then: it is as the one before.
        for (int64_t skipped = window_ + 1; skipped < index; ++skipped) {
          ring_[static_cast<std::size_t>(skipped % kWindows)] = At(skipped - 1);
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

FallDetector::Vector FallDetector::Direction(const Window& window) {
  return {static_cast<float>(window.x), static_cast<float>(window.y), static_cast<float>(window.z)};
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
  if (phase_ != Phase::kQuiet) return Follow(config, out);
  if (window_ - kUsualLag >= first_window_) {
    const Vector old = Direction(At(window_ - kUsualLag));
    usual_count_ = std::min(usual_count_ + 1, 1000);
    const float share = std::max(kUsualShare, 1 / static_cast<float>(usual_count_));
    for (std::size_t i = 0; i < 3; ++i) usual_[i] += (old[i] - usual_[i]) * share;
  }
  if (FindCandidate(config)) JudgeCandidate(config, out);
}

bool FallDetector::FindCandidate(const FallConfig& config) {
  const uint16_t peak = At(window_).peak;
  if (static_cast<float>(peak) >= config.impact_mg &&
      (candidate_ < 0 || peak > At(candidate_).peak)) {
    candidate_ = window_;
  }
  // A window that was skipped may have been the one at which to judge.
  return candidate_ >= 0 && window_ >= candidate_ + kJudgeAfter;
}

FallDetector::Vector FallDetector::MeanDirection(int64_t from, int64_t to) const {
  from = std::max(from, first_window_);
  Vector mean{};
  for (int64_t i = from; i < to; ++i) {
    const Vector direction = Direction(At(i));
    for (std::size_t k = 0; k < 3; ++k) mean[k] += direction[k] / static_cast<float>(to - from);
  }
  return mean;
}

float FallDetector::Deviation(int64_t from, int64_t to) const {
  from = std::max(from, first_window_);
  if (from >= to) return 0;
  float sum = 0, squares = 0;
  const auto n = static_cast<float>(to - from);
  for (int64_t i = from; i < to; ++i) {
    const Window& window = At(i);
    const float mean = window.mean, deviation = window.deviation;
    sum += mean;
    squares += mean * mean + deviation * deviation;
  }
  return std::sqrt(std::max(0.0F, squares / n - sum / n * (sum / n))) / 1000;
}

float FallDetector::Rolling(int64_t from, int64_t to) const {
  from = std::max(from, first_window_);
  float sum = 0;
  for (int64_t i = from + 1; i < to; ++i) sum += Degrees(Direction(At(i)), Direction(At(i - 1)));
  return to - from > 1 ? sum / static_cast<float>(to - from - 1) : 0;
}

float FallDetector::LargestDeviation(int64_t from, int64_t to) const {
  uint16_t largest = 0;
  for (int64_t i = from; i < to; ++i) largest = std::max(largest, At(i).deviation);
  return static_cast<float>(largest) / 1000;
}

FallFeatures FallDetector::Measure(float* angle_cosine) const {
  const int64_t c = candidate_;
  // Soon after the stream began, what there is before the impact has to do.
  int64_t before_from = std::max(first_window_, c - 20), before_to = c - 10;
  if (before_to <= before_from) {
    before_to = std::max(first_window_ + 1, c - 3);
    before_from = std::max(first_window_, before_to - 10);
  }
  const Vector before = MeanDirection(before_from, before_to);
  const Vector after = MeanDirection(c + 10, c + 25);
  *angle_cosine = Cosine(before, after);
  const Vector usual = usual_count_ > 0 ? usual_ : before;

  const float peak = At(c).peak;
  float least = 1000, lost = 0, path = 0, widest = 0;
  int repeats = 0, moving = 0;
  for (int64_t i = std::max(first_window_, c - 25); i < c + kJudgeAfter; ++i) {
    if ((i < c - 3 || i > c + 3) && At(i).peak >= 0.7F * peak) ++repeats;
  }
  for (int64_t i = std::max(first_window_, c - 12); i <= c; ++i) {
    const float mean = At(i).mean;
    if (i >= c - 10) least = std::min(least, mean);
    lost += std::max(0.0F, 1000 - mean);
  }
  const int64_t near_from = std::max(first_window_, c - 10);
  Vector sum{}, squares{};
  for (int64_t i = near_from; i < c + 15; ++i) {
    const Window& window = At(i);
    if (window.deviation > 300 || window.mean > 1250 || window.mean < 750) ++moving;
    if (i > c + 10) continue;
    const Vector here = Direction(window);
    if (i > near_from) {
      const Vector last = Direction(At(i - 1));
      path += std::hypot(here[0] - last[0], here[1] - last[1], here[2] - last[2]);
    }
    if (i == c + 10) continue;
    for (std::size_t k = 0; k < 3; ++k) {
      sum[k] += here[k];
      squares[k] += here[k] * here[k];
    }
  }
  float spread = 0;
  const auto n = static_cast<float>(c + 10 - near_from);
  for (std::size_t k = 0; k < 3; ++k) spread += squares[k] / n - sum[k] / n * (sum[k] / n);
  for (int64_t i = c; i <= c + 20; i += 5)
    widest = std::max(widest, Degrees(before, MeanDirection(i, i + 5)));

  const int64_t half_from = std::max(first_window_, c - 10);
  const int64_t half_to = std::max(half_from + 1, c - 5);
  return {std::log(peak / 1000),
          std::acos(*angle_cosine) * kDegrees / 60,
          std::log(Deviation(c + 10, c + 25) + 0.02F),
          least / 1000,
          std::log(Rolling(c + 10, c + 25) + 1),
          std::log(Deviation(before_from, before_to) + 0.02F),
          std::log(Deviation(c - 5, c + 8) + 0.05F),
          static_cast<float>(moving) / 10,
          std::log(std::sqrt(std::max(0.0F, spread)) / 1000 + 0.05F),
          widest / 60,
          static_cast<float>(std::min(repeats, 6)) / 3,
          std::log(Rolling(before_from, before_to) + 1),
          std::log(Deviation(c + 18, c + 26) + 0.02F),
          Degrees(usual, after) / 60,
          lost / 2000,
          Degrees(MeanDirection(half_from, half_to), after) / 60,
          std::log(LargestDeviation(c + 14, c + 26) + 0.01F),
          std::log(path / 1000 + 0.3F),
          std::log(Deviation(c + 3, c + 10) + 0.03F),
          std::log(Deviation(c - 12, std::max(first_window_ + 1, c - 4)) + 0.03F)};
}

void FallDetector::JudgeCandidate(const FallConfig& config, std::vector<FallEvent>& out) {
  const int64_t impact = candidate_;
  float cosine = 1;
  FallFeatures features{};
  // An impact at the very beginning of a stream has no before.
  const bool judged = impact > first_window_ + 2;
  if (judged) features = Measure(&cosine);
  const bool suspected = judged && cosine <= config.angle_cosine &&
                         FallScore(config.place, features) >= config.least_score;
  if (!suspected) {
    // The strongest of what came after it is the next to be judged.
    candidate_ = -1;
    for (int64_t i = impact + 1; i <= window_; ++i) {
      if (static_cast<float>(At(i).peak) >= config.impact_mg &&
          (candidate_ < 0 || At(i).peak > At(candidate_).peak)) {
        candidate_ = i;
      }
    }
    return;
  }
  impact_us_ = impact * kWindowUs;
  impact_peak_ = static_cast<float>(At(impact).peak);
  angle_ = std::acos(cosine) * kDegrees;
  upright_ = usual_count_ > 0 ? usual_ : MeanDirection(impact - 20, impact - 10);
  if (config.place == WornAt::kWrist ||
      Cosine(upright_, MeanDirection(impact + 10, impact + 25)) > kLyingCosine) {
    upright_ = {};
  }
  candidate_ = -1;
  up_windows_ = steps_ = 0;
  step_window_ = window_;
  deadline_us_ = impact_us_ + config.stillness_us;
  phase_ = Phase::kSuspected;
  out.push_back(Tell(FallEvent::Kind::kSuspected));
}

FallEvent FallDetector::Tell(FallEvent::Kind kind) const {
  FallEvent event;
  event.kind = kind;
  event.impact_us = impact_us_;
  event.decide_us = (window_ + 1) * kWindowUs;
  event.peak_g = impact_peak_ / 1000;
  event.angle_degrees = angle_;
  event.told = phase_ != Phase::kSuspected;
  return event;
}

// Even steps: rises of the magnitude at a steady pace. Stirring is neither even nor steady.
void FallDetector::CountStep() {
  const int64_t at = window_ - 1;
  if (at < first_window_ + 5) return;
  const int here = At(at).mean;
  if (here <= At(at - 1).mean || here < At(window_).mean) return;
  int trough = here;
  for (int64_t i = at - 4; i < at; ++i) trough = std::min<int>(trough, At(i).mean);
  if (here - trough < kStepRiseMg) return;
  const int64_t interval = at - step_window_;
  const bool paced = interval >= kShortestStep && interval <= kLongestStep;
  const bool even = steps_ < 2 || std::abs(interval - step_interval_) <= 1;
  steps_ = paced && even ? steps_ + 1 : 1;
  step_interval_ = static_cast<int32_t>(std::min(interval, kLongestStep + 1));
  step_window_ = at;
}

bool FallDetector::IsUp(const FallConfig& config) {
  CountStep();
  const bool knows_posture = upright_[0] != 0 || upright_[1] != 0 || upright_[2] != 0;
  if (config.place == WornAt::kTrunk && knows_posture) {
    const float cosine = Cosine(upright_, MeanDirection(window_ - 9, window_ + 1));
    up_windows_ = cosine >= kUprightCosine ? up_windows_ + 1 : 0;
    // Whoever lies does not walk, however evenly the body is rocked.
    return up_windows_ >= kUpWindows || (up_windows_ > 10 && steps_ >= kSteps);
  }
  return steps_ >= kSteps;
}

void FallDetector::Follow(const FallConfig& config, std::vector<FallEvent>& out) {
  const int64_t end_us = (window_ + 1) * kWindowUs;
  if (IsUp(config)) {
    out.push_back(Tell(FallEvent::Kind::kRecovered));
    phase_ = Phase::kQuiet;
    usual_count_ = 0;
    first_window_ = window_ + 1;
    return;
  }
  if (phase_ == Phase::kSuspected) {
    int moving = 0;
    for (int64_t i = std::max(first_window_, window_ - 9); i <= window_; ++i)
      moving += At(i).deviation >= kMovingMg ? 1 : 0;
    if (moving >= kMovingWindows) deadline_us_ = end_us + config.stillness_us;
    const bool still = end_us >= deadline_us_;
    if (!still && end_us < impact_us_ + config.patience_us) return;
    out.push_back(Tell(FallEvent::Kind::kFallen));
    out.back().still = still;
    phase_ = Phase::kFallen;
  } else if (phase_ == Phase::kFallen && end_us >= impact_us_ + config.long_lie_us) {
    out.push_back(Tell(FallEvent::Kind::kLongLie));
    phase_ = Phase::kLongLie;
  } else if (end_us >= impact_us_ + 4 * config.long_lie_us) {
    // Taken off, or carried away: the next fall is a new one.
    phase_ = Phase::kQuiet;
    usual_count_ = 0;
    first_window_ = window_ + 1;
  }
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
  out += '\2';
  Put(ring_, out);
  for (const int64_t number :
       {window_, first_window_, candidate_, newest_us_, impact_us_, deadline_us_, step_window_}) {
    Put(number, out);
  }
  for (const int32_t number : {count_, usual_count_, up_windows_, steps_, step_interval_})
    Put(number, out);
  for (const float number :
       {sum_x_, sum_y_, sum_z_, sum_, sum_squares_, peak_, impact_peak_, angle_})
    Put(number, out);
  Put(usual_, out);
  Put(upright_, out);
  Put(phase_, out);
}

bool FallDetector::ParseFrom(std::string_view bytes) {
  std::string mine;
  AppendTo(mine);
  if (bytes.size() != mine.size() || bytes[0] != '\2') return false;
  FallDetector read;
  bytes.remove_prefix(1);
  Take(read.ring_, bytes);
  for (int64_t* number : {&read.window_, &read.first_window_, &read.candidate_, &read.newest_us_,
                          &read.impact_us_, &read.deadline_us_, &read.step_window_}) {
    Take(*number, bytes);
    // Beyond the year 9999 nothing is computed with.
    if (*number < -1 || *number > 2 * 253402300799LL * 1000000) return false;
  }
  for (int32_t* number :
       {&read.count_, &read.usual_count_, &read.up_windows_, &read.steps_, &read.step_interval_}) {
    Take(*number, bytes);
    if (*number < 0) return false;
  }
  for (float* number : {&read.sum_x_, &read.sum_y_, &read.sum_z_, &read.sum_, &read.sum_squares_,
                        &read.peak_, &read.impact_peak_, &read.angle_}) {
    Take(*number, bytes);
    if (!std::isfinite(*number)) return false;
  }
  Take(read.usual_, bytes);
  Take(read.upright_, bytes);
  for (std::size_t k = 0; k < 3; ++k)
    if (!std::isfinite(read.usual_[k]) || !std::isfinite(read.upright_[k])) return false;
  uint8_t phase = 0;
  Take(phase, bytes);
  // A candidate is among the windows that are kept.
  if (phase > 3 || read.first_window_ < 0 || read.newest_us_ < 0 ||
      (read.candidate_ >= 0 && (read.candidate_ < read.first_window_ ||
                                read.candidate_ + kJudgeAfter + kMaxGapWindows < read.window_ ||
                                read.candidate_ > read.window_))) {
    return false;
  }
  read.phase_ = static_cast<Phase>(phase);
  *this = read;
  return true;
}

}  // namespace veille::detector
