// Judges recorded acceleration: FOLDER/falls/<set>/recordings.csv and the files that it lists.
//
// A recording counts as detected when the engine's fall detector, with the default plan of its
// position, reaches SUSPECTED in it. "Soft" falls are the recorded ones with the moving part of
// their acceleration scaled down, per set, so that the median peak is 2.5 g: what falls of elderly
// people are like, of whom no fall is recorded.

#ifndef TESTS_EVAL_FALLS_H_
#define TESTS_EVAL_FALLS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "services/domain/recordings/recording.h"

namespace veille::eval {

struct ClipVerdict {
  std::string set, subject, group, position, activity;
  bool is_fall = false;
  bool held_out = true;  // The thresholds were not chosen on this subject.
  int64_t suspected = 0, confirmed = 0;
  bool soft_suspected = false;  // Of a fall.
  double hours = 0;
  double delay_s = -1;  // From the onset to SUSPECTED; −1 when one of them is not known.
};

struct FallResults {
  std::vector<ClipVerdict> clips;
  std::vector<std::string> unreadable;  // "set/file: reason".
};

// `split` is a file with set,subject of those on whom thresholds were chosen; it may be missing.
FallResults JudgeFalls(const std::string& folder, const std::string& split);

// Counted over some clips.
struct FallCounts {
  int64_t tp = 0, fn = 0, fp = 0, tn = 0;
  int64_t confirmed = 0, soft = 0;  // Falls.
  int64_t false_suspected = 0;      // Suspicions in recordings without a fall.
  double wear_hours = 0;            // Of recordings without a fall.
  std::vector<double> delays_s;
  void Add(const ClipVerdict& clip);
};

// The moving part of the acceleration, scaled; gravity stays. Exposed for tests.
void Soften(double scale, domain::Recording& recording);
// Every factor-th sample of an event.
void Thin(int factor, domain::Recording& recording);
// As of a sensor of this range.
void Limit(double range_g, domain::Recording& recording);
// The largest magnitude in g.
double PeakG(const domain::Recording& recording);

}  // namespace veille::eval

#endif  // TESTS_EVAL_FALLS_H_
