// A small world for the notifier's tests: a real Redis, three homes, a clock that the test moves.
//
//   home h1: martin (anne, then marc), durand (claire)   home h2: petit (anne)   operators:
//   operator

#ifndef TESTS_INTEGRATION_NOTIFIER_WORLD_H_
#define TESTS_INTEGRATION_NOTIFIER_WORLD_H_

#include <memory>
#include <string>
#include <vector>

#include "common/metrics/metrics.h"
#include "common/time/clock.h"
#include "services/domain/registry.h"
#include "services/notifier/adapters/redis_alert_store.h"
#include "services/notifier/app/alert_desk.h"
#include "tests/support/redis_server.h"

namespace veille::notifier {

using Strings = std::vector<std::string>;

inline constexpr int kPartitions = 4;

std::shared_ptr<const domain::Registry> TestRegistry();

store::v1::Finding MakeFinding(const std::string& home, const std::string& patient,
                               const std::string& rule_key, const std::string& opening,
                               store::v1::Finding::Kind kind = store::v1::Finding::KIND_RAISE,
                               alert::v1::Severity severity = alert::v1::SEVERITY_HIGH);

// Polls until it holds; false after half a minute of real time, which is for slow machines only.
template <typename Condition>
bool Eventually(Condition condition) {
  const absl::Duration until = MonotonicNow() + absl::Seconds(30);
  while (!condition()) {
    if (MonotonicNow() > until) return false;
    SleepReally(absl::Milliseconds(5));
  }
  return true;
}

class World {
 public:
  World();

  // Puts a finding into its home's queue, as the detector does.
  void Queue(const store::v1::Finding& finding);
  // What stands in a caregiver's inbox: "<rule key or alert> v<version> <reason><step>".
  Strings Inbox(const std::string& caregiver);
  // Alert ids of the operators' alerts, by rule.
  Strings OperatorAlerts();
  // Entries in the queues of all partitions.
  int64_t Queued();
  std::unique_ptr<AlertDesk> NewDesk(AlertStore& store);

  testing::RedisServer& redis() { return redis_; }
  VirtualClock& clock() { return *clock_; }
  DeskOptions desk_options() const;
  metrics::Registry& metrics() { return metrics_; }
  RedisAlertStore& store() { return *store_; }
  AlertDesk& desk() { return *desk_; }

 private:
  testing::RedisServer redis_;
  std::shared_ptr<VirtualClock> clock_;
  metrics::Registry metrics_;
  std::unique_ptr<RedisAlertStore> store_;
  std::unique_ptr<AlertDesk> desk_;
};

}  // namespace veille::notifier

#endif  // TESTS_INTEGRATION_NOTIFIER_WORLD_H_
