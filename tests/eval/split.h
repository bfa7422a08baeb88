// Whose recordings thresholds and weights were chosen on, and whose only reported on.

#ifndef TESTS_EVAL_SPLIT_H_
#define TESTS_EVAL_SPLIT_H_

#include <set>
#include <string>
#include <utility>

namespace veille::eval {

class Split {
 public:
  void Add(const std::string& set, const std::string& subject) { tuned_on_.insert({set, subject}); }
  bool IsTunedOn(const std::string& set, const std::string& subject) const {
    return tuned_on_.count({set, subject}) > 0;
  }

 private:
  std::set<std::pair<std::string, std::string>> tuned_on_;
};

// Of a file with the columns set,subject: those tuned on. Without the file, or without their row,
// nobody was.
Split ReadSplit(const std::string& path);

}  // namespace veille::eval

#endif  // TESTS_EVAL_SPLIT_H_
