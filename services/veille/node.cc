#include "services/veille/node.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "common/redis/check_settings.h"
#include "common/redis/pipelined_client.h"
#include "services/domain/deployment.h"
#include "services/domain/keys.h"

namespace veille {
namespace {

using config::v1::Config;

redis::SettingsPolicy PolicyOf(const Config& config) {
  redis::SettingsPolicy policy;
  if (config.redis().appendfsync() == "everysec") policy.appendfsync = redis::Fsync::kEverySecond;
  return policy;
}

std::unique_ptr<redis::PipelinedClient> Connect(const redis::Endpoint& endpoint) {
  redis::PipelinedClient::Options options;
  options.endpoint = endpoint;
  options.name = "veille-start";
  return std::make_unique<redis::PipelinedClient>(std::move(options));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Clock>> MakeClock(const Config& config) {
  if (!config.has_scaled_clock()) return std::make_shared<SystemClock>();
  absl::Time start;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, config.scaled_clock().start(), &start, &error))
    return absl::InvalidArgumentError("scaled_clock.start: " + error);
  return std::make_shared<ScaledClock>(start, config.scaled_clock().speed());
}

absl::Status JoinDeployment(Node& node, absl::Duration patience) {
  const auto client = Connect(node.endpoint);
  VEILLE_RETURN_IF_ERROR(client->WaitConnected(patience));
  VEILLE_RETURN_IF_ERROR(redis::CheckSettings(*client, PolicyOf(node.config)));
  VEILLE_ASSIGN_OR_RETURN(
      node.partitions,
      domain::CheckDeployment(*client, static_cast<int>(node.config.redis().partitions())));
  return absl::OkStatus();
}

DeploymentGuard::DeploymentGuard(const Node& node)
    : partitions_(node.partitions), client_(Connect(node.endpoint)) {}
DeploymentGuard::~DeploymentGuard() = default;

absl::Status DeploymentGuard::Check() {
  if (!client_->connected()) return absl::OkStatus();
  const absl::Status status = domain::CheckDeployment(*client_, partitions_).status();
  const bool wrong =
      absl::IsNotFound(status) || absl::IsFailedPrecondition(status) || absl::IsDataLoss(status);
  return wrong ? status : absl::OkStatus();
}

absl::Status DeploymentGuard::TellOperators(const store::v1::Finding& finding) {
  const int partition = domain::PartitionOf(domain::kOperatorHome, partitions_);
  return client_
      ->CommandSync({"XADD", domain::QueueKey(partition), "*", "f", finding.SerializeAsString()})
      .status();
}

absl::Status InitDeployment(const Config& config, const redis::Endpoint& endpoint, absl::Time now) {
  const auto client = Connect(endpoint);
  VEILLE_RETURN_IF_ERROR(client->WaitConnected(absl::Seconds(10)));
  VEILLE_RETURN_IF_ERROR(redis::CheckSettings(*client, PolicyOf(config)));
  const int partitions = config.redis().partitions() == 0
                             ? domain::kDefaultPartitions
                             : static_cast<int>(config.redis().partitions());
  const absl::Status made = domain::CreateDeployment(*client, partitions, now);
  return absl::IsAlreadyExists(made) ? absl::OkStatus() : made;
}

}  // namespace veille
