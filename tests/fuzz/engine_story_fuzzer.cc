// Whole stories in several homes: events of the whole vocabulary from any device, early, late and
// repeated, with heartbeats, ticks, lost contact, restarts and changes of plan between. The engine
// must never fail, nor tell what nobody can know yet, nor grow without bound.
//
// The first byte chooses the home; then five bytes a step: what happens, which observation, which
// device, how much later (or earlier), and the seed of the values.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/check.h"
#include "services/detector/core/advance.h"
#include "services/domain/recordings/recording.h"
#include "tests/support/vocabulary.h"

namespace {

using veille::detector::Advance;
using veille::detector::Effects;
using veille::detector::HomePlan;
using veille::detector::HomeState;

constexpr int64_t kStart = 1'800'000'000;
constexpr std::size_t kStepBytes = 5;
// Devices of a home that are remembered, each with a name, and what waits to be put in order: 1,024
// events of up to about 100 bytes.
constexpr std::size_t kMostStateBytes = 256 << 10;

struct World {
  veille::care::v1::Home home;
  std::shared_ptr<const HomePlan> plan;
};

World MakeWorld(veille::care::v1::Home home) {
  World world;
  world.plan = *HomePlan::Compile(home);
  world.home = std::move(home);
  return world;
}

// A home of everything in two zones; with two people; the scripted evening's; one that has only a
// hub.
const std::vector<World>& Worlds() {
  static const auto* const worlds = [] {
    auto* made = new std::vector<World>();
    made->push_back(MakeWorld(veille::testing::HomeOfEverything("Europe/Paris")));
    made->push_back(MakeWorld(veille::testing::HomeOfEverything("Pacific/Chatham")));
    veille::care::v1::Home pair = veille::testing::HomeOfEverything("Europe/Paris");
    auto* second = pair.add_patients();
    *second = pair.patients(0);
    second->set_patient_id("second");
    pair.mutable_devices(9)->set_patient_id("second");
    made->push_back(MakeWorld(std::move(pair)));
    made->push_back(MakeWorld(veille::domain::SimulateEvening(1).home));
    made->push_back(MakeWorld(veille::domain::MakeHome("bare", "UTC")));
    return made;
  }();
  return *worlds;
}

class Story {
 public:
  explicit Story(std::size_t world) : world_(world), state_(*Worlds()[world].plan) {}

  void Step(const uint8_t* bytes) {
    // Mostly a little later; now and then a day, or back in time by as much.
    const int64_t steps[] = {0, 1, 20, 90, 400, 2000, 9000, 40000, 90000, -1, -30, -700, -8000};
    now_ += steps[bytes[3] % std::size(steps)];
    switch (bytes[0] % 16) {
      case 0:
        return Beat(bytes[2]);
      case 1:
        return Tick(false);
      case 2:
        return Tick(true);
      case 3:
        return Contact(bytes[2] % 2 == 0);
      case 4: {
        auto again = HomeState::Parse(state_.Serialize(), plan());
        VEILLE_CHECK(again.ok());
        again->set_baselines(state_.TakeBaselines());
        state_ = *std::move(again);
        return;
      }
      case 5:
        world_ = bytes[2] % Worlds().size();
        state_.Adapt(plan());
        return;
      default:
        return See(bytes);
    }
  }

  void Finish() {
    known_ += 100'000;
    now_ = std::max(now_, known_);
    Beat(0);
    Tick(false);
    VEILLE_CHECK(state_.Serialize().size() <= kMostStateBytes);
  }

 private:
  const HomePlan& plan() const { return *Worlds()[world_].plan; }

  veille::store::v1::Envelope Head() {
    veille::store::v1::Envelope envelope;
    envelope.set_format(1);
    envelope.set_home_id(Worlds()[world_].home.home_id());
    known_ = std::max(known_, now_);
    envelope.mutable_receive_time()->set_seconds(known_);
    return envelope;
  }
  std::string SourceOf(uint8_t byte) const {
    const auto& sources = Worlds()[world_].home.sources();
    return sources.Get(byte % sources.size()).source_id();
  }

  void See(const uint8_t* bytes) {
    static const std::vector<int> observations = veille::testing::Observations();
    const int observation = observations[bytes[1] % observations.size()];
    const auto& home = Worlds()[world_].home;
    veille::SeededRandom random(bytes[4]);
    std::string device_id = "stranger";
    if (bytes[2] >= 128) {
      if (home.devices_size() > 0)
        device_id = veille::testing::DeviceFor(observation, home, random).device_id();
    } else if (home.devices_size() > 0) {
      device_id = home.devices(bytes[2] % home.devices_size()).device_id();
    }
    veille::event::v1::EventBatch batch;
    *batch.add_events() = veille::testing::AnyEvent(
        observation, absl::FromUnixSeconds(now_) + absl::Milliseconds(bytes[4]), device_id, random);
    batch.mutable_events(0)->set_unchanged(bytes[4] % 7 == 0);
    batch.mutable_events(0)->set_test(bytes[4] % 31 == 0);
    batch.mutable_events(0)->set_device_sequence(bytes[4] % 5);
    auto envelope = Head();
    envelope.set_source_id(SourceOf(bytes[2]));
    envelope.set_batch("");
    // What is late is received late.
    known_ = std::max(known_, now_ + 1);
    Judge(envelope, &batch);
  }
  void Beat(uint8_t byte) {
    auto envelope = Head();
    envelope.set_source_id(SourceOf(byte));
    envelope.mutable_heartbeat();
    envelope.mutable_watermark()->set_seconds(now_);
    Judge(envelope, nullptr);
  }
  void Tick(bool resumed) {
    auto envelope = Head();
    envelope.mutable_tick()->set_resumed(resumed);
    Judge(envelope, nullptr);
    NextServerDeadline(plan(), state_);
  }
  void Contact(bool connected) {
    auto envelope = Head();
    envelope.set_source_id(SourceOf(0));
    envelope.mutable_contact()->set_connected(connected);
    Judge(envelope, nullptr);
  }
  void Judge(const veille::store::v1::Envelope& envelope,
             const veille::event::v1::EventBatch* batch) {
    Effects effects;
    Advance(plan(), state_, envelope, batch, effects);
    for (const auto& finding : effects.findings) {
      VEILLE_CHECK(finding.decide_time().seconds() <= known_ + 1);
      VEILLE_CHECK(!finding.alert_id().empty());
    }
  }

  std::size_t world_;
  HomeState state_;
  int64_t now_ = kStart;
  int64_t known_ = kStart;  // The newest that anybody has heard of.
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  Story story(data[0] % Worlds().size());
  for (std::size_t at = 1; at + kStepBytes <= size; at += kStepBytes) story.Step(data + at);
  story.Finish();
  return 0;
}
