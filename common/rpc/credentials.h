// TLS from files, for servers and clients.

#ifndef COMMON_RPC_CREDENTIALS_H_
#define COMMON_RPC_CREDENTIALS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace grpc {
class Channel;
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace veille::rpc {

class PeerGate;

// PEM files; all three, or none for no TLS. Certificate and key may share a file, which then is
// replaced as a whole.
struct TlsFiles {
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  // Clients: who the server must be, "svc/gateway"; empty: any service of our trust domain.
  std::string server = {};
  // How often the files are looked at; at least a second. A certificate is renewed hours before its
  // end.
  absl::Duration reload = absl::Seconds(10);
  bool any() const { return !ca_file.empty() || !certificate_file.empty() || !key_file.empty(); }
};

// TLS 1.2 and 1.3. The files are watched, so a renewed certificate, and another bundle of roots,
// are taken without a restart; connections that are open go on. INVALID_ARGUMENT names what is
// missing.
//
// Mutual: a client without a certificate of our authority is refused in the handshake; where
// `strangers` may come, only one with a wrong certificate is. `gate` judges each call; null:
// nobody.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentials(
    const TlsFiles& files, bool strangers = false, std::shared_ptr<const PeerGate> gate = nullptr);
// The server is known by its SPIFFE id, not by the name that it is reached under. With `ca_file`
// alone the client shows no certificate; that file is watched, too.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ClientCredentials(const TlsFiles& files);

// The trust domain of the certificate in a file.
absl::StatusOr<std::string> TrustDomainOf(const std::string& certificate_file);

// A channel to `address` with keepalive suited to homes behind NAT.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const std::string& address,
                                                           const TlsFiles& files);

// For a client that has no certificate yet. With `trusted_pem` the server must be the identity
// service under one of these roots. Without, anybody answers, and nothing secret may be said.
std::shared_ptr<grpc::Channel> MakeFirstContact(const std::string& address,
                                                const std::string& trusted_pem);

}  // namespace veille::rpc

#endif  // COMMON_RPC_CREDENTIALS_H_
