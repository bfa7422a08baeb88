// With which certificates the roles of this process serve: those of the configuration, or those
// that it makes itself out of the folder of an authority.

#ifndef SERVICES_VEILLE_OWN_IDENTITY_H_
#define SERVICES_VEILLE_OWN_IDENTITY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "veille/config/v1/config.pb.h"

namespace veille {

class OwnIdentity {
 public:
  OwnIdentity() = default;
  // INVALID_ARGUMENT when neither files nor an authority's folder are named, and plaintext is not
  // asked for.
  static absl::Status Check(const config::v1::Config& config);
  // `roles` are those that serve; `all` makes an authority where there is none.
  static absl::StatusOr<OwnIdentity> Open(const config::v1::Config& config,
                                          std::vector<std::string> roles, bool all);

  // The configuration with the files of that role.
  config::v1::Config ConfigOf(const std::string& role) const;
  // About once a minute: renews what is past two thirds of its life. Servers take it by themselves.
  absl::Status Renew() const;

 private:
  config::v1::Config config_;
  std::vector<std::string> roles_;  // Those whose certificates are made here.
};

}  // namespace veille

#endif  // SERVICES_VEILLE_OWN_IDENTITY_H_
