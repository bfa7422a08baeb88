// Who the other end is, by its certificate: exactly one SPIFFE URI.

#ifndef COMMON_RPC_IDENTITY_H_
#define COMMON_RPC_IDENTITY_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace grpc {
class AuthContext;
class ServerContextBase;
}  // namespace grpc

namespace veille::rpc {

struct PeerIdentity {
  // False without TLS: then nobody has proved anything, and the role decides what to believe.
  bool authenticated = false;
  std::string trust_domain;  // "veille.example"
  std::string kind;          // "hub" or "svc"
  std::string id;            // The hub's id, or the role.
  std::string serial;        // Of the certificate, lower-case hexadecimal.
  absl::Time not_after = absl::InfiniteFuture();

  // "hub/h1".
  std::string subject() const { return kind + "/" + id; }
};

// "spiffe://<domain>/hub/<id>" or "spiffe://<domain>/svc/<role>". Pure; INVALID_ARGUMENT says what
// is wrong, without repeating what may be hostile.
absl::StatusOr<PeerIdentity> ParseSpiffe(std::string_view uri);

// The identity out of all URIs of a certificate: UNAUTHENTICATED for none, for more than one, and
// for one that does not parse.
absl::StatusOr<PeerIdentity> IdentityOfUris(const std::vector<std::string>& uris);

// Of the first certificate in `pem`.
absl::StatusOr<PeerIdentity> IdentityOfCertificate(std::string_view pem);

// Of the peer of a call. Not authenticated, and OK, on a connection without TLS, and for a peer
// without a certificate where the server allows that.
absl::StatusOr<PeerIdentity> IdentityOf(const grpc::ServerContextBase& context);
absl::StatusOr<PeerIdentity> IdentityOf(const grpc::AuthContext* auth);

}  // namespace veille::rpc

#endif  // COMMON_RPC_IDENTITY_H_
