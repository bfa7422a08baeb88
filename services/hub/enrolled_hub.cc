#include "services/hub/enrolled_hub.h"

#include <filesystem>

#include <grpcpp/grpcpp.h>
#include <sys/stat.h>

#include "veille/identity/v1/identity_service.grpc.pb.h"

#include "common/base/file.h"
#include "common/base/private_folder.h"
#include "common/base/status_macros.h"
#include "common/pki/certificate.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "services/domain/identity/enrollment_code.h"

namespace veille::hub {
namespace {

using identity::v1::IdentityService;

constexpr std::string_view kHub = "hub/";
// Behind a slow radio link.
constexpr absl::Duration kPatience = absl::Seconds(30);

template <typename Request, typename Response, typename Method>
absl::StatusOr<Response> Call(const std::shared_ptr<grpc::Channel>& channel, Method method,
                              const Request& request) {
  const auto stub = IdentityService::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(rpc::DeadlineAfter(kPatience));
  context.set_wait_for_ready(true);
  Response response;
  const grpc::Status status = ((*stub).*method)(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  return response;
}

absl::Status Reached(const absl::Status& status, const std::string& address) {
  if (!absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status)) return status;
  return absl::UnavailableError("the identity service at " + address + " does not answer, or is " +
                                "not the one of the code (" + std::string(status.message()) + ")");
}

}  // namespace

absl::StatusOr<std::string> PinnedBundle(const std::string& address, const std::string& pin) {
  const auto told = Call<identity::v1::GetTrustBundleRequest, identity::v1::GetTrustBundleResponse>(
      rpc::MakeFirstContact(address, ""), &IdentityService::Stub::GetTrustBundle, {});
  if (!told.ok()) return Reached(told.status(), address);
  const absl::StatusOr<std::string> digest = pki::BundleDigest(told->trust_bundle_pem());
  if (!digest.ok() || domain::PinOf(*digest) != pin) {
    return absl::UnauthenticatedError("the server at " + address +
                                      " does not have the roots that this code is for: check the "
                                      "address, and ask for a new code; "
                                      "if that does not help, somebody may stand between");
  }
  return told->trust_bundle_pem();
}

EnrolledHub::EnrolledHub(const std::string& folder, const std::string& id) : folder_(folder) {
  if (id.rfind(kHub, 0) == 0) path_ = folder + "/" + id.substr(kHub.size());
}

bool EnrolledHub::exists() const {
  return !path_.empty() && std::filesystem::exists(path_ + ".pem");
}

rpc::TlsFiles EnrolledHub::Tls() const {
  rpc::TlsFiles files;
  files.ca_file = path_ + ".trusted.pem";
  files.certificate_file = path_ + ".pem";
  files.key_file = files.certificate_file;
  return files;
}

absl::StatusOr<std::string> EnrolledHub::ServiceAddress() const {
  return ReadFile(path_ + ".service");
}

bool EnrolledHub::IsNew(absl::Time now) const {
  struct stat file = {};
  if (stat((path_ + ".pem").c_str(), &file) != 0) return false;
  const absl::Duration age = now - absl::TimeFromTimespec(file.st_mtim);
  return age < absl::Minutes(1) && age > -absl::Minutes(1);
}

absl::StatusOr<absl::Time> EnrolledHub::RenewalTime() const {
  VEILLE_ASSIGN_OR_RETURN(const std::string pem, ReadFile(path_ + ".pem"));
  VEILLE_ASSIGN_OR_RETURN(const pki::CertificateInfo info, pki::Inspect(pem));
  return pki::RenewalTime(info);
}

absl::Status EnrolledHub::Store(const std::string& key_pem, const std::string& chain_pem,
                                const std::string& trusted_pem,
                                const std::string& service_address) const {
  if (!pki::KeyFits(key_pem, chain_pem))
    return absl::InternalError("the certificate that was given is not for our key");
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return absl::UnavailableError("cannot make " + folder_ + ": " + error.message());
  chmod(folder_.c_str(), 0700);
  // The certificate last: with it the hub is enrolled, and everything else must be there.
  VEILLE_RETURN_IF_ERROR(WriteFileAtomically(path_ + ".service", service_address));
  VEILLE_RETURN_IF_ERROR(WriteFileAtomically(path_ + ".trusted.pem", trusted_pem));
  return WriteFileAtomically(path_ + ".pem", key_pem + chain_pem);
}

absl::StatusOr<std::string> Enroll(const std::string& address, const std::string& code,
                                   const std::string& folder) {
  VEILLE_ASSIGN_OR_RETURN(const domain::EnrollmentCode parsed, domain::ParseEnrollmentCode(code));
  // The code is used up, and the hub's older certificates denied, before we have what it is for.
  VEILLE_RETURN_IF_ERROR(PreparePrivateFolder(folder));
  VEILLE_ASSIGN_OR_RETURN(const std::string trusted, PinnedBundle(address, parsed.pin));
  VEILLE_ASSIGN_OR_RETURN(const pki::KeyAndRequest made, pki::MakeRequest());
  identity::v1::EnrollRequest request;
  request.set_secret(parsed.secret);
  request.set_certificate_request_pem(made.request_pem);
  const auto enrolled = Call<identity::v1::EnrollRequest, identity::v1::EnrollResponse>(
      rpc::MakeFirstContact(address, trusted), &IdentityService::Stub::Enroll, request);
  if (!enrolled.ok()) return Reached(enrolled.status(), address);
  VEILLE_RETURN_IF_ERROR(EnrolledHub(folder, std::string(kHub) + enrolled->hub_id())
                             .Store(made.key_pem, enrolled->certificate_chain_pem(),
                                    enrolled->trust_bundle_pem(), address));
  return enrolled->hub_id();
}

absl::Status RenewNow(const EnrolledHub& hub) {
  VEILLE_ASSIGN_OR_RETURN(const std::string address, hub.ServiceAddress());
  VEILLE_ASSIGN_OR_RETURN(const pki::KeyAndRequest made, pki::MakeRequest());
  rpc::TlsFiles tls = hub.Tls();
  tls.server = "svc/identity";
  VEILLE_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel,
                          rpc::MakeChannel(address, tls));
  identity::v1::RenewCertificateRequest request;
  request.set_certificate_request_pem(made.request_pem);
  const auto renewed =
      Call<identity::v1::RenewCertificateRequest, identity::v1::RenewCertificateResponse>(
          channel, &IdentityService::Stub::RenewCertificate, request);
  if (!renewed.ok()) return Reached(renewed.status(), address);
  return hub.Store(made.key_pem, renewed->certificate_chain_pem(), renewed->trust_bundle_pem(),
                   address);
}

}  // namespace veille::hub
