#include "services/identity/app/identity_desk.h"

#include <algorithm>
#include <iterator>

#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/crypto/ed25519.h"
#include "common/log/log.h"
#include "common/pki/certificate.h"
#include "services/domain/identity/denials.h"
#include "services/domain/identity/enrollment_code.h"
#include "services/domain/identity/service_roles.h"
#include "services/domain/keys.h"

namespace veille::identity {
namespace {

constexpr absl::Duration kCodeLifetime = absl::Hours(24);
constexpr absl::Duration kShortestCode = absl::Minutes(1), kLongestCode = absl::Hours(7 * 24);
constexpr std::size_t kMaxSubject = 128;
// Denials are kept in the clear, since every server reads them: no place for words about people.
constexpr std::string_view kReasons[] = {"lost", "stolen", "replaced", "compromised", "other"};

std::string SecretDigest(const std::string& secret) {
  return domain::ToBase32(Sha256("veille enrolment code:" + secret));
}

constexpr char kHexadecimal[] = "0123456789abcdef";
// Of which a segment of a SPIFFE id consists.
constexpr char kIdCharacters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

absl::Status CheckSubject(const std::string& subject) {
  const std::size_t slash = subject.find('/');
  const std::string kind = subject.substr(0, slash);
  const std::string id = slash == std::string::npos ? "" : subject.substr(slash + 1);
  const bool sound = !id.empty() && subject.size() <= kMaxSubject;
  if (sound && kind == "serial" && id.find_first_not_of(kHexadecimal) == std::string::npos)
    return absl::OkStatus();
  if (sound && (kind == "hub" || kind == "svc") &&
      id.find_first_not_of(kIdCharacters) == std::string::npos) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "subject: must be like hub/h1, svc/gateway, or serial/4a… with small hexadecimal digits");
}

absl::Status CheckReason(const std::string& reason) {
  if (reason.empty() ||
      std::find(std::begin(kReasons), std::end(kReasons), reason) != std::end(kReasons)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "reason: lost, stolen, replaced, compromised or other; nothing about people");
}

}  // namespace

absl::StatusOr<std::string> IdentityDesk::TrustBundle() const {
  VEILLE_ASSIGN_OR_RETURN(const pki::Authority authority, folder_.Load());
  return authority.trusted_pem();
}

absl::StatusOr<IdentityDesk::NewCode> IdentityDesk::MakeCode(const Holder& caller,
                                                             const std::string& hub_id,
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
  Record(caller.actor, "identity.invite", "hub/" + hub_id);
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
  Record("hub/" + enrolled.hub_id, "identity.enroll", "");
  return enrolled;
}

absl::StatusOr<Certificate> IdentityDesk::Renew(const Holder& caller,
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

absl::StatusOr<bool> IdentityDesk::Deny(const Holder& caller, const DenyOrder& order) {
  VEILLE_RETURN_IF_ERROR(CheckSubject(order.subject));
  VEILLE_RETURN_IF_ERROR(CheckReason(order.reason));
  const bool own = order.subject == caller.kind + "/" + caller.id ||
                   order.subject == domain::SerialSubject(caller.serial);
  if (own && !order.force) {
    return absl::FailedPreconditionError(
        "this would lock out you yourself, and every terminal beside the authority with you; only "
        "an account of the role operator could undo it: --force if that is meant");
  }
  VEILLE_ASSIGN_OR_RETURN(const bool known, IsKnown(order.subject));
  store::v1::Denial denial;
  denial.set_format(1);
  denial.set_reason(order.reason);
  SetTime(options_.clock->Now(), *denial.mutable_deny_time());
  VEILLE_RETURN_IF_ERROR(store_.Deny(order.subject, denial));
  VEILLE_LOG(kWarning, "a certificate is denied").Field("subject", order.subject);
  Record(caller.actor, "identity.deny", order.subject);
  return known;
}

void IdentityDesk::Record(const std::string& actor, const char* action,
                          const std::string& subject) const {
  store::v1::AuditEntry entry;
  entry.set_actor(actor);
  entry.set_action(action);
  entry.set_home_id(std::string(domain::kOperatorHome));
  entry.set_outcome(subject.empty() ? "OK" : "OK " + subject);
  if (const absl::Status recorded = options_.record(entry); !recorded.ok()) {
    VEILLE_LOG(kError, "what was done to a certificate could not be recorded at once")
        .Field("action", action)
        .Field(recorded);
  }
}

absl::StatusOr<bool> IdentityDesk::IsKnown(const std::string& subject) {
  const std::string id = subject.substr(subject.find('/') + 1);
  if (subject.rfind("svc/", 0) == 0) return domain::IsServiceRole(id);
  // Of which hub a serial is, is not kept by serial.
  if (subject.rfind("hub/", 0) != 0) return true;
  // Hubs beside the authority, as a play's, are given theirs without being enrolled.
  if (options_.registry.Get()->HomeOfSource(id) != nullptr) return true;
  return store_.WasIssued(subject);
}

absl::Status IdentityDesk::Allow(const Holder& caller, const std::string& subject) {
  // Whatever is denied: an older version may have let a typing error in.
  VEILLE_RETURN_IF_ERROR(store_.Allow(subject));
  VEILLE_LOG(kWarning, "a certificate is allowed again").Field("subject", subject);
  Record(caller.actor, "identity.allow", subject);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::pair<std::string, store::v1::Denial>>> IdentityDesk::Denials() {
  return store_.Denials();
}

}  // namespace veille::identity
