// Prometheus Alertmanager as a process, with one group an alert and no waiting, and the webhook
// that it delivers to.

#ifndef TESTS_BENCH_NOTIFY_ALERTMANAGER_H_
#define TESTS_BENCH_NOTIFY_ALERTMANAGER_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"

#include "common/sync/worker.h"
#include "tests/support/process.h"

namespace veille::bench {

// OK when it is installed; else how to install it.
absl::Status CheckAlertmanager();

// Answers each POST with 200 on loopback, one thread for all connections.
class Webhook {
 public:
  // Called with the body of each request, on the webhook's thread.
  explicit Webhook(std::function<void(const std::string& body)> on_call);
  ~Webhook();
  int port() const { return port_; }

 private:
  void Serve();
  // False when the connection is over.
  bool Read(int fd, std::string& buffer);

  const std::function<void(const std::string&)> on_call_;
  int listener_ = -1, epoll_ = -1, port_ = 0;
  std::atomic<bool> stopping_{false};
  std::map<int, std::string> buffers_;  // What has come of the next request, by connection.
  Worker thread_;
};

class Alertmanager {
 public:
  explicit Alertmanager(int webhook_port);
  ~Alertmanager();

  // Sends the alerts from `first` to before `last` in one call, as Prometheus does.
  void Post(std::size_t first, std::size_t last);
  double Cpu() const;

 private:
  testing::TempFolder folder_;
  const int port_;
  std::unique_ptr<testing::Process> process_;
  int socket_ = -1;
};

// The number of the alert that a webhook was called with.
std::size_t NumberInWebhook(const std::string& body);

}  // namespace veille::bench

#endif  // TESTS_BENCH_NOTIFY_ALERTMANAGER_H_
