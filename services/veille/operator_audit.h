// Puts what an operator did at a terminal beside the service, without asking a server, into the
// audit log: rotations of the authority and of keys.

#ifndef SERVICES_VEILLE_OPERATOR_AUDIT_H_
#define SERVICES_VEILLE_OPERATOR_AUDIT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "common/redis/endpoint.h"

namespace veille {

// The Redis of the data: of `veille all` on the folder `data`, or when that is "", of a role.
absl::StatusOr<redis::Endpoint> DataEndpointOf(const std::string& config_file,
                                               const std::string& data);

// After the act: "keys.rotate", and what it was done to. Waits until it is durable; where the log
// cannot be reached, the terminal is told, and what was done stays done.
void RecordOperatorAct(const redis::Endpoint& data, const std::string& action,
                       const std::string& subject);

// veille identity …, whose rotate and retire are recorded so.
int RunIdentityRecorded(const std::vector<std::string>& args);

}  // namespace veille

#endif  // SERVICES_VEILLE_OPERATOR_AUDIT_H_
