// Unary calls on the callback API: one answer, always, from any thread, now or later.
//
//   return AnswerUnary(context, request, response, [this](const FooRequest& request, auto answer) {
//     if (request.id().empty()) return answer(BadRequest({{"id", "is needed"}}));
//     store_.Find(request.id(), [answer](absl::StatusOr<FooResponse> found) { answer(found); });
//   });

#ifndef COMMON_RPC_UNARY_H_
#define COMMON_RPC_UNARY_H_

#include <atomic>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include <grpcpp/grpcpp.h>

#include "common/rpc/status.h"

namespace veille::rpc {

// Copyable, callable from any thread. The first call answers, others are ignored. When every copy
// has gone without a call (a component was stopped, a callback dropped) the caller gets
// UNAVAILABLE: a call without an answer would hold up the server's stop for ever.
template <typename Response>
class UnaryAnswer {
 public:
  UnaryAnswer(grpc::ServerUnaryReactor* reactor, Response* response)
      : call_(std::make_shared<Call>(reactor, response)) {}

  void operator()(absl::StatusOr<Response> answer) const { call_->Answer(std::move(answer)); }

 private:
  class Call {
   public:
    Call(grpc::ServerUnaryReactor* reactor, Response* response)
        : reactor_(reactor), response_(response) {}
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call() { Answer(absl::UnavailableError("the service is stopping; try again")); }

    void Answer(absl::StatusOr<Response> answer) {
      if (answered_.exchange(true)) return;
      if (!answer.ok()) return reactor_->Finish(ToGrpc(answer.status()));
      *response_ = *std::move(answer);
      reactor_->Finish(grpc::Status::OK);
    }

   private:
    std::atomic<bool> answered_{false};
    grpc::ServerUnaryReactor* const reactor_;
    Response* const response_;
  };

  std::shared_ptr<Call> call_;
};

// Runs `handler(request, answer)`; `request` lives until the answer.
template <typename Request, typename Response, typename Handler>
grpc::ServerUnaryReactor* AnswerUnary(grpc::CallbackServerContext* context, const Request* request,
                                      Response* response, Handler handler) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  handler(*request, UnaryAnswer<Response>(reactor, response));
  return reactor;
}

}  // namespace veille::rpc

#endif  // COMMON_RPC_UNARY_H_
