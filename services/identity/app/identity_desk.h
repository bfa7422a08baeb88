// Who gets a certificate, and who loses it. Without gRPC and Redis.
//
// The authority is read from its folder for each certificate: rotation, and a mounted secret that
// changes, hold at once. Thread safe.

#ifndef SERVICES_IDENTITY_APP_IDENTITY_DESK_H_
#define SERVICES_IDENTITY_APP_IDENTITY_DESK_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/store/v1/audit.pb.h"

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
  // Into the audit log, durable when it returns.
  std::function<absl::Status(const store::v1::AuditEntry&)> record;
};

// The certificate that a caller has proved to hold; without an id where somebody has signed in.
struct Holder {
  std::string kind, id, serial;  // "hub", "h1".
  std::string actor;             // In the audit log: the account, or the certificate's name.
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
  absl::StatusOr<NewCode> MakeCode(const Holder& caller, const std::string& hub_id,
                                   absl::Duration lifetime);

  struct Enrolled {
    std::string hub_id;
    Certificate certificate;
  };
  absl::StatusOr<Enrolled> Enroll(const std::string& secret, const std::string& request_pem,
                                  const std::string& address);
  absl::StatusOr<Certificate> Renew(const Holder& caller, const std::string& request_pem);

  struct DenyOrder {
    std::string subject, reason;
    bool force = false;  // Also of the caller itself.
  };
  // Whether anybody of that id was ever given a certificate, as far as is recorded.
  // FAILED_PRECONDITION for who would lock themselves out.
  absl::StatusOr<bool> Deny(const Holder& caller, const DenyOrder& order);
  absl::Status Allow(const Holder& caller, const std::string& subject);
  absl::StatusOr<std::vector<std::pair<std::string, store::v1::Denial>>> Denials();

 private:
  void Record(const std::string& actor, const char* action, const std::string& subject) const;
  absl::StatusOr<bool> IsKnown(const std::string& subject);
  absl::StatusOr<Certificate> Issue(const std::string& id, const std::string& request_pem,
                                    const std::string& renewed_serial);

  const DeskOptions options_;
  const pki::AuthorityFolder folder_;
  IdentityStore& store_;
};

}  // namespace veille::identity

#endif  // SERVICES_IDENTITY_APP_IDENTITY_DESK_H_
