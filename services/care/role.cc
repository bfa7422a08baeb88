#include "services/care/role.h"

#include <utility>

#include <grpcpp/grpcpp.h>

#include "common/base/status_macros.h"
#include "common/rpc/server.h"
#include "services/care/adapters/audit_log_trail.h"
#include "services/care/adapters/care_service.h"
#include "services/care/adapters/redis_aged_records.h"
#include "services/care/adapters/redis_home_store.h"
#include "services/care/adapters/redis_personal_records.h"
#include "services/care/adapters/rights_service.h"
#include "services/domain/limits.h"
#include "services/domain/vault/redis_key_store.h"

namespace veille::care {
namespace {

// A home with everything in it has at most 256 KiB.
constexpr int kMaxRequestBytes = 512 << 10;

RedisHomeStore::Options StoreOptionsOf(const CareOptions& options) {
  RedisHomeStore::Options store;
  store.endpoint = options.endpoint;
  store.partitions = options.partitions;
  store.vault = options.vault;
  const config::v1::Care& config = options.config.care();
  if (config.plan_history() > 0) store.plan_history = static_cast<int>(config.plan_history());
  if (config.change_history() > 0) store.change_history = static_cast<int>(config.change_history());
  return store;
}

domain::AuditLog::Options AuditOptionsOf(const CareOptions& options) {
  domain::AuditLog::Options audit;
  audit.endpoint = options.endpoint;
  audit.partitions = options.partitions;
  audit.clock = options.clock;
  audit.key = options.audit_key;
  return audit;
}

std::shared_ptr<const domain::Access> Believing() {
  domain::Access::Options options;
  options.plaintext = true;
  options.local_terminals = true;
  return std::make_shared<domain::Access>(options);
}

RedisPersonalRecords::Options RecordsOptionsOf(const CareOptions& options) {
  RedisPersonalRecords::Options records;
  records.endpoint = options.endpoint;
  records.key_store = options.keys ? options.keys->store : options.endpoint;
  records.partitions = options.partitions;
  records.vault = options.vault;
  return records;
}

Eraser::Options EraserOptionsOf(const CareOptions& options) {
  Eraser::Options eraser;
  eraser.clock = options.clock;
  eraser.vault = options.vault;
  if (options.keys) {
    eraser.keys = std::make_shared<domain::RedisKeyStore>(options.keys->store);
    eraser.kek_file = options.keys->kek_file;
  }
  eraser.signing_key = options.audit_key;
  eraser.after_step = options.after_erasure_step;
  return eraser;
}

}  // namespace

class Care::Parts {
 public:
  explicit Parts(const CareOptions& options)
      : store_(StoreOptionsOf(options)),
        audit_(std::make_unique<AuditLogTrail>(AuditOptionsOf(options), *options.metrics)),
        records_(RecordsOptionsOf(options)),
        desk_(store_, *audit_, options.clock, options.keys ? &records_ : nullptr),
        aged_({options.endpoint, options.partitions, options.vault}),
        retention_(std::make_unique<Retention>(
            Retention::Options{options.config.retention(), options.clock}, aged_,
            *options.metrics)),
        eraser_(std::make_unique<Eraser>(EraserOptionsOf(options), store_, records_, *audit_)),
        rights_({store_, records_, *eraser_, *retention_, *audit_, options.clock}),
        exports_(rights_),
        access_(options.access != nullptr ? options.access : Believing()),
        service_(MakeCareService(desk_, *access_)),
        rights_service_(MakeRightsService(rights_, exports_, *access_, streams_)) {}

  absl::Status Start(const CareOptions& options) {
    const config::v1::Rpc& config = options.config.rpc();
    rpc::Server::Options server;
    server.address = config.care_address();
    server.peer_kind = "svc";
    server.denials = options.denials;
    // People show a token instead of a certificate.
    server.strangers = options.access != nullptr;
    server.policy = options.access;
    server.tls = {config.tls().ca_file(), config.tls().certificate_file(), config.tls().key_file()};
    server.max_receive_bytes = kMaxRequestBytes;
    domain::Limit(options.config.limits(), {}, *options.metrics, server);
    VEILLE_ASSIGN_OR_RETURN(
        server_, rpc::Server::Start(server, {service_.get(), rights_service_.get()}, streams_));
    server_->SetReady(true);
    return absl::OkStatus();
  }

  void Stop() {
    if (server_ != nullptr) server_->Stop();
    exports_.Stop();
    retention_.reset();
    eraser_.reset();
    // Nobody is served any more; what it has yet to write is written while Redis is still there.
    audit_.reset();
  }

  int port() const { return server_->port(); }
  bool ready() const { return server_->ready(); }

 private:
  rpc::StreamRegistry streams_;
  RedisHomeStore store_;
  std::unique_ptr<AuditLogTrail> audit_;
  RedisPersonalRecords records_;
  CareDesk desk_;
  RedisAgedRecords aged_;
  std::unique_ptr<Retention> retention_;
  std::unique_ptr<Eraser> eraser_;
  RightsDesk rights_;
  Exports exports_;
  const std::shared_ptr<const domain::Access> access_;
  const std::shared_ptr<grpc::Service> service_, rights_service_;
  std::unique_ptr<rpc::Server> server_;
};

absl::StatusOr<std::unique_ptr<Care>> Care::Start(const CareOptions& options) {
  auto parts = std::make_unique<Parts>(options);
  VEILLE_RETURN_IF_ERROR(parts->Start(options));
  return std::unique_ptr<Care>(new Care(std::move(parts)));
}

Care::Care(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Care::~Care() { Stop(); }
void Care::Stop() { parts_->Stop(); }
int Care::port() const { return parts_->port(); }
bool Care::ready() const { return parts_->ready(); }

}  // namespace veille::care
