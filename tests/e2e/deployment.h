// A whole deployment of real processes: Redis, gateway, detector, notifier. Any of them can be
// killed and comes back on the same address and data.

#ifndef TESTS_E2E_DEPLOYMENT_H_
#define TESTS_E2E_DEPLOYMENT_H_

#include <memory>
#include <string>
#include <vector>

#include "veille/care/v1/home.pb.h"
#include "veille/config/v1/config.pb.h"

#include "common/metrics/metrics.h"
#include "tests/support/process.h"
#include "tests/support/redis_server.h"

namespace veille::domain {
class Vault;
}  // namespace veille::domain

namespace veille::testing {

class Deployment {
 public:
  // `more` is merged into the configuration of every role. The gRPC servers listen on unix sockets,
  // since a port that is free now may be another's after a restart.
  explicit Deployment(const std::vector<care::v1::Home>& homes,
                      const config::v1::Config& more = config::v1::Config(),
                      const std::vector<std::string>& detector_flags = {});

  enum Role { kGateway = 0, kDetector = 1, kNotifier = 2 };
  static constexpr int kRoles = 3;

  void KillAndRestart(Role role);
  void KillAndRestartRedis();
  // Starts a role that has ended by itself; true when one had.
  bool Revive();
  // All stopped in good order; the exit codes.
  std::vector<int> Stop();

  std::string gateway_address() const { return gateway_address_; }
  std::string notifier_address() const { return notifier_address_; }
  RedisServer& redis() { return redis_; }
  Process& process(Role role) { return *processes_[static_cast<std::size_t>(role)]; }
  std::string Log(Role role) const;
  // -1 while it cannot be read.
  double Metric(Role role, const std::string& metric) const;
  // What is stored, with the keys of the roles. They share the Redis of the data.
  domain::Vault& vault();
  // Everything that Redis has: keys, fields, values and members, one string each.
  std::vector<std::string> Stored();
  // The answer of a role's /metrics.
  std::string Metrics(Role role) const;
  // For another process of the same deployment.
  const std::string& config_file() const { return config_file_; }
  const std::string& folder() const { return folder_.path(); }

 private:
  void WriteConfig(const config::v1::Config& more);

  TempFolder folder_;
  RedisServer redis_;
  std::string gateway_address_, notifier_address_, config_file_;
  std::vector<std::unique_ptr<Process>> processes_;
  metrics::Registry vault_metrics_;
  std::shared_ptr<domain::Vault> vault_;
};

}  // namespace veille::testing

#endif  // TESTS_E2E_DEPLOYMENT_H_
