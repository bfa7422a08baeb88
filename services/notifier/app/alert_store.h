// Where alerts, timers and inboxes are kept: the port that Redis implements and tests fake. Calls
// block for a round trip; they are for worker threads, never for gRPC's or Redis' own. Thread safe.

#ifndef SERVICES_NOTIFIER_APP_ALERT_STORE_H_
#define SERVICES_NOTIFIER_APP_ALERT_STORE_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/alert/v1/alert_service.pb.h"
#include "veille/store/v1/finding.pb.h"
#include "veille/store/v1/notification.pb.h"

namespace veille::notifier {

// What a finding may belong to.
struct Found {
  std::optional<store::v1::AlertRecord> named;  // The alert that it names, in whatever state.
  std::optional<store::v1::AlertRecord> open;   // Another that is open for its patient and rule.
};

// A change of an alert, stored in one step.
struct AlertChange {
  const store::v1::AlertRecord* before = nullptr;  // Null when it is new.
  const store::v1::AlertRecord* after = nullptr;
  std::vector<store::v1::Tell> tells;
  std::vector<store::v1::Send> sends;  // Queued when they are due.
  std::string done_entry;              // A queue entry that is done with by this.
};

// An update for the streams of these caregivers.
struct InboxDelivery {
  std::vector<std::string> caregiver_ids;
  alert::v1::Update update;
  uint64_t told_version = 0;
};

// A new alert that one caregiver is told first, and has got once it is stored.
struct NewAlert {
  const store::v1::AlertRecord* record = nullptr;
  InboxDelivery delivery;
  std::string done_entry;
};

// A place in a listing: alerts are listed newest first, those of one millisecond by their ids.
struct ListPosition {
  int64_t create_ms = 0;
  std::string alert_id;
};

struct InboxPosition {
  std::string incarnation;
  uint64_t sequence = 0;
  uint64_t first_sequence = 0;  // The oldest that is still there; 0 when empty.
  std::string entry;            // What stands at the sequence that was asked for; empty: nothing.
};

// What stands in a caregiver's stream.
struct InboxEntry {
  uint64_t sequence = 0;
  std::string update;  // As it stands there.
};

class AlertStore {
 public:
  virtual ~AlertStore() = default;

  virtual absl::StatusOr<Found> Find(const store::v1::Finding& finding) = 0;
  // NOT_FOUND when there is none.
  virtual absl::StatusOr<store::v1::AlertRecord> Get(const std::string& alert_id) = 0;
  // The queue entries of the tells, in their order. ABORTED when somebody else was faster: read
  // again and decide anew.
  virtual absl::StatusOr<std::vector<std::string>> Store(const AlertChange& change) = 0;
  // The same for several alerts, each by itself: for those who have many at once, a round trip for
  // all of them.
  virtual std::vector<absl::StatusOr<store::v1::AlertRecord>> GetAll(
      const std::vector<std::string>& alert_ids);
  virtual std::vector<absl::StatusOr<std::vector<std::string>>> StoreAll(
      const std::vector<AlertChange>& changes);
  virtual absl::Status Done(const std::string& home_id, const std::string& entry) = 0;
  // The same without waiting: what is lost on the way is found done with later.
  virtual void DoneSoon(const std::string& home_id, const std::string& entry) = 0;
  // The queue entry of a tell is done with: this version was handed to its channel. Without
  // waiting, too; a mark that is lost is made when the entry comes again.
  virtual void SentSoon(const std::string& alert_id, const std::string& entry, uint64_t version,
                        absl::Time now) = 0;

  // A call of these caregivers for this version is about to be stored: who of them has been called
  // too often of late. Asked again for the same version the answer is the same.
  virtual absl::StatusOr<std::set<std::string>> CountCalls(
      const std::vector<std::string>& caregiver_ids, const std::string& alert_id, uint64_t version,
      absl::Time now) = 0;
  // Puts an update into the streams of these caregivers, once for each version that is told; how
  // many had not got it before. ABORTED when somebody has got a newer version of the alert
  // meanwhile: read again.
  virtual absl::StatusOr<int> Deliver(const std::vector<std::string>& caregiver_ids,
                                      const alert::v1::Update& update, uint64_t told_version) = 0;
  virtual std::vector<absl::StatusOr<int>> DeliverAll(const std::vector<InboxDelivery>& deliveries);
  // Stores and delivers each in one step. ABORTED when it is not new; UNIMPLEMENTED where home and
  // caregiver are not kept together: then Store() and Deliver() do it.
  virtual std::vector<absl::Status> RaiseAll(const std::vector<NewAlert>& alerts);
  // A finding of the service itself, into the operators' partition.
  virtual absl::Status Enqueue(const store::v1::Finding& finding) = 0;

  // The entry is done with, and the job waits in the timers in its place. False, with nothing done,
  // when another was faster.
  virtual absl::StatusOr<bool> Lease(const std::string& home_id, const std::string& entry,
                                     const store::v1::Job& job, absl::Time due) = 0;
  // `next`, unless null, waits in the place of `waiting`; nothing when that does not wait any more.
  virtual absl::Status ReplaceTimer(const std::string& home_id, const store::v1::Job& waiting,
                                    const store::v1::Job* next, absl::Time due) = 0;

  // Addresses of a caregiver that are no more, by their digests.
  virtual absl::StatusOr<bool> IsGone(const std::string& caregiver_id,
                                      const std::string& address) = 0;
  virtual absl::Status SetGone(const std::string& caregiver_id, const std::string& address) = 0;
  // An address has failed for good, or works. Without waiting: the next send says it again.
  virtual void NoteAddressSoon(const std::string& caregiver_id, const std::string& address,
                               bool works) = 0;

  // Alerts of a home that are not closed.
  virtual absl::StatusOr<std::vector<store::v1::AlertRecord>> OpenAlerts(
      const std::string& home_id) = 0;
  // Newest first, at most `limit`, those after `position`; fewer only when there are no more.
  virtual absl::StatusOr<std::vector<store::v1::AlertRecord>> Alerts(
      const std::string& home_id, const std::optional<ListPosition>& position, int limit) = 0;

  // What people have said of duty and silence in a home; empty when nothing.
  virtual absl::StatusOr<store::v1::CircleState> GetCircle(const std::string& home_id) = 0;
  // ABORTED when another version than `before` is stored.
  virtual absl::Status PutCircle(const std::string& home_id, uint64_t before,
                                 const store::v1::CircleState& state) = 0;

  // Where a caregiver's stream stands, and what stands in it at `sequence`.
  virtual absl::StatusOr<InboxPosition> Position(const std::string& caregiver_id,
                                                 uint64_t sequence) = 0;
  // What stands after `sequence`, at most `limit`; fewer only when there is no more.
  virtual absl::StatusOr<std::vector<InboxEntry>> Inbox(const std::string& caregiver_id,
                                                        uint64_t sequence, int limit) = 0;
  // Numbers of `incarnation` are void from now on, unless another has begun already.
  virtual absl::Status Renew(const std::string& caregiver_id, const std::string& incarnation) = 0;
};

inline std::vector<absl::StatusOr<store::v1::AlertRecord>> AlertStore::GetAll(
    const std::vector<std::string>& alert_ids) {
  std::vector<absl::StatusOr<store::v1::AlertRecord>> records;
  records.reserve(alert_ids.size());
  for (const std::string& id : alert_ids) records.push_back(Get(id));
  return records;
}

inline std::vector<absl::StatusOr<std::vector<std::string>>> AlertStore::StoreAll(
    const std::vector<AlertChange>& changes) {
  std::vector<absl::StatusOr<std::vector<std::string>>> stored;
  stored.reserve(changes.size());
  for (const AlertChange& change : changes) stored.push_back(Store(change));
  return stored;
}

inline std::vector<absl::Status> AlertStore::RaiseAll(const std::vector<NewAlert>& alerts) {
  return std::vector<absl::Status>(alerts.size(), absl::UnimplementedError("in two steps"));
}

inline std::vector<absl::StatusOr<int>> AlertStore::DeliverAll(
    const std::vector<InboxDelivery>& deliveries) {
  std::vector<absl::StatusOr<int>> reached;
  reached.reserve(deliveries.size());
  for (const InboxDelivery& delivery : deliveries)
    reached.push_back(Deliver(delivery.caregiver_ids, delivery.update, delivery.told_version));
  return reached;
}

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_ALERT_STORE_H_
