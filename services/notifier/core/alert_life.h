// The life of an alert, as findings and time make it. Pure: a record and what happened go in, the
// changed record and what is to be done come out. What people do to it is in answers.h.
//
//   condition   active → cleared            by the detector
//   handling    unacknowledged → acknowledged → closed   by people; back by a worsening or a repeat
//
// Falls, SOS and hazards latch: clearing never hides them. MEDIUM and HIGH climb the chain until a
// human answers; LOW and TECHNICAL are told to the first step and wait for a look. HIGH is never
// folded or deferred. Findings may come in another order than they were made in: a beginning that
// comes after its end is told all the same. Times are world time.

#ifndef SERVICES_NOTIFIER_CORE_ALERT_LIFE_H_
#define SERVICES_NOTIFIER_CORE_ALERT_LIFE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

#include "veille/care/v1/home.pb.h"
#include "veille/store/v1/finding.pb.h"
#include "veille/store/v1/notification.pb.h"

#include "services/notifier/core/chain.h"

namespace veille::notifier {

// Whom an alert concerns, as the registry has it.
struct Audience {
  std::vector<care::v1::Member> members;
  std::vector<care::v1::EscalationStep> steps;  // Empty: everybody at once.
  std::string patient_name;
  std::string zone;
  uint32_t repeats = 0;
};

// A new alert out of the first finding of it that comes.
store::v1::AlertRecord Raise(const store::v1::Finding& finding, const Audience& audience,
                             const Moment& at, Decision& decision);

// A finding about an alert that exists: told again, worse, over. A finding that it contains already
// changes nothing; one that makes a closed alert worse opens it again, with the audience of now.
Decision Join(const store::v1::Finding& finding, const Audience& audience, const Moment& at,
              store::v1::AlertRecord& record);

// Runs an escalation step that is due, unless somebody has answered, the condition is over, or the
// round is an older one. Closes what was forgotten for too long.
Decision RunStep(uint32_t step, uint32_t round, const Moment& at, store::v1::AlertRecord& record);

// Whether the record has this finding, or any of the alert that the finding names.
bool Contains(const store::v1::AlertRecord& record, const store::v1::Finding& finding);
bool ContainsAlertOf(const store::v1::AlertRecord& record, const store::v1::Finding& finding);

// Whether new findings of the rule key join this alert.
bool IsJoinable(const store::v1::AlertRecord& record);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_ALERT_LIFE_H_
