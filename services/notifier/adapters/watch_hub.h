// Fans the inboxes of connected caregivers out to their streams. What comes into an inbox is also
// published: one connection hears of all of them, however many watch here. What was not heard (a
// lost connection, an inbox that was opened a moment ago) is read out of the inbox; numbers without
// a hole tell.
//
// A Redis that comes back may have lost the end of its log: then it gives numbers a second time
// that watchers have seen, and what is new would be passed over. So after a lost connection, and
// now and then, what was read last is compared with what stands there now. When it is gone, or when
// numbers are missing, every watcher of the caregiver gets a snapshot under a new incarnation.
//
// Whoever sees somebody in an emergency gets a snapshot when that begins and one when it ends; what
// was put into the inbox meanwhile is shown for as long as it goes on, and never afterwards.
//
// Thread safe. Watchers are called on the hub's threads and must not block.

#ifndef SERVICES_NOTIFIER_ADAPTERS_WATCH_HUB_H_
#define SERVICES_NOTIFIER_ADAPTERS_WATCH_HUB_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "veille/alert/v1/alert_service.pb.h"

#include "common/metrics/metrics.h"
#include "common/redis/subscriber.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/domain/vault/vault.h"
#include "services/notifier/app/alert_desk.h"
#include "services/notifier/app/alert_store.h"

namespace veille::notifier {

class Watcher {
 public:
  virtual ~Watcher() = default;
  // False when it cannot take more: it is dropped.
  virtual bool Deliver(alert::v1::WatchAlertsResponse message) = 0;
  virtual void Refuse(const absl::Status& status) = 0;
};

struct WatchOptions {
  redis::Endpoint endpoint;
  int partitions = 0;
  std::shared_ptr<const Clock> clock;
  absl::Duration heartbeat = absl::Seconds(15);
  // How often every inbox is checked; after a lost connection it is within a second.
  absl::Duration check = absl::Minutes(1);
  std::shared_ptr<domain::Vault> vault = domain::Vault::InTheClear();
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
    uint64_t sequence = 0;  // The last that was passed on.
    uint64_t heard = 0;     // The newest that was heard of since the inbox was read.
    std::string entry;      // Digest of what stood there; empty when it is not known.
    struct Entry {
      std::weak_ptr<Watcher> watcher;
      uint64_t sequence = 0;  // The last that it was sent.
    };
    std::vector<Entry> watchers;
    uint64_t checked_at = 0;  // The subscriber's generation when Redis was seen to have it all.
    bool checking = false;    // Compared or read: nothing is passed on but what is read.
    int opening = 0;          // Watchers on their way in.
    // Whom the last snapshot showed for an emergency.
    std::set<std::string> onlooking;
    std::size_t slot = 0;  // Spreads heartbeats and checks over their intervals.
  };

  void Open(const std::weak_ptr<Watcher>& watcher, const alert::v1::WatchAlertsRequest& request);
  absl::Status SendSnapshot(const std::shared_ptr<Watcher>& watcher,
                            const alert::v1::WatchAlertsRequest& request, InboxPosition& position,
                            uint64_t& after);
  // An entry of an inbox, in the clear.
  struct Told {
    uint64_t sequence = 0;
    std::string digest;                       // Of what stands there.
    std::optional<alert::v1::Update> update;  // Absent when it cannot be read.
  };
  // Without the lock: a key may have to be fetched. UNAVAILABLE and its like when it cannot be
  // told now.
  absl::StatusOr<Told> Read(const std::string& id, uint64_t sequence,
                            std::string_view stored) const;
  absl::StatusOr<std::vector<Told>> ReadInbox(const std::string& id, uint64_t after);
  void OnPublished(std::string_view message);
  // The caregiver, when this is what comes next for somebody who watches here; else null.
  Caregiver* NextIs(const std::string& id, uint64_t sequence) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // False when it cannot be read: the watchers need a snapshot in its place.
  static bool FanOut(Caregiver& caregiver, Told told);
  // Reads on from where the caregiver is.
  void CatchUp(const std::string& id);
  // False when it has a hole.
  static bool TakeAll(Caregiver& caregiver, std::vector<Told> all);
  void ForgetIfAlone(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ResynchroniseSoon(const std::string& id, Caregiver& caregiver)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Whether Redis still has what was read; when it has not, a new incarnation and a snapshot.
  void Check(const std::string& id);
  void CheckSoon(const std::string& id, Caregiver& caregiver) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Resynchronise(const std::string& id);
  void Beat();
  void BeatSlot(std::size_t slot, std::size_t slots) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // An emergency begins and ends with a snapshot for whoever looks on.
  void LookAtGlasses() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CheckSlot(std::size_t slot, std::size_t slots) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RunOpener();

  const WatchOptions options_;
  AlertDesk& desk_;
  AlertStore& store_;
  metrics::Gauge& watchers_gauge_;
  metrics::Counter& resynchronised_;

  Mutex mu_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<std::function<void()>> openings_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, Caregiver> caregivers_ ABSL_GUARDED_BY(mu_);
  std::size_t next_slot_ ABSL_GUARDED_BY(mu_) = 0;
  std::unique_ptr<redis::Subscriber> subscriber_;
  std::vector<Worker> openers_;
  Worker beater_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_WATCH_HUB_H_
