#include "common/rpc/call_by_name.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "common/rpc/deadline.h"
#include "common/rpc/status.h"

namespace veille::rpc {

absl::Status CallByName(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                        const std::map<std::string, std::string>& metadata,
                        const google::protobuf::Message& request,
                        google::protobuf::Message& response, absl::Duration timeout) {
  const std::size_t dot = method.rfind('.');
  const std::string path = "/" + method.substr(0, dot) + "/" + method.substr(dot + 1);
  grpc::ClientContext context;
  context.set_deadline(DeadlineAfter(timeout));
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  const std::string bytes = request.SerializeAsString();
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer sent(&slice, 1);
  grpc::ByteBuffer received;
  grpc::Status status;
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channel);
  const auto call = stub.PrepareUnaryCall(&context, path, sent, &queue);
  call->StartCall();
  call->Finish(&received, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (!status.ok()) return FromGrpc(status);
  grpc::Slice whole;
  if (!received.DumpToSingleSlice(&whole).ok() ||
      !response.ParseFromArray(whole.begin(), static_cast<int>(whole.size())))
    return absl::InternalError("the answer of " + method + " cannot be read");
  return absl::OkStatus();
}

}  // namespace veille::rpc
