// What people do to an alert: take it, close it, receive it. Pure.

#ifndef SERVICES_NOTIFIER_CORE_ANSWERS_H_
#define SERVICES_NOTIFIER_CORE_ANSWERS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/store/v1/notification.pb.h"

#include "services/notifier/core/chain.h"

namespace veille::notifier {

struct Actor {
  std::string caregiver_id;
  std::string client;
  std::string request_id;
};

// Whether this request of the actor was carried out; never without an id.
bool WasCarriedOut(const Actor& actor, const store::v1::AlertRecord& record);

// FAILED_PRECONDITION when it is closed. The same person again, or the same request, changes
// nothing. Where the step wants the answers of all, the last of them takes it.
absl::StatusOr<Decision> Acknowledge(const Actor& actor, absl::Time now,
                                     store::v1::AlertRecord& record);
// FAILED_PRECONDITION when it is closed with another outcome; INVALID_ARGUMENT without one.
absl::StatusOr<Decision> Resolve(const Actor& actor, alert::v1::Outcome outcome,
                                 const std::string& note, absl::Time now,
                                 store::v1::AlertRecord& record);
// A receipt of a caregiver's device; a later state never goes back to an earlier one. The first of
// the step that ran last lets the next one keep its place.
bool RecordReceipt(const std::string& caregiver_id, uint64_t version,
                   alert::v1::DeliveryState state, absl::Time now, store::v1::AlertRecord& record);

// What was told with this version was put into the stream.
bool RecordSent(uint64_t version, absl::Time when, store::v1::AlertRecord& record);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_ANSWERS_H_
