// Who may call a server, beyond having a certificate that our authority signed: exactly one SPIFFE
// id, of our trust domain, of the right kind, neither ended nor denied.

#ifndef COMMON_RPC_PEER_GATE_H_
#define COMMON_RPC_PEER_GATE_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "common/rpc/call_limits.h"
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

// Which calls a caller may make at all; whose data they then get is the services' business.
class CallPolicy {
 public:
  virtual ~CallPolicy() = default;
  // Of each call, before its service sees it; may block for a moment. UNAUTHENTICATED,
  // PERMISSION_DENIED, or UNAVAILABLE when it cannot be told.
  virtual absl::Status MayCall(const Presented& caller) const = 0;
  // Whether a stream may go on; about once a second. What cannot be told now goes on.
  virtual absl::Status MayStay(const Presented& caller) const = 0;
};

class PeerGate {
 public:
  struct Rules {
    std::string trust_domain = {};
    std::string kind = {};  // "hub" or "svc"; empty: either.
    // Lets in who shows no certificate; the services decide what they may do.
    bool strangers = false;
    std::shared_ptr<const DenialList> denials = {};  // Null: nobody is denied.
    std::shared_ptr<CallLimits> limits = {};         // Null: calls are not counted.
    std::shared_ptr<const CallPolicy> policy = {};   // Null: whoever is let in may call anything.
  };
  explicit PeerGate(Rules rules) : rules_(std::move(rules)) {}

  // Of a call. UNAUTHENTICATED, PERMISSION_DENIED, or UNAVAILABLE for a certificate that has ended
  // while the connection went on: who comes again shows the renewed one.
  absl::Status Admit(const Presented& caller) const;
  // Of a stream that goes on.
  absl::Status Retain(const Presented& caller) const;
  // Whether Admit() may block.
  bool blocks() const { return rules_.policy != nullptr; }
  // Of a call that is admitted: whether its caller has not called too often. Who has signed in is
  // told apart by `authorization`, anybody else by their certificate.
  absl::Status Limit(const absl::StatusOr<PeerIdentity>& peer, std::string_view authorization,
                     std::string_view method) const;

 private:
  absl::Status Know(const absl::StatusOr<PeerIdentity>& peer) const;

  const Rules rules_;
};

// Asks the gate about every call of a server, health and reflection included.
std::shared_ptr<grpc::AuthMetadataProcessor> MakeGatekeeper(std::shared_ptr<const PeerGate> gate);

}  // namespace veille::rpc

#endif  // COMMON_RPC_PEER_GATE_H_
