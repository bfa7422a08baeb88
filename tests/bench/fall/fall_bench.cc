// Nanoseconds of processor time a sample of acceleration, decoding of the event included:
// fall_bench [SECONDS [FOLDER]]
//
// A wrist's hour in events of a second, at 10 to 200 Hz: of an ordinary day (mostly rest, 8 min of
// walking, some gestures and knocks), and of walking alone. With FOLDER, its falls/* as recorded.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/base/random.h"
#include "services/detector/core/rules/fall.h"
#include "services/domain/recordings/readers.h"
#include "services/domain/recordings/recording.h"

namespace veille {
namespace {

// What one detector is fed.
struct Stream {
  care::v1::Role role = care::v1::ROLE_WRIST;
  std::vector<std::string> events;
  int64_t samples = 0;
};

// Other people's work on the machine does not count.
double ProcessorSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

enum class Doing { kRest, kGesture, kWalk };

// By minutes: 8 of 60 walked, 10 with gestures, the others at rest.
Doing DoingIn(int second) {
  const int minute = second / 60;
  if (minute % 15 == 3 || minute % 15 == 4) return Doing::kWalk;
  return minute % 6 == 0 ? Doing::kGesture : Doing::kRest;
}

// The arm's magnitude in g, before noise.
double SizeAt(Doing doing, double time_s, double stride) {
  switch (doing) {
    case Doing::kRest:
      return 1;
    case Doing::kGesture:
      return 1 + 0.25 * std::sin(4.1 * time_s) * std::sin(0.9 * time_s);
    case Doing::kWalk:
      // A step and its echo, 1.8 a second; no two are alike.
      return 1 + stride * (0.35 * std::sin(11.3 * time_s) + 0.15 * std::sin(22.6 * time_s + 1));
  }
  return 1;
}

Stream MakeHour(int rate_hz, bool walking) {
  SeededRandom random(1);
  Stream stream;
  double stride = 1;
  for (int second = 0; second < 3600; ++second) {
    const Doing doing = walking ? Doing::kWalk : DoingIn(second);
    const bool knock = doing == Doing::kGesture && second % 60 == 27;
    stride = 0.7 + 0.6 * random.Unit();
    std::vector<int16_t> samples;
    for (int i = 0; i < rate_hz; ++i) {
      const double time_s = second + static_cast<double>(i) / rate_hz;
      const double turn = doing == Doing::kRest ? second / 300 : 0.4 * std::sin(2.9 * time_s);
      double size = SizeAt(doing, time_s, stride);
      if (knock && i <= rate_hz / 25) size = 3;
      size += 0.01 * random.Unit();
      samples.push_back(static_cast<int16_t>(1000 * size * std::cos(turn)));
      samples.push_back(static_cast<int16_t>(1000 * size * std::sin(turn)));
      samples.push_back(static_cast<int16_t>(100 * random.Unit()));
    }
    stream.events.push_back(domain::AccelerationEvent(absl::FromUnixSeconds(1'700'000'000 + second),
                                                      "watch", rate_hz, 8, samples)
                                .SerializeAsString());
  }
  stream.samples = 3600 * rate_hz;
  return stream;
}

// The clips of a set, one stream each, by whether they are falls.
std::map<bool, std::vector<Stream>> ReadSet(const std::string& folder) {
  std::map<bool, std::vector<Stream>> streams;
  domain::ReadReport report;
  const auto clips = domain::ListClips(folder, report);
  if (!clips.ok()) return streams;
  for (const domain::Clip& clip : *clips) {
    const auto recording = domain::ReadClip(clip);
    if (!recording.ok()) continue;
    Stream stream;
    if (clip.position != "wrist") stream.role = care::v1::ROLE_WAIST;
    for (const event::v1::Event& event : recording->events) {
      stream.samples += static_cast<int64_t>(event.acceleration().samples_mg().size() / 6);
      stream.events.push_back(event.SerializeAsString());
    }
    streams[clip.label == "fall"].push_back(std::move(stream));
  }
  return streams;
}

void Measure(const std::string& name, const std::vector<Stream>& streams, double seconds) {
  std::vector<detector::FallEvent> found;
  const detector::FallConfig wrist = detector::MakeFallConfig({}, care::v1::ROLE_WRIST);
  const detector::FallConfig waist = detector::MakeFallConfig({}, care::v1::ROLE_WAIST);
  int64_t samples = 0, rounds = 0;
  event::v1::Event event;
  const double start = ProcessorSeconds();
  double spent = 0;
  while (spent < seconds) {
    for (const Stream& stream : streams) {
      const auto& config = stream.role == care::v1::ROLE_WRIST ? wrist : waist;
      detector::FallDetector detector;
      for (const std::string& bytes : stream.events) {
        if (!event.ParseFromString(bytes)) std::abort();
        detector.Feed(config,
                      event.event_time().seconds() * 1000000 + event.event_time().nanos() / 1000,
                      event.acceleration().rate_hz(), event.acceleration().samples_mg(), found);
        // A fall that was told, and the person helped up.
        if (!found.empty() && found.back().kind == detector::FallEvent::Kind::kStill)
          detector.Forget();
      }
      samples += stream.samples;
    }
    ++rounds;
    spent = ProcessorSeconds() - start;
  }
  std::printf("%-32s %5.1f ns a sample, %zu concluded\n", name.c_str(),
              spent * 1e9 / static_cast<double>(std::max<int64_t>(samples, 1)),
              found.size() / static_cast<std::size_t>(std::max<int64_t>(rounds, 1)));
}

void MeasureFolder(const std::string& folder, double seconds) {
  std::error_code ignored;
  std::vector<std::filesystem::path> sets;
  for (const auto& set : std::filesystem::directory_iterator(folder + "/falls", ignored))
    if (std::filesystem::exists(set.path() / "recordings.csv")) sets.push_back(set.path());
  std::sort(sets.begin(), sets.end());
  for (const auto& set : sets) {
    for (const auto& [fall, streams] : ReadSet(set.string()))
      Measure(set.filename().string() + (fall ? ", falls" : ", daily"), streams, seconds);
  }
}

}  // namespace
}  // namespace veille

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  for (const bool walking : {false, true}) {
    for (const int rate_hz : {10, 25, 50, 100, 200}) {
      veille::Measure(std::to_string(rate_hz) + (walking ? " Hz, walking" : " Hz, an ordinary day"),
                      {veille::MakeHour(rate_hz, walking)}, seconds);
    }
  }
  if (argc > 2) veille::MeasureFolder(argv[2], seconds);
  return 0;
}
