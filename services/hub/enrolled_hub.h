// A hub's identity on the hub: its key, its certificate and the roots that it trusts, in a folder,
// as enrolment put them there and renewal replaces them. The key is made here and never leaves.
//
//   h1.pem          key and certificate chain, readable by the owner only; replaced as a whole
//   h1.trusted.pem  the roots
//   h1.service      the address of the identity service

#ifndef SERVICES_HUB_ENROLLED_HUB_H_
#define SERVICES_HUB_ENROLLED_HUB_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "common/rpc/credentials.h"

namespace veille::hub {

class EnrolledHub {
 public:
  // `id` is "hub/h1"; other kinds are never enrolled here.
  EnrolledHub(const std::string& folder, const std::string& id);

  bool exists() const;
  rpc::TlsFiles Tls() const;
  absl::StatusOr<std::string> ServiceAddress() const;
  // Whether its certificate was stored in the last minute.
  bool IsNew(absl::Time now) const;
  // Two thirds through the certificate's life.
  absl::StatusOr<absl::Time> RenewalTime() const;

  absl::Status Store(const std::string& key_pem, const std::string& chain_pem,
                     const std::string& trusted_pem, const std::string& service_address) const;

 private:
  std::string folder_, path_;
};

// The roots of the identity service, once `pin`, of a code, has confirmed what anybody may have
// answered.
absl::StatusOr<std::string> PinnedBundle(const std::string& address, const std::string& pin);

// Redeems a code at the identity service: makes the key, gets the certificate, stores both in
// `folder`. Returns the hub's id. The code goes out only to a server under the roots that it pins,
// and only once it is certain that `folder` can be written.
absl::StatusOr<std::string> Enroll(const std::string& address, const std::string& code,
                                   const std::string& folder);

// One renewal, with a new key. The servers and channels that use the files take the new ones by
// themselves.
absl::Status RenewNow(const EnrolledHub& hub);

}  // namespace veille::hub

#endif  // SERVICES_HUB_ENROLLED_HUB_H_
