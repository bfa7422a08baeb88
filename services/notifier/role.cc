#include "services/notifier/role.h"

#include <algorithm>
#include <set>
#include <utility>

#include <unistd.h>

#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "common/rpc/server.h"
#include "services/domain/channel_check.h"
#include "services/domain/limits.h"
#include "services/notifier/adapters/acknowledge_door.h"
#include "services/notifier/adapters/alert_service.h"
#include "services/notifier/adapters/audit_log_trail.h"
#include "services/notifier/adapters/channel_config.h"
#include "services/notifier/adapters/dead_man_switch.h"
#include "services/notifier/adapters/queue_worker.h"
#include "services/notifier/adapters/redis_alert_store.h"
#include "services/notifier/adapters/redis_upkeep_store.h"
#include "services/notifier/adapters/upkeep_loop.h"
#include "services/notifier/adapters/watch_hub.h"

namespace veille::notifier {
namespace {

constexpr absl::Duration kDeadManInterval = absl::Seconds(60);

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
  for (const care::v1::Member& member : config.operators()) {
    desk.operators.push_back(member);
    desk.operator_ids.push_back(member.caregiver_id());
  }
  desk.default_step_delay =
      SpanOr(config.has_default_step_delay(), config.default_step_delay(), desk.default_step_delay);
  const config::v1::Channels& channels = config.channels();
  ChannelTimes& times = desk.channel_times;
  times.next_channel_after = SpanOr(channels.has_next_channel_after(),
                                    channels.next_channel_after(), times.next_channel_after);
  times.retry_for = SpanOr(channels.has_retry_for(), channels.retry_for(), times.retry_for);
  desk.receipt_within =
      SpanOr(config.has_receipt_within(), config.receipt_within(), desk.receipt_within);
  return desk;
}

QuietBudget QuietBudgetOf(const config::v1::Notifier& config) {
  const absl::Duration window =
      SpanOr(config.has_quiet_window(), config.quiet_window(), absl::Minutes(10));
  const bool said = config.quiet_calls() > 0 || config.has_quiet_window();
  return {said ? config.quiet_calls() : 6, window};
}

domain::AuditLog::Options AuditOptionsOf(const NotifierOptions& options) {
  domain::AuditLog::Options audit;
  audit.endpoint = options.endpoint;
  audit.partitions = options.partitions;
  audit.clock = options.clock;
  audit.key = options.audit_key;
  return audit;
}

QueueOptions QueueOptionsOf(const NotifierOptions& options) {
  const config::v1::Notifier& config = options.config.notifier();
  QueueOptions queue;
  queue.endpoint = options.endpoint;
  queue.partitions = options.partitions;
  queue.consumer = InstanceId(options);
  queue.clock = options.clock;
  queue.claim_after = SpanOr(config.has_claim_after(), config.claim_after(), queue.claim_after);
  if (config.max_attempts() > 0) queue.max_attempts = static_cast<int>(config.max_attempts());
  return queue;
}

WatchOptions WatchOptionsOf(const NotifierOptions& options) {
  const config::v1::Notifier& config = options.config.notifier();
  WatchOptions watch;
  watch.endpoint = options.endpoint;
  watch.partitions = options.partitions;
  watch.clock = options.clock;
  watch.vault = options.vault;
  watch.heartbeat =
      SpanOr(config.has_heartbeat_interval(), config.heartbeat_interval(), watch.heartbeat);
  return watch;
}

std::shared_ptr<const domain::Access> Believing() {
  domain::Access::Options options;
  options.plaintext = true;
  options.local_terminals = true;
  return std::make_shared<domain::Access>(options);
}

// People whom a channel should reach that is not configured: it fails for good, and the next is
// tried.
void WarnOfMissing(const domain::Registry& registry, const Courier::Channels& channels) {
  int missing = 0;
  for (const care::v1::Home* home : registry.homes())
    for (const care::v1::Patient& patient : home->patients())
      for (const care::v1::Member& member : patient.circle().members())
        for (const care::v1::Channel& channel : member.channels())
          missing += channels.count(channel.address_case()) == 0 ? 1 : 0;
  if (missing == 0) return;
  VEILLE_LOG(kError, "people have channels that are not configured: see notifier.channels")
      .Field("channels", missing);
}

}  // namespace

class Notifier::Parts {
 public:
  explicit Parts(const NotifierOptions& options)
      : access_(options.access != nullptr ? options.access : Believing()),
        store_(options.endpoint, options.partitions, QuietBudgetOf(options.config.notifier()),
               options.vault),
        audit_(std::make_unique<AuditLogTrail>(AuditOptionsOf(options), *options.metrics)),
        desk_(WithParts(DeskOptionsOf(options)), store_, *options.metrics),
        hub_(std::make_unique<WatchHub>(WatchOptionsOf(options), desk_, store_, *options.metrics)),
        receipts_(std::make_unique<ReceiptDesk>(desk_)),
        service_(MakeAlertService(desk_, *receipts_, *hub_, streams_, *access_)) {}

  absl::Status Start(const NotifierOptions& options) {
    rpc::Server::Options server;
    server.address = options.config.rpc().notifier_address();
    server.peer_kind = "svc";
    server.denials = options.denials;
    // People show a token instead of a certificate.
    server.strangers = options.access != nullptr;
    server.policy = options.access;
    server.tls = {options.config.rpc().tls().ca_file(),
                  options.config.rpc().tls().certificate_file(),
                  options.config.rpc().tls().key_file()};
    // Messages are small and far between: probing each connection for its bandwidth would answer
    // every receipt with a ping.
    server.small_windows = true;
    domain::Limit(options.config.limits(),
                  {"/veille.alert.v1.AlertService/ReportDeliveries",
                   "/veille.alert.v1.AlertService/AcknowledgeAlert",
                   "/veille.alert.v1.AlertService/ResolveAlert"},
                  *options.metrics, server);
    absl::StatusOr<std::unique_ptr<rpc::Server>> started =
        rpc::Server::Start(server, {service_.get()}, streams_);
    if (!started.ok()) return started.status();
    server_ = *std::move(started);
    VEILLE_RETURN_IF_ERROR(StartChannels(options));
    QueueOptions queue = QueueOptionsOf(options);
    if (switch_ != nullptr) queue.went_round = [this] { switch_->WentRound(); };
    queue_ = std::make_unique<QueueWorker>(std::move(queue), desk_, store_, *options.metrics);
    VEILLE_RETURN_IF_ERROR(StartUpkeep(options));
    server_->SetReady(true);
    return absl::OkStatus();
  }

  void Stop() {
    if (server_ != nullptr) server_->Stop();
    loop_.reset();
    queue_.reset();
    switch_.reset();
    door_.reset();
    courier_.reset();
    receipts_.reset();
    hub_.reset();
    // Nobody is served any more; what it has yet to write is written while Redis is still there.
    audit_.reset();
  }

  int port() const { return server_->port(); }
  bool ready() const { return server_->ready(); }

 private:
  DeskOptions WithParts(DeskOptions desk) {
    desk.audit = audit_.get();
    desk.has_broken = [access = access_](const std::string& caregiver_id,
                                         const std::string& patient_id) {
      return access->HasBroken(caregiver_id, patient_id);
    };
    desk.open_glasses = [access = access_] { return access->OpenGlasses(); };
    desk.send = [this](const store::v1::Job& job, const std::string& entry) {
      return courier_->Take(job, entry);
    };
    return desk;
  }

  absl::Status StartUpkeep(const NotifierOptions& options) {
    UpkeepOptions upkeep;
    upkeep.clock = options.clock;
    upkeep.registry = options.registry;
    upkeep.channels = channels_;
    VEILLE_ASSIGN_OR_RETURN(upkeep.exercise, domain::ScheduleOf(options.config));
    // Two processes of one name are two, here.
    upkeep_store_ = std::make_unique<RedisUpkeepStore>(store_.client(), options.partitions,
                                                       InstanceId(options) + "/" + random_.Hex(16));
    upkeep_ = std::make_unique<Upkeep>(std::move(upkeep), *upkeep_store_, store_, *options.metrics);
    loop_ = std::make_unique<UpkeepLoop>(*upkeep_);
    return absl::OkStatus();
  }

  // Before the queue is read.
  absl::Status StartChannels(const NotifierOptions& options) {
    const config::v1::Channels& config = options.config.notifier().channels();
    VEILLE_ASSIGN_OR_RETURN(Courier::Channels channels, MakeChannels(config, options.clock));
    WarnOfMissing(*options.registry.Get(), channels);
    for (const auto& [kind, channel] : channels) channels_.insert(kind);
    CourierOptions courier;
    courier.clock = options.clock;
    courier.lease = std::max(courier.lease, 2 * TransferOptions(config, "").timeout);
    courier_ = std::make_unique<Courier>(courier, std::move(channels), store_, *options.metrics);
    VEILLE_ASSIGN_OR_RETURN(const std::optional<DoorOptions> door,
                            MakeDoorOptions(config, options.clock));
    if (door) {
      VEILLE_ASSIGN_OR_RETURN(door_, AcknowledgeDoor::Start(*door, desk_));
    }
    const config::v1::DeadManSwitch& called = options.config.notifier().dead_man_switch();
    if (!called.url().empty()) {
      switch_ = std::make_unique<DeadManSwitch>(
          called.url(), SpanOr(called.has_interval(), called.interval(), kDeadManInterval),
          TransferOptions(config, "dead-man"), *options.metrics);
    }
    return absl::OkStatus();
  }

  const std::shared_ptr<const domain::Access> access_;
  rpc::StreamRegistry streams_;
  RedisAlertStore store_;
  std::unique_ptr<Courier> courier_;
  std::unique_ptr<AuditLogTrail> audit_;
  AlertDesk desk_;
  std::unique_ptr<WatchHub> hub_;
  std::unique_ptr<ReceiptDesk> receipts_;
  std::unique_ptr<AcknowledgeDoor> door_;
  std::unique_ptr<DeadManSwitch> switch_;
  std::unique_ptr<QueueWorker> queue_;
  SystemRandom random_;
  std::set<care::v1::Channel::AddressCase> channels_;
  std::unique_ptr<RedisUpkeepStore> upkeep_store_;
  std::unique_ptr<Upkeep> upkeep_;
  std::unique_ptr<UpkeepLoop> loop_;
  const std::shared_ptr<grpc::Service> service_;
  std::unique_ptr<rpc::Server> server_;
};

absl::Status CheckChannels(const config::v1::Config& config) {
  const config::v1::Channels& channels = config.notifier().channels();
  for (const care::v1::Member& member : config.notifier().operators()) {
    if (member.caregiver_id().empty())
      return absl::InvalidArgumentError("notifier.operators.caregiver_id: is required");
    for (const care::v1::Channel& channel : member.channels())
      for (const domain::ChannelFault& fault : domain::CheckChannel(channel))
        return absl::InvalidArgumentError("notifier.operators.channels." + fault.field + ": " +
                                          fault.reason);
  }
  const auto clock = std::make_shared<SystemClock>();
  VEILLE_RETURN_IF_ERROR(MakeChannels(channels, clock).status());
  return MakeDoorOptions(channels, clock).status();
}

absl::StatusOr<std::unique_ptr<Notifier>> Notifier::Start(NotifierOptions options) {
  auto parts = std::make_unique<Parts>(options);
  if (absl::Status status = parts->Start(options); !status.ok()) return status;
  return std::unique_ptr<Notifier>(new Notifier(std::move(parts)));
}

Notifier::Notifier(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Notifier::~Notifier() { Stop(); }
void Notifier::Stop() { parts_->Stop(); }
int Notifier::port() const { return parts_->port(); }
bool Notifier::ready() const { return parts_->ready(); }

}  // namespace veille::notifier
