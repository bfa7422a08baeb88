#include "common/rpc/plain_calls.h"

#include <utility>

#include "common/rpc/identity.h"

namespace veille::rpc {
namespace {

class CountedContext final : public grpc::CallbackServerContext {
 public:
  explicit CountedContext(std::shared_ptr<CallLimits> limits) : limits_(std::move(limits)) {}
  CallLimits& limits() const { return *limits_; }

 private:
  const std::shared_ptr<CallLimits> limits_;
};

// gRPC asks for a context when a call may come, and gives it back when the call is over.
class CountedContexts final : public grpc::ContextAllocator {
 public:
  explicit CountedContexts(std::shared_ptr<CallLimits> limits) : limits_(std::move(limits)) {}

  grpc::CallbackServerContext* NewCallbackServerContext() override {
    return std::make_unique<CountedContext>(limits_).release();
  }
  void Release(grpc::CallbackServerContext* context) override {
    const std::unique_ptr<grpc::CallbackServerContext> over(context);
  }
  void Release(grpc::GenericCallbackServerContext*) override {}

 private:
  const std::shared_ptr<CallLimits> limits_;
};

std::string MethodOf(const google::protobuf::Descriptor& request) {
  const google::protobuf::FileDescriptor& file = *request.file();
  for (int s = 0; s < file.service_count(); ++s) {
    const google::protobuf::ServiceDescriptor& service = *file.service(s);
    for (int m = 0; m < service.method_count(); ++m) {
      if (service.method(m)->input_type() == &request)
        return "/" + service.full_name() + "/" + service.method(m)->name();
    }
  }
  return "";
}

bool StartsWith(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

}  // namespace

std::unique_ptr<grpc::ContextAllocator> MakeCountedContexts(std::shared_ptr<CallLimits> limits) {
  return std::make_unique<CountedContexts>(std::move(limits));
}

std::string PlainCallerOf(std::string_view authorization, std::string_view peer) {
  if (!authorization.empty()) return std::string(authorization);
  const std::string_view address = peer.substr(0, peer.rfind(':'));
  const bool ourselves = StartsWith(peer, "unix:") || StartsWith(address, "ipv4:127.") ||
                         address == "ipv6:[::1]" || address == "ipv6:%5B::1%5D";
  return ourselves ? "" : std::string(address);
}

absl::Status CountPlainCall(const grpc::CallbackServerContext& context,
                            const google::protobuf::Descriptor& request) {
  const auto* counted = dynamic_cast<const CountedContext*>(&context);
  if (counted == nullptr) return absl::OkStatus();
  return counted->limits().Take(PlainCallerOf(BearerOf(context), context.peer()),
                                MethodOf(request));
}

}  // namespace veille::rpc
