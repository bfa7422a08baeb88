// What an event costs the rule engine, by kind of observation, with every rule on: nanoseconds, and
// how many times what a loop costs that only walks the same events.
//   engine_bench [--benchmark_filter=motion]
//
// One home with a device of every role, an event every two seconds, batches of fifty, a heartbeat
// after each: as a hub sends a busy day. An acceleration event is a second of 25 samples.

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

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

constexpr char kJudged[] = "judged/", kWalked[] = "walked/";

void MeasureJudged(benchmark::State& run, int observation) {
  const care::v1::Home home = testing::HomeOfEverything("Europe/Paris");
  const auto plan = *HomePlan::Compile(home);
  const std::vector<Sent> day = MakeDay(observation, home);
  for (auto _ : run) Judge(*plan, day);
}

void MeasureWalked(benchmark::State& run, int observation) {
  const auto day = MakeDay(observation, testing::HomeOfEverything("Europe/Paris"));
  for (auto _ : run) benchmark::DoNotOptimize(Walk(day));
}

// One line for each kind of observation. By CPU time, so that a busy machine does not matter.
class RatioReporter : public benchmark::ConsoleReporter {
 public:
  bool ReportContext(const Context&) override {
    std::printf("%-20s %12s %12s %10s\n", "observation", "ns an event", "ns walked", "ratio");
    return true;
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      const std::string name = run.benchmark_name();
      const double ns = run.cpu_accumulated_time * 1e9 /
                        (static_cast<double>(run.iterations) * kBatches * kEventsPerBatch);
      if (name.rfind(kWalked, 0) == 0) {
        walked_ns_ = ns;
      } else {
        std::printf("%-20s %12.1f %12.2f %10.1f\n", name.substr(sizeof(kJudged) - 1).c_str(), ns,
                    walked_ns_, ns / walked_ns_);
      }
    }
    std::fflush(stdout);
  }

 private:
  double walked_ns_ = 0;
};

}  // namespace
}  // namespace veille::detector

int main(int argc, char** argv) {
  namespace detector = veille::detector;
  for (const int observation : veille::testing::Observations()) {
    const std::string name = veille::testing::ObservationName(observation);
    // Walked first: the reporter needs it for the ratio.
    benchmark::RegisterBenchmark(
        (detector::kWalked + name).c_str(),
        [observation](benchmark::State& run) { detector::MeasureWalked(run, observation); });
    benchmark::RegisterBenchmark(
        (detector::kJudged + name).c_str(),
        [observation](benchmark::State& run) { detector::MeasureJudged(run, observation); });
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  detector::RatioReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  return 0;
}
