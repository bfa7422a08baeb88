// What the identity desk keeps: codes, the certificates that hubs were given, denials.
//
// Thread safe; blocks for a round trip.

#ifndef SERVICES_IDENTITY_APP_IDENTITY_STORE_H_
#define SERVICES_IDENTITY_APP_IDENTITY_STORE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/store/v1/identity.pb.h"

namespace veille::identity {

class IdentityStore {
 public:
  virtual ~IdentityStore() = default;

  // A code for `hub_id`, by the digest of its secret.
  virtual absl::Status PutCode(const std::string& secret_digest, const std::string& hub_id,
                               absl::Duration lifetime) = 0;

  struct Redemption {
    std::string secret_digest, key_digest;
    std::string address;  // Of the caller, for the count of wrong codes.
  };
  // The hub's id. PERMISSION_DENIED or RESOURCE_EXHAUSTED; see IdentityService.Enroll.
  virtual absl::StatusOr<std::string> Redeem(const Redemption& redemption) = 0;

  struct Issue {
    std::string id, serial;  // "hub/h1".
    absl::Time now, not_after;
    std::string renewed_serial;  // Empty: an enrolment, which denies the others.
  };
  virtual absl::Status Record(const Issue& issue) = 0;

  // Whether `id` ("hub/h1") was ever given a certificate.
  virtual absl::StatusOr<bool> WasIssued(const std::string& id) = 0;

  virtual absl::Status Deny(const std::string& subject, const store::v1::Denial& denial) = 0;
  // NOT_FOUND when it is not denied.
  virtual absl::Status Allow(const std::string& subject) = 0;
  // In order of subject.
  virtual absl::StatusOr<std::vector<std::pair<std::string, store::v1::Denial>>> Denials() = 0;
};

}  // namespace veille::identity

#endif  // SERVICES_IDENTITY_APP_IDENTITY_STORE_H_
