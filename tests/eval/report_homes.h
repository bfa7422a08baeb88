// The report's part about recorded homes.

#ifndef TESTS_EVAL_REPORT_HOMES_H_
#define TESTS_EVAL_REPORT_HOMES_H_

#include <string>
#include <vector>

#include "tests/eval/homes.h"

namespace veille::eval {

std::string HomesText(const std::vector<HomeVerdict>& homes);
std::string HomesJson(const std::vector<HomeVerdict>& homes);
std::string HomesHtml(const std::vector<HomeVerdict>& homes);

}  // namespace veille::eval

#endif  // TESTS_EVAL_REPORT_HOMES_H_
