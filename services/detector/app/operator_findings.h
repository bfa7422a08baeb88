// Findings about the service itself, and those that are made when the engine cannot be asked. Pure.

#ifndef SERVICES_DETECTOR_APP_OPERATOR_FINDINGS_H_
#define SERVICES_DETECTOR_APP_OPERATOR_FINDINGS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

#include "veille/care/v1/home.pb.h"
#include "veille/store/v1/finding.pb.h"
#include "veille/store/v1/log.pb.h"

namespace veille::detector {

// A home's newest checkpoint could not be read.
store::v1::Finding DamagedCheckpointFinding(const std::string& home_id, const std::string& position,
                                            const std::string& what);

// No gateway serves, or half of the homes fell quiet at once; and its end. One alert from one to
// the other.
std::string MassSilenceAlertId(absl::Time began);
store::v1::Finding MassSilenceFinding(const std::string& alert_id, bool no_gateway, int quiet,
                                      int heard, absl::Time now);
store::v1::Finding MassSilenceIsOver(const std::string& alert_id, absl::Time now);

// An entry that brought its owner down was put aside.
store::v1::Finding PoisonFinding(const std::string& home_id, const std::string& entry);

// SOS, device falls and hazards of such an entry, told as they are: no rule has judged them.
std::vector<store::v1::Finding> RawFindings(const care::v1::Home& home,
                                            const store::v1::Envelope& envelope);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_APP_OPERATOR_FINDINGS_H_
