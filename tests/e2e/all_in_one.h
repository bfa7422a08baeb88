// `veille all` on a folder of its own: every role in one process, with a redis-server of theirs.

#ifndef TESTS_E2E_ALL_IN_ONE_H_
#define TESTS_E2E_ALL_IN_ONE_H_

#include <memory>
#include <string>
#include <vector>

#include "veille/care/v1/home.pb.h"

#include "tests/support/process.h"

namespace veille::testing {

class AllInOne {
 public:
  // `config` is text that goes into its configuration file. HomeZero() when no homes are given. Not
  // started yet. Without TLS, as most tests speak; identity_test speaks it.
  explicit AllInOne(const std::string& config = "", std::vector<care::v1::Home> homes = {},
                    bool tls = false);

  // Before a start: other words in the configuration file.
  void Configure(const std::string& config);
  // Into its folder of homes, which it follows while it serves.
  void PutHome(const care::v1::Home& home) const;
  void PutHomeFile(const std::string& name, const std::string& text) const;
  Process& process() { return *process_; }

  std::string data() const { return folder_.path() + "/data"; }
  std::string gateway() const { return "unix:" + data() + "/gateway.sock"; }
  std::string notifier() const { return "unix:" + data() + "/notifier.sock"; }
  std::string Log() const;
  // All of /metrics; empty while it cannot be read.
  std::string Metrics() const;
  // -1 while it cannot be read.
  double Metric(const std::string& metric) const;

 private:
  const TempFolder folder_;
  const bool tls_;
  std::unique_ptr<Process> process_;
};

}  // namespace veille::testing

#endif  // TESTS_E2E_ALL_IN_ONE_H_
