// Fans the inboxes of connected caregivers out to their streams. One blocking read a caregiver that
// is connected here, however many devices watch.
//
// Thread safe. Watchers are called on the hub's threads and must not block.

#ifndef SERVICES_NOTIFIER_ADAPTERS_WATCH_HUB_H_
#define SERVICES_NOTIFIER_ADAPTERS_WATCH_HUB_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "veille/alert/v1/alert_service.pb.h"

#include "common/metrics/metrics.h"
#include "common/redis/stream_reader.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/notifier/app/alert_desk.h"
#include "services/notifier/app/alert_store.h"

namespace veille::notifier {

class Watcher {
 public:
  virtual ~Watcher() = default;
  // False when it cannot take more: it is dropped.
  virtual bool Deliver(const alert::v1::WatchAlertsResponse& message) = 0;
  virtual void Refuse(const absl::Status& status) = 0;
};

struct WatchOptions {
  redis::Endpoint endpoint;
  int partitions = 0;
  std::shared_ptr<const Clock> clock;
  absl::Duration heartbeat = absl::Seconds(15);
};

class WatchHub {
 public:
  WatchHub(WatchOptions options, AlertDesk& desk, AlertStore& store, metrics::Registry& metrics);
  ~WatchHub();

  // Sends the snapshot, then what comes, until the watcher is gone.
  void Add(std::weak_ptr<Watcher> watcher, const alert::v1::WatchAlertsRequest& request);

 private:
  struct Caregiver {
    std::string incarnation;
    uint64_t sequence = 0;  // The last that was read.
    struct Entry {
      std::weak_ptr<Watcher> watcher;
      uint64_t sequence = 0;  // The last that it was sent.
    };
    std::vector<Entry> watchers;
    absl::Duration next_check;  // Of the incarnation.
  };

  void Open(const std::weak_ptr<Watcher>& watcher, const alert::v1::WatchAlertsRequest& request);
  void Subscribe(const std::string& id, uint64_t after);
  void OnInbox(const std::string& id, absl::StatusOr<redis::StreamBatch> batch);
  void Beat();
  void RunOpener();

  const WatchOptions options_;
  AlertDesk& desk_;
  AlertStore& store_;
  metrics::Gauge& watchers_gauge_;

  Mutex mu_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<std::function<void()>> openings_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, Caregiver> caregivers_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<redis::StreamReader> reader_;
  std::vector<Worker> openers_;
  Worker beater_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_WATCH_HUB_H_
