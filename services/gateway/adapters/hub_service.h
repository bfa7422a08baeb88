// HubGatewayService over gRPC: streams and unary calls become sessions of the intake.

#ifndef SERVICES_GATEWAY_ADAPTERS_HUB_SERVICE_H_
#define SERVICES_GATEWAY_ADAPTERS_HUB_SERVICE_H_

#include <memory>

#include "common/rpc/server_stream.h"
#include "common/rpc/stream_registry.h"
#include "services/gateway/app/intake.h"

namespace veille::gateway {

// The service; hand it to rpc::Server. `intake` and `streams` must outlive the server.
std::shared_ptr<grpc::Service> MakeHubService(Intake& intake, rpc::StreamRegistry& streams,
                                              rpc::StreamLimits limits);

}  // namespace veille::gateway

#endif  // SERVICES_GATEWAY_ADAPTERS_HUB_SERVICE_H_
