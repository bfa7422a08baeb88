#include "services/veille/node.h"

#include <utility>

#include "absl/strings/str_format.h"

#include "common/base/status_macros.h"
#include "common/config/text_proto.h"
#include "common/log/log.h"
#include "common/redis/check_settings.h"
#include "common/redis/pipelined_client.h"
#include "services/domain/deployment.h"
#include "services/domain/exercise.h"
#include "services/domain/keys.h"

namespace veille {
namespace {

using config::v1::Config;

constexpr int64_t kLongestLifetimeSeconds = 366 * 24 * 3600;

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

void CheckRatio(const config::TextProtoFile& file, const std::string& field, double value,
                config::Faults& faults) {
  if (value < 0 || value > 1) faults.Add(file.PlaceOf(field), field, "must be 0 to 1");
}

}  // namespace

absl::StatusOr<Config> LoadConfig(const std::string& path, bool embedded) {
  Config config;
  config::Faults faults;
  config::TextProtoFile file;
  if (path.empty()) {
    if (!embedded)
      return absl::InvalidArgumentError("--config: this role needs a configuration file");
    file.Parse("(default configuration)", "", config, faults);
  } else if (!file.Load(path, config, faults)) {
    return faults.ToStatus();
  }
  const auto require = [&](bool holds, const std::string& field, const std::string& reason) {
    if (!holds) faults.Add(file.PlaceOf(field), field, reason);
  };
  if (!config.redis().endpoint().empty()) {
    const auto endpoint = redis::ParseEndpoint(config.redis().endpoint());
    if (!endpoint.ok())
      faults.Add(file.PlaceOf("redis.endpoint"), "redis.endpoint",
                 std::string(endpoint.status().message()));
  } else {
    require(embedded, "redis.endpoint", "is required: \"unix:/path\" or \"tcp:host:6379\"");
  }
  const config::v1::Keys& keys = config.keys();
  const bool given = !keys.kek_file().empty() && !keys.store().endpoint().empty();
  require(embedded || given || keys.unencrypted(), "keys",
          "kek_file and store.endpoint are required; for development, unencrypted: true");
  const std::string& fsync = config.redis().appendfsync();
  require(fsync.empty() || fsync == "always" || fsync == "everysec", "redis.appendfsync",
          "must be \"always\" or \"everysec\"");
  require(config.redis().partitions() <= static_cast<unsigned>(domain::kMaxPartitions),
          "redis.partitions", "must be at most 1000");
  CheckRatio(file, "gateway.bulk_memory_ratio", config.gateway().bulk_memory_ratio(), faults);
  CheckRatio(file, "gateway.bulk_disk_ratio", config.gateway().bulk_disk_ratio(), faults);
  require(config.gateway().max_unacked_batches() <= 64, "gateway.max_unacked_batches",
          "must be at most 64: duplicates are recognised within that window");
  require(!config.rpc().plaintext() || !config.rpc().has_tls(), "rpc.plaintext",
          "contradicts rpc.tls");
  for (const auto& [span, field] :
       {std::pair(config.identity().hub_lifetime(), "identity.hub_lifetime"),
        std::pair(config.identity().service_lifetime(), "identity.service_lifetime")}) {
    require(span.seconds() >= 0 && span.seconds() <= kLongestLifetimeSeconds, field,
            "must be at most a year: what is lost must not be good for longer");
  }
  if (config.has_scaled_clock()) {
    absl::Time start;
    std::string error;
    require(absl::ParseTime(absl::RFC3339_full, config.scaled_clock().start(), &start, &error),
            "scaled_clock.start", "is not an RFC 3339 time");
    require(config.scaled_clock().speed() > 0 && config.scaled_clock().speed() <= 100000,
            "scaled_clock.speed", "must be more than 0 and at most 100000");
  }
  // It calls its own servers by itself, with certificates that it makes, or that are named.
  const bool secured = embedded && config.rpc().has_tls();
  require(!secured || !config.has_synthetic_patient() || config.synthetic_patient().off() ||
              config.synthetic_patient().has_hub_tls(),
          "synthetic_patient.hub_tls", "is required where rpc.tls is");
  if (!faults.ok()) return faults.ToStatus();
  if (embedded && !secured && !config.has_scaled_clock()) config.mutable_synthetic_patient();
  VEILLE_RETURN_IF_ERROR(domain::ScheduleOf(config).status());
  if (embedded && config.notifier().operator_ids().empty())
    config.mutable_notifier()->add_operator_ids("operator");
  if (config.rpc().gateway_address().empty())
    config.mutable_rpc()->set_gateway_address("127.0.0.1:7443");
  if (config.rpc().notifier_address().empty())
    config.mutable_rpc()->set_notifier_address("127.0.0.1:7444");
  if (config.identity().address().empty()) config.mutable_identity()->set_address("127.0.0.1:7442");
  if (config.rpc().care_address().empty()) config.mutable_rpc()->set_care_address("127.0.0.1:7446");
  return config;
}

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
