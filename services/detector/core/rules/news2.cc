#include "services/detector/core/rules/news2.h"

#include <algorithm>
#include <cmath>

namespace veille::detector {

int ScoreRespiration(double per_minute) {
  const long value = std::lround(per_minute);
  if (value <= 8) return 3;
  if (value <= 11) return 1;
  if (value <= 20) return 0;
  return value <= 24 ? 2 : 3;
}

int ScoreSpo2(double percent) {
  const long value = std::lround(percent);
  if (value <= 91) return 3;
  if (value <= 93) return 2;
  return value <= 95 ? 1 : 0;
}

int ScoreSystolic(double mmhg) {
  const long value = std::lround(mmhg);
  if (value <= 90) return 3;
  if (value <= 100) return 2;
  if (value <= 110) return 1;
  return value <= 219 ? 0 : 3;
}

int ScorePulse(double per_minute) {
  const long value = std::lround(per_minute);
  if (value <= 40) return 3;
  if (value <= 50) return 1;
  if (value <= 90) return 0;
  if (value <= 110) return 1;
  return value <= 130 ? 2 : 3;
}

int ScoreTemperature(double celsius) {
  const long tenths = std::lround(celsius * 10);
  if (tenths <= 350) return 3;
  if (tenths <= 360) return 1;
  if (tenths <= 380) return 0;
  return tenths <= 390 ? 1 : 2;
}

PartialNews Score(const NewsMeasures& measures) {
  PartialNews news;
  const auto add = [&](const std::optional<double>& value, int (*score)(double)) {
    if (!value.has_value()) return;
    const int points = score(*value);
    ++news.measured;
    news.score += points;
    news.worst = std::max(news.worst, points);
  };
  add(measures.respiration, ScoreRespiration);
  add(measures.spo2, ScoreSpo2);
  add(measures.systolic, ScoreSystolic);
  add(measures.pulse, ScorePulse);
  add(measures.temperature, ScoreTemperature);
  return news;
}

}  // namespace veille::detector
