#include "services/gateway/role.h"

#include <utility>

#include "absl/strings/str_format.h"
#include <grpcpp/grpcpp.h>

#include "common/redis/check_settings.h"
#include "common/rpc/server.h"
#include "common/sync/worker.h"
#include "services/gateway/adapters/hub_service.h"
#include "services/gateway/adapters/redis_log.h"
#include "services/gateway/adapters/redis_prompts.h"
#include "services/gateway/app/intake.h"

namespace veille::gateway {
namespace {

constexpr absl::Duration kPulse = absl::Milliseconds(100);
constexpr absl::Duration kGaugeInterval = absl::Seconds(1);
// Bulk goes on only when there is clearly room again.
constexpr double kHysteresis = 0.05;

absl::Duration DurationOr(bool has, const google::protobuf::Duration& span, absl::Duration other) {
  return has ? absl::Seconds(span.seconds()) + absl::Nanoseconds(span.nanos()) : other;
}

IntakeLimits LimitsOf(const config::v1::Gateway& config) {
  IntakeLimits limits;
  if (config.max_unacked_batches() > 0)
    limits.max_unacked_batches = static_cast<int>(config.max_unacked_batches());
  if (config.max_source_bytes() > 0) limits.max_source_bytes = config.max_source_bytes();
  if (config.max_total_bytes() > 0) limits.max_total_bytes = config.max_total_bytes();
  limits.heartbeat_interval = DurationOr(config.has_heartbeat_interval(),
                                         config.heartbeat_interval(), limits.heartbeat_interval);
  return limits;
}

rpc::StreamLimits StreamLimitsOf(const config::v1::Gateway& config) {
  rpc::StreamLimits limits;
  // A window a lane, and one more: heartbeats share them.
  limits.max_unsettled = 2 * LimitsOf(config).max_unacked_batches + 1;
  if (config.max_source_bytes() > 0) limits.max_unsettled_bytes = config.max_source_bytes();
  return limits;
}

rpc::Server::Options ServerOptionsOf(const GatewayOptions& gateway) {
  const config::v1::Config& config = gateway.config;
  rpc::Server::Options options;
  options.peer_kind = "hub";
  options.denials = gateway.denials;
  options.address = config.rpc().gateway_address();
  options.tls = {config.rpc().tls().ca_file(), config.rpc().tls().certificate_file(),
                 config.rpc().tls().key_file()};
  options.small_windows = true;
  options.write_stall_timeout =
      DurationOr(config.gateway().has_write_stall_timeout(), config.gateway().write_stall_timeout(),
                 options.write_stall_timeout);
  return options;
}

}  // namespace

class Gateway::Parts {
 public:
  explicit Parts(GatewayOptions options)
      : options_(std::move(options)),
        desk_(options_.clock, prompts_, *options_.metrics),
        prompts_(
            options_.endpoint,
            [this](store::v1::PromptOrder order) { desk_.OnPrompt(std::move(order)); },
            options_.vault),
        intake_(options_.registry, options_.partitions, options_.clock, log_, desk_,
                LimitsOf(options_.config.gateway()), *options_.metrics, options_.vault),
        log_({options_.endpoint, static_cast<int>(options_.config.redis().wait_replicas()),
              DurationOr(options_.config.redis().has_command_timeout(),
                         options_.config.redis().command_timeout(), absl::Seconds(5))}),
        service_(MakeHubService(intake_, streams_, StreamLimitsOf(options_.config.gateway()))) {}

  absl::Status Start() {
    absl::StatusOr<std::unique_ptr<rpc::Server>> server =
        rpc::Server::Start(ServerOptionsOf(options_), {service_.get()}, streams_);
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    pulse_ = Worker("gateway-pulse", [this] { PulseUntilStopped(); });
    return absl::OkStatus();
  }

  void Stop() {
    {
      MutexLock lock(mu_);
      if (stopped_) return;
      stopped_ = true;
      changed_.NotifyAll();
    }
    if (server_ != nullptr) server_->Stop();
    pulse_.Join();
  }

  int port() const { return server_->port(); }
  bool ready() const { return server_->ready(); }

 private:
  void PulseUntilStopped() {
    absl::Duration next_gauge = MonotonicNow();
    while (true) {
      {
        MutexLock lock(mu_);
        if (!stopped_) changed_.WaitFor(mu_, kPulse);
        if (stopped_) return;
      }
      intake_.Pulse();
      if (MonotonicNow() < next_gauge) continue;
      next_gauge = MonotonicNow() + kGaugeInterval;
      log_.ShowAlive();
      prompts_.RetryFailed();
      log_.urgent_client().Command(
          {"INFO"}, [this](absl::StatusOr<redis::Reply> reply) { OnInfo(std::move(reply)); });
    }
  }

  // On Redis' thread. Ready follows what Redis says.
  void OnInfo(absl::StatusOr<redis::Reply> reply) {
    MutexLock lock(mu_);
    if (stopped_) return;
    server_->SetReady(reply.ok());
    if (!reply.ok()) return;
    const auto info = redis::ParseServerInfo(reply->str());
    if (!info.ok()) return;
    const config::v1::Gateway& config = options_.config.gateway();
    const double memory_limit = config.bulk_memory_ratio() > 0 ? config.bulk_memory_ratio() : 0.75;
    const double disk_limit = config.bulk_disk_ratio() > 0 ? config.bulk_disk_ratio() : 0.85;
    const double memory = info->memory_fraction();
    const double disk = options_.disk_fill ? options_.disk_fill() : 0;
    const double slack = held_ ? kHysteresis : 0;
    std::string cause;
    if (memory >= memory_limit - slack) {
      cause = absl::StrFormat("Redis uses %.0f %% of its maxmemory, the limit for bulk is %.0f %%",
                              memory * 100, memory_limit * 100);
    } else if (disk >= disk_limit - slack) {
      cause = absl::StrFormat("the disk is %.0f %% full, the limit for bulk is %.0f %%", disk * 100,
                              disk_limit * 100);
    }
    held_ = !cause.empty();
    intake_.HoldBulk(cause);
  }

  const GatewayOptions options_;
  rpc::StreamRegistry streams_;
  PromptDesk desk_;
  RedisPrompts prompts_;  // Goes before the desk that it calls.
  // The log goes first when all ends: its answers, which call into the intake, are over then.
  Intake intake_;
  RedisLog log_;
  const std::shared_ptr<grpc::Service> service_;
  std::unique_ptr<rpc::Server> server_;
  bool held_ = false;  // Redis' thread only.
  Mutex mu_;
  CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  Worker pulse_;
};

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Start(GatewayOptions options) {
  auto parts = std::make_unique<Parts>(std::move(options));
  if (absl::Status status = parts->Start(); !status.ok()) return status;
  return std::unique_ptr<Gateway>(new Gateway(std::move(parts)));
}

Gateway::Gateway(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Gateway::~Gateway() { Stop(); }
void Gateway::Stop() { parts_->Stop(); }
int Gateway::port() const { return parts_->port(); }
bool Gateway::ready() const { return parts_->ready(); }

}  // namespace veille::gateway
