// Whether a person's escalation chain would reach somebody: now, and at every time of the days to
// come, with the rota, what was taken and handed over, snoozes, and who cannot be reached. What a
// home's file says is checked when it is loaded; this is what becomes of it. Pure.

#ifndef SERVICES_NOTIFIER_CORE_CHAIN_CHECK_H_
#define SERVICES_NOTIFIER_CORE_CHAIN_CHECK_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "veille/alert/v1/alert.pb.h"
#include "veille/care/v1/home.pb.h"
#include "veille/store/v1/notification.pb.h"

#include "services/notifier/core/duty.h"

namespace veille::notifier {

struct ChainSubject {
  DutyPlan duty;
  std::vector<care::v1::EscalationStep> steps;
  store::v1::CircleState state;
  // Caregivers without a working channel, and why.
  std::map<std::string, alert::v1::Text> unreachable;
};

struct ChainFault {
  alert::v1::Text text;
  // Names the fault without its time: the same from one day to the next.
  std::string name;
  // True when nobody would hear of an alert; false when somebody else would.
  bool nobody = false;
};

// Faults between `from` and `to`, each at its first time. Ids only, no names.
std::vector<ChainFault> CheckChain(const ChainSubject& subject, absl::Time from, absl::Time to);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_CHAIN_CHECK_H_
