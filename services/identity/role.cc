#include "services/identity/role.h"

#include <utility>

#include <grpcpp/grpcpp.h>

#include "common/base/status_macros.h"
#include "common/pki/authority_folder.h"
#include "common/pki/certificate.h"
#include "common/redis/pipelined_client.h"
#include "common/rpc/server.h"
#include "services/domain/access/access.h"
#include "services/domain/audit/audit_log.h"
#include "services/domain/identity/enrollment_code.h"
#include "services/domain/identity/local_tls.h"
#include "services/domain/keys.h"
#include "services/domain/vault/places.h"
#include "services/identity/adapters/account_service.h"
#include "services/identity/adapters/identity_service.h"
#include "services/identity/adapters/redis_account_store.h"
#include "services/identity/adapters/redis_identity_store.h"
#include "services/identity/app/account_desk.h"
#include "services/identity/app/identity_desk.h"

namespace veille::identity {
namespace {

// Requests are a few kilobytes, and anybody may send them.
constexpr int kMaxReceiveBytes = 16 << 10;

absl::Duration SpanOr(bool has, const google::protobuf::Duration& span, absl::Duration other) {
  return has ? absl::Seconds(span.seconds()) + absl::Nanoseconds(span.nanos()) : other;
}

DeskOptions DeskOptionsOf(const IdentityOptions& options, Random* random) {
  const config::v1::Identity& config = options.config.identity();
  DeskOptions desk;
  desk.folder = config.folder();
  desk.hub_lifetime =
      SpanOr(config.has_hub_lifetime(), config.hub_lifetime(), domain::kHubLifetime);
  desk.service_lifetime =
      SpanOr(config.has_service_lifetime(), config.service_lifetime(), domain::kServiceLifetime);
  desk.registry = options.registry;
  desk.clock = std::make_shared<SystemClock>();
  desk.random = random;
  return desk;
}

domain::AuditLog::Options AuditOptionsOf(const IdentityOptions& options) {
  domain::AuditLog::Options audit;
  audit.endpoint = options.endpoint;
  audit.partitions = options.partitions;
  audit.clock = options.clock;
  audit.key = options.audit_key;
  return audit;
}

std::unique_ptr<redis::PipelinedClient> QueueClient(const redis::Endpoint& endpoint) {
  redis::PipelinedClient::Options options;
  options.endpoint = endpoint;
  options.name = "veille-glass";
  return std::make_unique<redis::PipelinedClient>(std::move(options));
}

}  // namespace

class IdentityRole::Parts {
 public:
  explicit Parts(const IdentityOptions& options)
      : store_(options.endpoint),
        account_store_(options.endpoint),
        audit_(std::make_unique<domain::AuditLog>(AuditOptionsOf(options), *options.metrics)),
        queue_(QueueClient(options.endpoint)),
        access_(std::make_shared<domain::Access>(domain::Access::Options{
            std::make_shared<domain::Sessions>(options.endpoint, real_time_), false, false,
            options.config.rpc().operators_without_second_factor()})),
        desk_(IdentityOptionsOf(options), store_),
        accounts_(AccountOptionsOf(options), account_store_),
        service_(MakeIdentityService(desk_, *access_)),
        account_service_(MakeAccountService(accounts_, *access_)) {}

  absl::Status Start(const IdentityOptions& options) {
    VEILLE_RETURN_IF_ERROR(desk_.TrustBundle().status());
    const config::v1::Tls& tls = options.config.rpc().tls();
    rpc::Server::Options server;
    server.address = options.config.identity().address();
    server.tls = {tls.ca_file(), tls.certificate_file(), tls.key_file()};
    server.max_receive_bytes = kMaxReceiveBytes;
    server.strangers = true;
    server.denials = options.denials;
    server.policy = access_;
    if (!server.tls.any())
      return absl::FailedPreconditionError("the identity service cannot serve without TLS");
    VEILLE_ASSIGN_OR_RETURN(
        server_, rpc::Server::Start(server, {service_.get(), account_service_.get()}, streams_));
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
  DeskOptions IdentityOptionsOf(const IdentityOptions& options) {
    DeskOptions desk = DeskOptionsOf(options, &random_);
    desk.record = [this](const store::v1::AuditEntry& entry) {
      return audit_->RecordAndWait(entry);
    };
    return desk;
  }

  AccountOptions AccountOptionsOf(const IdentityOptions& options) {
    AccountOptions accounts;
    accounts.registry = options.registry;
    accounts.clock = real_time_;
    accounts.service_clock = options.clock;
    accounts.random = &random_;
    accounts.vault = options.vault;
    accounts.operators_without_second_factor =
        options.config.rpc().operators_without_second_factor();
    accounts.pin = [this]() -> absl::StatusOr<std::string> {
      VEILLE_ASSIGN_OR_RETURN(const std::string bundle, desk_.TrustBundle());
      VEILLE_ASSIGN_OR_RETURN(const std::string digest, pki::BundleDigest(bundle));
      return domain::PinOf(digest);
    };
    accounts.record = [this](const store::v1::AuditEntry& entry) {
      return audit_->RecordAndWait(entry);
    };
    accounts.tell = [this, vault = options.vault,
                     partitions = options.partitions](const store::v1::Finding& finding) {
      return Tell(finding, *vault, partitions);
    };
    return accounts;
  }

  absl::Status Tell(const store::v1::Finding& finding, domain::Vault& vault, int partitions) {
    const int partition = domain::PartitionOf(finding.home_id(), partitions);
    VEILLE_ASSIGN_OR_RETURN(
        std::string sealed,
        vault.Seal({finding.home_id(), finding.patient_id()}, domain::FindingPlace(partition),
                   finding.SerializeAsString()));
    return queue_->CommandSync({"XADD", domain::QueueKey(partition), "*", "f", std::move(sealed)})
        .status();
  }

  const std::shared_ptr<const Clock> real_time_ = std::make_shared<SystemClock>();
  SystemRandom random_;
  RedisIdentityStore store_;
  RedisAccountStore account_store_;
  std::unique_ptr<domain::AuditLog> audit_;
  const std::unique_ptr<redis::PipelinedClient> queue_;
  const std::shared_ptr<const domain::Access> access_;
  IdentityDesk desk_;
  AccountDesk accounts_;
  rpc::StreamRegistry streams_;
  const std::shared_ptr<grpc::Service> service_, account_service_;
  std::unique_ptr<rpc::Server> server_;
};

absl::StatusOr<std::unique_ptr<IdentityRole>> IdentityRole::Start(IdentityOptions options) {
  auto parts = std::make_unique<Parts>(options);
  VEILLE_RETURN_IF_ERROR(parts->Start(options));
  return std::unique_ptr<IdentityRole>(new IdentityRole(std::move(parts)));
}

IdentityRole::IdentityRole(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
IdentityRole::~IdentityRole() { Stop(); }
void IdentityRole::Stop() { parts_->Stop(); }
int IdentityRole::port() const { return parts_->port(); }
bool IdentityRole::ready() const { return parts_->ready(); }

}  // namespace veille::identity
