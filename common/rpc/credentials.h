// TLS from files, for servers and clients.

#ifndef COMMON_RPC_CREDENTIALS_H_
#define COMMON_RPC_CREDENTIALS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace grpc {
class Channel;
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace veille::rpc {

// PEM files; all three, or none for no TLS.
struct TlsFiles {
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  bool any() const { return !ca_file.empty() || !certificate_file.empty() || !key_file.empty(); }
};

// Mutual TLS: a client without a certificate of our authority is refused in the handshake. The
// files are watched, so a renewed certificate is taken without a restart. INVALID_ARGUMENT names
// what is missing.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentials(const TlsFiles& files);
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ClientCredentials(const TlsFiles& files);

// A channel to `address` with keepalive suited to homes behind NAT.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const std::string& address,
                                                           const TlsFiles& files);

}  // namespace veille::rpc

#endif  // COMMON_RPC_CREDENTIALS_H_
