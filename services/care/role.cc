#include "services/care/role.h"

#include <utility>

#include <grpcpp/grpcpp.h>

#include "common/base/status_macros.h"
#include "common/rpc/server.h"
#include "services/care/adapters/audit_log_trail.h"
#include "services/care/adapters/care_service.h"
#include "services/care/adapters/redis_home_store.h"

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

}  // namespace

class Care::Parts {
 public:
  explicit Parts(const CareOptions& options)
      : store_(StoreOptionsOf(options)),
        audit_(std::make_unique<AuditLogTrail>(AuditOptionsOf(options), *options.metrics)),
        desk_(store_, *audit_, options.clock),
        service_(MakeCareService(desk_)) {}

  absl::Status Start(const CareOptions& options) {
    const config::v1::Rpc& config = options.config.rpc();
    rpc::Server::Options server;
    server.address = config.care_address();
    server.peer_kind = "svc";
    server.denials = options.denials;
    server.tls = {config.tls().ca_file(), config.tls().certificate_file(), config.tls().key_file()};
    server.max_receive_bytes = kMaxRequestBytes;
    VEILLE_ASSIGN_OR_RETURN(server_, rpc::Server::Start(server, {service_.get()}, streams_));
    server_->SetReady(true);
    return absl::OkStatus();
  }

  void Stop() {
    if (server_ != nullptr) server_->Stop();
    // Nobody is served any more; what it has yet to write is written while Redis is still there.
    audit_.reset();
  }

  int port() const { return server_->port(); }
  bool ready() const { return server_->ready(); }

 private:
  rpc::StreamRegistry streams_;
  RedisHomeStore store_;
  std::unique_ptr<AuditLogTrail> audit_;
  CareDesk desk_;
  const std::shared_ptr<grpc::Service> service_;
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
