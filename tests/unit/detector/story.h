// A generated home over a while, with events of the whole vocabulary, and what the engine makes of
// it. Header only: two tests tell such stories.

#ifndef TESTS_UNIT_DETECTOR_STORY_H_
#define TESTS_UNIT_DETECTOR_STORY_H_

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/timestamp.h"
#include "services/detector/core/advance.h"
#include "services/domain/recordings/recording.h"
#include "tests/support/vocabulary.h"

namespace veille::detector::testing {

// What the engine promises to put in order: see advance.h.
inline constexpr absl::Duration kOrdered = absl::Seconds(2);
// The hubs live on after the last event.
inline constexpr absl::Duration kAfter = absl::Minutes(10);

// A winter's evening in Paris.
inline const absl::Time kStart = absl::FromUnixSeconds(1768399200);
// An event, or (without one) a promise of a source that all before has been sent.
struct Item {
  absl::Time time;  // Of the event, or the watermark.
  absl::Time sent;
  std::string source_id;
  std::vector<event::v1::Event> events;
};

// A home over a while: each kind of observation that it has devices for again and again, in bursts
// and with hours between; heartbeats of every source each minute.
class Story {
 public:
  Story(uint64_t seed, absl::Time start, absl::Duration length, absl::Duration between,
        care::v1::Home home = ::veille::testing::HomeOfEverything("Europe/Paris"))
      : home_(std::move(home)), start_(start), end_(start + length) {
    SeededRandom random(seed);
    const std::vector<int> observations = ::veille::testing::Observations();
    std::map<std::string, uint64_t> sequences;
    for (absl::Time at = start; at < end_;) {
      const bool burst = random.Below(3) == 0;
      at += burst ? absl::Milliseconds(1 + random.Below(4000)) : between * (2 * random.Unit());
      // People move more than they call for help.
      const int observation = random.Below(3) == 0
                                  ? static_cast<int>(event::v1::Event::kMotionFieldNumber)
                                  : observations[random.Below(observations.size())];
      const care::v1::Device& device = ::veille::testing::DeviceFor(observation, home_, random);
      Item& item = items_.emplace_back();
      item.time = item.sent = absl::FromUnixMicros(absl::ToUnixMicros(at));
      item.source_id = device.source_id();
      item.events.push_back(
          ::veille::testing::AnyEvent(observation, item.time, device.device_id(), random));
      item.events.back().set_device_sequence(++sequences[device.device_id()]);
    }
    for (const care::v1::Device& device : home_.devices()) {
      for (absl::Time at = start; at < end_; at += absl::Minutes(30)) {
        event::v1::Event check_in = domain::MakeEvent(at, device.device_id());
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
    std::deque<event::v1::Event> recent;
    for (Item& item : items_) {
      if (item.events.empty()) continue;
      recent.push_back(item.events[0]);
      // Fewer than the engine remembers of one device.
      if (recent.size() > 7) recent.pop_front();
      if (random.Below(3) != 0) continue;
      const event::v1::Event& again = recent[random.Below(recent.size())];
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
      Measure();
    }
    // What was pending is told by now.
    for (; tick < story.end() + kAfter; tick += tick_) Tick(tick);
  }
  void set_tick(absl::Duration tick) { tick_ = tick; }

  std::vector<store::v1::Finding> findings() const { return findings_; }
  // Concluded for an instant that nothing and nobody had reached.
  const std::vector<std::string>& premature() const { return premature_; }
  // Bytes of the state and of what is usual, after each week.
  struct Size {
    std::size_t quiet = 0;  // As the detector keeps a home of which nothing is heard.
    std::size_t busy = 0;   // Parsed: every wearable streams.
  };
  const std::vector<Size>& sizes() const { return sizes_; }

 private:
  void Measure() {
    Size size{state_.Serialize().size(), sizeof(HomeState) + state_.record().SpaceUsedLong()};
    for (int i = 0; i < plan_->fall_detectors(); ++i)
      if (!state_.fall(i).empty()) size.busy += sizeof(FallDetector);
    if (state_.baselines() != nullptr) {
      size.quiet += state_.baselines()->Serialize().size();
      size.busy += sizeof(Baselines);
    }
    sizes_.push_back(size);
  }
  void Give(const Item& item) {
    store::v1::Envelope envelope = Head(item.sent + absl::Seconds(1));
    envelope.set_source_id(item.source_id);
    event::v1::EventBatch batch;
    for (const event::v1::Event& event : item.events) {
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
    for (const store::v1::Finding& finding : effects_.findings) {
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
  std::vector<store::v1::Finding> findings_;
  std::vector<std::string> premature_;
  std::vector<Size> sizes_;
};
}  // namespace veille::detector::testing

#endif  // TESTS_UNIT_DETECTOR_STORY_H_
