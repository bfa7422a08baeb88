#include "services/identity/adapters/identity_service.h"

#include <utility>

#include "veille/identity/v1/identity_service.grpc.pb.h"

#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/rpc/identity.h"
#include "common/rpc/status.h"
#include "services/domain/identity/enrollment_code.h"

namespace veille::identity {
namespace {

constexpr int kMaxPage = 1000, kDefaultPage = 100;
constexpr std::size_t kMaxRequestPem = 4096;

template <typename Work>
grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, Work work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(rpc::ToGrpc(work()));
  return reactor;
}

absl::StatusOr<rpc::PeerIdentity> WithCertificate(const grpc::CallbackServerContext& context) {
  VEILLE_ASSIGN_OR_RETURN(rpc::PeerIdentity peer, rpc::IdentityOf(context));
  if (!peer.authenticated) return absl::UnauthenticatedError("a certificate is needed");
  return peer;
}

absl::Status CheckRequestPem(const std::string& pem) {
  if (pem.size() <= kMaxRequestPem) return absl::OkStatus();
  return rpc::BadRequest({{"certificate_request_pem", "at most 4096 bytes"}});
}

// "ipv4:192.0.2.7:51234" without the port, which changes with each try.
std::string AddressOf(const grpc::CallbackServerContext& context) {
  const std::string peer = context.peer();
  return peer.substr(0, peer.rfind(':'));
}

class IdentityService final : public v1::IdentityService::CallbackService {
 public:
  IdentityService(IdentityDesk& desk, const domain::Access& access)
      : desk_(desk), access_(access) {}

  grpc::ServerUnaryReactor* GetTrustBundle(grpc::CallbackServerContext* context,
                                           const v1::GetTrustBundleRequest* /*request*/,
                                           v1::GetTrustBundleResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(*response->mutable_trust_bundle_pem(), desk_.TrustBundle());
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* Enroll(grpc::CallbackServerContext* context,
                                   const v1::EnrollRequest* request,
                                   v1::EnrollResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_RETURN_IF_ERROR(CheckRequestPem(request->certificate_request_pem()));
      if (request->secret().size() != domain::kSecretCharacters)
        return rpc::BadRequest({{"secret", "must have 16 characters"}});
      VEILLE_ASSIGN_OR_RETURN(
          IdentityDesk::Enrolled enrolled,
          desk_.Enroll(request->secret(), request->certificate_request_pem(), AddressOf(*context)));
      response->set_hub_id(enrolled.hub_id);
      response->set_certificate_chain_pem(std::move(enrolled.certificate.chain_pem));
      response->set_trust_bundle_pem(std::move(enrolled.certificate.trusted_pem));
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* RenewCertificate(grpc::CallbackServerContext* context,
                                             const v1::RenewCertificateRequest* request,
                                             v1::RenewCertificateResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(const rpc::PeerIdentity peer, WithCertificate(*context));
      VEILLE_RETURN_IF_ERROR(CheckRequestPem(request->certificate_request_pem()));
      VEILLE_ASSIGN_OR_RETURN(
          Certificate renewed,
          desk_.Renew({peer.kind, peer.id, peer.serial, ""}, request->certificate_request_pem()));
      response->set_certificate_chain_pem(std::move(renewed.chain_pem));
      response->set_trust_bundle_pem(std::move(renewed.trusted_pem));
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* CreateEnrollmentCode(
      grpc::CallbackServerContext* context, const v1::CreateEnrollmentCodeRequest* request,
      v1::CreateEnrollmentCodeResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(const Holder caller, HolderOf(*context));
      VEILLE_ASSIGN_OR_RETURN(
          const IdentityDesk::NewCode code,
          desk_.MakeCode(caller, request->hub_id(), absl::Seconds(request->lifetime().seconds())));
      response->set_code(code.text);
      SetTime(code.expire_time, *response->mutable_expire_time());
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* DenyPeer(grpc::CallbackServerContext* context,
                                     const v1::DenyPeerRequest* request,
                                     v1::DenyPeerResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(const Holder caller, HolderOf(*context));
      VEILLE_ASSIGN_OR_RETURN(
          const bool known,
          desk_.Deny(caller, {request->subject(), request->reason(), request->force()}));
      response->set_unknown(!known);
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* AllowPeer(grpc::CallbackServerContext* context,
                                      const v1::AllowPeerRequest* request,
                                      v1::AllowPeerResponse* /*response*/) override {
    return Answer(context, [&]() -> absl::Status {
      VEILLE_ASSIGN_OR_RETURN(const Holder caller, HolderOf(*context));
      return desk_.Allow(caller, request->subject());
    });
  }

  grpc::ServerUnaryReactor* ListDenials(grpc::CallbackServerContext* context,
                                        const v1::ListDenialsRequest* request,
                                        v1::ListDenialsResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      if (request->page_size() < 0 || request->page_size() > kMaxPage)
        return rpc::BadRequest({{"page_size", "must be 0 to 1000"}});
      const int limit = request->page_size() == 0 ? kDefaultPage : request->page_size();
      VEILLE_ASSIGN_OR_RETURN(const auto denials, desk_.Denials());
      for (const auto& [subject, denial] : denials) {
        if (subject <= request->page_token()) continue;
        if (response->denials_size() == limit) {
          response->set_next_page_token(response->denials(limit - 1).subject());
          break;
        }
        v1::Denial& said = *response->add_denials();
        said.set_subject(subject);
        said.set_reason(denial.reason());
        *said.mutable_deny_time() = denial.deny_time();
        if (denial.has_expire_time()) *said.mutable_expire_time() = denial.expire_time();
      }
      return absl::OkStatus();
    });
  }

 private:
  absl::StatusOr<Holder> HolderOf(const grpc::CallbackServerContext& context) const {
    const absl::StatusOr<rpc::PeerIdentity> peer = rpc::IdentityOf(context);
    VEILLE_ASSIGN_OR_RETURN(const domain::Caller caller,
                            access_.Identify({peer, rpc::BearerOf(context)}));
    if (caller.signed_in()) return Holder{"", "", "", caller.id};
    return Holder{peer->kind, peer->id, peer->serial, peer->subject()};
  }

  IdentityDesk& desk_;
  const domain::Access& access_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeIdentityService(IdentityDesk& desk,
                                                   const domain::Access& access) {
  return std::make_shared<IdentityService>(desk, access);
}

}  // namespace veille::identity
