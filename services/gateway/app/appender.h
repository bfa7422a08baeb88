// Group commit: what queued of a partition while the last append was on its way goes out with the
// next.
//
// One append of a partition and lane is in flight at a time, so order is kept and the group grows
// with load. An append that fails is repeated with the same envelopes until it succeeds (it is
// idempotent): nothing is dropped, and whoever waits is bounded by the streams' own windows. Thread
// safe.

#ifndef SERVICES_GATEWAY_APP_APPENDER_H_
#define SERVICES_GATEWAY_APP_APPENDER_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/sync/mutex.h"
#include "services/gateway/app/log_port.h"

namespace veille::gateway {

class Appender : public std::enable_shared_from_this<Appender> {
 public:
  // `log` must outlive every append that is in flight.
  Appender(hub::v1::Lane lane, int partitions, LogPort& log, metrics::Registry& metrics);

  // While held, the answer is kHeld at once.
  void Append(int partition, Envelope envelope);

  // Repeats what failed. Call about ten times a second: a failing Redis is not asked more often.
  void RetryFailed();

  // Holds appends back (true) or lets them go on (false): Redis is nearly full. What waits is given
  // back as kHeld rather than kept: it would fill the streams' windows, and an SOS behind it would
  // not be read.
  void Hold(bool held);
  bool held() const { return held_.load(); }

  // Bytes that wait or are in flight.
  std::size_t waiting_bytes() const { return waiting_bytes_.load(); }

 private:
  struct Partition {
    Mutex mu;
    std::vector<Envelope> queued ABSL_GUARDED_BY(mu);
    // In flight, or failed and waiting to be repeated.
    std::vector<Envelope> sent ABSL_GUARDED_BY(mu);
    bool in_flight ABSL_GUARDED_BY(mu) = false;
    bool failed ABSL_GUARDED_BY(mu) = false;
  };

  void MaybeSend(int index);
  void GiveBack(int index);
  void OnDone(int index, absl::StatusOr<std::vector<Verdict>> verdicts);

  const hub::v1::Lane lane_;
  LogPort& log_;
  std::vector<std::unique_ptr<Partition>> partitions_;
  std::atomic<bool> held_{false};
  std::atomic<std::size_t> waiting_bytes_{0};
  log::OnChange failures_;
  metrics::Counter& appends_;
  metrics::Counter& envelopes_;
  metrics::Counter& failed_appends_;
};

}  // namespace veille::gateway

#endif  // SERVICES_GATEWAY_APP_APPENDER_H_
