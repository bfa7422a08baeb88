// Where alerts, timers and inboxes are kept: the port that Redis implements and tests fake. Calls
// block for a round trip; they are for worker threads, never for gRPC's or Redis' own. Thread safe.

#ifndef SERVICES_NOTIFIER_APP_ALERT_STORE_H_
#define SERVICES_NOTIFIER_APP_ALERT_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/alert/v1/alert_service.pb.h"
#include "veille/store/v1/finding.pb.h"
#include "veille/store/v1/notification.pb.h"

namespace veille::notifier {

// A change of an alert, stored in one step.
struct AlertChange {
  const store::v1::AlertRecord* before = nullptr;  // Null when it is new.
  const store::v1::AlertRecord* after = nullptr;
  std::vector<store::v1::Tell> tells;
  std::string done_entry;  // A queue entry that is done with by this.
};

struct InboxPosition {
  std::string incarnation;
  uint64_t sequence = 0;
  uint64_t first_sequence = 0;  // The oldest that is still there; 0 when empty.
};

class AlertStore {
 public:
  virtual ~AlertStore() = default;

  // The open alert that a finding belongs to, or the one that it names; nothing when there is none.
  virtual absl::StatusOr<std::optional<store::v1::AlertRecord>> Find(
      const store::v1::Finding& finding) = 0;
  // NOT_FOUND when there is none.
  virtual absl::StatusOr<store::v1::AlertRecord> Get(const std::string& alert_id) = 0;
  // ABORTED when somebody else was faster: read again and decide anew.
  virtual absl::Status Store(const AlertChange& change) = 0;
  virtual absl::Status Done(const std::string& home_id, const std::string& entry) = 0;

  // Puts an update into a caregiver's stream; idempotent.
  virtual absl::Status Deliver(const std::string& caregiver_id,
                               const alert::v1::Update& update) = 0;
  // A finding of the service itself, into the operators' partition.
  virtual absl::Status Enqueue(const store::v1::Finding& finding) = 0;

  // Alerts of a home that are not closed.
  virtual absl::StatusOr<std::vector<store::v1::AlertRecord>> OpenAlerts(
      const std::string& home_id) = 0;
  // Newest first, created before `before`, at most `limit`.
  virtual absl::StatusOr<std::vector<store::v1::AlertRecord>> Alerts(const std::string& home_id,
                                                                     absl::Time before,
                                                                     int limit) = 0;
  virtual absl::StatusOr<InboxPosition> Position(const std::string& caregiver_id) = 0;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_ALERT_STORE_H_
