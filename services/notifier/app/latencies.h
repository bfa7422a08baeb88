// How long an alert takes to each stage, from the moment at which it was observed and from its
// receipt by the gateway: histograms. Only of what is told for the first time, by its first step:
// what climbs on, or occurs again, has waited for people. Thread safe.

#ifndef SERVICES_NOTIFIER_APP_LATENCIES_H_
#define SERVICES_NOTIFIER_APP_LATENCIES_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

#include "veille/store/v1/notification.pb.h"

#include "common/metrics/metrics.h"

namespace veille::notifier {

class Latencies {
 public:
  enum class Stage : std::size_t { kQueued, kSent, kDelivered, kAcknowledged };

  explicit Latencies(metrics::Registry& metrics);

  // A telling of this step; `count` people.
  void Observe(Stage stage, const store::v1::AlertRecord& record, uint32_t step, absl::Time now,
               int count = 1);

 private:
  static constexpr std::size_t kStages = 4;
  std::array<metrics::Histogram*, kStages> observed_{}, received_{};
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_LATENCIES_H_
