// The report's part about walks: recorded ones, and those that were made of them.

#ifndef TESTS_EVAL_REPORT_WALKS_H_
#define TESTS_EVAL_REPORT_WALKS_H_

#include <string>
#include <vector>

#include "tests/eval/walks.h"

namespace veille::eval {

std::string WalksText(const std::vector<WalkSetVerdict>& walks,
                      const std::vector<MadeVerdict>& made);
std::string WalksJson(const std::vector<WalkSetVerdict>& walks);
std::string MadeWalksJson(const std::vector<MadeVerdict>& made);
std::string WalksHtml(const std::vector<WalkSetVerdict>& walks,
                      const std::vector<MadeVerdict>& made);

}  // namespace veille::eval

#endif  // TESTS_EVAL_REPORT_WALKS_H_
