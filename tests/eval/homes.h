// Judges recorded homes: FOLDER/home/<home>. The residents are healthy: every alert is a false one.

#ifndef TESTS_EVAL_HOMES_H_
#define TESTS_EVAL_HOMES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "services/domain/recordings/recording.h"
#include "tests/eval/alerts.h"

namespace veille::eval {

// A home's recording, or why it has none.
struct RecordedHome {
  std::string name;
  absl::StatusOr<domain::Recording> recording;
};
std::vector<RecordedHome> ReadHomes(const std::string& folder);

struct HomeVerdict {
  std::string home;
  std::string fault;  // Why it could not be judged; empty when it was.
  std::string zone;
  double days = 0;
  uint64_t events = 0, bad_lines = 0;
  std::vector<std::string> examples_of_bad_lines;
  // Each alert, and what labels.csv says that the person did when it was first told; "" when it
  // says nothing of that time.
  std::vector<std::pair<Alert, std::string>> told;

  // Alerts by rule and by the highest severity that each reached.
  std::map<std::string, std::map<std::string, int64_t>> ByRule() const;
  int64_t Urgent() const;                         // HIGH or MEDIUM.
  int64_t Urgent(const std::string& rule) const;  // The same, of one rule.
  double Weeks() const { return days / 7; }
};

// `folder` is the whole layout's: the labels are beside the recordings.
std::vector<HomeVerdict> JudgeHomes(const std::string& folder,
                                    const std::vector<RecordedHome>& homes);

}  // namespace veille::eval

#endif  // TESTS_EVAL_HOMES_H_
