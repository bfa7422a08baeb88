// The gateway as a whole: configuration in, a serving role out.

#ifndef SERVICES_GATEWAY_ROLE_H_
#define SERVICES_GATEWAY_ROLE_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"

#include "veille/config/v1/config.pb.h"

#include "common/metrics/metrics.h"
#include "common/redis/endpoint.h"
#include "common/rpc/peer_gate.h"
#include "common/time/clock.h"
#include "services/domain/live_registry.h"
#include "services/domain/vault/vault.h"

namespace veille::gateway {

struct GatewayOptions {
  config::v1::Config config;
  redis::Endpoint endpoint;
  int partitions = 0;
  domain::LiveRegistry registry;
  std::shared_ptr<const Clock> clock;
  metrics::Registry* metrics = nullptr;  // Outlives the gateway.
  // Who is denied; null: nobody.
  std::shared_ptr<const rpc::DenialList> denials;
  std::shared_ptr<domain::Vault> vault = domain::Vault::InTheClear();
  // How full the disk is that Redis writes to, 0 to 1; empty where we cannot see it.
  std::function<double()> disk_fill;
};

class Gateway {
 public:
  // Serves when it returns; ready for hubs once Redis answers.
  static absl::StatusOr<std::unique_ptr<Gateway>> Start(GatewayOptions options);
  // Says goodbye to hubs, then stops. Bounded; idempotent.
  void Stop();
  ~Gateway();

  int port() const;
  // Whether others may be sent here.
  bool ready() const;

 private:
  class Parts;
  explicit Gateway(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace veille::gateway

#endif  // SERVICES_GATEWAY_ROLE_H_
