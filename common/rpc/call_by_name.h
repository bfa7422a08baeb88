// Unary calls of a method that is known by its name only: for tools that work through descriptors.

#ifndef COMMON_RPC_CALL_BY_NAME_H_
#define COMMON_RPC_CALL_BY_NAME_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"

namespace grpc {
class Channel;
}

namespace veille::rpc {

// `method` is its full name, "veille.care.v1.CareService.GetHome"; the messages are its own. Blocks
// for `timeout` at most.
absl::Status CallByName(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                        const std::map<std::string, std::string>& metadata,
                        const google::protobuf::Message& request,
                        google::protobuf::Message& response, absl::Duration timeout);

}  // namespace veille::rpc

#endif  // COMMON_RPC_CALL_BY_NAME_H_
