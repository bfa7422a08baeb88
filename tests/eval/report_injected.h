// The report's part about what was injected into recorded homes, and about sequences of rooms.

#ifndef TESTS_EVAL_REPORT_INJECTED_H_
#define TESTS_EVAL_REPORT_INJECTED_H_

#include <string>
#include <vector>

#include "tests/eval/injected.h"

namespace veille::eval {

std::string InjectedText(const std::vector<InjectedVerdict>& injected,
                         const std::vector<PatternVerdict>& patterns);
std::string InjectedJson(const std::vector<InjectedVerdict>& injected);
std::string PatternsJson(const std::vector<PatternVerdict>& patterns);
std::string InjectedHtml(const std::vector<InjectedVerdict>& injected,
                         const std::vector<PatternVerdict>& patterns);

}  // namespace veille::eval

#endif  // TESTS_EVAL_REPORT_INJECTED_H_
