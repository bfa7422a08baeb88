#include "common/pki/authority_folder.h"

#include <filesystem>

#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/file_lock.h"
#include "common/base/status_macros.h"
#include "common/pki/certificate.h"

namespace veille::pki {
namespace {

// A root outlives every device that is enrolled under it; it is rotated long before.
constexpr absl::Duration kRootLifetime = absl::Hours(24 * 3650);

// Held by whoever changes the folder.
absl::StatusOr<FileLock> LockFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::UnavailableError("cannot make " + folder + ": " + error.message());
  chmod(folder.c_str(), 0700);
  return FileLock::Take(folder + "/lock");
}

// Whether the file can be used as it is until somebody looks again.
bool IsFresh(const std::string& pem, const Authority& authority, const std::string& id,
             absl::Time now) {
  const absl::StatusOr<CertificateInfo> info = Inspect(pem);
  return info.ok() && info->issuer_key_id == authority.key_id() && now >= info->not_before &&
         now < RenewalTime(*info) &&
         info->uris ==
             std::vector<std::string>{"spiffe://" + authority.trust_domain() + "/" + id} &&
         KeyFits(pem, pem);
}

}  // namespace

std::string AuthorityFolder::FileOf(std::string_view id) const {
  std::string name(id);
  for (char& c : name)
    if (c == '/') c = '-';
  return path_ + "/" + name + ".pem";
}

bool AuthorityFolder::HasAuthority() const {
  return std::filesystem::exists(path_ + "/authority.key");
}

absl::StatusOr<AuthorityPems> AuthorityFolder::Read() const {
  AuthorityPems pems;
  VEILLE_ASSIGN_OR_RETURN(pems.key, ReadFile(path_ + "/authority.key"));
  VEILLE_ASSIGN_OR_RETURN(pems.certificates, ReadFile(path_ + "/authority.pem"));
  VEILLE_ASSIGN_OR_RETURN(pems.trusted, ReadFile(trusted_file()));
  return pems;
}

// Roots first: until the key is there, nothing signs what nobody trusts.
absl::Status AuthorityFolder::Write(const AuthorityPems& pems) const {
  VEILLE_RETURN_IF_ERROR(WriteFileAtomically(trusted_file(), pems.trusted));
  VEILLE_RETURN_IF_ERROR(WriteFileAtomically(path_ + "/authority.pem", pems.certificates));
  return WriteFileAtomically(path_ + "/authority.key", pems.key);
}

absl::Status AuthorityFolder::CheckWhole(const std::string& trust_domain) const {
  VEILLE_ASSIGN_OR_RETURN(const Authority authority, Load());
  if (trust_domain.empty() || trust_domain == authority.trust_domain()) return absl::OkStatus();
  return absl::FailedPreconditionError(path_ + " holds an authority of the trust domain " +
                                       authority.trust_domain() + ", not of " + trust_domain +
                                       ": name that one, or another folder for the new one");
}

absl::Status AuthorityFolder::MakeIfMissing(const std::string& trust_domain, absl::Time now) const {
  if (HasAuthority()) return CheckWhole(trust_domain);
  VEILLE_ASSIGN_OR_RETURN(const FileLock lock, LockFolder(path_));
  if (HasAuthority()) return CheckWhole(trust_domain);
  for (const std::string& left : {path_ + "/authority.pem", trusted_file()}) {
    if (!std::filesystem::exists(left)) continue;
    return absl::FailedPreconditionError(
        left + " is there and authority.key is not: restore it from the backup, or remove the " +
        "folder to begin anew (every hub must then be enrolled again)");
  }
  VEILLE_ASSIGN_OR_RETURN(
      const AuthorityPems made,
      MakeAuthority(trust_domain.empty() ? kTrustDomain : trust_domain, now, kRootLifetime));
  return Write(made);
}

absl::StatusOr<Authority> AuthorityFolder::Load() const {
  VEILLE_ASSIGN_OR_RETURN(const AuthorityPems pems, Read());
  absl::StatusOr<Authority> authority = Authority::Load(pems);
  if (authority.ok()) return authority;
  return absl::Status(authority.status().code(),
                      path_ + ": " + std::string(authority.status().message()));
}

absl::StatusOr<std::string> AuthorityFolder::Ensure(const std::string& id, absl::Duration lifetime,
                                                    absl::Time now) const {
  VEILLE_ASSIGN_OR_RETURN(const Authority authority, Load());
  const std::string path = FileOf(id);
  if (IsFresh(ReadFile(path).value_or(""), authority, id, now)) return path;
  VEILLE_ASSIGN_OR_RETURN(const FileLock lock, LockFolder(path_));
  if (IsFresh(ReadFile(path).value_or(""), authority, id, now)) return path;
  VEILLE_ASSIGN_OR_RETURN(const KeyAndRequest made, MakeRequest());
  VEILLE_ASSIGN_OR_RETURN(const Authority::Issued issued,
                          authority.Issue({made.request_pem, id, {"localhost"}, now, lifetime}));
  VEILLE_RETURN_IF_ERROR(WriteFileAtomically(path, made.key_pem + issued.chain_pem));
  return path;
}

absl::Status AuthorityFolder::Rotate(absl::Time now) const {
  VEILLE_ASSIGN_OR_RETURN(const FileLock lock, LockFolder(path_));
  VEILLE_ASSIGN_OR_RETURN(const AuthorityPems old, Read());
  if (const absl::StatusOr<AuthorityPems> alone = RetireOldRoots(old);
      alone.ok() && *BundleDigest(alone->trusted) != *BundleDigest(old.trusted)) {
    return absl::FailedPreconditionError("an older root is still trusted: retire it first");
  }
  VEILLE_ASSIGN_OR_RETURN(const AuthorityPems rotated, RotateAuthority(old, now, kRootLifetime));
  return Write(rotated);
}

absl::Status AuthorityFolder::Retire(absl::Time now, absl::Duration lifetime, bool force) const {
  VEILLE_ASSIGN_OR_RETURN(const FileLock lock, LockFolder(path_));
  VEILLE_ASSIGN_OR_RETURN(const AuthorityPems pems, Read());
  VEILLE_ASSIGN_OR_RETURN(const CertificateInfo own, Inspect(pems.certificates));
  VEILLE_ASSIGN_OR_RETURN(const AuthorityPems alone, RetireOldRoots(pems));
  if (const absl::Time ready = own.not_before + lifetime; !force && now < ready) {
    return absl::FailedPreconditionError(
        "the newest root is trusted everywhere only from " +
        absl::FormatTime("%Y-%m-%d %H:%M", ready, absl::UTCTimeZone()) +
        " UTC, when every certificate has been renewed since it was made");
  }
  return Write(alone);
}

}  // namespace veille::pki
