// The National Early Warning Score, NEWS2 (Royal College of Physicians, 2017), of what was
// measured.
//
// Without every measure, consciousness and supplemental oxygen it is not NEWS2 but a part of it: it
// is called partial. What is missing is missing, and never scores 0.
//
// Pure; thread safe.

#ifndef SERVICES_DETECTOR_CORE_RULES_NEWS2_H_
#define SERVICES_DETECTOR_CORE_RULES_NEWS2_H_

#include <optional>

namespace veille::detector {

struct NewsMeasures {
  std::optional<double> respiration;  // A minute.
  std::optional<double> spo2;         // %, scale 1.
  std::optional<double> systolic;     // mmHg.
  std::optional<double> pulse;        // A minute.
  std::optional<double> temperature;  // °C.
};

// 0 to 3. The chart has whole numbers, and tenths of a degree: values are rounded to them.
int ScoreRespiration(double per_minute);
int ScoreSpo2(double percent);
int ScoreSystolic(double mmhg);
int ScorePulse(double per_minute);
int ScoreTemperature(double celsius);

struct PartialNews {
  int measured = 0;  // Of five.
  int score = 0;
  int worst = 0;  // The highest of one measure.
};
PartialNews Score(const NewsMeasures& measures);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_NEWS2_H_
