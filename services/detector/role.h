// The detector as a whole: configuration in, a judging role out.

#ifndef SERVICES_DETECTOR_ROLE_H_
#define SERVICES_DETECTOR_ROLE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "veille/config/v1/config.pb.h"
#include "veille/store/v1/log.pb.h"

#include "common/metrics/metrics.h"
#include "common/redis/endpoint.h"
#include "common/time/clock.h"
#include "services/domain/live_registry.h"
#include "services/domain/vault/vault.h"

namespace veille::detector {

struct DetectorOptions {
  config::v1::Config config;
  redis::Endpoint endpoint;
  int partitions = 0;
  // Stable across a restart: the lease comes back at once. Empty: from the configuration, else the
  // host.
  std::string instance_id;
  domain::LiveRegistry registry;
  std::shared_ptr<const Clock> clock;
  metrics::Registry* metrics = nullptr;  // Outlives the detector.
  std::shared_ptr<domain::Vault> vault = domain::Vault::InTheClear();
  // For the crash test only: called before an envelope is judged.
  std::function<void(const store::v1::Envelope&)> before_judging;
};

class Detector {
 public:
  static absl::StatusOr<std::unique_ptr<Detector>> Start(DetectorOptions options);
  // Commits, gives its leases back, stops. Bounded; idempotent.
  void Stop();
  ~Detector();

 private:
  class Parts;
  explicit Detector(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_ROLE_H_
