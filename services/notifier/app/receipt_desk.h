// Takes devices' receipts together: a crowd that is told at once answers at once, and each receipt
// is a version of an alert. Whatever waits is stored in two round trips.
//
// Thread safe. One thread of its own.

#ifndef SERVICES_NOTIFIER_APP_RECEIPT_DESK_H_
#define SERVICES_NOTIFIER_APP_RECEIPT_DESK_H_

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "services/notifier/app/alert_desk.h"

namespace veille::notifier {

class ReceiptDesk {
 public:
  // Ids of the alerts that the caregiver may not see or that are gone; an error when a receipt
  // could not be stored.
  using Done = std::function<void(absl::StatusOr<std::vector<std::string>> unknown)>;

  explicit ReceiptDesk(AlertDesk& desk);
  // What waits is answered with UNAVAILABLE.
  ~ReceiptDesk();

  // `done` is called on the desk's thread, or at once with RESOURCE_EXHAUSTED when too many wait.
  void Report(std::vector<DeviceReceipt> receipts, Done done);

 private:
  struct Waiting {
    std::vector<DeviceReceipt> receipts;
    Done done;
  };
  void Run();
  void Store(std::vector<Waiting> batch);

  AlertDesk& desk_;
  Mutex mu_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<Waiting> waiting_ ABSL_GUARDED_BY(mu_);
  Worker thread_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_RECEIPT_DESK_H_
