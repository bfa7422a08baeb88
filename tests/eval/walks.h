// Judges recorded walks: FOLDER/gps/<set>.
//
// Fixes of unknown accuracy are taken as accurate to 15 m. Each walk is replayed twice: with the
// reader's zone (500 m around the first fix), and with a zone whose edge runs 50 m beside the walk.
// The second is never left, so every exit there is a flap. A history (kind "history": months of one
// person) is no walk and has no such zone. Nobody in them was lost: every DISORIENTATION is false.
//
// Walks of people who are lost are made of the set's walks: see inject_walks.h.

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
  int64_t recordings = 0;
  std::vector<std::string> unreadable;  // Why.
  uint64_t bad_lines = 0;
  double hours = 0;  // With fixes: gaps of more than ten minutes are left out.
  int64_t disorientation_alerts = 0, geofence_exits = 0;
  int64_t fenced = 0, flaps = 0;  // Walks with a zone beside, and exits from it.
  // Walks whose edge flapped: "file: n".
  std::vector<std::string> flapping;
  // Walks, and those with a disorientation alert, by what the recording says of them.
  std::map<std::string, std::pair<int64_t, int64_t>> by_truth;
  // The same of the walks of people on whom nothing was tuned.
  int64_t held_out = 0, held_out_told = 0;
};

// `split`: see split.h; without one, nobody was tuned on.
std::vector<WalkSetVerdict> JudgeWalks(const std::string& folder, const std::string& split = "");

// Walks that were made, by pattern; direct ones must not be told.
struct MadeVerdict {
  std::string set, pattern;
  int64_t made = 0, told = 0;
  int64_t told_before = 0;       // While the person was not lost yet.
  std::vector<double> delays_s;  // From when the person was lost.
};
// Of the walks of people on whom nothing was tuned.
std::vector<MadeVerdict> JudgeMadeWalks(const std::string& folder, int walks,
                                        const std::string& split = "");

// Corners of the narrowest convex zone whose edge leaves 50 m beside the walk everywhere; empty
// when too few fixes are accurate, or when it would have more than 100. Exposed for tests.
std::vector<std::pair<double, double>> ZoneBeside(const domain::Recording& recording);

}  // namespace veille::eval

#endif  // TESTS_EVAL_WALKS_H_
