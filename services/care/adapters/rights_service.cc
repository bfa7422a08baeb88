#include "services/care/adapters/rights_service.h"

#include <utility>

#include "veille/rights/v1/rights_service.grpc.pb.h"

#include "common/base/status_macros.h"
#include "common/rpc/plain_calls.h"
#include "common/rpc/unary.h"
#include "services/care/adapters/caller.h"

namespace veille::care {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;
using rights::v1::ExportPatientResponse;

// Calls block for Redis: they are rare, and a few of gRPC's threads may wait.
class RightsService final : public rights::v1::RightsService::CallbackService {
 public:
  RightsService(RightsDesk& desk, Exports& exports, const domain::Access& access,
                rpc::StreamRegistry& streams)
      : desk_(desk), exports_(exports), access_(access), streams_(streams) {}

  grpc::ServerWriteReactor<ExportPatientResponse>* ExportPatient(
      Context* context, const rights::v1::ExportPatientRequest* request) override {
    auto stream = std::make_shared<ExportStream>(context);
    streams_.Add(stream);
    auto* reactor = stream->Start();
    if (const absl::Status status = Export(*context, *request, stream); !status.ok())
      stream->Close(rpc::ToGrpc(status));
    return reactor;
  }
  Reactor* ErasePatient(Context* context, const rights::v1::ErasePatientRequest* request,
                        rights::v1::ErasePatientResponse* response) override {
    return Answer(context, request, response, &RightsDesk::Erase);
  }
  Reactor* GetErasure(Context* context, const rights::v1::GetErasureRequest* request,
                      rights::v1::GetErasureResponse* response) override {
    return Answer(context, request, response, &RightsDesk::GetErasure);
  }
  Reactor* ListAccesses(Context* context, const rights::v1::ListAccessesRequest* request,
                        rights::v1::ListAccessesResponse* response) override {
    return Answer(context, request, response, &RightsDesk::ListAccesses);
  }
  Reactor* ListRetention(Context* context, const rights::v1::ListRetentionRequest* request,
                         rights::v1::ListRetentionResponse* response) override {
    return Answer(context, request, response, &RightsDesk::ListRetention);
  }

 private:
  template <typename Request, typename Response>
  using Method = absl::StatusOr<Response> (RightsDesk::*)(const Caller&, const Request&);

  template <typename Request, typename Response>
  Reactor* Answer(Context* context, const Request* request, Response* response,
                  Method<Request, Response> method) {
    return rpc::AnswerUnary(
        context, request, response, [&](const Request& asked, auto answer) -> void {
          if (const absl::Status haste = rpc::CountPlainCall<Request>(*context); !haste.ok())
            return answer(haste);
          const absl::StatusOr<Caller> caller = CallerOf(*context, access_);
          if (!caller.ok()) return answer(caller.status());
          answer((desk_.*method)(*caller, asked));
        });
  }

  absl::Status Export(const Context& context, const rights::v1::ExportPatientRequest& request,
                      std::shared_ptr<ExportStream> stream) {
    VEILLE_RETURN_IF_ERROR(rpc::CountPlainCall<rights::v1::ExportPatientRequest>(context));
    VEILLE_ASSIGN_OR_RETURN(const Caller caller, CallerOf(context, access_));
    return exports_.Add(caller, request, std::move(stream));
  }

  RightsDesk& desk_;
  Exports& exports_;
  const domain::Access& access_;
  rpc::StreamRegistry& streams_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeRightsService(RightsDesk& desk, Exports& exports,
                                                 const domain::Access& access,
                                                 rpc::StreamRegistry& streams) {
  return std::make_shared<RightsService>(desk, exports, access, streams);
}

}  // namespace veille::care
