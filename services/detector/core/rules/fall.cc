#include "services/detector/core/rules/fall.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

// So many windows before an impact are another story, and part of what is usual.
constexpr int64_t kUsualLag = 36;
constexpr float kUsualShare = 0.02F;
// Before so many windows it is their mean.
constexpr int32_t kUsualBegins = 50;
// Short gaps are as the window before them; after a longer one begins another story.
constexpr int64_t kMaxGapWindows = 6;
// Lying still, a watch moves with the breath. Within a second, somebody awake sways or turns more.
constexpr float kMovingG = 0.1F;
constexpr float kMovingDegrees = 25;
// Getting up: ten even steps of 0.4 to 1 s, or this long upright.
constexpr int32_t kSteps = 10;
constexpr int64_t kShortestStep = 4, kLongestStep = 10;
constexpr int kStepRiseMg = 120;
constexpr int32_t kUpWindows = 300;
// Upright is within 40° of the usual; where the fall ended within 45° of it, posture tells nothing.
constexpr float kUprightDegrees = 40, kLyingDegrees = 45;
// Taken off, or carried away: the next fall is a new one.
constexpr int64_t kLongLiesFollowed = 4;

}  // namespace

FallConfig MakeFallConfig(const care::v1::FallRule& rule, care::v1::Role role) {
  const bool wrist = role == care::v1::ROLE_WRIST;
  FallConfig config;
  config.place = wrist ? WornAt::kWrist : WornAt::kTrunk;
  config.impact_mg = static_cast<float>(domain::NumberOr(rule, "least_impact_g") * 1000);
  config.least_score =
      static_cast<float>(domain::NumberOr(rule, wrist ? "wrist_score" : "waist_score"));
  config.stillness_us = domain::MicrosOr(rule, "stillness");
  config.give_up_us = 2 * config.stillness_us;
  config.patience_us = domain::MicrosOr(rule, "patience");
  config.long_lie_us = domain::MicrosOr(rule, "long_lie");
  config.answer_us = domain::MicrosOr(rule, "answer");
  return config;
}

void FallDetector::OnGap(const FallConfig& config, int64_t index) {
  windows_.BeginAt(index);
  candidate_ = -1;
  usual_count_ = 0;
  up_windows_ = steps_ = 0;
  still_deadline_us_ = index * FallWindows::kMicros + config.stillness_us;
}

// Both are inlined whatever the compiler thinks, so that the sums stay in registers.
[[gnu::always_inline]] inline void FallDetector::Sums::Add(const char* samples, int64_t n) {
  for (int64_t i = 0; i < n; ++i, samples += 6) {
    int16_t sample[3];
    std::memcpy(sample, samples, sizeof(sample));
    const auto ax = static_cast<float>(sample[0]), ay = static_cast<float>(sample[1]),
               az = static_cast<float>(sample[2]);
    const float square = ax * ax + ay * ay + az * az;
    const float magnitude = std::sqrt(square);
    x += ax;
    y += ay;
    z += az;
    size += magnitude;
    squares += square;
    peak = std::max(peak, magnitude);
    least = std::min(least, magnitude);
  }
  count += static_cast<int32_t>(n);
}

// Nothing of it can leave the range of its type: see IsSound().
[[gnu::always_inline]] inline FallWindow FallDetector::Sums::Fold() const {
  const float share = count == 1 ? 1.0F : 1 / static_cast<float>(count);
  const float mean = size * share;
  const float deviation =
      count == 1 ? 0.0F : std::sqrt(std::max(0.0F, squares * share - mean * mean));
  return {static_cast<int16_t>(x * share), static_cast<int16_t>(y * share),
          static_cast<int16_t>(z * share), static_cast<uint16_t>(mean),
          static_cast<uint16_t>(peak),     static_cast<uint16_t>(least),
          static_cast<uint16_t>(deviation)};
}

// At 10 Hz each sample makes a window: what Fold() makes of one, without the way there and back.
[[gnu::always_inline]] inline FallWindow FoldOne(const char* packed) {
  int16_t sample[3];
  std::memcpy(sample, packed, sizeof(sample));
  const auto x = static_cast<float>(sample[0]), y = static_cast<float>(sample[1]),
             z = static_cast<float>(sample[2]);
  const auto magnitude = static_cast<uint16_t>(std::sqrt(x * x + y * y + z * z));
  return {sample[0], sample[1], sample[2], magnitude, magnitude, magnitude, 0};
}

// False for what samples of 16 bits an axis cannot have summed up to.
bool FallDetector::Sums::IsSound() const {
  constexpr float kMost = 56756;  // √3 · 2^15, rounded up.
  const auto n = static_cast<float>(count);
  const auto is_axis = [&](float sum) { return sum >= -32768 * n && sum <= 32767 * n; };
  const auto is_size = [](float value) { return value >= 0 && value <= kMost; };
  return count == 0 ||
         (is_axis(x) && is_axis(y) && is_axis(z) && is_size(0.99F * size / n) && is_size(peak) &&
          is_size(least) && squares >= 0 && is_size(0.99F * std::sqrt(squares / n)));
}

void FallDetector::Feed(const FallConfig& config, int64_t first_us, float rate_hz,
                        std::string_view samples_mg, std::vector<FallEvent>& out) {
  const double step_us = 1e6 / static_cast<double>(rate_hz);
  const double steps_a_us = static_cast<double>(rate_hz) / 1e6;
  const auto samples = static_cast<int64_t>(samples_mg.size() / 6);
  // Since the first sample, in whole microseconds downwards.
  const auto offset_of = [&](int64_t i) { return static_cast<double>(i) * step_us; };
  const auto time_of = [&](int64_t i) { return first_us + static_cast<int64_t>(offset_of(i)); };
  // The first sample at or after a time. No whole number lies between an offset and the
  // microsecond that it is cut down to.
  const auto first_at = [&](int64_t time_us) {
    const auto offset = static_cast<double>(time_us - first_us);
    const double guess = offset * steps_a_us;
    auto i = static_cast<int64_t>(std::min(std::max(guess, 0.0), static_cast<double>(samples)));
    while (i > 0 && offset_of(i - 1) >= offset) --i;
    while (i < samples && offset_of(i) < offset) ++i;
    return i;
  };
  int64_t i = first_us > newest_us_ ? 0 : first_at(newest_us_ + 1);
  // No two samples share a window.
  const bool sparse = step_us >= static_cast<double>(FallWindows::kMicros);
  Sums sums = sums_;
  while (i < samples) {
    const int64_t index = time_of(i) / FallWindows::kMicros;
    if (index > window_) {
      if (window_ >= 0 && sums.count > 0) CloseWindow(config, Sums(sums), out);
      // Low rates and bad links skip a window now and then.
      if (window_ < 0 || index > window_ + kMaxGapWindows) OnGap(config, index);
      window_ = index;
      sums = {};
      // A later sample shows that this one's window is over.
      if (sparse && i + 1 < samples) {
        const int64_t before = windows_.newest();
        windows_.Add(window_, FoldOne(samples_mg.data() + 6 * i));
        OnWindow(config, before, out);
        ++i;
        continue;
      }
    }
    const int64_t end = std::max(i + 1, first_at((window_ + 1) * FallWindows::kMicros));
    sums.Add(samples_mg.data() + 6 * i, end - i);
    i = end;
  }
  sums_ = sums;
  if (samples > 0) newest_us_ = std::max(newest_us_, time_of(samples - 1));
}

// Folded here, so that the window is written once: a copy of what was just written in parts stalls.
void FallDetector::CloseWindow(const FallConfig& config, const Sums& sums,
                               std::vector<FallEvent>& out) {
  const int64_t before = windows_.newest();
  windows_.Add(window_, sums.Fold());
  OnWindow(config, before, out);
}

void FallDetector::OnWindow(const FallConfig& config, int64_t before, std::vector<FallEvent>& out) {
  if (phase_ != Phase::kQuiet) Follow(config, out);
  // A fall that was told is not told again: the person lies there.
  if (phase_ != Phase::kQuiet && phase_ != Phase::kFine) return;
  if (window_ - kUsualLag >= windows_.first()) {
    const FallWindow& old = windows_.At(window_ - kUsualLag);
    usual_count_ = std::min(usual_count_ + 1, 1000);
    const float share =
        usual_count_ < kUsualBegins ? 1 / static_cast<float>(usual_count_) : kUsualShare;
    usual_[0] += (0.001F * static_cast<float>(old.x) - usual_[0]) * share;
    usual_[1] += (0.001F * static_cast<float>(old.y) - usual_[1]) * share;
    usual_[2] += (0.001F * static_cast<float>(old.z) - usual_[2]) * share;
  }
  FindCandidate(config, window_);
  if (candidate_ >= 0 && window_ >= candidate_ + kWindowsEarly) JudgeCandidate(config, before, out);
}

void FallDetector::FindCandidate(const FallConfig& config, int64_t window) {
  const uint16_t peak = windows_.At(window).peak;
  if (static_cast<float>(peak) >= config.impact_mg &&
      (candidate_ < 0 || peak > windows_.At(candidate_).peak)) {
    candidate_ = window;
  }
}

// A window that was skipped may have been the one at which to look.
void FallDetector::JudgeCandidate(const FallConfig& config, int64_t before,
                                  std::vector<FallEvent>& out) {
  const bool wrist = config.place == WornAt::kWrist;
  if (wrist && window_ >= candidate_ + kWindowsEarly && before < candidate_ + kWindowsEarly &&
      LookAtCandidate(config, FallView::kWristEarly)) {
    return Suspect(config, out);
  }
  if (window_ < candidate_ + kWindowsAfterBlow) return;
  if (LookAtCandidate(config, wrist ? FallView::kWrist : FallView::kTrunk))
    return Suspect(config, out);
  // The strongest of what came after it is the next to be judged.
  const int64_t judged = candidate_;
  candidate_ = -1;
  for (int64_t i = judged + 1; i <= window_; ++i) FindCandidate(config, i);
}

bool FallDetector::LookAtCandidate(const FallConfig& config, FallView view) {
  const int64_t impact = candidate_;
  // A score that nobody asks for, and everything that is traced, is measured in full.
  const bool gated = config.trace == nullptr && config.least_score >= kGateScore;
  // An impact at the very beginning of a stream has no before.
  if (impact <= windows_.first() + 2 || (gated && !MayBeFall(view, windows_, impact))) return false;
  const Vector3 usual = usual_count_ > 0 ? usual_ : windows_.Direction(impact - 20, impact - 10);
  const FallFeatures features = MeasureBlow(view, windows_, impact, usual);
  if (config.trace != nullptr)
    config.trace->push_back({view, impact * FallWindows::kMicros, features});
  if (FallScore(view, features) < config.least_score) return false;
  suspicion_.impact_us = impact * FallWindows::kMicros;
  suspicion_.decide_us = (window_ + 1) * FallWindows::kMicros;
  suspicion_.peak_g = features[static_cast<std::size_t>(FallFeature::kPeak)];
  suspicion_.angle_degrees = features[static_cast<std::size_t>(FallFeature::kTurn)];
  upright_ = usual;
  return true;
}

void FallDetector::Suspect(const FallConfig& config, std::vector<FallEvent>& out) {
  const int64_t impact = candidate_;
  candidate_ = -1;
  if (config.place == WornAt::kWrist ||
      DegreesBetween(upright_, windows_.Direction(impact + 10, impact + 25)) < kLyingDegrees) {
    upright_ = {};
  }
  up_windows_ = steps_ = 0;
  step_window_ = window_;
  still_said_ = not_up_said_ = false;
  still_deadline_us_ = suspicion_.impact_us + config.stillness_us;
  phase_ = Phase::kSuspected;
  Say(FallEvent::Kind::kSuspected, out);
}

void FallDetector::Say(FallEvent::Kind kind, std::vector<FallEvent>& out) const {
  out.push_back(suspicion_);
  out.back().kind = kind;
  out.back().decide_us = (window_ + 1) * FallWindows::kMicros;
}

// Even steps: rises of the magnitude at a steady pace. Stirring is neither even nor steady.
void FallDetector::CountStep() {
  const int64_t at = window_ - 1;
  if (at < windows_.first() + 5) return;
  const int here = windows_.At(at).mean;
  if (here <= windows_.At(at - 1).mean || here < windows_.At(window_).mean) return;
  int trough = here;
  for (int64_t i = at - 4; i < at; ++i) trough = std::min<int>(trough, windows_.At(i).mean);
  if (here - trough < kStepRiseMg) return;
  const int64_t interval = at - step_window_;
  const bool paced = interval >= kShortestStep && interval <= kLongestStep;
  const bool even = steps_ < 2 || std::abs(interval - step_interval_) <= 1;
  steps_ = paced && even ? steps_ + 1 : 1;
  step_interval_ = static_cast<int32_t>(std::min(interval, kLongestStep + 1));
  step_window_ = at;
}

bool FallDetector::IsUp() {
  CountStep();
  if (KnowsPosture()) {
    const Vector3 now = windows_.Direction(window_ - 9, window_ + 1);
    up_windows_ = DegreesBetween(upright_, now) <= kUprightDegrees ? up_windows_ + 1 : 0;
    // Whoever lies does not walk, however evenly the body is rocked.
    return up_windows_ >= kUpWindows || (up_windows_ > 10 && steps_ >= kSteps);
  }
  return steps_ >= kSteps;
}

bool FallDetector::IsMoving() const {
  const int64_t end = window_ + 1;
  return windows_.Deviation(end - 10, end) >= kMovingG ||
         DegreesBetween(windows_.Direction(end - 20, end - 10),
                        windows_.Direction(end - 10, end)) >= kMovingDegrees;
}

void FallDetector::Follow(const FallConfig& config, std::vector<FallEvent>& out) {
  const int64_t end_us = (window_ + 1) * FallWindows::kMicros;
  const bool wrist = config.place == WornAt::kWrist;
  if (IsUp()) {
    Say(FallEvent::Kind::kUp, out);
    Forget();
    usual_count_ = 0;
    return;
  }
  if (phase_ == Phase::kSuspected) {
    if (IsMoving()) still_deadline_us_ = end_us + config.stillness_us;
    // Whoever is asked is not given up before the answer.
    const bool asked = dialogue.stage == FallDialogue::Stage::kAsked;
    if (!still_said_ && end_us >= still_deadline_us_) {
      still_said_ = true;
      Say(FallEvent::Kind::kStill, out);
    } else if (wrist && !asked && !still_said_ &&
               end_us >= suspicion_.decide_us + config.give_up_us) {
      Say(FallEvent::Kind::kGivenUp, out);
      Forget();
    } else if (!wrist && !not_up_said_ && end_us >= suspicion_.impact_us + config.patience_us) {
      not_up_said_ = true;
      Say(FallEvent::Kind::kNotUp, out);
    }
  } else if (phase_ == Phase::kFine && !KnowsPosture() &&
             end_us >= suspicion_.impact_us + config.patience_us) {
    Forget();
  } else if (phase_ != Phase::kLongLie && end_us >= suspicion_.impact_us + config.long_lie_us) {
    phase_ = Phase::kLongLie;
    Say(FallEvent::Kind::kLongLie, out);
  } else if (end_us >= suspicion_.impact_us + kLongLiesFollowed * config.long_lie_us) {
    Forget();
    usual_count_ = 0;
  }
}

namespace {

constexpr char kVersion = '\4';

template <typename T>
void Put(const T& value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}
template <typename T>
void Take(T& value, std::string_view& bytes) {
  std::memcpy(&value, bytes.data(), sizeof(value));
  bytes.remove_prefix(sizeof(value));
}

bool IsFlag(uint8_t byte) { return byte <= 1; }

// Beyond the year 9999 nothing is computed with.
bool IsTime(int64_t number) { return number >= -1 && number <= 2 * 253402300799LL * 1000000; }

}  // namespace

// The record: a version byte, then the members in order. Little-endian machines only, as all of
// ours.
void FallDetector::AppendTo(std::string& out) const {
  out += kVersion;
  Put(windows_, out);
  for (const int64_t number :
       {window_, candidate_, newest_us_, suspicion_.impact_us, suspicion_.decide_us,
        still_deadline_us_, step_window_, dialogue.answer_by_us, dialogue.heard_us}) {
    Put(number, out);
  }
  for (const int32_t number :
       {sums_.count, usual_count_, up_windows_, steps_, step_interval_, dialogue.room_before}) {
    Put(number, out);
  }
  for (const float number : {sums_.x, sums_.y, sums_.z, sums_.size, sums_.squares, sums_.peak,
                             sums_.least, suspicion_.peak_g, suspicion_.angle_degrees}) {
    Put(number, out);
  }
  Put(usual_, out);
  Put(upright_, out);
  for (const uint8_t byte :
       {static_cast<uint8_t>(phase_), static_cast<uint8_t>(dialogue.stage),
        static_cast<uint8_t>(still_said_), static_cast<uint8_t>(not_up_said_),
        static_cast<uint8_t>(dialogue.still), static_cast<uint8_t>(dialogue.shown),
        static_cast<uint8_t>(dialogue.others_moved)}) {
    Put(byte, out);
  }
  Put(dialogue.prompt_id, out);
}

bool FallDetector::ParseFrom(std::string_view bytes) {
  std::string mine;
  AppendTo(mine);
  if (bytes.size() != mine.size() || bytes[0] != kVersion) return false;
  FallDetector read;
  bytes.remove_prefix(1);
  Take(read.windows_, bytes);
  FallEvent& suspicion = read.suspicion_;
  for (int64_t* number : {&read.window_, &read.candidate_, &read.newest_us_, &suspicion.impact_us,
                          &suspicion.decide_us, &read.still_deadline_us_, &read.step_window_,
                          &read.dialogue.answer_by_us, &read.dialogue.heard_us}) {
    Take(*number, bytes);
    if (!IsTime(*number)) return false;
  }
  Sums& sums = read.sums_;
  for (int32_t* number : {&sums.count, &read.usual_count_, &read.up_windows_, &read.steps_,
                          &read.step_interval_, &read.dialogue.room_before}) {
    Take(*number, bytes);
    if (*number < 0) return false;
  }
  for (float* number : {&sums.x, &sums.y, &sums.z, &sums.size, &sums.squares, &sums.peak,
                        &sums.least, &suspicion.peak_g, &suspicion.angle_degrees}) {
    Take(*number, bytes);
    if (!std::isfinite(*number)) return false;
  }
  if (!sums.IsSound()) return false;
  Take(read.usual_, bytes);
  Take(read.upright_, bytes);
  for (std::size_t k = 0; k < 3; ++k)
    if (!std::isfinite(read.usual_[k]) || !std::isfinite(read.upright_[k])) return false;
  uint8_t phase = 0, stage = 0, still_said = 0, not_up_said = 0, still = 0, shown = 0, others = 0;
  for (uint8_t* byte : {&phase, &stage, &still_said, &not_up_said, &still, &shown, &others})
    Take(*byte, bytes);
  Take(read.dialogue.prompt_id, bytes);
  if (phase > static_cast<uint8_t>(Phase::kFine) ||
      stage > static_cast<uint8_t>(FallDialogue::Stage::kFine) || !IsFlag(still_said) ||
      !IsFlag(not_up_said) || !IsFlag(still) || !IsFlag(shown) || !IsFlag(others) ||
      read.dialogue.prompt_id.back() != 0) {
    return false;
  }
  // The open window follows the closed ones, and a candidate is among those that are kept.
  const int64_t first = read.windows_.first(), newest = read.windows_.newest();
  if (!IsTime(first) || !IsTime(newest) || first < 0 || newest < first - 1 ||
      (read.window_ >= 0 &&
       (read.window_ <= newest || read.window_ > newest + 1 + kMaxGapWindows)) ||
      (read.candidate_ >= 0 && (read.candidate_ < first || read.candidate_ > newest ||
                                read.candidate_ + kWindowsAfterBlow + kMaxGapWindows < newest))) {
    return false;
  }
  read.phase_ = static_cast<Phase>(phase);
  read.still_said_ = still_said == 1;
  read.not_up_said_ = not_up_said == 1;
  read.dialogue.stage = static_cast<FallDialogue::Stage>(stage);
  read.dialogue.still = still == 1;
  read.dialogue.shown = shown == 1;
  read.dialogue.others_moved = others == 1;
  *this = read;
  return true;
}

}  // namespace veille::detector
