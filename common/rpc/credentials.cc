#include "common/rpc/credentials.h"

#include <vector>

#include "absl/synchronization/mutex.h"
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "common/base/file.h"

namespace veille::rpc {
namespace {

// How often the files are looked at; a certificate is renewed hours before its end.
constexpr unsigned kReloadSeconds = 10;

// Home routers forget a quiet TCP connection after a few minutes, some after one.
constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 20'000;

absl::Status Check(const TlsFiles& files) {
  for (const std::string& path : {files.ca_file, files.certificate_file, files.key_file}) {
    if (path.empty()) {
      return absl::InvalidArgumentError(
          "tls: ca_file, certificate_file and key_file are needed, all three");
    }
    const absl::StatusOr<std::string> content = ReadFile(path);
    if (!content.ok())
      return absl::InvalidArgumentError("tls: " + std::string(content.status().message()));
    if (content->find("-----BEGIN") == std::string::npos)
      return absl::InvalidArgumentError("tls: " + path + " is not PEM");
  }
  return absl::OkStatus();
}

std::shared_ptr<grpc::experimental::FileWatcherCertificateProvider> Provider(
    const TlsFiles& files) {
  return std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      files.key_file, files.certificate_file, files.ca_file, kReloadSeconds);
}

// Debian builds Abseil with its search for lock cycles on, which looks up every lock that gRPC
// takes: it is there to find gRPC's own faults, and costs a server a twentieth of its time.
void SpareLockCycles() { absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore); }

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentials(const TlsFiles& files) {
  SpareLockCycles();
  if (!files.any()) return grpc::InsecureServerCredentials();
  if (absl::Status status = Check(files); !status.ok()) return status;
  grpc::experimental::TlsServerCredentialsOptions options(Provider(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ClientCredentials(const TlsFiles& files) {
  SpareLockCycles();
  if (!files.any()) return grpc::InsecureChannelCredentials();
  if (absl::Status status = Check(files); !status.ok()) return status;
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Provider(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  return grpc::experimental::TlsCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const std::string& address,
                                                           const TlsFiles& files) {
  absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> credentials = ClientCredentials(files);
  if (!credentials.ok()) return credentials.status();
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // What comes here is small: probing for bandwidth would send a ping after nearly every message.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  // Each channel its own connection: one that hangs does not hold up another's.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // It bounds an attempt, handshakes included: a home behind a slow radio link needs seconds.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 10'000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 10'000);
  return grpc::CreateCustomChannel(address, *credentials, arguments);
}

}  // namespace veille::rpc
