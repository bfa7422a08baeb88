// The life of an alert: two axes, an escalation chain, who is told when. Pure: a record and what
// happened go in, the changed record and what is to be done come out.
//
//   condition   active → cleared            by the detector
//   handling    unacknowledged → acknowledged → closed   by people; back by a worsening or a repeat
//
// Falls, SOS and hazards latch: clearing never hides them. MEDIUM and HIGH climb the chain until a
// human answers; LOW and TECHNICAL are told to the first step and wait for a look. HIGH is never
// folded or deferred. Times are world time.

#ifndef SERVICES_NOTIFIER_CORE_ALERT_LIFE_H_
#define SERVICES_NOTIFIER_CORE_ALERT_LIFE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/care/v1/home.pb.h"
#include "veille/store/v1/finding.pb.h"
#include "veille/store/v1/notification.pb.h"

namespace veille::notifier {

// Whom an alert concerns, as the registry has it.
struct Audience {
  std::vector<care::v1::Member> members;
  std::vector<care::v1::EscalationStep> steps;  // Empty: everybody at once.
  std::string patient_name;
  std::string zone;
  absl::Duration default_delay = absl::Seconds(60);  // Between steps that name none.
};

// What is to be done, together with storing the record.
struct Decision {
  bool changed = false;
  std::vector<store::v1::Tell> tells;
  // The chain's end was reached: operators must know.
  bool unanswered = false;
};

// A new alert out of the finding that opens it.
store::v1::AlertRecord Raise(const store::v1::Finding& finding, const Audience& audience,
                             absl::Time now, Decision& decision);

// A finding about an alert that exists: told again, worse, over. A finding that it contains already
// changes nothing.
Decision Join(const store::v1::Finding& finding, absl::Time now, absl::Duration default_delay,
              store::v1::AlertRecord& record);

// Runs an escalation step that is due, unless somebody has answered, the condition is over, or the
// round is an older one.
Decision RunStep(uint32_t step, uint32_t round, absl::Time now, absl::Duration default_delay,
                 store::v1::AlertRecord& record);

struct Actor {
  std::string caregiver_id;
  std::string client;
  std::string request_id;
};

// FAILED_PRECONDITION when it is closed. The same person again, or the same request, changes
// nothing.
absl::StatusOr<Decision> Acknowledge(const Actor& actor, absl::Time now,
                                     store::v1::AlertRecord& record);
// FAILED_PRECONDITION when it is closed with another outcome; INVALID_ARGUMENT without one.
absl::StatusOr<Decision> Resolve(const Actor& actor, alert::v1::Outcome outcome,
                                 const std::string& note, absl::Time now,
                                 store::v1::AlertRecord& record);
// A receipt of a caregiver's device; a later state never goes back to an earlier one.
bool RecordReceipt(const std::string& caregiver_id, uint64_t version,
                   alert::v1::DeliveryState state, absl::Time now, store::v1::AlertRecord& record);

// Whether a tell is still wanted: nobody is asked to act on what somebody has taken.
bool IsWanted(const store::v1::Tell& tell, const store::v1::AlertRecord& record);

// Whether new findings of the rule key join this alert.
bool IsJoinable(const store::v1::AlertRecord& record);

// Who may see the alert.
bool MaySee(const store::v1::AlertRecord& record, const std::string& caregiver_id);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_ALERT_LIFE_H_
