// AccountService over gRPC. Blocks its few threads for Redis and for hashes: its calls are rare.

#ifndef SERVICES_IDENTITY_ADAPTERS_ACCOUNT_SERVICE_H_
#define SERVICES_IDENTITY_ADAPTERS_ACCOUNT_SERVICE_H_

#include <memory>

#include "services/domain/access/access.h"
#include "services/identity/app/account_desk.h"

namespace grpc {
class Service;
}

namespace veille::identity {

// Both must outlive the server that it is handed to, whose gate asks `access` before.
std::shared_ptr<grpc::Service> MakeAccountService(AccountDesk& desk, const domain::Access& access);

}  // namespace veille::identity

#endif  // SERVICES_IDENTITY_ADAPTERS_ACCOUNT_SERVICE_H_
