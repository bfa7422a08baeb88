// The figures that the project promises itself, beside what was counted: the first table of the
// report. What a folder says nothing of has no row.

#ifndef TESTS_EVAL_TARGETS_H_
#define TESTS_EVAL_TARGETS_H_

#include <string>
#include <vector>

#include "tests/eval/report.h"

namespace veille::eval {

struct TargetRow {
  std::string what, target, figure;
  bool met = false;
};
// Of subjects on whom nothing was tuned.
std::vector<TargetRow> CompareWithTargets(const Report& report);

std::string TargetsText(const std::vector<TargetRow>& rows);
std::string TargetsHtml(const std::vector<TargetRow>& rows);

}  // namespace veille::eval

#endif  // TESTS_EVAL_TARGETS_H_
