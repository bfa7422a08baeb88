#include "common/rpc/peer_gate.h"

#include <utility>

#include <grpcpp/grpcpp.h>
#include <grpcpp/security/auth_metadata_processor.h>

#include "common/rpc/status.h"
#include "common/time/clock.h"

namespace veille::rpc {
namespace {

class Gatekeeper final : public grpc::AuthMetadataProcessor {
 public:
  explicit Gatekeeper(std::shared_ptr<const PeerGate> gate) : gate_(std::move(gate)) {}

  // It neither waits nor computes for long.
  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& /*metadata*/, grpc::AuthContext* context,
                       OutputMetadata* /*consumed*/, OutputMetadata* /*response*/) override {
    return ToGrpc(gate_->Admit(IdentityOf(context)));
  }

 private:
  const std::shared_ptr<const PeerGate> gate_;
};

}  // namespace

absl::Status PeerGate::Admit(const absl::StatusOr<PeerIdentity>& peer) const {
  if (!peer.ok()) return peer.status();
  if (!peer->authenticated) {
    if (rules_.strangers) return absl::OkStatus();
    return absl::UnauthenticatedError("a certificate is needed");
  }
  if (peer->trust_domain != rules_.trust_domain)
    return absl::PermissionDeniedError("the certificate is of another deployment's trust domain");
  if (!rules_.kind.empty() && peer->kind != rules_.kind) {
    return absl::PermissionDeniedError(rules_.kind == "hub"
                                           ? "this port is for hubs: the certificate is a service's"
                                           : "this port is not for hubs");
  }
  // The system's clock even where the deployment's runs faster: TLS knows no other.
  if (peer->not_after < SystemClock().Now()) {
    return absl::UnavailableError(
        "the certificate has ended since this connection began: connect again with the next one");
  }
  return rules_.denials == nullptr ? absl::OkStatus() : rules_.denials->Check(*peer);
}

std::shared_ptr<grpc::AuthMetadataProcessor> MakeGatekeeper(std::shared_ptr<const PeerGate> gate) {
  return std::make_shared<Gatekeeper>(std::move(gate));
}

}  // namespace veille::rpc
