// A service on the stream class, for tests of the class itself: it acknowledges every batch, or
// holds on to it, and tells of every stream's end. The hub's messages serve, since any would.

#ifndef TESTS_INTEGRATION_RPC_ECHO_SERVICE_H_
#define TESTS_INTEGRATION_RPC_ECHO_SERVICE_H_

#include <atomic>
#include <memory>
#include <string>

#include "veille/hub/v1/hub_gateway_service.grpc.pb.h"

#include "common/rpc/bidi_stream.h"
#include "common/rpc/identity.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "common/rpc/unary.h"

namespace veille::rpc {

struct EchoCounters {
  std::atomic<int> opened{0}, closed{0}, received{0}, refused{0};
  std::atomic<bool> hold{false};  // Nothing is settled.
};

class EchoStream final : public BidiStream<hub::v1::ConnectRequest, hub::v1::ConnectResponse> {
 public:
  EchoStream(StreamLimits limits, grpc::CallbackServerContext* context, EchoCounters& counters)
      : BidiStream(limits, context), counters_(counters) {
    ++counters_.opened;
  }
  void DrainForShutdown() override {
    hub::v1::ConnectResponse goodbye;
    goodbye.mutable_drain()->set_reason("stopping");
    Drain(std::move(goodbye), grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping"));
  }

 private:
  std::size_t OnMessage(hub::v1::ConnectRequest& message) override {
    ++counters_.received;
    const std::size_t bytes = message.batch().events().size();
    hub::v1::ConnectResponse response;
    response.mutable_ack()->set_through_bulk_sequence(message.batch().sequence());
    // What the peer says comes back, so that a test decides how much there is to read.
    if (message.batch().lane() == hub::v1::LANE_URGENT)
      response.mutable_prompt()->set_prompt_id(message.batch().events());
    // Refused while closing, or for a peer that does not read: the sweep sees to that one.
    if (!Send(std::move(response))) ++counters_.refused;
    if (!counters_.hold) Settle(1, bytes);
    return bytes;
  }
  bool MergeInto(hub::v1::ConnectResponse& queued, hub::v1::ConnectResponse& newer) override {
    if (!queued.has_ack() || !newer.has_ack()) return false;
    queued = newer;
    return true;
  }
  void OnClosed() override { ++counters_.closed; }

  EchoCounters& counters_;
};

class EchoService final : public hub::v1::HubGatewayService::CallbackService {
 public:
  EchoService(StreamRegistry& streams, StreamLimits limits) : streams_(streams), limits_(limits) {}

  grpc::ServerBidiReactor<hub::v1::ConnectRequest, hub::v1::ConnectResponse>* Connect(
      grpc::CallbackServerContext* context) override {
    auto stream = std::make_shared<EchoStream>(limits_, context, counters);
    auto* reactor = stream->Start();
    streams_.Add(stream);
    return reactor;
  }
  // Answers with who the caller is: "hub/h1", or the refusal.
  grpc::ServerUnaryReactor* SendEvents(grpc::CallbackServerContext* context,
                                       const hub::v1::SendEventsRequest* request,
                                       hub::v1::SendEventsResponse* response) override {
    return AnswerUnary(context, request, response,
                       [context](const hub::v1::SendEventsRequest& /*request*/, auto answer) {
                         const absl::StatusOr<PeerIdentity> identity = IdentityOf(*context);
                         if (!identity.ok()) return answer(identity.status());
                         hub::v1::SendEventsResponse said;
                         said.add_rejections()->set_field(
                             identity->authenticated ? identity->kind + "/" + identity->id : "");
                         answer(said);
                       });
  }

  EchoCounters counters;

 private:
  StreamRegistry& streams_;
  const StreamLimits limits_;
};

// A server with that service, and channels to it.
struct EchoServer {
  explicit EchoServer(Server::Options options = {}, StreamLimits limits = {})
      : service(streams, limits) {
    if (options.address.empty()) options.address = "127.0.0.1:0";
    server = *Server::Start(options, {&service}, streams);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(server->port()); }

  StreamRegistry streams;
  EchoService service;
  std::unique_ptr<Server> server;
};

}  // namespace veille::rpc

#endif  // TESTS_INTEGRATION_RPC_ECHO_SERVICE_H_
