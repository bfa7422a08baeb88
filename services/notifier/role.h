// The notifier as a whole: configuration in, a serving role out.

#ifndef SERVICES_NOTIFIER_ROLE_H_
#define SERVICES_NOTIFIER_ROLE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "veille/config/v1/config.pb.h"

#include "common/crypto/ed25519.h"
#include "common/metrics/metrics.h"
#include "common/redis/endpoint.h"
#include "common/rpc/peer_gate.h"
#include "common/time/clock.h"
#include "services/domain/live_registry.h"
#include "services/domain/vault/vault.h"

namespace veille::notifier {

// What is wrong with the channels' configuration, its secrets' files included.
absl::Status CheckChannels(const config::v1::Config& config);

struct NotifierOptions {
  config::v1::Config config;
  redis::Endpoint endpoint;
  int partitions = 0;
  domain::LiveRegistry registry;
  std::shared_ptr<const Clock> clock;
  metrics::Registry* metrics = nullptr;  // Outlives the notifier.
  // Who is denied; null: nobody.
  std::shared_ptr<const rpc::DenialList> denials;
  std::shared_ptr<domain::Vault> vault = domain::Vault::InTheClear();
  // Stable across a restart: its jobs come back at once. Empty: from the configuration, else the
  // host.
  std::string instance_id;
  // Signs the audit log; absent: nothing is signed.
  std::optional<SigningKey> audit_key;
};

class Notifier {
 public:
  // Serves when it returns; ready once Redis answers.
  static absl::StatusOr<std::unique_ptr<Notifier>> Start(NotifierOptions options);
  // Says goodbye to watchers, then stops. Bounded; idempotent.
  void Stop();
  ~Notifier();

  int port() const;
  // Whether others may be sent here.
  bool ready() const;

 private:
  class Parts;
  explicit Notifier(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ROLE_H_
