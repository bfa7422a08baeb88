// What an event costs the rule engine, by kind of observation, with every rule on: nanoseconds, and
// how many times what a loop costs that only walks the same events.
//   engine_bench [--benchmark_filter=motion]
//
// One home with a device of every role, an event every two seconds, batches of fifty, a heartbeat
// after each: as a hub sends a busy day. An acceleration event is a second of 25 samples.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "common/time/clock.h"
#include "services/detector/core/advance.h"
#include "tests/support/vocabulary.h"

namespace veille::detector {
namespace {

constexpr int kBatches = 200, kEventsPerBatch = 50;
constexpr absl::Duration kBetween = absl::Seconds(2);
// A winter's afternoon: no night rule is favoured or spared for the whole run.
const absl::Time kStart = absl::FromUnixSeconds(1768399200);

struct Sent {
  event::v1::EventBatch events;
  store::v1::Envelope batch, beat;
};

void SetTime(absl::Time time, google::protobuf::Timestamp& stamp) {
  stamp.set_seconds(absl::ToUnixSeconds(time));
}

std::vector<Sent> MakeDay(int observation, const care::v1::Home& home) {
  SeededRandom random(1);
  std::vector<Sent> day(kBatches);
  absl::Time at = kStart;
  for (Sent& sent : day) {
    for (int i = 0; i < kEventsPerBatch; ++i, at += kBetween) {
      *sent.events.add_events() = testing::AnyEvent(
          observation, at, testing::DeviceFor(observation, home, random).device_id(), random);
    }
    for (store::v1::Envelope* envelope : {&sent.batch, &sent.beat}) {
      envelope->set_format(1);
      envelope->set_home_id(home.home_id());
      envelope->set_source_id(home.sources(0).source_id());
      SetTime(at + absl::Seconds(1), *envelope->mutable_receive_time());
      SetTime(at, *envelope->mutable_watermark());
    }
    sent.batch.set_batch("");
    sent.beat.mutable_heartbeat();
  }
  return day;
}

void Judge(const HomePlan& plan, const std::vector<Sent>& day) {
  HomeState state(plan);
  Effects effects;
  for (const Sent& sent : day) {
    Advance(plan, state, sent.batch, &sent.events, effects);
    Advance(plan, state, sent.beat, nullptr, effects);
    // What the detector does with findings is not the engine's cost.
    effects.Clear();
  }
  benchmark::DoNotOptimize(state.record().newest_us());
}

int64_t Walk(const std::vector<Sent>& day) {
  int64_t sum = 0;
  for (const Sent& sent : day) {
    for (const event::v1::Event& event : sent.events.events()) {
      sum += event.event_time().seconds() + event.observation_case() +
             static_cast<int64_t>(event.device_id().size());
    }
  }
  return sum;
}

double NanosPerEventOfWalking(const std::vector<Sent>& day) {
  constexpr int kRounds = 50;
  benchmark::DoNotOptimize(Walk(day));
  const absl::Duration start = MonotonicNow();
  for (int i = 0; i < kRounds; ++i) benchmark::DoNotOptimize(Walk(day));
  return absl::ToDoubleNanoseconds(MonotonicNow() - start) /
         (double{kRounds} * kBatches * kEventsPerBatch);
}

void Measure(benchmark::State& run, int observation) {
  const care::v1::Home home = testing::HomeOfEverything("Europe/Paris");
  const auto plan = *HomePlan::Compile(home);
  const std::vector<Sent> day = MakeDay(observation, home);
  const double walk_ns = NanosPerEventOfWalking(day);
  const absl::Duration start = MonotonicNow();
  for (auto _ : run) Judge(*plan, day);
  const double judge_ns = absl::ToDoubleNanoseconds(MonotonicNow() - start) /
                          (static_cast<double>(run.iterations()) * kBatches * kEventsPerBatch);
  run.counters["ns_per_event"] = judge_ns;
  run.counters["ns_walked"] = walk_ns;
  run.counters["ratio"] = judge_ns / walk_ns;
}

}  // namespace
}  // namespace veille::detector

int main(int argc, char** argv) {
  for (const int observation : veille::testing::Observations()) {
    benchmark::RegisterBenchmark(
        veille::testing::ObservationName(observation).c_str(),
        [observation](benchmark::State& run) { veille::detector::Measure(run, observation); })
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
