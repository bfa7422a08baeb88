// Acceleration made for tests: falls, and what must not be taken for one.

#ifndef TESTS_UNIT_DETECTOR_FALL_SIGNALS_H_
#define TESTS_UNIT_DETECTOR_FALL_SIGNALS_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/random.h"

namespace veille::detector {

struct Sample {
  double x, y, z;
};

// Where the body is, as a function of time, in g: the size of what is felt and its tilt.
class Motion {
 public:
  explicit Motion(double rate_hz, uint64_t seed = 7) : rate_hz_(rate_hz), random_(seed) {}

  // Upright or as the last fall ended; `sway` is noise in g.
  Motion& Rest(double seconds, double sway = 0.03) {
    return Add(seconds, [&](double) { return 1 + Noise(sway); });
  }
  // Steps of `hz` and `swing` g: 1.8 and 0.3 walk, 2.7 and 1 jog; claps are 3 and 1.5.
  Motion& Steps(double seconds, double hz, double swing) {
    return Add(seconds, [&](double t) {
      return 1 + swing * std::sin(2 * 3.14159 * hz * t) + Noise(0.1 * swing);
    });
  }
  // Free fall, a blow of `peak_g` that rings out, and another posture. In the blow the limbs are
  // flung about: in recorded falls the mean of its 100 ms is a median 0.75 of its mean magnitude.
  Motion& Fall(double peak_g, double degrees) {
    const double before = tilt_, after = tilt_ + degrees * 0.0174533;
    Add(0.4, [&](double t) {
      tilt_ = before + 0.5 * (after - before) * t / 0.4;
      return 0.95 - 1.5 * t + Noise(0.05);
    });
    Add(0.15, [&](double t) {
      tilt_ = before + (after - before) * (0.5 + 0.5 * t / 0.15) + std::sin(2 * 3.14159 * 12 * t);
      return peak_g * (1 - 0.5 * t / 0.15) + Noise(0.3);
    });
    tilt_ = after;
    return Add(0.6,
               [&](double t) { return 1 + 0.4 * (1 - t / 0.6) * std::sin(40 * t) + Noise(0.1); });
  }
  // A blow in which the body stays as it is: sitting down hard, a hand on a table.
  Motion& Bump(double peak_g) {
    Add(0.3, [&](double) { return 0.85 + Noise(0.05); });
    Add(0.1, [&](double) { return peak_g + Noise(0.2); });
    return Add(0.4, [&](double t) { return 1 + 0.2 * (1 - t / 0.4) * std::sin(40 * t); });
  }
  // Irregular stirring of an arm or of a body on the floor.
  Motion& Stir(double seconds) {
    double until = 0, pull = 0;
    return Add(seconds, [&](double t) {
      if (t >= until) {
        until = t + 0.2 + random_.Unit();
        pull = random_.Unit() < 0.3 ? 0 : 1.1 * random_.Unit();
      }
      return 1 + Noise(pull);
    });
  }
  Motion& TurnBy(double degrees) {
    tilt_ += degrees * 0.0174533;
    return *this;
  }

  const std::vector<Sample>& samples() const { return samples_; }
  double rate_hz() const { return rate_hz_; }

  // As thousandths of g in axes turned by `turn`, limited to ±`range_g`.
  std::vector<int16_t> Pack(double range_g = 8, double turn = 0) const {
    std::vector<int16_t> packed;
    for (const Sample& sample : samples_) {
      const double axes[] = {sample.x * std::cos(turn) - sample.y * std::sin(turn),
                             sample.x * std::sin(turn) + sample.y * std::cos(turn), sample.z};
      for (const double axis : axes) {
        packed.push_back(
            static_cast<int16_t>(std::lround(std::clamp(axis, -range_g, range_g) * 1000)));
      }
    }
    return packed;
  }

 private:
  double Noise(double size) { return size * (random_.Unit() - 0.5); }
  template <typename Size>
  Motion& Add(double seconds, Size size_at) {
    const auto count = static_cast<int>(std::lround(seconds * rate_hz_));
    for (int i = 0; i < count; ++i) {
      const double size = size_at(i / rate_hz_);
      samples_.push_back({size * std::cos(tilt_), size * std::sin(tilt_), Noise(0.03)});
    }
    return *this;
  }

  const double rate_hz_;
  SeededRandom random_;
  double tilt_ = 0;
  std::vector<Sample> samples_;
};

}  // namespace veille::detector

#endif  // TESTS_UNIT_DETECTOR_FALL_SIGNALS_H_
