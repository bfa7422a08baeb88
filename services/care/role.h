// The care role as a whole: configuration in, a serving role out.

#ifndef SERVICES_CARE_ROLE_H_
#define SERVICES_CARE_ROLE_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"

#include "veille/config/v1/config.pb.h"

#include "common/crypto/ed25519.h"
#include "common/metrics/metrics.h"
#include "common/redis/endpoint.h"
#include "common/rpc/peer_gate.h"
#include "common/time/clock.h"
#include "services/domain/vault/vault.h"

namespace veille::care {

struct CareOptions {
  config::v1::Config config;
  redis::Endpoint endpoint;
  int partitions = 0;
  std::shared_ptr<const Clock> clock;
  metrics::Registry* metrics = nullptr;  // Outlives the role.
  // Who is denied; null: nobody.
  std::shared_ptr<const rpc::DenialList> denials;
  std::shared_ptr<domain::Vault> vault = domain::Vault::InTheClear();
  // Signs the audit log; absent: nothing is signed.
  std::optional<SigningKey> audit_key;
};

class Care {
 public:
  // Serves when it returns.
  static absl::StatusOr<std::unique_ptr<Care>> Start(const CareOptions& options);
  // Bounded; idempotent.
  void Stop();
  ~Care();

  int port() const;
  // Whether others may be sent here.
  bool ready() const;

 private:
  class Parts;
  explicit Care(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace veille::care

#endif  // SERVICES_CARE_ROLE_H_
