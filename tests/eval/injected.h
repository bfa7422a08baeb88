// Judges what was injected: into recorded homes (inject_home.h), and as sequences of rooms
// (inject_rooms.h), a home for each.

#ifndef TESTS_EVAL_INJECTED_H_
#define TESTS_EVAL_INJECTED_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/eval/homes.h"
#include "tests/eval/inject_home.h"
#include "tests/eval/inject_rooms.h"

namespace veille::eval {

struct InjectedVerdict {
  std::string home, what, rule;
  bool is_rule = false;  // A care plan of this version has the rule.
  int64_t injected = 0, found = 0;
  std::vector<double> delays_s;  // From the beginning to the telling.
  // Alerts of the same rule elsewhere, over all variants' days.
  int64_t false_alerts = 0;
  double days = 0;
};
// One for each home and kind; with nothing injected where the home has no place for it.
std::vector<InjectedVerdict> JudgeInjected(const std::vector<RecordedHome>& homes);

// The rule that tells a pattern; "" for direct, which none tells.
std::string PatternRule(Pattern pattern);

// Of the sequences of one true pattern, how many were told as what.
struct PatternVerdict {
  std::string home;
  // By true pattern, then by what was told: "pacing", "lapping", "random", "pacing+lapping",
  // "none".
  std::map<std::string, std::map<std::string, int64_t>> told;
};
std::vector<PatternVerdict> JudgePatterns(const std::vector<RecordedHome>& homes, int sequences);

// Over all homes: sequences of the pattern told as it, and others not told as it. Direct is what no
// rule tells; where no rule tells random either, random counts as direct.
struct PatternCounts {
  int64_t tp = 0, fn = 0, fp = 0, tn = 0;
};
PatternCounts CountPattern(const std::vector<PatternVerdict>& verdicts, Pattern pattern);

}  // namespace veille::eval

#endif  // TESTS_EVAL_INJECTED_H_
