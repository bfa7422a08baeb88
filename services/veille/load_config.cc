#include "services/veille/load_config.h"

#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"

#include "common/base/status_macros.h"
#include "common/config/text_proto.h"
#include "common/pki/authority.h"
#include "common/redis/endpoint.h"
#include "services/domain/exercise.h"
#include "services/domain/keys.h"

namespace veille {
namespace {

using config::v1::Config;

constexpr int64_t kLongestLifetimeSeconds = 366 * 24 * 3600;

void CheckRatio(const config::TextProtoFile& file, const std::string& field, double value,
                config::Faults& faults) {
  if (value < 0 || value > 1) faults.Add(file.PlaceOf(field), field, "must be 0 to 1");
}

void CheckRate(const config::TextProtoFile& file, const std::string& field,
               const config::v1::Rate& rate, config::Faults& faults) {
  if (!(rate.per_second() >= 0 && rate.per_second() <= 1e9))
    faults.Add(file.PlaceOf(field), field + ".per_second", "must be above 0, at most 1e9");
  if (!(rate.burst() == 0 || (rate.burst() >= 1 && rate.burst() <= 1e12)))
    faults.Add(file.PlaceOf(field), field + ".burst", "must be 1 to 1e12");
}

void CheckLimits(const config::TextProtoFile& file, const config::v1::Limits& limits,
                 config::Faults& faults) {
  CheckRate(file, "limits.hub_bulk_batches", limits.hub_bulk_batches(), faults);
  CheckRate(file, "limits.hub_bulk_bytes", limits.hub_bulk_bytes(), faults);
  CheckRate(file, "limits.hub_urgent_batches", limits.hub_urgent_batches(), faults);
  CheckRate(file, "limits.hub_connects", limits.hub_connects(), faults);
  CheckRate(file, "limits.caller_calls", limits.caller_calls(), faults);
  constexpr uint64_t kLeastMemory = 1 << 20;
  if (limits.server_memory_bytes() > 0 && limits.server_memory_bytes() < kLeastMemory)
    faults.Add(file.PlaceOf("limits.server_memory_bytes"), "limits.server_memory_bytes",
               "must be at least 1 MiB");
  if (limits.connection_streams() > 10'000)
    faults.Add(file.PlaceOf("limits.connection_streams"), "limits.connection_streams",
               "must be at most 10,000");
}

void CheckRetention(const config::TextProtoFile& file, const config::v1::Retention& retention,
                    config::Faults& faults) {
  constexpr uint32_t kMostDays = 36'500;
  for (const auto& [days, field] :
       {std::pair(retention.alerts_days(), "retention.alerts_days"),
        std::pair(retention.quarantine_days(), "retention.quarantine_days"),
        std::pair(retention.dead_letters_days(), "retention.dead_letters_days"),
        std::pair(retention.prompts_days(), "retention.prompts_days"),
        std::pair(retention.plans_days(), "retention.plans_days")}) {
    if (days > kMostDays) faults.Add(file.PlaceOf(field), field, "must be at most 36,500 days");
  }
}

// "unix:/path", or HOST:PORT.
bool IsAddress(std::string_view address) {
  constexpr std::string_view kUnix = "unix:";
  if (address.substr(0, kUnix.size()) == kUnix) return address.size() > kUnix.size();
  const std::size_t colon = address.rfind(':');
  int port = -1;
  return colon != std::string_view::npos && colon > 0 &&
         absl::SimpleAtoi(std::string(address.substr(colon + 1)), &port) && port >= 0 &&
         port <= 65'535;
}

void CheckAddresses(const config::TextProtoFile& file, const Config& config,
                    config::Faults& faults) {
  for (const auto& [address, field] :
       {std::pair(&config.rpc().gateway_address(), "rpc.gateway_address"),
        std::pair(&config.rpc().notifier_address(), "rpc.notifier_address"),
        std::pair(&config.rpc().care_address(), "rpc.care_address"),
        std::pair(&config.identity().address(), "identity.address"),
        std::pair(&config.metrics_address(), "metrics_address")}) {
    if (!address->empty() && !IsAddress(*address))
      faults.Add(file.PlaceOf(field), field,
                 "must be \"HOST:PORT\", with a port up to 65535, or \"unix:/path\"");
  }
}

void CheckIdentity(const config::TextProtoFile& file, const config::v1::Identity& identity,
                   config::Faults& faults) {
  if (!identity.trust_domain().empty() && !pki::IsTrustDomain(identity.trust_domain()))
    faults.Add(file.PlaceOf("identity.trust_domain"), "identity.trust_domain",
               "must be like \"amiens.example\": a-z, 0-9, '.', '-', '_'");
  for (const auto& [span, field] :
       {std::pair(identity.hub_lifetime(), "identity.hub_lifetime"),
        std::pair(identity.service_lifetime(), "identity.service_lifetime")}) {
    if (span.seconds() < 0 || span.seconds() > kLongestLifetimeSeconds)
      faults.Add(file.PlaceOf(field), field,
                 "must be at most a year: what is lost must not be good for longer");
  }
}

// What is not said.
void FillUp(bool embedded, Config& config) {
  if (embedded && config.notifier().operator_ids().empty())
    config.mutable_notifier()->add_operator_ids("operator");
  if (config.rpc().gateway_address().empty())
    config.mutable_rpc()->set_gateway_address("127.0.0.1:7443");
  if (config.rpc().notifier_address().empty())
    config.mutable_rpc()->set_notifier_address("127.0.0.1:7444");
  if (config.identity().address().empty()) config.mutable_identity()->set_address("127.0.0.1:7442");
  if (config.rpc().care_address().empty()) config.mutable_rpc()->set_care_address("127.0.0.1:7446");
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
  CheckLimits(file, config.limits(), faults);
  CheckRetention(file, config.retention(), faults);
  CheckAddresses(file, config, faults);
  CheckIdentity(file, config.identity(), faults);
  require(!config.rpc().plaintext() || !config.rpc().has_tls(), "rpc.plaintext",
          "contradicts rpc.tls");
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
  FillUp(embedded, config);
  return config;
}

}  // namespace veille
