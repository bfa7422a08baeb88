// What of a telling goes into whose stream. Pure.

#ifndef SERVICES_NOTIFIER_APP_DELIVERIES_H_
#define SERVICES_NOTIFIER_APP_DELIVERIES_H_

#include <vector>

#include "services/notifier/app/alert_store.h"

namespace veille::notifier {

// One for those who are called, and where there are such, one for those to whom it is a line to
// read.
std::vector<InboxDelivery> DeliveriesOf(const store::v1::Tell& tell,
                                        const store::v1::AlertRecord& record);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_DELIVERIES_H_
