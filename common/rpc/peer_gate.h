// Who may call a server, beyond having a certificate that our authority signed: exactly one SPIFFE
// id, of our trust domain, of the right kind, neither ended nor denied.

#ifndef COMMON_RPC_PEER_GATE_H_
#define COMMON_RPC_PEER_GATE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"

#include "common/rpc/identity.h"

namespace grpc {
class AuthMetadataProcessor;
}

namespace veille::rpc {

// Who is not believed any more although the certificate is good. Asked for each call and, about
// once a second, for each live stream; from any thread.
class DenialList {
 public:
  virtual ~DenialList() = default;
  // PERMISSION_DENIED, or OK.
  virtual absl::Status Check(const PeerIdentity& peer) const = 0;
};

class PeerGate {
 public:
  struct Rules {
    std::string trust_domain = {};
    std::string kind = {};  // "hub" or "svc"; empty: either.
    // Lets in who shows no certificate; the services decide what they may do.
    bool strangers = false;
    std::shared_ptr<const DenialList> denials = {};  // Null: nobody is denied.
  };
  explicit PeerGate(Rules rules) : rules_(std::move(rules)) {}

  // Of a call. UNAUTHENTICATED, PERMISSION_DENIED, or UNAVAILABLE for a certificate that has ended
  // while the connection went on: who comes again shows the renewed one.
  absl::Status Admit(const absl::StatusOr<PeerIdentity>& peer) const;

 private:
  const Rules rules_;
};

// Asks the gate about every call of a server, health and reflection included.
std::shared_ptr<grpc::AuthMetadataProcessor> MakeGatekeeper(std::shared_ptr<const PeerGate> gate);

}  // namespace veille::rpc

#endif  // COMMON_RPC_PEER_GATE_H_
