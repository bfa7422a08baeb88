#include "tests/bench/pipeline/trust.h"

#include <utility>

#include <grpcpp/grpcpp.h>

#include "common/base/check.h"
#include "common/base/file.h"
#include "common/pki/authority_folder.h"
#include "common/time/clock.h"
#include "services/domain/identity/local_tls.h"

namespace veille::bench {

Trust::Trust(std::string folder) : folder_(std::move(folder)) {
  if (!any()) return;
  VEILLE_CHECK(
      pki::AuthorityFolder(folder_).MakeIfMissing("bench.internal", SystemClock().Now()).ok());
}

void Trust::Configure(config::v1::Config& config) const {
  if (any()) config.mutable_identity()->set_folder(folder_);
}

rpc::TlsFiles Trust::ServerFiles() const {
  return any() ? *domain::LocalTls(folder_, "svc/gateway") : rpc::TlsFiles();
}

std::shared_ptr<grpc::Channel> Trust::Connect(const std::string& address,
                                              const std::string& source_id) const {
  if (!any()) return *rpc::MakeChannel(address, {});
  const rpc::TlsFiles files = *domain::LocalTls(folder_, "hub/" + source_id);
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = *ReadFile(files.ca_file);
  options.pem_cert_chain = *ReadFile(files.certificate_file);
  options.pem_private_key = options.pem_cert_chain;
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("localhost");
  // Else channels to one address would share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::SslCredentials(options), arguments);
}

}  // namespace veille::bench
