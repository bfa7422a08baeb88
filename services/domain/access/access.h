// Who calls, and whether they may: asked by the gate of a server for each call, and by its services
// for whose data a call gets. Thread safe.

#ifndef SERVICES_DOMAIN_ACCESS_ACCESS_H_
#define SERVICES_DOMAIN_ACCESS_ACCESS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/rpc/peer_gate.h"
#include "services/domain/access/policy.h"
#include "services/domain/access/sessions.h"

namespace veille::domain {

struct Caller {
  Principal principal = Principal::kStranger;
  std::string id;          // Of the account; of the hub, or the service's role.
  std::string session_id;  // Of a sign-in.

  bool signed_in() const { return !session_id.empty(); }
};

class Access final : public rpc::CallPolicy {
 public:
  struct Options {
    std::shared_ptr<const SessionBook> sessions = {};  // Null: nobody is signed in.
    // Believes terminals with a certificate of the authority, which whoever has its folder can
    // make: for a service and its terminals on one machine.
    bool local_terminals = false;
    // Without TLS, in a network that authenticates by itself: who shows nothing is believed.
    bool plaintext = false;
    // Takes an operator's password for enough. Otherwise a sign-in that saw no one-time code may
    // only set them up.
    bool operators_without_second_factor = false;
  };
  explicit Access(Options options) : options_(std::move(options)) {}

  absl::Status MayCall(const rpc::Presented& caller) const override;
  absl::Status MayStay(const rpc::Presented& caller) const override;

  // A token that is shown must be good, whatever certificate is shown beside it.
  absl::StatusOr<Caller> Identify(const rpc::Presented& caller) const;

  // Which caregiver a call is of that names one. Who is signed in is who they are, and may leave
  // the name empty: PERMISSION_DENIED for another's. The exercise is its own. A terminal is
  // believed.
  absl::StatusOr<std::string> CaregiverOf(const rpc::Presented& caller,
                                          const std::string& named) const;

  // Whether the account may see that person in an emergency.
  bool HasBroken(const std::string& account_id, const std::string& patient_id) const {
    return options_.sessions != nullptr && options_.sessions->HasBroken(account_id, patient_id);
  }
  std::vector<OpenGlass> OpenGlasses() const {
    return options_.sessions == nullptr ? std::vector<OpenGlass>()
                                        : options_.sessions->OpenGlasses();
  }

 private:
  const Options options_;
};

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_ACCESS_ACCESS_H_
