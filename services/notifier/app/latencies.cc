#include "services/notifier/app/latencies.h"

#include "common/base/timestamp.h"

namespace veille::notifier {

Latencies::Latencies(metrics::Registry& metrics) {
  constexpr std::array<const char*, kStages> kNames = {"queued", "sent", "delivered",
                                                       "acknowledged"};
  for (std::size_t i = 0; i < kStages; ++i) {
    const metrics::Labels labels = {{"stage", kNames[i]}};
    observed_[i] = &metrics.NewHistogram(
        "veille_notifier_observed_to_seconds",
        "From the observation to this stage of its alert's first telling.", labels);
    received_[i] = &metrics.NewHistogram(
        "veille_notifier_received_to_seconds",
        "From the gateway's receipt to this stage of its alert's first telling.", labels);
  }
}

void Latencies::Observe(Stage stage, const store::v1::AlertRecord& record, uint32_t step,
                        absl::Time now, int count) {
  if (step > 1 || record.round() > 1) return;
  const auto at = static_cast<std::size_t>(stage);
  for (int i = 0; i < count; ++i) {
    observed_[at]->Observe(now - ToTime(record.alert().event_time()));
    received_[at]->Observe(now - ToTime(record.alert().receive_time()));
  }
}

}  // namespace veille::notifier
