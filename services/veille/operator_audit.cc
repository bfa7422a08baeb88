#include "services/veille/operator_audit.h"

#include <cstdio>
#include <memory>

#include "common/base/status_macros.h"
#include "common/metrics/metrics.h"
#include "common/redis/pipelined_client.h"
#include "common/time/clock.h"
#include "services/client/commands.h"
#include "services/client/flags.h"
#include "services/domain/audit/audit_log.h"
#include "services/domain/deployment.h"
#include "services/domain/keys.h"
#include "services/veille/load_config.h"

namespace veille {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(3);

absl::Status Record(const redis::Endpoint& data, const std::string& action,
                    const std::string& subject) {
  int partitions = 0;
  {
    redis::PipelinedClient::Options options;
    options.endpoint = data;
    options.name = "veille-operator";
    redis::PipelinedClient client(std::move(options));
    VEILLE_RETURN_IF_ERROR(client.WaitConnected(kPatience));
    VEILLE_ASSIGN_OR_RETURN(partitions, domain::CheckDeployment(client, 0));
  }
  metrics::Registry metrics;
  domain::AuditLog::Options options;
  options.endpoint = data;
  options.partitions = partitions;
  options.clock = std::make_shared<SystemClock>();
  domain::AuditLog log(std::move(options), metrics);
  store::v1::AuditEntry entry;
  entry.set_actor("svc/operator");
  entry.set_client("terminal");
  entry.set_action(action);
  entry.set_home_id(std::string(domain::kOperatorHome));
  entry.set_outcome(subject.empty() ? "OK" : "OK " + subject);
  return log.RecordAndWait(entry, kPatience);
}

}  // namespace

absl::StatusOr<redis::Endpoint> DataEndpointOf(const std::string& config_file,
                                               const std::string& data) {
  redis::Endpoint endpoint;
  if (!data.empty()) {
    endpoint.unix_socket = data + "/redis/redis.sock";
    return endpoint;
  }
  VEILLE_ASSIGN_OR_RETURN(const config::v1::Config config, LoadConfig(config_file, false));
  VEILLE_ASSIGN_OR_RETURN(endpoint, redis::ParseEndpoint(config.redis().endpoint()));
  endpoint.username = config.redis().username();
  endpoint.password_file = config.redis().password_file();
  return endpoint;
}

void RecordOperatorAct(const redis::Endpoint& data, const std::string& action,
                       const std::string& subject) {
  const absl::Status recorded = Record(data, action, subject);
  if (recorded.ok()) return;
  std::fprintf(stderr,
               "veille: done, but %s is not in the audit log, which cannot be reached: %s\n",
               action.c_str(), std::string(recorded.message()).c_str());
}

int RunIdentityRecorded(const std::vector<std::string>& args) {
  const int done = client::RunIdentity(args);
  const bool counts = args.size() == 1 && (args[0] == "rotate" || args[0] == "retire");
  if (done != 0 || !counts) return done;
  redis::Endpoint data;
  data.unix_socket = client::DataFolder() + "/redis/redis.sock";
  RecordOperatorAct(data, "identity." + args[0], "authority");
  return done;
}

}  // namespace veille
