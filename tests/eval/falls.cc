#include "tests/eval/falls.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <utility>

#include "services/detector/core/home_plan.h"
#include "services/detector/core/rules/fall.h"
#include "services/domain/recordings/readers.h"
#include "tests/eval/split.h"
#include "tests/eval/statistics.h"

namespace veille::eval {
namespace {

// What falls of elderly people reach: medians of 2.1 to 2.9 g.
constexpr double kSoftPeakG = 2.5;

int64_t Micros(const event::v1::Event& event) {
  return event.event_time().seconds() * 1000000 + event.event_time().nanos() / 1000;
}

std::vector<std::array<int16_t, 3>> SamplesOf(const event::v1::Event& event) {
  const std::string& bytes = event.acceleration().samples_mg();
  std::vector<std::array<int16_t, 3>> samples(bytes.size() / 6);
  std::memcpy(samples.data(), bytes.data(), samples.size() * 6);
  return samples;
}

// Told as a fall where nobody can be asked.
bool IsConfirmed(const detector::FallEvent& event) {
  return event.kind == detector::FallEvent::Kind::kStill ||
         event.kind == detector::FallEvent::Kind::kNotUp;
}

std::vector<detector::FallEvent> Detect(const domain::Recording& recording) {
  std::vector<detector::FallEvent> found;
  const auto plan = detector::HomePlan::Compile(recording.home);
  if (!plan.ok()) return found;
  detector::FallDetector detector;
  for (const event::v1::Event& event : recording.events) {
    detector.Feed((*plan)->devices()[0].fall_config, Micros(event), event.acceleration().rate_hz(),
                  event.acceleration().samples_mg(), found);
    // A fall that is told ends the matter here: what comes after it counts anew.
    if (!found.empty() && IsConfirmed(found.back())) detector.Forget();
  }
  return found;
}

int64_t Suspicions(const std::vector<detector::FallEvent>& found) {
  return std::count_if(found.begin(), found.end(), [](const detector::FallEvent& event) {
    return event.kind == detector::FallEvent::Kind::kSuspected;
  });
}

void Judge(const domain::Recording& recording, double onset_s, ClipVerdict& clip) {
  const auto found = Detect(recording);
  clip.suspected = Suspicions(found);
  for (const detector::FallEvent& event : found) {
    if (IsConfirmed(event)) ++clip.confirmed;
    if (event.kind != detector::FallEvent::Kind::kSuspected || onset_s < 0 || clip.delay_s >= 0)
      continue;
    clip.delay_s = static_cast<double>(event.decide_us) / 1e6 -
                   absl::ToDoubleSeconds(recording.start - absl::UnixEpoch()) - onset_s;
  }
  clip.hours = absl::ToDoubleHours(recording.end - recording.start);
}

class SetJudge {
 public:
  SetJudge(std::string folder, std::string set, const Split& split, FallResults& results)
      : folder_(std::move(folder)), set_(std::move(set)), split_(split), results_(results) {}

  void Run() {
    domain::ReadReport report;
    const auto clips = domain::ListClips(folder_, report);
    for (const std::string& line : report.bad_lines) results_.unreadable.push_back(line);
    if (!clips.ok()) {
      results_.unreadable.push_back(std::string(clips.status().message()));
      return;
    }
    for (const domain::Clip& clip : *clips) JudgeClip(clip);
    JudgeSoft();
  }

 private:
  void JudgeClip(const domain::Clip& listed) {
    const auto recording = domain::ReadClip(listed);
    if (!recording.ok()) {
      results_.unreadable.push_back(std::string(recording.status().message()));
      return;
    }
    ClipVerdict clip;
    clip.set = set_;
    clip.subject = listed.subject;
    clip.group = listed.group;
    clip.position = listed.position;
    clip.activity = listed.activity;
    clip.is_fall = listed.label == "fall";
    clip.held_out = !split_.IsTunedOn(set_, clip.subject);
    Judge(*recording, listed.onset_s, clip);
    if (clip.is_fall) {
      peaks_.push_back(PeakG(*recording));
      falls_.emplace_back(results_.clips.size(), *recording);
    }
    results_.clips.push_back(std::move(clip));
  }

  void JudgeSoft() {
    const double median = Quantile(peaks_, 0.5);
    if (median <= 1) return;
    const double scale = std::min(1.0, (kSoftPeakG - 1) / (median - 1));
    for (auto& [clip, recording] : falls_) {
      Soften(scale, recording);
      results_.clips[clip].soft_suspected = Suspicions(Detect(recording)) > 0;
    }
  }

  const std::string folder_, set_;
  const Split& split_;
  FallResults& results_;
  std::vector<double> peaks_;
  std::vector<std::pair<std::size_t, domain::Recording>> falls_;
};

}  // namespace

double PeakG(const domain::Recording& recording) {
  double peak = 0;
  for (const event::v1::Event& event : recording.events)
    for (const auto& [x, y, z] : SamplesOf(event))
      peak = std::max(peak, std::hypot(x, y, z) / 1000.0);
  return peak;
}

void Soften(double scale, domain::Recording& recording) {
  std::vector<std::array<double, 3>> all;
  for (const event::v1::Event& event : recording.events)
    for (const auto& [x, y, z] : SamplesOf(event))
      all.push_back({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)});
  if (all.empty()) return;
  // Gravity is the mean of the second around a sample.
  const double rate = static_cast<double>(recording.events[0].acceleration().rate_hz());
  const auto half = static_cast<std::size_t>(std::max(1.0, rate / 2));
  std::vector<std::array<double, 3>> sums(all.size() + 1, {0, 0, 0});
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t k = 0; k < 3; ++k) sums[i + 1][k] = sums[i][k] + all[i][k];
  std::size_t at = 0;
  for (event::v1::Event& event : recording.events) {
    auto samples = SamplesOf(event);
    for (auto& sample : samples) {
      const std::size_t from = at > half ? at - half : 0;
      const std::size_t to = std::min(all.size(), at + half + 1);
      for (std::size_t k = 0; k < 3; ++k) {
        const double mean = (sums[to][k] - sums[from][k]) / static_cast<double>(to - from);
        const double soft = mean + scale * (all[at][k] - mean);
        sample[k] = static_cast<int16_t>(std::lround(std::clamp(soft, -32000.0, 32000.0)));
      }
      ++at;
    }
    event.mutable_acceleration()->set_samples_mg(samples.data(), samples.size() * 6);
  }
}

void Thin(int factor, domain::Recording& recording) {
  for (event::v1::Event& event : recording.events) {
    const auto samples = SamplesOf(event);
    std::vector<std::array<int16_t, 3>> kept;
    for (std::size_t i = 0; i < samples.size(); i += static_cast<std::size_t>(factor))
      kept.push_back(samples[i]);
    auto& acceleration = *event.mutable_acceleration();
    acceleration.set_rate_hz(acceleration.rate_hz() / static_cast<float>(factor));
    acceleration.set_samples_mg(kept.data(), kept.size() * 6);
  }
}

void Limit(double range_g, domain::Recording& recording) {
  const auto most = static_cast<int16_t>(std::lround(range_g * 1000));
  for (event::v1::Event& event : recording.events) {
    auto samples = SamplesOf(event);
    for (auto& sample : samples)
      for (int16_t& axis : sample) axis = std::clamp<int16_t>(axis, -most, most);
    event.mutable_acceleration()->set_samples_mg(samples.data(), samples.size() * 6);
  }
}

void FallCounts::Add(const ClipVerdict& clip) {
  const bool detected = clip.suspected > 0;
  if (clip.is_fall) {
    ++(detected ? tp : fn);
    confirmed += clip.confirmed > 0 ? 1 : 0;
    soft += clip.soft_suspected ? 1 : 0;
    if (clip.delay_s >= 0) delays_s.push_back(clip.delay_s);
    return;
  }
  ++(detected ? fp : tn);
  false_suspected += clip.suspected;
  wear_hours += clip.hours;
}

FallResults JudgeFalls(const std::string& folder, const std::string& split) {
  FallResults results;
  const Split tuned_on = ReadSplit(split);
  std::error_code ignored;
  std::vector<std::filesystem::path> sets;
  for (const auto& set : std::filesystem::directory_iterator(folder + "/falls", ignored))
    if (std::filesystem::exists(set.path() / "recordings.csv")) sets.push_back(set.path());
  std::sort(sets.begin(), sets.end());
  for (const auto& set : sets)
    SetJudge(set.string(), set.filename().string(), tuned_on, results).Run();
  return results;
}

}  // namespace veille::eval
