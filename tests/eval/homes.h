// Judges recorded homes: FOLDER/home/<home>. The residents are healthy: every alert is a false one.

#ifndef TESTS_EVAL_HOMES_H_
#define TESTS_EVAL_HOMES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace veille::eval {

struct HomeVerdict {
  std::string home;
  std::string fault;  // Why it could not be judged; empty when it was.
  double days = 0;
  uint64_t events = 0, bad_lines = 0;
  // Alerts by rule and by the highest severity that each reached.
  std::map<std::string, std::map<std::string, int64_t>> alerts;
  int64_t Urgent() const;  // HIGH or MEDIUM.
};

std::vector<HomeVerdict> JudgeHomes(const std::string& folder);

}  // namespace veille::eval

#endif  // TESTS_EVAL_HOMES_H_
