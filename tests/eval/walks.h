// Judges recorded walks: FOLDER/gps/<set>.
//
// Fixes of unknown accuracy are taken as accurate to 15 m. Each walk is replayed twice: with the
// reader's zone (500 m around the first fix), and with a zone whose edges run 50 m beside the walk.
// The second is never left, so every exit there is a flap.

#ifndef TESTS_EVAL_WALKS_H_
#define TESTS_EVAL_WALKS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "services/domain/recordings/recording.h"

namespace veille::eval {

struct WalkSetVerdict {
  std::string set;
  int64_t recordings = 0, unreadable = 0;
  double hours = 0;
  int64_t disorientation_alerts = 0, geofence_exits = 0, flaps = 0;
  // Walks, and those with a disorientation alert, by what the recording says of them.
  std::map<std::string, std::pair<int64_t, int64_t>> by_truth;
};

std::vector<WalkSetVerdict> JudgeWalks(const std::string& folder);

// Corners of a rectangle along the walk, 50 m wider than it on every side; empty when too few fixes
// are accurate. Exposed for tests.
std::vector<std::pair<double, double>> ZoneBeside(const domain::Recording& recording);

}  // namespace veille::eval

#endif  // TESTS_EVAL_WALKS_H_
