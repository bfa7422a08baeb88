#include "tests/eval/injected.h"

#include <algorithm>
#include <set>

#include "tests/eval/alerts.h"

namespace veille::eval {
namespace {

// Each opportunity of a recording is used once; a day holds at most about one of a kind.
constexpr int kVariants = 5;
constexpr uint64_t kSeed = 20110615;

// A sequence of rooms is judged in a home of its own, by day, after an hour of stays.
constexpr absl::Duration kBefore = absl::Hours(1), kAfter = absl::Minutes(20);
constexpr absl::Duration kCheckIn = absl::Minutes(30);
// Two in the afternoon, UTC.
const absl::Time kAfternoon = absl::FromUnixSeconds(1768399200);
// A direct walk is an hour of them.
constexpr double kDirectS = 3600, kShortestS = 240, kLongestS = 600;

void JudgeVariant(const InjectedHome& injected, InjectedVerdict& verdict) {
  const auto alerts = AlertsOf(injected.recording);
  if (!alerts.ok()) return;
  verdict.days += absl::ToDoubleHours(injected.recording.end - injected.recording.start) / 24;
  for (const Truth& truth : injected.truth) {
    ++verdict.injected;
    absl::Time told = absl::InfiniteFuture();
    for (const Alert& alert : *alerts) {
      if (alert.rule != verdict.rule) continue;
      for (const absl::Time at : alert.told)
        if (truth.from <= at && at <= truth.until) told = std::min(told, at);
    }
    if (told == absl::InfiniteFuture()) continue;
    ++verdict.found;
    verdict.delays_s.push_back(absl::ToDoubleSeconds(told - truth.from));
  }
  for (const Alert& alert : *alerts) {
    if (alert.rule != verdict.rule) continue;
    const bool expected = std::any_of(
        injected.truth.begin(), injected.truth.end(),
        [&](const Truth& truth) { return alert.IsToldWithin(truth.from, truth.until); });
    if (!expected) ++verdict.false_alerts;
  }
}

void AddCheckIns(domain::Recording& recording) {
  for (const care::v1::Device& device : recording.home.devices()) {
    for (absl::Time at = recording.start; at < recording.end; at += kCheckIn) {
      recording.events.push_back(domain::MakeEvent(at, device.device_id()));
      recording.events.back().mutable_device_status()->set_kind(
          event::v1::DeviceStatus::KIND_CHECK_IN);
    }
  }
}

// What the pattern rules made of a sequence.
std::string ToldAs(const domain::Recording& recording) {
  const auto alerts = AlertsOf(recording);
  std::set<std::string> told;
  if (alerts.ok()) {
    for (const Alert& alert : *alerts) {
      for (const Pattern pattern : {Pattern::kPacing, Pattern::kLapping, Pattern::kRandom})
        if (alert.rule == PatternRule(pattern)) told.insert(PatternName(pattern));
    }
  }
  std::string all;
  for (const std::string& name : told) all += (all.empty() ? "" : "+") + name;
  return all.empty() ? "none" : all;
}

domain::Recording MakeSequence(const domain::Recording& home, const RoomTiming& timing,
                               Pattern pattern, Random& random) {
  domain::Recording recording;
  recording.name = home.name;
  recording.home = home.home;
  const double length_s = pattern == Pattern::kDirect
                              ? kDirectS
                              : kShortestS + (kLongestS - kShortestS) * random.Unit();
  const auto steps = MakePattern(pattern, timing, length_s, random);
  if (steps.empty()) return recording;
  recording.start = kAfternoon;
  const absl::Time begin = kAfternoon + kBefore;
  recording.end = begin + absl::Seconds(steps.back().at_s) + kAfter;
  AddMotion(steps, timing, begin, random, recording.events);
  AddCheckIns(recording);
  domain::SortEvents(recording);
  return recording;
}

}  // namespace

std::string PatternRule(Pattern pattern) {
  switch (pattern) {
    case Pattern::kPacing:
      return "PACING_INDOOR";
    case Pattern::kLapping:
      return "LAPPING_INDOOR";
    case Pattern::kRandom:
      return "RANDOM_INDOOR";
    case Pattern::kDirect:
      break;
  }
  return "";
}

std::vector<InjectedVerdict> JudgeInjected(const std::vector<RecordedHome>& homes) {
  std::vector<InjectedVerdict> verdicts;
  for (const RecordedHome& home : homes) {
    if (!home.recording.ok()) continue;
    for (const Injection injection : kInjections) {
      InjectedVerdict& verdict = verdicts.emplace_back();
      verdict.home = home.name;
      verdict.what = InjectionName(injection);
      verdict.rule = RuleOf(injection);
      verdict.is_rule = IsRule(verdict.rule);
      for (int variant = 0; variant < kVariants; ++variant) {
        const InjectedHome injected = Inject(*home.recording, injection, variant, kVariants, kSeed);
        if (!injected.truth.empty()) JudgeVariant(injected, verdict);
      }
    }
  }
  return verdicts;
}

std::vector<PatternVerdict> JudgePatterns(const std::vector<RecordedHome>& homes, int sequences) {
  std::vector<PatternVerdict> verdicts;
  for (const RecordedHome& home : homes) {
    if (!home.recording.ok()) continue;
    const RoomTiming timing = TimingOf(*home.recording);
    PatternVerdict verdict;
    verdict.home = home.name;
    SeededRandom random(kSeed);
    for (const Pattern pattern : kPatterns) {
      for (int i = 0; i < sequences; ++i) {
        const domain::Recording recording = MakeSequence(*home.recording, timing, pattern, random);
        if (!recording.events.empty()) ++verdict.told[PatternName(pattern)][ToldAs(recording)];
      }
    }
    if (!verdict.told.empty()) verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

PatternCounts CountPattern(const std::vector<PatternVerdict>& verdicts, Pattern pattern) {
  const std::string name = PatternName(pattern);
  const bool is_random_told = IsRule(PatternRule(Pattern::kRandom));
  PatternCounts counts;
  for (const PatternVerdict& verdict : verdicts) {
    for (const auto& [truth, told] : verdict.told) {
      const bool is_it =
          truth == name || (pattern == Pattern::kDirect && truth == "random" && !is_random_told);
      for (const auto& [as, count] : told) {
        const bool is_told =
            pattern == Pattern::kDirect ? as == "none" : as.find(name) != std::string::npos;
        int64_t& cell =
            is_it ? (is_told ? counts.tp : counts.fn) : (is_told ? counts.fp : counts.tn);
        cell += count;
      }
    }
  }
  return counts;
}

}  // namespace veille::eval
