#include "common/rpc/credentials.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "common/base/file.h"
#include "common/log/log.h"
#include "common/rpc/identity.h"
#include "common/rpc/peer_gate.h"
#include "common/rpc/status.h"

namespace veille::rpc {
namespace {

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

// With `ca_file` alone it watches the roots.
std::shared_ptr<grpc::experimental::FileWatcherCertificateProvider> Provider(
    const TlsFiles& files) {
  const auto seconds = std::max<int64_t>(1, absl::ToInt64Seconds(files.reload));
  return std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      files.key_file, files.certificate_file, files.ca_file, static_cast<unsigned>(seconds));
}

// The handshake has proved that our authority signed the server's certificate; this, that it is the
// server that we mean. Hubs have certificates of the same authority, and are no servers.
class ServerVerifier final : public grpc::experimental::ExternalCertificateVerifier {
 public:
  // An empty domain: not known yet.
  ServerVerifier(std::string trust_domain, std::string server)
      : trust_domain_(std::move(trust_domain)), server_(std::move(server)) {}

  bool Verify(grpc::experimental::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)> /*callback*/, grpc::Status* status) override {
    std::vector<std::string> uris;
    for (const grpc::string_ref& uri : request->uri_names())
      uris.emplace_back(uri.data(), uri.size());
    *status = ToGrpc(Judge(IdentityOfUris(uris)));
    return true;  // Judged at once; the callback is for later.
  }
  void Cancel(grpc::experimental::TlsCustomVerificationCheckRequest* /*request*/) override {}

 private:
  absl::Status Judge(const absl::StatusOr<PeerIdentity>& server) const {
    if (!server.ok()) return server.status();
    if (!trust_domain_.empty() && server->trust_domain != trust_domain_)
      return absl::UnauthenticatedError("the server is of another trust domain");
    if (server->kind != "svc" || (!server_.empty() && server->subject() != server_)) {
      return absl::UnauthenticatedError("the server is " + server->subject() + ", not " +
                                        (server_.empty() ? "a service" : server_));
    }
    return absl::OkStatus();
  }

  const std::string trust_domain_, server_;
};

grpc::ChannelArguments ChannelArgumentsForHomes() {
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
  return arguments;
}

// What gRPC has to complain of goes into our log. Not that a server is reached under a name that
// its certificate has not: we know it by its SPIFFE id, and there would be a line a connection.
void LogOfGrpc(gpr_log_func_args* line) {
  if (line->severity < GPR_LOG_SEVERITY_ERROR) return;
  const std::string message = line->message;
  if (message.find("No match found for server name") != std::string::npos) return;
  VEILLE_LOG(kWarning, "gRPC complains").Field("of", message);
}

// What protobuf finds in a peer's bytes is answered to the peer: a line a message would let anybody
// fill the log.
void IgnoreProtobuf(google::protobuf::LogLevel /*level*/, const char* /*file*/, int /*line*/,
                    const std::string& /*message*/) {}

// Debian builds Abseil with its search for lock cycles on, which looks up every lock that gRPC
// takes: it is there to find gRPC's own faults, and costs a server a twentieth of its time.
void Prepare() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  gpr_set_log_function(&LogOfGrpc);
  google::protobuf::SetLogHandler(&IgnoreProtobuf);
}

}  // namespace

absl::StatusOr<std::string> TrustDomainOf(const std::string& certificate_file) {
  const absl::StatusOr<std::string> pem = ReadFile(certificate_file);
  if (!pem.ok()) return pem.status();
  const absl::StatusOr<PeerIdentity> own = IdentityOfCertificate(*pem);
  if (own.ok()) return own->trust_domain;
  return absl::InvalidArgumentError("tls: " + certificate_file + ": " +
                                    std::string(own.status().message()));
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentials(
    const TlsFiles& files, bool strangers, std::shared_ptr<const PeerGate> gate) {
  Prepare();
  if (!files.any()) return grpc::InsecureServerCredentials();
  if (absl::Status status = Check(files); !status.ok()) return status;
  grpc::experimental::TlsServerCredentialsOptions options(Provider(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(strangers
                                    ? GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY
                                    : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  auto credentials = grpc::experimental::TlsServerCredentials(options);
  if (gate != nullptr) credentials->SetAuthMetadataProcessor(MakeGatekeeper(std::move(gate)));
  return credentials;
}

namespace {

// A person's client: it shows a token instead.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> WithoutCertificate(
    const TlsFiles& files) {
  const absl::StatusOr<std::string> trusted = ReadFile(files.ca_file);
  if (!trusted.ok())
    return absl::InvalidArgumentError("tls: " + std::string(trusted.status().message()));
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Provider(files));
  options.watch_root_certs();
  options.set_certificate_verifier(
      grpc::experimental::ExternalCertificateVerifier::Create<ServerVerifier>("", files.server));
  options.set_check_call_host(false);
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ClientCredentials(const TlsFiles& files) {
  Prepare();
  if (!files.any()) return grpc::InsecureChannelCredentials();
  if (files.certificate_file.empty() && files.key_file.empty()) return WithoutCertificate(files);
  if (absl::Status status = Check(files); !status.ok()) return status;
  absl::StatusOr<std::string> trust_domain = TrustDomainOf(files.certificate_file);
  if (!trust_domain.ok()) return trust_domain.status();
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Provider(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(
      grpc::experimental::ExternalCertificateVerifier::Create<ServerVerifier>(
          *std::move(trust_domain), files.server));
  options.set_check_call_host(false);
  return grpc::experimental::TlsCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const std::string& address,
                                                           const TlsFiles& files) {
  absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> credentials = ClientCredentials(files);
  if (!credentials.ok()) return credentials.status();
  return grpc::CreateCustomChannel(address, *credentials, ChannelArgumentsForHomes());
}

std::shared_ptr<grpc::Channel> MakeFirstContact(const std::string& address,
                                                const std::string& trusted_pem) {
  Prepare();
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_check_call_host(false);
  if (trusted_pem.empty()) {
    options.set_verify_server_certs(false);
    options.set_certificate_verifier(
        std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
  } else {
    options.set_certificate_provider(
        std::make_shared<grpc::experimental::StaticDataCertificateProvider>(trusted_pem));
    options.watch_root_certs();
    options.set_certificate_verifier(
        grpc::experimental::ExternalCertificateVerifier::Create<ServerVerifier>("",
                                                                                "svc/identity"));
  }
  return grpc::CreateCustomChannel(address, grpc::experimental::TlsCredentials(options),
                                   ChannelArgumentsForHomes());
}

}  // namespace veille::rpc
