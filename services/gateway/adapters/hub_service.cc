#include "services/gateway/adapters/hub_service.h"

#include <utility>

#include "veille/hub/v1/hub_gateway_service.grpc.pb.h"

#include "common/rpc/bidi_stream.h"
#include "common/rpc/identity.h"
#include "common/rpc/status.h"
#include "services/gateway/app/session.h"

namespace veille::gateway {
namespace {

using hub::v1::ConnectRequest;
using hub::v1::ConnectResponse;

// An overloaded gateway asks hubs to stay away this long.
constexpr absl::Duration kRetryDelay = absl::Seconds(5);
// A stopping one spreads their return.
constexpr int kReconnectDelaySeconds = 1;
// Contract: at most this many rejections an ack.
constexpr int kMaxRejections = 100;

grpc::Status ToAnswer(const absl::Status& status) {
  if (absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
      absl::IsDeadlineExceeded(status)) {
    return rpc::ToGrpc(rpc::WithRetryDelay(absl::UnavailableError(std::string(status.message())),
                                           rpc::RetryDelayOf(status).value_or(kRetryDelay)));
  }
  return rpc::ToGrpc(status);
}

// Without TLS nobody has proved anything: the id is empty, and the session takes the named source.
absl::StatusOr<std::string> ProvedHubId(const grpc::ServerContextBase& context) {
  absl::StatusOr<rpc::PeerIdentity> identity = rpc::IdentityOf(context);
  if (!identity.ok()) return identity.status();
  if (!identity->authenticated) return std::string();
  if (identity->kind != "hub")
    return absl::PermissionDeniedError("only hubs may send events: the certificate is a service's");
  return identity->id;
}

class HubStream final : public rpc::BidiStream<ConnectRequest, ConnectResponse>,
                        public SessionPeer {
 public:
  HubStream(rpc::StreamLimits limits, grpc::CallbackServerContext* context)
      : BidiStream(limits, context) {}

  void Attach(std::shared_ptr<Session> session) { session_ = std::move(session); }

  void SendWelcome(hub::v1::Welcome welcome) override {
    ConnectResponse response;
    *response.mutable_welcome() = std::move(welcome);
    // Refused only while closing: the status that waits says why, and must not be cut off.
    if (!Send(std::move(response))) return;
  }
  void SendAck(hub::v1::Ack ack) override {
    ConnectResponse response;
    *response.mutable_ack() = std::move(ack);
    // Refused only while closing: the source learns from Welcome what is there.
    if (!Send(std::move(response))) return;
  }
  bool SendPrompt(hub::v1::Prompt prompt) override {
    ConnectResponse response;
    *response.mutable_prompt() = std::move(prompt);
    return Send(std::move(response));
  }
  void Settle(std::size_t bytes) override { BidiStream::Settle(1, bytes); }
  void Close(const absl::Status& status) override { ServerStream::Close(ToAnswer(status)); }

  void DrainForShutdown() override {
    ConnectResponse goodbye;
    goodbye.mutable_drain()->set_reason("the gateway is stopping");
    goodbye.mutable_drain()->mutable_reconnect_delay()->set_seconds(kReconnectDelaySeconds);
    Drain(std::move(goodbye), ToAnswer(absl::UnavailableError("the gateway is stopping")));
  }

 private:
  std::size_t OnMessage(ConnectRequest& message) override { return session_->OnRequest(message); }

  void OnClosed() override {
    if (session_ != nullptr) session_->OnClosed();
  }

  // Acks are cumulative, so one that waits absorbs the next.
  bool MergeInto(ConnectResponse& queued, ConnectResponse& newer) override {
    if (!queued.has_ack() || !newer.has_ack()) return false;
    hub::v1::Ack& into = *queued.mutable_ack();
    const hub::v1::Ack& from = newer.ack();
    if (into.rejections_size() + from.rejections_size() > kMaxRejections) return false;
    into.set_through_urgent_sequence(from.through_urgent_sequence());
    into.set_through_bulk_sequence(from.through_bulk_sequence());
    into.mutable_rejections()->MergeFrom(from.rejections());
    return true;
  }

  std::shared_ptr<Session> session_;
};

class HubService final : public hub::v1::HubGatewayService::CallbackService {
 public:
  HubService(Intake& intake, rpc::StreamRegistry& streams, rpc::StreamLimits limits)
      : intake_(intake), streams_(streams), limits_(limits) {}

  grpc::ServerBidiReactor<ConnectRequest, ConnectResponse>* Connect(
      grpc::CallbackServerContext* context) override {
    auto stream = std::make_shared<HubStream>(limits_, context);
    absl::StatusOr<std::string> proved = ProvedHubId(*context);
    stream->Attach(intake_.Open(stream, proved.value_or("")));
    auto* reactor = stream->Start();
    // Before anything is said: opening and resetting streams in haste costs its hub alone.
    const absl::Status may = proved.ok() ? intake_.MayConnect(*proved) : proved.status();
    if (!may.ok()) stream->Close(may);
    streams_.Add(stream);
    return reactor;
  }

  grpc::ServerUnaryReactor* SendEvents(grpc::CallbackServerContext* context,
                                       const hub::v1::SendEventsRequest* request,
                                       hub::v1::SendEventsResponse* response) override {
    auto* reactor = context->DefaultReactor();
    absl::StatusOr<std::string> proved = ProvedHubId(*context);
    if (!proved.ok()) {
      reactor->Finish(ToAnswer(proved.status()));
      return reactor;
    }
    intake_.SendEvents(*request, *proved,
                       [reactor, response](absl::StatusOr<hub::v1::SendEventsResponse> answer) {
                         if (!answer.ok()) return reactor->Finish(ToAnswer(answer.status()));
                         *response = *std::move(answer);
                         reactor->Finish(grpc::Status::OK);
                       });
    return reactor;
  }

 private:
  Intake& intake_;
  rpc::StreamRegistry& streams_;
  const rpc::StreamLimits limits_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeHubService(Intake& intake, rpc::StreamRegistry& streams,
                                              rpc::StreamLimits limits) {
  return std::make_shared<HubService>(intake, streams, limits);
}

}  // namespace veille::gateway
