#include "services/identity/role.h"

#include <utility>

#include <grpcpp/grpcpp.h>

#include "common/base/status_macros.h"
#include "common/pki/authority_folder.h"
#include "common/rpc/server.h"
#include "services/domain/identity/local_tls.h"
#include "services/identity/adapters/identity_service.h"
#include "services/identity/adapters/redis_identity_store.h"
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

}  // namespace

class IdentityRole::Parts {
 public:
  explicit Parts(const IdentityOptions& options)
      : store_(options.endpoint),
        desk_(DeskOptionsOf(options, &random_), store_),
        service_(MakeIdentityService(desk_)) {}

  absl::Status Start(const IdentityOptions& options) {
    VEILLE_RETURN_IF_ERROR(desk_.TrustBundle().status());
    const config::v1::Tls& tls = options.config.rpc().tls();
    rpc::Server::Options server;
    server.address = options.config.identity().address();
    server.tls = {tls.ca_file(), tls.certificate_file(), tls.key_file()};
    server.max_receive_bytes = kMaxReceiveBytes;
    server.strangers = true;
    server.denials = options.denials;
    if (!server.tls.any())
      return absl::FailedPreconditionError("the identity service cannot serve without TLS");
    VEILLE_ASSIGN_OR_RETURN(server_, rpc::Server::Start(server, {service_.get()}, streams_));
    server_->SetReady(true);
    return absl::OkStatus();
  }

  void Stop() {
    if (server_ != nullptr) server_->Stop();
  }
  int port() const { return server_->port(); }
  bool ready() const { return server_->ready(); }

 private:
  SystemRandom random_;
  RedisIdentityStore store_;
  IdentityDesk desk_;
  rpc::StreamRegistry streams_;
  const std::shared_ptr<grpc::Service> service_;
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
