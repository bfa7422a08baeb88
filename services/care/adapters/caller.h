// Who calls CareService: the one place where that is found out.

#ifndef SERVICES_CARE_ADAPTERS_CALLER_H_
#define SERVICES_CARE_ADAPTERS_CALLER_H_

#include "absl/status/statusor.h"

#include "services/care/core/rights.h"

namespace grpc {
class ServerContextBase;
}

namespace veille::care {

// With a certificate, what it says: a hub is a hub, a service acts for operators. Without TLS,
// which is for one machine only, everybody is an operator. The metadata "veille-actor" and
// "veille-client" name an operator and the device in the audit log; they prove nothing.
absl::StatusOr<Caller> CallerOf(const grpc::ServerContextBase& context);

}  // namespace veille::care

#endif  // SERVICES_CARE_ADAPTERS_CALLER_H_
