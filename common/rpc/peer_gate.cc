#include "common/rpc/peer_gate.h"

#include <utility>

#include <grpcpp/grpcpp.h>
#include <grpcpp/security/auth_metadata_processor.h>

#include "common/rpc/bearer.h"
#include "common/rpc/status.h"
#include "common/time/clock.h"

namespace veille::rpc {
namespace {

class Gatekeeper final : public grpc::AuthMetadataProcessor {
 public:
  explicit Gatekeeper(std::shared_ptr<const PeerGate> gate) : gate_(std::move(gate)) {}

  // gRPC then asks on a thread of its own.
  bool IsBlocking() const override { return gate_->blocks(); }
  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context,
                       OutputMetadata* /*consumed*/, OutputMetadata* /*response*/) override {
    const auto value = [&metadata](const char* key) {
      const auto at = metadata.find(key);
      return at == metadata.end() ? std::string_view()
                                  : std::string_view(at->second.data(), at->second.size());
    };
    const Presented caller{IdentityOf(context), BearerOf(value(kAuthorization)),
                           std::string(value(":path"))};
    if (absl::Status status = gate_->Admit(caller); !status.ok()) return ToGrpc(status);
    return ToGrpc(gate_->Limit(caller.peer, value(kAuthorization), value(":path")));
  }

 private:
  const std::shared_ptr<const PeerGate> gate_;
};

}  // namespace

absl::Status PeerGate::Admit(const Presented& caller) const {
  if (absl::Status known = Know(caller.peer); !known.ok()) return known;
  return rules_.policy == nullptr ? absl::OkStatus() : rules_.policy->MayCall(caller);
}

absl::Status PeerGate::Retain(const Presented& caller) const {
  if (absl::Status known = Know(caller.peer); !known.ok()) return known;
  return rules_.policy == nullptr ? absl::OkStatus() : rules_.policy->MayStay(caller);
}

absl::Status PeerGate::Know(const absl::StatusOr<PeerIdentity>& peer) const {
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

absl::Status PeerGate::Limit(const absl::StatusOr<PeerIdentity>& peer,
                             std::string_view authorization, std::string_view method) const {
  if (rules_.limits == nullptr) return absl::OkStatus();
  if (!authorization.empty()) return rules_.limits->Take(authorization, method);
  const bool proved = peer.ok() && peer->authenticated;
  return rules_.limits->Take(proved ? peer->subject() : std::string(), method);
}

std::shared_ptr<grpc::AuthMetadataProcessor> MakeGatekeeper(std::shared_ptr<const PeerGate> gate) {
  return std::make_shared<Gatekeeper>(std::move(gate));
}

}  // namespace veille::rpc
