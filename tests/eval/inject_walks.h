// Walks of somebody who is lost, made of recorded ones: their fixes in time, the speed, the
// accuracy and the error of each fix are of recorded walks, one after another; only the way is laid
// anew. Written from the definitions of Martino-Saltzman and of Lin's θ_WD; knows nothing of the
// rule.
//
//   pacing   to and fro between two points 40 to 150 m apart
//   lapping  round a block with sides of 40 to 120 m
//   random   legs of 20 to 100 m, each after a turn of 90° to 180° to either side
//   direct   for control: through a grid of streets, turning now and then, always onwards
//
// Each begins with ten minutes of purposeful walking.

#ifndef TESTS_EVAL_INJECT_WALKS_H_
#define TESTS_EVAL_INJECT_WALKS_H_

#include <vector>

#include "absl/time/time.h"

#include "common/base/random.h"
#include "services/domain/recordings/recording.h"
#include "tests/eval/inject_rooms.h"

namespace veille::eval {

// One fix of a recorded walk: how long after the one before, how far along the way since then, and
// how wrong. The way itself is a line fitted to the fixes of 20 s before and after.
struct FixStep {
  double after_s = 0, walked_m = 0;
  double east_error_m = 0, north_error_m = 0;
  float accuracy_m = 0;  // 0: not said.
};
// Empty for a walk that says too little: fewer than 20 fixes, or gaps of more than two minutes.
std::vector<FixStep> StepsOf(const domain::Recording& walk);

struct MadeWalk {
  domain::Recording recording;
  absl::Time lost_from;  // When the purposeful walking ended.
};
// `like` gives the home and the place; `pool` is not empty.
MadeWalk MakeWalk(Pattern pattern, const domain::Recording& like,
                  const std::vector<std::vector<FixStep>>& pool, Random& random);

}  // namespace veille::eval

#endif  // TESTS_EVAL_INJECT_WALKS_H_
