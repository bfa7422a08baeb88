// CareService over gRPC.

#ifndef SERVICES_CARE_ADAPTERS_CARE_SERVICE_H_
#define SERVICES_CARE_ADAPTERS_CARE_SERVICE_H_

#include <memory>

#include "services/care/app/care_desk.h"

namespace grpc {
class Service;
}

namespace veille::care {

// `desk` must outlive the server.
std::shared_ptr<grpc::Service> MakeCareService(CareDesk& desk);

}  // namespace veille::care

#endif  // SERVICES_CARE_ADAPTERS_CARE_SERVICE_H_
