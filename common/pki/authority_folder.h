// An authority that is kept in a folder, beside the certificates that this machine uses itself.
//
//   authority.key   its key; readable by its owner only
//   authority.pem   its certificates
//   trusted.pem     the roots that peers trust
//   svc-gateway.pem, hub-h1.pem  a key and its certificate chain, in one file that is replaced as a
//                   whole: who reads it never finds a key beside another's certificate
//
// Several processes may use one folder: what changes it holds a lock.

#ifndef COMMON_PKI_AUTHORITY_FOLDER_H_
#define COMMON_PKI_AUTHORITY_FOLDER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "common/pki/authority.h"

namespace veille::pki {

inline constexpr char kTrustDomain[] = "veille.internal";

class AuthorityFolder {
 public:
  explicit AuthorityFolder(std::string path) : path_(std::move(path)) {}

  bool HasAuthority() const;
  // Makes an authority where there is none; `trust_domain` "": kTrustDomain, or that of whichever
  // is there. FAILED_PRECONDITION when it is of another domain, and when its key is gone while its
  // certificates are there: every hub would be locked out by a new one.
  absl::Status MakeIfMissing(const std::string& trust_domain, absl::Time now) const;
  absl::StatusOr<Authority> Load() const;

  // The file of the certificate of `id` ("svc/gateway"). Made, or made anew when it is past two
  // thirds of its life, of another authority, or not to be read.
  absl::StatusOr<std::string> Ensure(const std::string& id, absl::Duration lifetime,
                                     absl::Time now) const;

  // A new root, vouched for by the old one, which stays trusted. FAILED_PRECONDITION while an older
  // root is still trusted, too: retire that first.
  absl::Status Rotate(absl::Time now) const;
  // Trusts the newest root only. FAILED_PRECONDITION until `lifetime`, the longest of a
  // certificate, has passed since the rotation: until then somebody may know the old one only.
  // `force` asks nobody.
  absl::Status Retire(absl::Time now, absl::Duration lifetime, bool force) const;

  std::string trusted_file() const { return path_ + "/trusted.pem"; }
  std::string FileOf(std::string_view id) const;
  const std::string& path() const { return path_; }

 private:
  absl::Status CheckWhole(const std::string& trust_domain) const;
  absl::StatusOr<AuthorityPems> Read() const;
  absl::Status Write(const AuthorityPems& pems) const;

  std::string path_;
};

}  // namespace veille::pki

#endif  // COMMON_PKI_AUTHORITY_FOLDER_H_
