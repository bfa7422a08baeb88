// Limits of callers on a server without TLS. There no gate stands before the calls, so a service
// asks for itself when one begins; with TLS the gate has counted it, and nothing is counted here.

#ifndef COMMON_RPC_PLAIN_CALLS_H_
#define COMMON_RPC_PLAIN_CALLS_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include <grpcpp/grpcpp.h>

#include "common/rpc/call_limits.h"

namespace veille::rpc {

// Contexts that know the limits of their server, for its builder.
std::unique_ptr<grpc::ContextAllocator> MakeCountedContexts(std::shared_ptr<CallLimits> limits);

// RESOURCE_EXHAUSTED, with the time to come again, when the caller calls too often. `request` is
// the type of the call's request, which is no other call's.
absl::Status CountPlainCall(const grpc::CallbackServerContext& context,
                            const google::protobuf::Descriptor& request);
template <typename Request>
absl::Status CountPlainCall(const grpc::CallbackServerContext& context) {
  return CountPlainCall(context, *Request::descriptor());
}

// What tells callers apart: their token, else the address that they come from, without the port,
// which changes. Empty, so not counted, for this machine itself: a proxy through which everybody
// comes, or the one user of `veille all`.
std::string PlainCallerOf(std::string_view authorization, std::string_view peer);

}  // namespace veille::rpc

#endif  // COMMON_RPC_PLAIN_CALLS_H_
