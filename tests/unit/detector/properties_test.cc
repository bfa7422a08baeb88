// What holds for every rule, whatever it judges: driven through Advance() with generated events of
// the whole vocabulary. A rule that is added is tested here without a line more.

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "common/base/timestamp.h"
#include "services/detector/core/advance.h"
#include "services/domain/recordings/recording.h"
#include "services/gateway/core/validate.h"
#include "tests/support/vocabulary.h"

namespace veille::detector {
namespace {

using event::v1::Event;
using store::v1::Finding;

// What the engine promises to put in order: see advance.h.
constexpr absl::Duration kOrdered = absl::Seconds(2);
// The hubs live on after the last event.
constexpr absl::Duration kAfter = absl::Minutes(10);

// What is compared: who, what, when, evidence; not receipts. In the order of the text, as findings
// of one instant have no order.
std::multiset<std::string> Comparable(std::vector<Finding> findings) {
  std::multiset<std::string> all;
  for (Finding& finding : findings) {
    finding.clear_receive_time();
    finding.clear_log_position();
    for (auto& seen : *finding.mutable_evidence()->mutable_observations())
      seen.clear_receive_time();
    all.insert(finding.ShortDebugString());
  }
  return all;
}

std::string Difference(const std::multiset<std::string>& expected,
                       const std::multiset<std::string>& seen) {
  std::vector<std::string> missing, added;
  std::set_difference(expected.begin(), expected.end(), seen.begin(), seen.end(),
                      std::back_inserter(missing));
  std::set_difference(seen.begin(), seen.end(), expected.begin(), expected.end(),
                      std::back_inserter(added));
  std::string out;
  for (const std::string& finding : missing) out += "missing: " + finding + "\n";
  for (const std::string& finding : added) out += "added: " + finding + "\n";
  return out;
}

// An event, or (without one) a promise of a source that all before has been sent.
struct Item {
  absl::Time time;  // Of the event, or the watermark.
  absl::Time sent;
  std::string source_id;
  std::vector<Event> events;
};

// The home of everything over a while: each kind of observation again and again, in bursts and
// with hours between; heartbeats of every source each minute.
class Story {
 public:
  Story(uint64_t seed, absl::Time start, absl::Duration length, absl::Duration between)
      : home_(testing::HomeOfEverything("Europe/Paris")), start_(start), end_(start + length) {
    SeededRandom random(seed);
    const std::vector<int> observations = testing::Observations();
    std::map<std::string, uint64_t> sequences;
    for (absl::Time at = start; at < end_;) {
      const bool burst = random.Below(3) == 0;
      at += burst ? absl::Milliseconds(1 + random.Below(4000)) : between * (2 * random.Unit());
      // People move more than they call for help.
      const int observation = random.Below(3) == 0
                                  ? static_cast<int>(Event::kMotionFieldNumber)
                                  : observations[random.Below(observations.size())];
      const care::v1::Device& device = testing::DeviceFor(observation, home_, random);
      Item& item = items_.emplace_back();
      item.time = item.sent = absl::FromUnixMicros(absl::ToUnixMicros(at));
      item.source_id = device.source_id();
      item.events.push_back(testing::AnyEvent(observation, item.time, device.device_id(), random));
      item.events.back().set_device_sequence(++sequences[device.device_id()]);
    }
    for (const care::v1::Device& device : home_.devices()) {
      for (absl::Time at = start; at < end_; at += absl::Minutes(30)) {
        Event check_in = domain::MakeEvent(at, device.device_id());
        check_in.mutable_device_status()->set_kind(event::v1::DeviceStatus::KIND_CHECK_IN);
        check_in.set_device_sequence((1ULL << 40) + static_cast<uint64_t>(items_.size()));
        items_.push_back({at, at, device.source_id(), {check_in}});
      }
    }
    for (const care::v1::Source& source : home_.sources()) {
      // After all that it saw before, however slow a device's radio is.
      for (absl::Time at = start; at <= end_ + kAfter; at += absl::Minutes(1))
        items_.push_back({at, at + kOrdered, source.source_id(), {}});
    }
    Sort();
  }

  // Each device's events come later by a time of its own.
  void Delay(uint64_t seed) {
    SeededRandom random(seed);
    std::map<std::string, absl::Duration> delays;
    for (const care::v1::Device& device : home_.devices())
      delays[device.device_id()] = kOrdered * (0.95 * random.Unit());
    for (Item& item : items_)
      if (!item.events.empty()) item.sent = item.time + delays[item.events[0].device_id()];
    Sort();
  }

  // A few of the events before, that devices number, come again.
  void Repeat(uint64_t seed) {
    SeededRandom random(seed);
    std::deque<Event> recent;
    for (Item& item : items_) {
      if (item.events.empty()) continue;
      recent.push_back(item.events[0]);
      // Fewer than the engine remembers of one device.
      if (recent.size() > 7) recent.pop_front();
      if (random.Below(3) != 0) continue;
      const Event& again = recent[random.Below(recent.size())];
      item.events.push_back(again);
    }
  }

  const care::v1::Home& home() const { return home_; }
  const std::vector<Item>& items() const { return items_; }
  absl::Time start() const { return start_; }
  absl::Time end() const { return end_; }

 private:
  void Sort() {
    std::stable_sort(items_.begin(), items_.end(),
                     [](const Item& a, const Item& b) { return a.sent < b.sent; });
  }

  const care::v1::Home home_;
  const absl::Time start_, end_;
  std::vector<Item> items_;
};

class Judge {
 public:
  explicit Judge(const care::v1::Home& home) : plan_(*HomePlan::Compile(home)), state_(*plan_) {}

  // Items one by one, with the service's ticks between; `every_week` is called so often.
  void Run(const Story& story) {
    absl::Time tick = story.start();
    absl::Time week = story.start() + absl::Hours(24 * 7);
    for (const Item& item : story.items()) {
      for (; tick < item.sent; tick += tick_) Tick(tick);
      Give(item);
      if (item.sent < week) continue;
      week += absl::Hours(24 * 7);
      const Baselines* usual = state_.baselines();
      sizes_.push_back(state_.Serialize().size() +
                       (usual == nullptr ? 0 : usual->Serialize().size()));
    }
    // What was pending is told by now.
    for (; tick < story.end() + kAfter; tick += tick_) Tick(tick);
  }
  void set_tick(absl::Duration tick) { tick_ = tick; }

  std::vector<Finding> findings() const { return findings_; }
  // Concluded for an instant that nothing and nobody had reached.
  const std::vector<std::string>& premature() const { return premature_; }
  // Of the state and of what is usual, after each week.
  const std::vector<std::size_t>& sizes() const { return sizes_; }

 private:
  void Give(const Item& item) {
    store::v1::Envelope envelope = Head(item.sent + absl::Seconds(1));
    envelope.set_source_id(item.source_id);
    event::v1::EventBatch batch;
    for (const Event& event : item.events) {
      *batch.add_events() = event;
      known_ = std::max(known_, ToTime(event.event_time()));
    }
    if (item.events.empty()) {
      envelope.mutable_heartbeat();
      SetTime(item.time, *envelope.mutable_watermark());
      known_ = std::max(known_, item.time);
    } else {
      envelope.set_batch("");
    }
    Advance(*plan_, state_, envelope, item.events.empty() ? nullptr : &batch, effects_);
    Collect();
  }
  void Tick(absl::Time at) {
    store::v1::Envelope envelope = Head(at);
    envelope.mutable_tick();
    known_ = std::max(known_, at);
    Advance(*plan_, state_, envelope, nullptr, effects_);
    Collect();
  }
  static store::v1::Envelope Head(absl::Time received) {
    store::v1::Envelope envelope;
    envelope.set_format(1);
    envelope.set_home_id("everything");
    SetTime(received, *envelope.mutable_receive_time());
    return envelope;
  }
  void Collect() {
    for (const Finding& finding : effects_.findings) {
      if (ToTime(finding.decide_time()) > known_) premature_.push_back(finding.ShortDebugString());
      findings_.push_back(finding);
    }
    effects_.Clear();
  }

  const std::shared_ptr<const HomePlan> plan_;
  HomeState state_;
  Effects effects_;
  absl::Time known_ = absl::InfinitePast();
  absl::Duration tick_ = absl::Seconds(30);
  std::vector<Finding> findings_;
  std::vector<std::string> premature_;
  std::vector<std::size_t> sizes_;
};

// A winter's evening in Paris.
const absl::Time kStart = absl::FromUnixSeconds(1768399200);
constexpr uint64_t kSeeds = 6;

Story TwoDays(uint64_t seed) { return {seed, kStart, absl::Hours(48), absl::Minutes(6)}; }

TEST(Vocabulary, HasEveryObservationAndAllAreWellFormed) {
  SeededRandom random(1);
  for (const int observation : testing::Observations()) {
    for (int i = 0; i < 50; ++i) {
      const Event event = testing::AnyEvent(observation, kStart, "d", random);
      ASSERT_EQ(static_cast<int>(event.observation_case()), observation);
      const auto violation = gateway::FindViolation(event);
      EXPECT_FALSE(violation.has_value())
          << event.ShortDebugString() << ": " << violation->field << violation->description;
    }
  }
}

class AnyStory : public ::testing::TestWithParam<uint64_t> {};

TEST_P(AnyStory, IsToldTheSameHoweverDevicesInterleaveWithinTheWatermark) {
  Story story = TwoDays(GetParam());
  Judge in_order(story.home());
  in_order.Run(story);
  const auto expected = Comparable(in_order.findings());
  EXPECT_GE(expected.size(), 20U);
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    story.Delay(seed);
    Judge interleaved(story.home());
    interleaved.Run(story);
    EXPECT_EQ(Difference(expected, Comparable(interleaved.findings())), "") << "seed " << seed;
  }
}

TEST_P(AnyStory, IsToldTheSameWhenNumberedEventsComeTwice) {
  Story story = TwoDays(GetParam());
  Judge once(story.home());
  once.Run(story);
  story.Repeat(GetParam());
  Judge twice(story.home());
  twice.Run(story);
  EXPECT_EQ(Difference(Comparable(once.findings()), Comparable(twice.findings())), "");
}

TEST_P(AnyStory, TellsNothingBeforeItsTimeHasCome) {
  const Story story = TwoDays(GetParam());
  Judge judge(story.home());
  judge.Run(story);
  EXPECT_EQ(judge.premature(), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnyStory, ::testing::Range<uint64_t>(1, kSeeds + 1));

// How long each rule must wait, at its defaults, from when the situation began to when it is told.
TEST(EveryDeadline, IsWaitedForToTheEnd) {
  const std::map<std::string, absl::Duration> least = {
      {"NIGHT_EXIT", absl::Minutes(5)},
      {"DOOR_LEFT_OPEN", absl::Minutes(5)},
      {"INACTIVITY", absl::Hours(3)},
      {"BED_EXIT_NIGHT", absl::Minutes(15)},
      {"BATHROOM_LONG", absl::Minutes(20)},
      {"STOVE_UNATTENDED", absl::Minutes(15)},
      {"NOT_RETURNED", absl::Minutes(30)},
      {"ROOM_COLD", absl::ZeroDuration()},
      {"WATER_NONE", absl::Hours(12)},
      {"WATER_CONTINUOUS", absl::Hours(24)},
      {"WATER_RUNNING", absl::Minutes(30)},
      {"GAS_FLOW_LONG", absl::Minutes(90)},
      {"ELECTRICITY_FLAT", absl::Hours(6)},
      {"POWER_CUT", absl::Minutes(2)},
      {"TRACKER_SILENT_OUTSIDE", absl::Minutes(10)}};
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Judge judge(testing::HomeOfEverything("Europe/Paris"));
    judge.Run(TwoDays(seed));
    for (const Finding& finding : judge.findings()) {
      if (finding.kind() != Finding::KIND_RAISE) continue;
      const auto rule = least.find(finding.evidence().rule());
      if (rule == least.end()) continue;
      EXPECT_GE(ToTime(finding.decide_time()) - ToTime(finding.event_time()), rule->second)
          << finding.ShortDebugString();
    }
  }
}

TEST(Memory, IsBoundedOverAYear) {
  // A home of some thirty devices, each of which is remembered by its name: twice the 8 KiB of a
  // usual one.
  constexpr std::size_t kMost = 16 << 10;
  const Story story(1, kStart, absl::Hours(24 * 365), absl::Minutes(30));
  Judge judge(story.home());
  judge.set_tick(absl::Minutes(5));
  judge.Run(story);
  ASSERT_GE(judge.sizes().size(), 52U);
  for (std::size_t week = 0; week < judge.sizes().size(); ++week)
    EXPECT_LE(judge.sizes()[week], kMost) << "after week " << week + 1;
  ::testing::Test::RecordProperty("state_bytes_after_a_year",
                                  static_cast<int>(judge.sizes().back()));
}

}  // namespace
}  // namespace veille::detector
