// Puts into a recorded home what its healthy resident never did, and says what, when, and which
// rule should tell it. Written from the literature's definitions; knows nothing of how the rules
// judge.
//
//   night exit   the exit door opens between 22 and 06 while the person is at home and the home has
//                been quiet; nobody inside for 20 to 60 min; then back and to bed
//   pacing       to and fro between two rooms for 4 to 10 min
//   lapping      round a circuit of three or four rooms for 4 to 10 min
//   no morning   the person stays in bed until well after the usual waking; check-ins go on
//   bathroom     40 to 90 min in the bathroom after it was entered, every second time without
//                another movement
//
// What the person did meanwhile in the recording is taken out; sensors whose state it would have
// changed change at the end. Timing comes from the recording (see inject_rooms.h).

#ifndef TESTS_EVAL_INJECT_HOME_H_
#define TESTS_EVAL_INJECT_HOME_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "services/domain/recordings/recording.h"

namespace veille::eval {

enum class Injection { kNightExit, kPacing, kLapping, kNoMorning, kBathroomLong };
inline constexpr Injection kInjections[] = {Injection::kNightExit, Injection::kPacing,
                                            Injection::kLapping, Injection::kNoMorning,
                                            Injection::kBathroomLong};
std::string InjectionName(Injection injection);
// The rule that should tell it.
std::string RuleOf(Injection injection);

// It is found when its rule is told within these.
struct Truth {
  absl::Time from, until;
};

struct InjectedHome {
  domain::Recording recording;
  std::vector<Truth> truth;  // In order of time; empty where the home has no place for it.
};

// A recording has many opportunities for each: variant v of n takes the v-th, the (v+n)-th and so
// on, so that n variants use each once and no day is full of them.
InjectedHome Inject(const domain::Recording& home, Injection injection, int variant, int variants,
                    uint64_t seed);

}  // namespace veille::eval

#endif  // TESTS_EVAL_INJECT_HOME_H_
