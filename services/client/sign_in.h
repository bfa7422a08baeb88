// The sign-ins that this device keeps: a file an account, which only its owner may read, and the
// roots that the service is known by.

#ifndef SERVICES_CLIENT_SIGN_IN_H_
#define SERVICES_CLIENT_SIGN_IN_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "veille/account/v1/account_service.pb.h"

#include "common/rpc/credentials.h"

namespace veille::client {

class SignIns {
 public:
  explicit SignIns(std::string folder) : folder_(std::move(folder)) {}

  // Of that account; empty: the only one there is. Nothing when there is none.
  std::optional<account::v1::SignedIn> Find(const std::string& account_id) const;
  // Proves that a sign-in can be kept: before a code that is used up by it is shown to anybody.
  absl::Status Prepare() const;
  absl::Status Store(const account::v1::SignedIn& signed_in) const;
  void Forget(const std::string& account_id) const;

  absl::Status StoreRoots(const std::string& trusted_pem) const;
  // TLS without a certificate of ours; no files where no roots are known.
  rpc::TlsFiles Tls(const std::string& server) const;

 private:
  std::string PathOf(const std::string& account_id) const;
  std::string RootsFile() const { return folder_ + "/trusted.pem"; }
  absl::Status MakeFolder() const;

  const std::string folder_;
};

}  // namespace veille::client

#endif  // SERVICES_CLIENT_SIGN_IN_H_
