// A caregiver's connection to the alert service: watches, takes, resolves, sends receipts.
//
// Watch() reconnects with back-off for as long as it is wanted, resumes after the last sequence
// that it has processed, notices holes, and shows each version of an alert once. Calls may come
// from any thread; the handlers are called on the thread that called Watch().

#ifndef SERVICES_CLIENT_CAREGIVER_CLIENT_H_
#define SERVICES_CLIENT_CAREGIVER_CLIENT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/alert/v1/alert.pb.h"
#include "veille/alert/v1/alert_service.pb.h"

#include "common/rpc/credentials.h"

namespace veille::client {

struct CaregiverOptions {
  std::string address;              // "127.0.0.1:7444" or "unix:/path".
  std::string caregiver_id;         // Who we are.
  std::string client = "terminal";  // Names this device in transitions and receipts.
  rpc::TlsFiles tls;
  absl::Duration call_timeout = absl::Seconds(10);
};

// What Watch() reports.
struct WatchHandlers {
  // The open alerts, at the start and whenever sequence numbers began anew.
  std::function<void(const alert::v1::Snapshot&)> on_snapshot;
  // A change; never an older version of an alert than was shown before.
  std::function<void(const alert::v1::Update&)> on_update;
  // Connected (OK) or lost, with the reason.
  std::function<void(const absl::Status&)> on_connection;
  // The server's clock, at each heartbeat.
  std::function<void(absl::Time server_time)> on_time;
};

class CaregiverClient {
 public:
  static absl::StatusOr<std::unique_ptr<CaregiverClient>> Create(CaregiverOptions options);
  ~CaregiverClient();

  // Blocks until Stop(), or until the service refuses for good (unknown caregiver, bad
  // certificate).
  absl::Status Watch(const WatchHandlers& handlers);
  // Ends Watch(), from any thread.
  void Stop();

  absl::StatusOr<alert::v1::Alert> Get(const std::string& alert_id);
  absl::StatusOr<std::vector<alert::v1::Alert>> List(const std::string& patient_id, bool open_only,
                                                     int limit);
  absl::StatusOr<alert::v1::Alert> Acknowledge(const std::string& alert_id);
  absl::StatusOr<alert::v1::Alert> Resolve(const std::string& alert_id, alert::v1::Outcome outcome,
                                           const std::string& note);

  // Duty and snoozes; requests name the caregiver and the device by themselves.
  absl::StatusOr<std::vector<alert::v1::DutySpan>> ListDuty(const std::string& patient_id,
                                                            absl::Duration ahead);
  absl::StatusOr<std::vector<alert::v1::DutySpan>> TakeDuty(alert::v1::TakeDutyRequest request);
  absl::StatusOr<std::vector<alert::v1::DutySpan>> HandOverDuty(
      alert::v1::HandOverDutyRequest request);
  // Empty patient and rule: of everybody, of every rule.
  absl::StatusOr<alert::v1::Snooze> SnoozeAlerts(const std::string& patient_id,
                                                 const std::string& rule, absl::Duration duration);
  absl::Status CancelSnooze(const std::string& snooze_id);
  absl::StatusOr<std::vector<alert::v1::Snooze>> ListSnoozes();

 private:
  class Connection;  // Keeps gRPC out of this header.
  explicit CaregiverClient(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

}  // namespace veille::client

#endif  // SERVICES_CLIENT_CAREGIVER_CLIENT_H_
