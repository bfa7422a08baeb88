// The identity service as a whole: configuration in, a serving role out. Needs the folder of an
// authority (config.identity), whoever hosts it.

#ifndef SERVICES_IDENTITY_ROLE_H_
#define SERVICES_IDENTITY_ROLE_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"

#include "veille/config/v1/config.pb.h"

#include "common/crypto/ed25519.h"
#include "common/metrics/metrics.h"
#include "common/redis/endpoint.h"
#include "common/rpc/peer_gate.h"
#include "common/time/clock.h"
#include "services/domain/live_registry.h"
#include "services/domain/vault/vault.h"

namespace veille::identity {

struct IdentityOptions {
  config::v1::Config config;
  redis::Endpoint endpoint;
  int partitions = 0;
  domain::LiveRegistry registry;
  std::shared_ptr<const rpc::DenialList> denials;
  // The service's, for what people are told; certificates and sign-ins know real time only.
  std::shared_ptr<const Clock> clock;
  metrics::Registry* metrics = nullptr;  // Outlives the role.
  std::shared_ptr<domain::Vault> vault = domain::Vault::InTheClear();
  // Signs the audit log; absent: nothing is signed.
  std::optional<SigningKey> audit_key;
};

class IdentityRole {
 public:
  static absl::StatusOr<std::unique_ptr<IdentityRole>> Start(IdentityOptions options);
  void Stop();
  ~IdentityRole();

  int port() const;
  // Whether others may be sent here.
  bool ready() const;

 private:
  class Parts;
  explicit IdentityRole(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace veille::identity

#endif  // SERVICES_IDENTITY_ROLE_H_
