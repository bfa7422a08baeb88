// Who gets a certificate, and who loses it. Without gRPC and Redis.
//
// The authority is read from its folder for each certificate: rotation, and a mounted secret that
// changes, hold at once. Thread safe.

#ifndef SERVICES_IDENTITY_APP_IDENTITY_DESK_H_
#define SERVICES_IDENTITY_APP_IDENTITY_DESK_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "common/base/random.h"
#include "common/pki/authority_folder.h"
#include "common/time/clock.h"
#include "services/domain/live_registry.h"
#include "services/identity/app/identity_store.h"

namespace veille::identity {

struct DeskOptions {
  std::string folder;  // Of the authority.
  absl::Duration hub_lifetime, service_lifetime;
  domain::LiveRegistry registry;
  // Real time: TLS knows no other.
  std::shared_ptr<const Clock> clock;
  Random* random = nullptr;  // Thread safe; outlives the desk.
};

// The certificate that a caller has proved to hold.
struct Caller {
  std::string kind, id, serial;  // "hub", "h1".
};

struct Certificate {
  std::string chain_pem, trusted_pem;
};

class IdentityDesk {
 public:
  IdentityDesk(DeskOptions options, IdentityStore& store)
      : options_(std::move(options)), folder_(options_.folder), store_(store) {}

  absl::StatusOr<std::string> TrustBundle() const;

  struct NewCode {
    std::string text;
    absl::Time expire_time;
  };
  absl::StatusOr<NewCode> MakeCode(const std::string& hub_id, absl::Duration lifetime);

  struct Enrolled {
    std::string hub_id;
    Certificate certificate;
  };
  absl::StatusOr<Enrolled> Enroll(const std::string& secret, const std::string& request_pem,
                                  const std::string& address);
  absl::StatusOr<Certificate> Renew(const Caller& caller, const std::string& request_pem);

  absl::Status Deny(const std::string& subject, const std::string& reason);
  absl::Status Allow(const std::string& subject);
  absl::StatusOr<std::vector<std::pair<std::string, store::v1::Denial>>> Denials();

 private:
  absl::StatusOr<Certificate> Issue(const std::string& id, const std::string& request_pem,
                                    const std::string& renewed_serial);

  const DeskOptions options_;
  const pki::AuthorityFolder folder_;
  IdentityStore& store_;
};

}  // namespace veille::identity

#endif  // SERVICES_IDENTITY_APP_IDENTITY_DESK_H_
