// Collects everything that is wrong, so that a reader mends it all at once. One thread.

#ifndef COMMON_CONFIG_FAULTS_H_
#define COMMON_CONFIG_FAULTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace veille::config {

class Faults {
 public:
  // `place` is "file:line:column" or another name of where; `field` a path such as
  // "rpc.tls.ca_file".
  void Add(const std::string& place, const std::string& field, const std::string& reason) {
    lines_.push_back(place + ": " + (field.empty() ? "" : field + ": ") + reason);
  }
  bool ok() const { return lines_.empty(); }
  const std::vector<std::string>& lines() const { return lines_; }
  // OK, or INVALID_ARGUMENT with a line each.
  absl::Status ToStatus() const {
    if (ok()) return absl::OkStatus();
    std::string text;
    for (const std::string& line : lines_) text += (text.empty() ? "" : "\n") + line;
    return absl::InvalidArgumentError(text);
  }

 private:
  std::vector<std::string> lines_;
};

}  // namespace veille::config

#endif  // COMMON_CONFIG_FAULTS_H_
