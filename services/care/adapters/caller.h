// Who calls CareService: the one place where that is found out.

#ifndef SERVICES_CARE_ADAPTERS_CALLER_H_
#define SERVICES_CARE_ADAPTERS_CALLER_H_

#include "absl/status/statusor.h"

#include "services/care/core/rights.h"
#include "services/domain/access/access.h"

namespace grpc {
class ServerContextBase;
}

namespace veille::care {

// With a sign-in its owner: operators by their role, everybody else by the circles that they are
// in. A terminal beside the service, and an operator's certificate, act for operators; so does
// everybody without TLS. For those the metadata "veille-actor" names who it is in the audit log,
// and for all "veille-client" the device; both prove nothing.
absl::StatusOr<Caller> CallerOf(const grpc::ServerContextBase& context,
                                const domain::Access& access);

}  // namespace veille::care

#endif  // SERVICES_CARE_ADAPTERS_CALLER_H_
