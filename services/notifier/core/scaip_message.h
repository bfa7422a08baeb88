// What a telecare alarm centre gets and says by SCAIP, the Social Care Alarm Internet Protocol: XML
// of the type application/scaip+xml in SIP MESSAGE requests.
//
// SS 91100:2014 and CLC/TS 50134-9 are sold, not published. What is here is what is public of them:
// the media type (IANA, application/scaip+xml), and elements, lengths and codes as open gateways
// for it have them (github.com/caruhome/scaip-gateway, github.com/Syntilio/Datahub-Scaip-Proxy).
// NOT TESTED FOR CONFORMANCE, nor against any centre: agree on it with the centre first.
//
// Pure.

#ifndef SERVICES_NOTIFIER_CORE_SCAIP_MESSAGE_H_
#define SERVICES_NOTIFIER_CORE_SCAIP_MESSAGE_H_

#include <string>

#include "absl/status/statusor.h"

#include "services/notifier/core/telling.h"

namespace veille::notifier {

inline constexpr char kScaipType[] = "application/scaip+xml";

// The request, <mrq>: who calls (the home, as the centre knows it), what kind of device, what
// happened, and one line of text. Its reference is the telling's key: the same for every try. No
// priority: sources differ on which end is the highest. No position, no number to call back.
std::string ScaipRequest(const Telling& telling);

// The answer, <mrs>.
struct ScaipAnswer {
  std::string reference;  // Of the request that it answers.
  int status = 0;
};
// INVALID_ARGUMENT for everything else.
absl::StatusOr<ScaipAnswer> ReadScaipAnswer(const std::string& xml);

enum class ScaipVerdict {
  kTaken,    // 0: the centre has the alarm.
  kLater,    // 4 held, 5 not treated, 6 busy.
  kRefused,  // 1 too long, 2 invalid format, 3 wrong content, 7 tag missing; and what is unknown.
};
ScaipVerdict JudgeScaip(int status);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_SCAIP_MESSAGE_H_
