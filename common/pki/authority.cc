#include "common/pki/authority.h"

#include <algorithm>
#include <utility>

#include <openssl/bn.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "common/base/status_macros.h"
#include "common/pki/certificate.h"
#include "common/pki/openssl.h"

namespace veille::pki {
namespace {

// Clocks of peers differ by this much without a certificate seeming to come from the future.
constexpr absl::Duration kBackdated = absl::Minutes(5);
constexpr std::string_view kScheme = "spiffe://";

bool IsSegment(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

bool IsPath(std::string_view id) {
  const std::size_t slash = id.find('/');
  return slash != std::string_view::npos && IsSegment(id.substr(0, slash)) &&
         IsSegment(id.substr(slash + 1));
}

bool Extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (made == nullptr) return false;
  const bool added = X509_add_ext(certificate, made, -1) == 1;
  X509_EXTENSION_free(made);
  return added;
}

bool SetSerial(X509* certificate) {
  unsigned char bytes[16] = {};
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) return false;
  // Positive, and of full length, so that it is written in one way only.
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x3f) | 0x40);
  const Owned<BIGNUM, BN_free> number(BN_bin2bn(bytes, sizeof(bytes), nullptr));
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

struct Draft {
  EVP_PKEY* key = nullptr;
  std::string common_name;
  absl::Time not_before, not_after;
};

// Without issuer, extensions and signature. Null when memory or randomness fail.
Certificate NewCertificate(const Draft& draft) {
  Certificate made(X509_new());
  if (made == nullptr || X509_set_version(made.get(), X509_VERSION_3) != 1 ||
      !SetSerial(made.get()) ||
      ASN1_TIME_set(X509_getm_notBefore(made.get()), absl::ToTimeT(draft.not_before)) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(made.get()), absl::ToTimeT(draft.not_after)) == nullptr ||
      X509_set_pubkey(made.get(), draft.key) != 1) {
    return nullptr;
  }
  const auto* name = reinterpret_cast<const unsigned char*>(draft.common_name.c_str());
  if (!draft.common_name.empty() &&
      X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC, name, -1,
                                 -1, 0) != 1) {
    return nullptr;
  }
  return made;
}

// The extensions of an authority; `path_length` further authorities may stand below it.
bool MakeAuthoritative(X509* certificate, X509* issuer, const std::string& trust_domain,
                       int path_length) {
  return X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
         Extend(certificate, issuer, NID_basic_constraints,
                "critical,CA:TRUE,pathlen:" + std::to_string(path_length)) &&
         Extend(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign") &&
         Extend(certificate, issuer, NID_subject_key_identifier, "hash") &&
         Extend(certificate, issuer, NID_authority_key_identifier, "keyid") &&
         Extend(certificate, issuer, NID_subject_alt_name,
                "URI:" + std::string(kScheme) + trust_domain);
}

absl::StatusOr<std::string> TrustDomainOf(const CertificateInfo& info) {
  if (info.uris.size() == 1 && info.uris[0].rfind(kScheme, 0) == 0) {
    const std::string domain = info.uris[0].substr(kScheme.size());
    if (IsSegment(domain)) return domain;
  }
  return absl::InvalidArgumentError(
      "the authority's certificate must name its trust domain as its only URI: spiffe://<domain>");
}

absl::Status CannotSign() { return absl::InternalError("cannot sign a certificate"); }

struct NewRoot {
  Key key;
  Certificate certificate;
};

// The name tells generations apart: OpenSSL finds an issuer by name first.
absl::StatusOr<NewRoot> MakeRoot(const std::string& trust_domain, absl::Time now,
                                 absl::Duration lifetime) {
  NewRoot root;
  root.key.reset(EVP_EC_gen(SN_X9_62_prime256v1));
  if (root.key == nullptr) return absl::InternalError("cannot make a key");
  const std::string name =
      "Veille authority " + absl::FormatTime("%Y-%m-%d %H:%M:%E3S", now, absl::UTCTimeZone());
  root.certificate = NewCertificate({root.key.get(), name, now - kBackdated, now + lifetime});
  X509* made = root.certificate.get();
  // One authority may stand below it: the next root, that it vouches for.
  if (made == nullptr || !MakeAuthoritative(made, made, trust_domain, 1) ||
      X509_sign(made, root.key.get(), EVP_sha256()) <= 0) {
    return CannotSign();
  }
  return root;
}

}  // namespace

bool IsTrustDomain(const std::string& name) { return IsSegment(name); }

absl::StatusOr<AuthorityPems> MakeAuthority(const std::string& trust_domain, absl::Time now,
                                            absl::Duration lifetime) {
  if (!IsTrustDomain(trust_domain))
    return absl::InvalidArgumentError("'" + trust_domain + "' cannot name a trust domain");
  VEILLE_ASSIGN_OR_RETURN(const NewRoot root, MakeRoot(trust_domain, now, lifetime));
  const std::string certificate = WriteCertificate(root.certificate.get());
  return AuthorityPems{WriteKey(root.key.get()), certificate, certificate};
}

absl::StatusOr<AuthorityPems> RotateAuthority(const AuthorityPems& old, absl::Time now,
                                              absl::Duration lifetime) {
  VEILLE_ASSIGN_OR_RETURN(const Authority loaded, Authority::Load(old));
  VEILLE_ASSIGN_OR_RETURN(const NewRoot root, MakeRoot(loaded.trust_domain(), now, lifetime));
  const Key old_key = ReadKey(old.key);
  const std::vector<Certificate> old_certificates = ReadCertificates(old.certificates);
  X509* issuer = old_certificates[0].get();
  // The new root's key and name once more, signed by the old one.
  char name[128] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(root.certificate.get()), NID_commonName, name,
                            sizeof(name));
  const Certificate cross = NewCertificate(
      {root.key.get(), name, now - kBackdated, std::min(now + lifetime, loaded.not_after())});
  if (cross == nullptr || !MakeAuthoritative(cross.get(), issuer, loaded.trust_domain(), 0) ||
      X509_sign(cross.get(), old_key.get(), EVP_sha256()) <= 0) {
    return CannotSign();
  }
  const std::string certificate = WriteCertificate(root.certificate.get());
  return AuthorityPems{WriteKey(root.key.get()), certificate + WriteCertificate(cross.get()),
                       JoinBundles(certificate, old.trusted)};
}

absl::StatusOr<AuthorityPems> RetireOldRoots(const AuthorityPems& pems) {
  const std::vector<Certificate> own = ReadCertificates(pems.certificates);
  if (own.empty() || X509_self_signed(own[0].get(), 1) != 1) {
    return absl::FailedPreconditionError(
        "this authority stands below a root that is not its own: who keeps that root rotates it");
  }
  const std::string root = WriteCertificate(own[0].get());
  return AuthorityPems{pems.key, root, root};
}

struct Authority::Handle {
  Key key;
  Certificate certificate;
};

absl::StatusOr<Authority> Authority::Load(const AuthorityPems& pems) {
  auto handle = std::make_shared<Handle>();
  handle->key = ReadKey(pems.key);
  if (handle->key == nullptr)
    return absl::InvalidArgumentError("the authority's key is no private key in PEM");
  std::vector<Certificate> certificates = ReadCertificates(pems.certificates);
  if (certificates.empty())
    return absl::InvalidArgumentError("the authority's certificate is missing");
  if (X509_check_private_key(certificates[0].get(), handle->key.get()) != 1)
    return absl::InvalidArgumentError("the authority's key is not that of its certificate");
  if (X509_check_ca(certificates[0].get()) == 0)
    return absl::InvalidArgumentError("the authority's certificate may not sign others");
  if (ReadCertificates(pems.trusted).empty())
    return absl::InvalidArgumentError("the authority's bundle of roots is empty");
  Authority authority;
  // Roots need not be sent: who trusts them has them.
  for (const Certificate& certificate : certificates) {
    if (X509_self_signed(certificate.get(), 0) != 1)
      authority.chain_pem_ += WriteCertificate(certificate.get());
  }
  VEILLE_ASSIGN_OR_RETURN(const CertificateInfo info, Inspect(pems.certificates));
  VEILLE_ASSIGN_OR_RETURN(authority.trust_domain_, TrustDomainOf(info));
  authority.not_after_ = info.not_after;
  authority.trusted_pem_ = pems.trusted;
  handle->certificate = std::move(certificates[0]);
  authority.handle_ = std::move(handle);
  VEILLE_ASSIGN_OR_RETURN(authority.key_id_, SubjectKeyId(pems.certificates));
  return authority;
}

absl::StatusOr<Authority::Issued> Authority::Issue(const Order& order) const {
  if (!IsPath(order.id))
    return absl::InvalidArgumentError("the id must be like hub/h1 or svc/gateway");
  VEILLE_RETURN_IF_ERROR(CheckRequest(order.request_pem).status());
  const SigningRequest request = ReadRequest(order.request_pem);
  const absl::Time end = std::min(order.now + order.lifetime, not_after_);
  if (end <= order.now)
    return absl::FailedPreconditionError("the authority's own certificate has ended: rotate it");
  const Certificate made =
      NewCertificate({X509_REQ_get0_pubkey(request.get()), "",
                      order.now - std::min(kBackdated, order.lifetime / 10), end});
  X509* issuer = handle_->certificate.get();
  // Critical, since there is no subject.
  std::string names = "critical,URI:" + std::string(kScheme) + trust_domain_ + "/" + order.id;
  for (const std::string& name : order.dns_names) {
    if (!IsSegment(name)) return absl::InvalidArgumentError("'" + name + "' is no DNS name");
    names += ",DNS:" + name;
  }
  if (made == nullptr || X509_set_issuer_name(made.get(), X509_get_subject_name(issuer)) != 1 ||
      !Extend(made.get(), issuer, NID_subject_alt_name, names) ||
      !Extend(made.get(), issuer, NID_basic_constraints, "critical,CA:FALSE") ||
      !Extend(made.get(), issuer, NID_key_usage, "critical,digitalSignature") ||
      !Extend(made.get(), issuer, NID_ext_key_usage, "clientAuth,serverAuth") ||
      !Extend(made.get(), issuer, NID_authority_key_identifier, "keyid") ||
      X509_sign(made.get(), handle_->key.get(), EVP_sha256()) <= 0) {
    return CannotSign();
  }
  Issued issued;
  issued.chain_pem = WriteCertificate(made.get());
  VEILLE_ASSIGN_OR_RETURN(const CertificateInfo info, Inspect(issued.chain_pem));
  issued.serial = info.serial;
  issued.not_after = info.not_after;
  issued.chain_pem += chain_pem_;
  return issued;
}

}  // namespace veille::pki
