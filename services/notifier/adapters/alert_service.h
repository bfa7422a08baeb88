// AlertService over gRPC.

#ifndef SERVICES_NOTIFIER_ADAPTERS_ALERT_SERVICE_H_
#define SERVICES_NOTIFIER_ADAPTERS_ALERT_SERVICE_H_

#include <memory>

#include "common/rpc/stream_registry.h"
#include "services/domain/access/access.h"
#include "services/notifier/adapters/watch_hub.h"
#include "services/notifier/app/alert_desk.h"
#include "services/notifier/app/receipt_desk.h"

namespace grpc {
class Service;
}

namespace veille::notifier {

// `desk`, `receipts`, `hub`, `streams` and `access` must outlive the server.
std::shared_ptr<grpc::Service> MakeAlertService(AlertDesk& desk, ReceiptDesk& receipts,
                                                WatchHub& hub, rpc::StreamRegistry& streams,
                                                const domain::Access& access);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_ALERT_SERVICE_H_
