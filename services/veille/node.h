// What every server process has: configuration, clock, homes, metrics, the deployment's Redis.

#ifndef SERVICES_VEILLE_NODE_H_
#define SERVICES_VEILLE_NODE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "veille/config/v1/config.pb.h"
#include "veille/store/v1/finding.pb.h"

#include "common/metrics/http_server.h"
#include "common/metrics/metrics.h"
#include "common/redis/endpoint.h"
#include "common/redis/pipelined_client.h"
#include "common/time/clock.h"
#include "services/domain/live_registry.h"
#include "services/domain/vault/vault.h"

namespace veille {

struct Node {
  config::v1::Config config;
  std::shared_ptr<const Clock> clock;
  domain::LiveRegistry registry;
  redis::Endpoint endpoint;
  int partitions = 0;
  std::string instance_id;
  metrics::Registry metrics;
  std::shared_ptr<domain::Vault> vault = domain::Vault::InTheClear();
  std::unique_ptr<metrics::HttpServer> http;
};

// The configured clock.
absl::StatusOr<std::shared_ptr<const Clock>> MakeClock(const config::v1::Config& config);

// Connects, checks Redis' settings and the deployment record. Waits up to `patience` for a Redis
// that is still starting.
absl::Status JoinDeployment(Node& node, absl::Duration patience);

// Watches that Redis stays the one of this deployment: one that comes back empty (a lost volume, a
// FLUSHALL) must not be filled as if it were new. One thread.
class DeploymentGuard {
 public:
  explicit DeploymentGuard(const Node& node);
  ~DeploymentGuard();
  // Why this process must not go on; OK also while Redis is away. Blocks for the client's time-out
  // at most.
  absl::Status Check();
  // Queues a finding for the operators.
  absl::Status TellOperators(const store::v1::Finding& finding);

 private:
  const int partitions_;
  const std::unique_ptr<redis::PipelinedClient> client_;
};

// `veille init`: makes the deployment record. ALREADY_EXISTS counts as done.
absl::Status InitDeployment(const config::v1::Config& config, const redis::Endpoint& endpoint,
                            absl::Time now);

}  // namespace veille

#endif  // SERVICES_VEILLE_NODE_H_
