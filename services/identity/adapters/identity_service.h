// IdentityService over gRPC. Blocks its few threads for Redis: its calls are rare.

#ifndef SERVICES_IDENTITY_ADAPTERS_IDENTITY_SERVICE_H_
#define SERVICES_IDENTITY_ADAPTERS_IDENTITY_SERVICE_H_

#include <memory>

#include "services/domain/access/access.h"
#include "services/identity/app/identity_desk.h"

namespace grpc {
class Service;
}

namespace veille::identity {

// `desk` and `access` must outlive the server that it is handed to, whose gate has judged who may
// call what.
std::shared_ptr<grpc::Service> MakeIdentityService(IdentityDesk& desk,
                                                   const domain::Access& access);

}  // namespace veille::identity

#endif  // SERVICES_IDENTITY_ADAPTERS_IDENTITY_SERVICE_H_
