#include "services/identity/app/identity_desk.h"

#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/crypto/ed25519.h"
#include "common/log/log.h"
#include "common/pki/certificate.h"
#include "services/domain/identity/enrollment_code.h"

namespace veille::identity {
namespace {

constexpr absl::Duration kCodeLifetime = absl::Hours(24);
constexpr absl::Duration kShortestCode = absl::Minutes(1), kLongestCode = absl::Hours(7 * 24);
constexpr std::size_t kMaxReason = 200, kMaxSubject = 128;

std::string SecretDigest(const std::string& secret) {
  return domain::ToBase32(Sha256("veille enrolment code:" + secret));
}

absl::Status CheckSubject(const std::string& subject) {
  const bool known = subject.rfind("hub/", 0) == 0 || subject.rfind("svc/", 0) == 0 ||
                     subject.rfind("serial/", 0) == 0;
  if (known && subject.size() <= kMaxSubject && subject.find('/') + 1 < subject.size())
    return absl::OkStatus();
  return absl::InvalidArgumentError("subject: must be like hub/h1, svc/gateway or serial/4a…");
}

}  // namespace

absl::StatusOr<std::string> IdentityDesk::TrustBundle() const {
  VEILLE_ASSIGN_OR_RETURN(const pki::Authority authority, folder_.Load());
  return authority.trusted_pem();
}

absl::StatusOr<IdentityDesk::NewCode> IdentityDesk::MakeCode(const std::string& hub_id,
                                                             absl::Duration lifetime) {
  if (lifetime == absl::ZeroDuration()) lifetime = kCodeLifetime;
  if (lifetime < kShortestCode || lifetime > kLongestCode)
    return absl::InvalidArgumentError("lifetime: must be a minute to a week");
  if (options_.registry.Get()->HomeOfSource(hub_id) == nullptr) {
    return absl::NotFoundError("no home has the source '" + hub_id +
                               "': put it into the home first, then enrol its hub");
  }
  VEILLE_ASSIGN_OR_RETURN(const std::string bundle, TrustBundle());
  VEILLE_ASSIGN_OR_RETURN(const std::string digest, pki::BundleDigest(bundle));
  std::string bytes;
  while (domain::ToBase32(bytes).size() < domain::kSecretCharacters)
    bytes += static_cast<char>(options_.random->UInt64() & 0xff);
  const domain::EnrollmentCode code{domain::ToBase32(bytes), domain::PinOf(digest)};
  VEILLE_RETURN_IF_ERROR(store_.PutCode(SecretDigest(code.secret), hub_id, lifetime));
  VEILLE_LOG(kInfo, "an enrolment code was made").Field("hub", hub_id);
  return NewCode{domain::ToText(code), options_.clock->Now() + lifetime};
}

absl::StatusOr<IdentityDesk::Enrolled> IdentityDesk::Enroll(const std::string& secret,
                                                            const std::string& request_pem,
                                                            const std::string& address) {
  // The request first: a malformed one must not use up a code.
  VEILLE_ASSIGN_OR_RETURN(const std::string key, pki::CheckRequest(request_pem));
  Enrolled enrolled;
  VEILLE_ASSIGN_OR_RETURN(enrolled.hub_id,
                          store_.Redeem({SecretDigest(secret), domain::ToBase32(key),
                                         domain::ToBase32(Sha256(address))}));
  VEILLE_ASSIGN_OR_RETURN(enrolled.certificate, Issue("hub/" + enrolled.hub_id, request_pem, ""));
  VEILLE_LOG(kInfo, "a hub was enrolled").Field("hub", enrolled.hub_id);
  return enrolled;
}

absl::StatusOr<Certificate> IdentityDesk::Renew(const Caller& caller,
                                                const std::string& request_pem) {
  return Issue(caller.kind + "/" + caller.id, request_pem, caller.serial);
}

absl::StatusOr<Certificate> IdentityDesk::Issue(const std::string& id,
                                                const std::string& request_pem,
                                                const std::string& renewed_serial) {
  VEILLE_ASSIGN_OR_RETURN(const pki::Authority authority, folder_.Load());
  const bool hub = id.rfind("hub/", 0) == 0;
  pki::Authority::Order order;
  order.request_pem = request_pem;
  order.id = id;
  order.now = options_.clock->Now();
  order.lifetime = hub ? options_.hub_lifetime : options_.service_lifetime;
  if (!hub) order.dns_names = {"localhost"};
  VEILLE_ASSIGN_OR_RETURN(const pki::Authority::Issued issued, authority.Issue(order));
  // Before it is handed out: what is not recorded could not be denied later.
  VEILLE_RETURN_IF_ERROR(
      store_.Record({id, issued.serial, order.now, issued.not_after, renewed_serial}));
  return Certificate{issued.chain_pem, authority.trusted_pem()};
}

absl::Status IdentityDesk::Deny(const std::string& subject, const std::string& reason) {
  VEILLE_RETURN_IF_ERROR(CheckSubject(subject));
  if (reason.size() > kMaxReason)
    return absl::InvalidArgumentError("reason: at most 200 characters");
  store::v1::Denial denial;
  denial.set_format(1);
  denial.set_reason(reason);
  SetTime(options_.clock->Now(), *denial.mutable_deny_time());
  VEILLE_RETURN_IF_ERROR(store_.Deny(subject, denial));
  VEILLE_LOG(kWarning, "a certificate is denied").Field("subject", subject);
  return absl::OkStatus();
}

absl::Status IdentityDesk::Allow(const std::string& subject) {
  VEILLE_RETURN_IF_ERROR(CheckSubject(subject));
  VEILLE_RETURN_IF_ERROR(store_.Allow(subject));
  VEILLE_LOG(kWarning, "a certificate is allowed again").Field("subject", subject);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::pair<std::string, store::v1::Denial>>> IdentityDesk::Denials() {
  return store_.Denials();
}

}  // namespace veille::identity
