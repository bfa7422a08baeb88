// Travel patterns through the rooms of a recorded home, after Martino-Saltzman: direct, pacing
// (to and fro between two places), lapping (a circuit of three places or more), random (haphazard,
// through many places). Written from these definitions; knows nothing of the rules.
//
// The timing is the recording's own: a step takes as long as some recorded step between the same
// two rooms (between any two, where those were rarely seen), a motion sensor stays on as long as it
// once did, and a stay is as long as some recorded stay.

#ifndef TESTS_EVAL_INJECT_ROOMS_H_
#define TESTS_EVAL_INJECT_ROOMS_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

#include "common/base/random.h"
#include "services/domain/recordings/recording.h"

namespace veille::eval {

enum class Pattern { kDirect, kPacing, kLapping, kRandom };
inline constexpr Pattern kPatterns[] = {Pattern::kPacing, Pattern::kLapping, Pattern::kRandom,
                                        Pattern::kDirect};
std::string PatternName(Pattern pattern);

// How people move through a home's rooms that have motion sensors.
struct RoomTiming {
  struct Place {
    std::string room, device_id;
    std::vector<double> on_s;  // How long its sensor stayed on.
  };
  std::vector<Place> rooms;
  // Steps from one room to another that people walked through, 2 to 60 s.
  std::map<std::pair<int, int>, std::vector<double>> steps_s;
  std::vector<double> all_steps_s;
  std::vector<double> stays_s;  // Longer than 60 s.
};
RoomTiming TimingOf(const domain::Recording& recording);

struct RoomStep {
  double at_s = 0;  // When the room is entered.
  int room = 0;
};

// A walk of about `length_s`. Empty when the home has too few rooms for it: two for pacing and
// direct, three for lapping, four for random. A direct walk of that length is many: from a stay to
// another, each by the way that leads there.
std::vector<RoomStep> MakePattern(Pattern pattern, const RoomTiming& timing, double length_s,
                                  Random& random);

// What the motion sensors say of a walk that begins at `start`.
void AddMotion(const std::vector<RoomStep>& steps, const RoomTiming& timing, absl::Time start,
               Random& random, std::vector<event::v1::Event>& events);

}  // namespace veille::eval

#endif  // TESTS_EVAL_INJECT_ROOMS_H_
