#include "services/client/fresh_roots.h"

#include <utility>

#include <grpcpp/grpcpp.h>

#include "veille/identity/v1/identity_service.grpc.pb.h"

#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/pki/certificate.h"
#include "common/rpc/credentials.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"

namespace veille::client {
namespace {

constexpr absl::Duration kInterval = absl::Hours(6), kPatience = absl::Seconds(20);

}  // namespace

absl::Status FreshenRoots(const SignIns& own, const std::string& address) {
  const rpc::TlsFiles tls = own.Tls("svc/identity");
  if (!tls.any()) return absl::FailedPreconditionError("no roots are known here: sign in first");
  VEILLE_ASSIGN_OR_RETURN(const auto channel, rpc::MakeChannel(address, tls));
  grpc::ClientContext context;
  context.set_deadline(rpc::DeadlineAfter(kPatience));
  identity::v1::GetTrustBundleResponse told;
  const grpc::Status answered = identity::v1::IdentityService::NewStub(channel)->GetTrustBundle(
      &context, identity::v1::GetTrustBundleRequest(), &told);
  VEILLE_RETURN_IF_ERROR(rpc::FromGrpc(answered));
  // Nothing that would not open a connection takes the place of what does.
  VEILLE_RETURN_IF_ERROR(pki::BundleDigest(told.trust_bundle_pem()).status());
  if (ReadFile(tls.ca_file).value_or("") == told.trust_bundle_pem()) return absl::OkStatus();
  return own.StoreRoots(told.trust_bundle_pem());
}

RootsKeeper::RootsKeeper(SignIns own, std::string address)
    : own_(std::move(own)), address_(std::move(address)), worker_("roots", [this] { Run(); }) {}

RootsKeeper::~RootsKeeper() {
  {
    MutexLock lock(mu_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  worker_.Join();
}

void RootsKeeper::Run() {
  while (true) {
    FreshenRoots(own_, address_).IgnoreError();
    MutexLock lock(mu_);
    if (!stopped_) changed_.WaitFor(mu_, kInterval);
    if (stopped_) return;
  }
}

}  // namespace veille::client
