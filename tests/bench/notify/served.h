// A Redis (`appendfsync always`) and a notifier, each a process of its own, with homes of one
// person and one caregiver; alerts are put into the queue as the detector does.

#ifndef TESTS_BENCH_NOTIFY_SERVED_H_
#define TESTS_BENCH_NOTIFY_SERVED_H_

#include <functional>
#include <memory>
#include <string>

#include "veille/store/v1/finding.pb.h"

#include "tests/support/process.h"
#include "tests/support/redis_server.h"

namespace veille::bench {

class Served {
 public:
  // Homes "h0"… with a person each, whose only caregiver is "w0"…, who is told again after
  // `step_delay`.
  Served(int homes, absl::Duration step_delay);

  // Queues an emergency of a home. Its alert's id ends with "." and the number.
  void Queue(int home, std::size_t number);

  const std::string& address() const { return address_; }
  pid_t notifier_pid() const { return notifier_->pid(); }
  pid_t redis_pid() { return redis_.server().pid(); }
  // Seconds of processor that both have used.
  double Cpu();
  testing::RedisServer& redis() { return redis_; }

 private:
  testing::TempFolder folder_;
  testing::RedisServer redis_;
  std::string address_;
  std::unique_ptr<testing::Process> notifier_;
};

// The number that an alert's id ends with.
std::size_t NumberOf(const std::string& alert_id);

}  // namespace veille::bench

#endif  // TESTS_BENCH_NOTIFY_SERVED_H_
