#include "services/notifier/role.h"

#include <utility>

#include <unistd.h>

#include "common/rpc/server.h"
#include "services/notifier/adapters/alert_service.h"
#include "services/notifier/adapters/queue_worker.h"
#include "services/notifier/adapters/redis_alert_store.h"
#include "services/notifier/adapters/watch_hub.h"

namespace veille::notifier {
namespace {

absl::Duration DurationOr(bool has, const google::protobuf::Duration& span, absl::Duration other) {
  return has ? absl::Seconds(span.seconds()) + absl::Nanoseconds(span.nanos()) : other;
}

std::string InstanceId(const NotifierOptions& options) {
  if (!options.instance_id.empty()) return options.instance_id;
  if (!options.config.notifier().instance_id().empty())
    return options.config.notifier().instance_id();
  char host[256] = {};
  if (gethostname(host, sizeof(host) - 1) != 0) return "notifier";
  return std::string(host) + "-notifier";
}

DeskOptions DeskOptionsOf(const NotifierOptions& options) {
  const config::v1::Notifier& config = options.config.notifier();
  DeskOptions desk;
  desk.registry = options.registry;
  desk.clock = options.clock;
  desk.operator_ids = {config.operator_ids().begin(), config.operator_ids().end()};
  desk.default_step_delay = DurationOr(config.has_default_step_delay(), config.default_step_delay(),
                                       desk.default_step_delay);
  desk.receipt_within =
      DurationOr(config.has_receipt_within(), config.receipt_within(), desk.receipt_within);
  return desk;
}

QuietBudget QuietBudgetOf(const config::v1::Notifier& config) {
  const absl::Duration window =
      DurationOr(config.has_quiet_window(), config.quiet_window(), absl::Minutes(10));
  const bool said = config.quiet_calls() > 0 || config.has_quiet_window();
  return {said ? config.quiet_calls() : 6, window};
}

QueueOptions QueueOptionsOf(const NotifierOptions& options) {
  const config::v1::Notifier& config = options.config.notifier();
  QueueOptions queue;
  queue.endpoint = options.endpoint;
  queue.partitions = options.partitions;
  queue.consumer = InstanceId(options);
  queue.clock = options.clock;
  queue.claim_after = DurationOr(config.has_claim_after(), config.claim_after(), queue.claim_after);
  if (config.max_attempts() > 0) queue.max_attempts = static_cast<int>(config.max_attempts());
  return queue;
}

WatchOptions WatchOptionsOf(const NotifierOptions& options) {
  const config::v1::Notifier& config = options.config.notifier();
  WatchOptions watch;
  watch.endpoint = options.endpoint;
  watch.partitions = options.partitions;
  watch.clock = options.clock;
  watch.heartbeat =
      DurationOr(config.has_heartbeat_interval(), config.heartbeat_interval(), watch.heartbeat);
  return watch;
}

}  // namespace

class Notifier::Parts {
 public:
  explicit Parts(const NotifierOptions& options)
      : store_(
            options.endpoint, options.partitions,
            [this](int, absl::Time due) {
              if (queue_ != nullptr) queue_->NoteTimer(due);
            },
            QuietBudgetOf(options.config.notifier())),
        desk_(DeskOptionsOf(options), store_, *options.metrics),
        hub_(std::make_unique<WatchHub>(WatchOptionsOf(options), desk_, store_, *options.metrics)),
        service_(MakeAlertService(desk_, *hub_, streams_)) {}

  absl::Status Start(const NotifierOptions& options) {
    rpc::Server::Options server;
    server.address = options.config.rpc().notifier_address();
    server.tls = {options.config.rpc().tls().ca_file(),
                  options.config.rpc().tls().certificate_file(),
                  options.config.rpc().tls().key_file()};
    absl::StatusOr<std::unique_ptr<rpc::Server>> started =
        rpc::Server::Start(server, {service_.get()}, streams_);
    if (!started.ok()) return started.status();
    server_ = *std::move(started);
    queue_ =
        std::make_unique<QueueWorker>(QueueOptionsOf(options), desk_, store_, *options.metrics);
    server_->SetReady(true);
    return absl::OkStatus();
  }

  void Stop() {
    if (server_ != nullptr) server_->Stop();
    queue_.reset();
    hub_.reset();
  }

  int port() const { return server_->port(); }

 private:
  rpc::StreamRegistry streams_;
  RedisAlertStore store_;
  AlertDesk desk_;
  std::unique_ptr<WatchHub> hub_;
  std::unique_ptr<QueueWorker> queue_;
  const std::shared_ptr<grpc::Service> service_;
  std::unique_ptr<rpc::Server> server_;
};

absl::StatusOr<std::unique_ptr<Notifier>> Notifier::Start(NotifierOptions options) {
  auto parts = std::make_unique<Parts>(options);
  if (absl::Status status = parts->Start(options); !status.ok()) return status;
  return std::unique_ptr<Notifier>(new Notifier(std::move(parts)));
}

Notifier::Notifier(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Notifier::~Notifier() { Stop(); }
void Notifier::Stop() { parts_->Stop(); }
int Notifier::port() const { return parts_->port(); }

}  // namespace veille::notifier
