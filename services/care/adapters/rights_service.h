// RightsService over gRPC.

#ifndef SERVICES_CARE_ADAPTERS_RIGHTS_SERVICE_H_
#define SERVICES_CARE_ADAPTERS_RIGHTS_SERVICE_H_

#include <memory>

#include "common/rpc/stream_registry.h"
#include "services/care/adapters/exports.h"
#include "services/care/app/rights_desk.h"
#include "services/domain/access/access.h"

namespace grpc {
class Service;
}

namespace veille::care {

// What it is given must outlive the server.
std::shared_ptr<grpc::Service> MakeRightsService(RightsDesk& desk, Exports& exports,
                                                 const domain::Access& access,
                                                 rpc::StreamRegistry& streams);

}  // namespace veille::care

#endif  // SERVICES_CARE_ADAPTERS_RIGHTS_SERVICE_H_
