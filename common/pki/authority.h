// A certificate authority: signs short-lived certificates that name exactly one SPIFFE id.
//
// What it is made of is PEM text: a key, its own certificates, and the roots that peers trust. A
// root that it made itself, or an intermediate below somebody else's root. It is rotated without
// anybody being refused: the new root is also signed by the old one, so whoever still trusts only
// the old one accepts what the new one signs.
//
// Immutable; thread safe.

#ifndef COMMON_PKI_AUTHORITY_H_
#define COMMON_PKI_AUTHORITY_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace veille::pki {

struct AuthorityPems {
  std::string key;           // PKCS #8, P-256.
  std::string certificates;  // The signing certificate, then what leads from it to a root.
  std::string trusted;       // The roots.
};

// Whether SPIFFE ids may name a trust domain so.
bool IsTrustDomain(const std::string& name);

// A new root for `trust_domain`.
absl::StatusOr<AuthorityPems> MakeAuthority(const std::string& trust_domain, absl::Time now,
                                            absl::Duration lifetime);

// A new root that both its own certificate and one by `old` vouch for; both are trusted.
absl::StatusOr<AuthorityPems> RotateAuthority(const AuthorityPems& old, absl::Time now,
                                              absl::Duration lifetime);

// The same authority, trusting no root but its own. FAILED_PRECONDITION for an intermediate, whose
// root is somebody else's.
absl::StatusOr<AuthorityPems> RetireOldRoots(const AuthorityPems& pems);

class Authority {
 public:
  // INVALID_ARGUMENT says which part cannot be used, and why.
  static absl::StatusOr<Authority> Load(const AuthorityPems& pems);

  struct Order {
    std::string request_pem;  // Only its key is used.
    std::string id;           // "hub/h1": the path of the SPIFFE id.
    std::vector<std::string> dns_names;
    absl::Time now;
    absl::Duration lifetime;
  };
  struct Issued {
    std::string chain_pem;  // The certificate first.
    std::string serial;
    absl::Time not_after;
  };
  // INVALID_ARGUMENT for a bad request or id. Ends with the authority's own certificate at the
  // latest.
  absl::StatusOr<Issued> Issue(const Order& order) const;

  const std::string& trust_domain() const { return trust_domain_; }
  const std::string& trusted_pem() const { return trusted_pem_; }
  // Of its key, hexadecimal, as in the certificates that it signs.
  const std::string& key_id() const { return key_id_; }
  absl::Time not_after() const { return not_after_; }

 private:
  struct Handle;
  Authority() = default;

  std::shared_ptr<const Handle> handle_;
  std::string trust_domain_, trusted_pem_, chain_pem_, key_id_;
  absl::Time not_after_;
};

}  // namespace veille::pki

#endif  // COMMON_PKI_AUTHORITY_H_
