// Nanoseconds a sample of acceleration, decoding of the event included: fall_bench [SECONDS]
//
// An hour of a wrist that rests, walks and knocks about, in events of a second, at 10 to 200 Hz.

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/base/random.h"
#include "services/detector/core/rules/fall.h"
#include "services/domain/recordings/recording.h"

namespace veille {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::vector<std::string> MakeHour(int rate_hz) {
  SeededRandom random(1);
  std::vector<std::string> events;
  for (int second = 0; second < 3600; ++second) {
    const double swing = second % 300 < 100 ? 0.02 : 0.4;
    std::vector<int16_t> samples;
    for (int i = 0; i < rate_hz; ++i) {
      double size = 1 + swing * std::sin(11.3 * (second + static_cast<double>(i) / rate_hz));
      if (second % 20 == 7 && i < rate_hz / 8) size = 3;
      const double turn = second / 40 * 0.7;
      samples.push_back(static_cast<int16_t>(1000 * size * std::cos(turn)));
      samples.push_back(static_cast<int16_t>(1000 * size * std::sin(turn)));
      samples.push_back(static_cast<int16_t>(100 * random.Unit()));
    }
    events.push_back(domain::AccelerationEvent(absl::FromUnixSeconds(1'700'000'000 + second), "w",
                                               rate_hz, 8, samples)
                         .SerializeAsString());
  }
  return events;
}

void Measure(int rate_hz, double seconds) {
  const std::vector<std::string> hour = MakeHour(rate_hz);
  const detector::FallConfig config = detector::MakeFallConfig({}, care::v1::ROLE_WRIST);
  std::vector<detector::FallEvent> found;
  int64_t samples = 0;
  event::v1::Event event;
  const auto start = SteadyClock::now();
  double spent = 0;
  while (spent < seconds) {
    detector::FallDetector detector;
    for (const std::string& bytes : hour) {
      if (!event.ParseFromString(bytes)) std::abort();
      detector.Feed(config, event.event_time().seconds() * 1000000, event.acceleration().rate_hz(),
                    event.acceleration().samples_mg(), found);
    }
    samples += 3600 * rate_hz;
    spent = std::chrono::duration<double>(SteadyClock::now() - start).count();
  }
  std::printf("%4d Hz: %5.1f ns a sample, %zu concluded\n", rate_hz,
              spent * 1e9 / static_cast<double>(samples), found.size());
}

}  // namespace
}  // namespace veille

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  for (const int rate_hz : {10, 25, 50, 100, 200}) veille::Measure(rate_hz, seconds);
  return 0;
}
