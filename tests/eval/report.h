// The evaluation's report: text, JSON and one HTML page with plots. Every number is counted.

#ifndef TESTS_EVAL_REPORT_H_
#define TESTS_EVAL_REPORT_H_

#include <string>
#include <vector>

#include "tests/eval/falls.h"
#include "tests/eval/homes.h"
#include "tests/eval/injected.h"
#include "tests/eval/walks.h"

namespace veille::eval {

struct Report {
  std::string folder;
  FallResults falls;
  std::vector<HomeVerdict> homes;
  std::vector<InjectedVerdict> injected;
  std::vector<PatternVerdict> patterns;
  std::vector<WalkSetVerdict> walks;
  std::vector<MadeVerdict> made_walks;
};

std::string ToText(const Report& report);
std::string ToJson(const Report& report);
std::string ToHtml(const Report& report);

}  // namespace veille::eval

#endif  // TESTS_EVAL_REPORT_H_
