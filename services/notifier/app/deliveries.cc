#include "services/notifier/app/deliveries.h"

#include <set>
#include <string>

namespace veille::notifier {

std::vector<InboxDelivery> DeliveriesOf(const store::v1::Tell& tell,
                                        const store::v1::AlertRecord& record) {
  const std::set<std::string> quiet(tell.quiet_ids().begin(), tell.quiet_ids().end());
  std::vector<InboxDelivery> deliveries(quiet.empty() ? 1 : 2);
  InboxDelivery& called = deliveries.front();
  for (const std::string& id : tell.caregiver_ids())
    if (quiet.count(id) == 0) called.caregiver_ids.push_back(id);
  *called.update.mutable_alert() = record.alert();
  called.update.set_reason(tell.reason());
  called.update.set_step(tell.step());
  called.told_version = tell.version();
  if (!quiet.empty()) {
    InboxDelivery& read = deliveries.back();
    read = called;
    read.caregiver_ids = {quiet.begin(), quiet.end()};
    read.update.set_reason(alert::v1::Update::REASON_QUIET);
  }
  return deliveries;
}

}  // namespace veille::notifier
