#include "services/client/caregiver_client.h"

#include <algorithm>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "veille/alert/v1/alert_service.grpc.pb.h"

#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/retry/backoff.h"
#include "common/rpc/bearer.h"
#include "common/rpc/credentials.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "common/sync/mutex.h"
#include "common/time/clock.h"
#include "services/client/watch_position.h"

namespace veille::client {
namespace {

// How long Stop() may take to be heard.
constexpr absl::Duration kSlice = absl::Milliseconds(100);

// Trying again would change nothing.
bool IsFinal(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsUnauthenticated(status) ||
         absl::IsPermissionDenied(status) || absl::IsUnimplemented(status) ||
         absl::IsNotFound(status);
}

}  // namespace

class CaregiverClient::Connection {
 public:
  Connection(CaregiverOptions options, const std::shared_ptr<grpc::Channel>& channel)
      : options_(std::move(options)),
        channel_(channel),
        stub_(alert::v1::AlertService::NewStub(channel)) {}

  absl::Status Watch(const WatchHandlers& handlers);
  void Stop();

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (alert::v1::AlertService::Stub::*method)(
                                    grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    grpc::ClientContext context;
    SignInto(context);
    context.set_deadline(DeadlineAfter(options_.call_timeout));
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }

  const CaregiverOptions& options() const { return options_; }
  std::string NewRequestId() { return random_.Hex(32); }

 private:
  void SignInto(grpc::ClientContext& context) const { rpc::ShowBearer(options_.token, context); }
  // Waits so long, or until the channel is connected, which it was not. False once stopped.
  bool Pause(absl::Duration span);
  // One stream, until it ends. True when it was of any use, so that back-off begins anew.
  bool WatchOnce(const WatchHandlers& handlers, absl::Status& status);
  bool Handle(const alert::v1::WatchAlertsResponse& message, const WatchHandlers& handlers);
  void SendReceipts(const std::vector<const alert::v1::Alert*>& alerts);

  const CaregiverOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<alert::v1::AlertService::Stub> stub_;
  SystemRandom random_;
  WatchPosition position_;

  Mutex mu_;
  CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  grpc::ClientContext* watching_ ABSL_GUARDED_BY(mu_) = nullptr;
};

absl::Status CaregiverClient::Connection::Watch(const WatchHandlers& handlers) {
  Backoff backoff(absl::Milliseconds(100), absl::Seconds(5), random_);
  while (true) {
    absl::Status status;
    if (WatchOnce(handlers, status)) backoff.Reset();
    {
      MutexLock lock(mu_);
      if (stopped_) return absl::OkStatus();
    }
    if (handlers.on_connection) handlers.on_connection(status);
    if (IsFinal(status)) return status;
    // Our back-off is enough: with the channel's own behind it, a service that is back would be
    // found seconds later.
    grpc::experimental::ChannelResetConnectionBackoff(channel_.get());
    if (!Pause(backoff.Next())) return absl::OkStatus();
  }
}

bool CaregiverClient::Connection::Pause(absl::Duration span) {
  const bool connected = channel_->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY;
  const absl::Duration until = MonotonicNow() + span;
  while (true) {
    const absl::Duration left = until - MonotonicNow();
    {
      MutexLock lock(mu_);
      if (!stopped_ && connected && left > absl::ZeroDuration()) changed_.WaitFor(mu_, left);
      if (stopped_) return false;
    }
    if (left <= absl::ZeroDuration()) return true;
    // A channel gets on only while somebody waits for it: between calls nobody does, and a call
    // that fails at once does not. Unlike a plain connection, a TLS handshake needs several turns.
    if (!connected && channel_->WaitForConnected(rpc::DeadlineAfter(std::min(left, kSlice))))
      return true;
  }
}

void CaregiverClient::Connection::Stop() {
  MutexLock lock(mu_);
  stopped_ = true;
  if (watching_ != nullptr) watching_->TryCancel();
  changed_.NotifyAll();
}

bool CaregiverClient::Connection::WatchOnce(const WatchHandlers& handlers, absl::Status& status) {
  grpc::ClientContext context;
  SignInto(context);
  {
    MutexLock lock(mu_);
    if (stopped_) return false;
    watching_ = &context;
  }
  alert::v1::WatchAlertsRequest request;
  request.set_caregiver_id(options_.caregiver_id);
  request.set_client(options_.client);
  request.set_incarnation(position_.incarnation());
  request.set_last_sequence(position_.sequence());
  auto reader = stub_->WatchAlerts(&context, request);
  bool useful = false;
  alert::v1::WatchAlertsResponse message;
  while (reader->Read(&message)) {
    if (!useful && handlers.on_connection) handlers.on_connection(absl::OkStatus());
    useful = true;
    if (Handle(message, handlers)) continue;
    // Something was missed: from a snapshot again.
    position_.Reset();
    context.TryCancel();
  }
  status = rpc::FromGrpc(reader->Finish());
  MutexLock lock(mu_);
  watching_ = nullptr;
  return useful;
}

// False when there is a hole.
bool CaregiverClient::Connection::Handle(const alert::v1::WatchAlertsResponse& message,
                                         const WatchHandlers& handlers) {
  switch (message.kind_case()) {
    case alert::v1::WatchAlertsResponse::kSnapshot: {
      position_.OnSnapshot(message.snapshot());
      if (handlers.on_snapshot) handlers.on_snapshot(message.snapshot());
      std::vector<const alert::v1::Alert*> shown;
      for (const auto& alert : message.snapshot().alerts()) shown.push_back(&alert);
      SendReceipts(shown);
      return true;
    }
    case alert::v1::WatchAlertsResponse::kUpdate:
      switch (position_.OnUpdate(message.update())) {
        case WatchPosition::Verdict::kHole:
          return false;
        case WatchPosition::Verdict::kSeen:
          return true;
        case WatchPosition::Verdict::kShow:
          if (handlers.on_update) handlers.on_update(message.update());
          if (message.update().reason() != alert::v1::Update::REASON_CHANGED)
            SendReceipts({&message.update().alert()});
          return true;
      }
      return true;
    case alert::v1::WatchAlertsResponse::kHeartbeat:
      if (handlers.on_time) handlers.on_time(ToTime(message.heartbeat().server_time()));
      return position_.OnHeartbeat(message.heartbeat().sequence()) != WatchPosition::Verdict::kHole;
    default:
      return true;
  }
}

// The device has it. A receipt that is lost is no loss: the chain climbs, and the next one says
// more.
void CaregiverClient::Connection::SendReceipts(const std::vector<const alert::v1::Alert*>& alerts) {
  if (alerts.empty()) return;
  alert::v1::ReportDeliveriesRequest request;
  request.set_caregiver_id(options_.caregiver_id);
  request.set_client(options_.client);
  for (const alert::v1::Alert* alert : alerts) {
    if (request.receipts_size() == 500) break;
    auto* receipt = request.add_receipts();
    receipt->set_alert_id(alert->alert_id());
    receipt->set_version(alert->version());
    receipt->set_state(alert::v1::DELIVERY_STATE_DELIVERED);
  }
  Call<alert::v1::ReportDeliveriesRequest, alert::v1::ReportDeliveriesResponse>(
      &alert::v1::AlertService::Stub::ReportDeliveries, request)
      .status()
      .IgnoreError();
}

absl::StatusOr<std::unique_ptr<CaregiverClient>> CaregiverClient::Create(CaregiverOptions options) {
  VEILLE_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel,
                          rpc::MakeChannel(options.address, options.tls));
  return std::unique_ptr<CaregiverClient>(
      new CaregiverClient(std::make_unique<Connection>(std::move(options), channel)));
}

CaregiverClient::CaregiverClient(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}
CaregiverClient::~CaregiverClient() = default;

absl::Status CaregiverClient::Watch(const WatchHandlers& handlers) {
  return connection_->Watch(handlers);
}
void CaregiverClient::Stop() { connection_->Stop(); }

absl::StatusOr<alert::v1::Alert> CaregiverClient::Get(const std::string& alert_id) {
  alert::v1::GetAlertRequest request;
  request.set_alert_id(alert_id);
  request.set_caregiver_id(connection_->options().caregiver_id);
  VEILLE_ASSIGN_OR_RETURN(
      alert::v1::GetAlertResponse response,
      (connection_->Call<alert::v1::GetAlertRequest, alert::v1::GetAlertResponse>(
          &alert::v1::AlertService::Stub::GetAlert, request)));
  return std::move(*response.mutable_alert());
}

absl::StatusOr<std::vector<alert::v1::Alert>> CaregiverClient::List(const std::string& patient_id,
                                                                    bool open_only, int limit) {
  std::vector<alert::v1::Alert> alerts;
  alert::v1::ListAlertsRequest request;
  request.set_caregiver_id(connection_->options().caregiver_id);
  request.set_patient_id(patient_id);
  request.set_open_only(open_only);
  while (static_cast<int>(alerts.size()) < limit) {
    request.set_page_size(std::min(500, limit - static_cast<int>(alerts.size())));
    VEILLE_ASSIGN_OR_RETURN(
        alert::v1::ListAlertsResponse response,
        (connection_->Call<alert::v1::ListAlertsRequest, alert::v1::ListAlertsResponse>(
            &alert::v1::AlertService::Stub::ListAlerts, request)));
    for (auto& alert : *response.mutable_alerts()) alerts.push_back(std::move(alert));
    if (response.next_page_token().empty()) break;
    request.set_page_token(response.next_page_token());
  }
  return alerts;
}

absl::StatusOr<alert::v1::Alert> CaregiverClient::Acknowledge(const std::string& alert_id) {
  alert::v1::AcknowledgeAlertRequest request;
  request.set_alert_id(alert_id);
  request.set_caregiver_id(connection_->options().caregiver_id);
  request.set_client(connection_->options().client);
  request.set_request_id(connection_->NewRequestId());
  VEILLE_ASSIGN_OR_RETURN(
      alert::v1::AcknowledgeAlertResponse response,
      (connection_->Call<alert::v1::AcknowledgeAlertRequest, alert::v1::AcknowledgeAlertResponse>(
          &alert::v1::AlertService::Stub::AcknowledgeAlert, request)));
  return std::move(*response.mutable_alert());
}

absl::StatusOr<alert::v1::Alert> CaregiverClient::Resolve(const std::string& alert_id,
                                                          alert::v1::Outcome outcome,
                                                          const std::string& note) {
  alert::v1::ResolveAlertRequest request;
  request.set_alert_id(alert_id);
  request.set_caregiver_id(connection_->options().caregiver_id);
  request.set_outcome(outcome);
  request.set_note(note);
  request.set_client(connection_->options().client);
  request.set_request_id(connection_->NewRequestId());
  VEILLE_ASSIGN_OR_RETURN(
      alert::v1::ResolveAlertResponse response,
      (connection_->Call<alert::v1::ResolveAlertRequest, alert::v1::ResolveAlertResponse>(
          &alert::v1::AlertService::Stub::ResolveAlert, request)));
  return std::move(*response.mutable_alert());
}

namespace {

template <typename Response>
std::vector<alert::v1::DutySpan> SpansOf(const Response& response) {
  return {response.spans().begin(), response.spans().end()};
}

google::protobuf::Duration ToProto(absl::Duration span) {
  google::protobuf::Duration proto;
  proto.set_seconds(absl::ToInt64Seconds(span));
  return proto;
}

}  // namespace

absl::StatusOr<std::vector<alert::v1::DutySpan>> CaregiverClient::ListDuty(
    const std::string& patient_id, absl::Duration ahead) {
  alert::v1::ListDutyRequest request;
  request.set_caregiver_id(connection_->options().caregiver_id);
  request.set_patient_id(patient_id);
  *request.mutable_ahead() = ToProto(ahead);
  VEILLE_ASSIGN_OR_RETURN(
      const alert::v1::ListDutyResponse response,
      (connection_->Call<alert::v1::ListDutyRequest, alert::v1::ListDutyResponse>(
          &alert::v1::AlertService::Stub::ListDuty, request)));
  return SpansOf(response);
}

absl::StatusOr<std::vector<alert::v1::DutySpan>> CaregiverClient::TakeDuty(
    alert::v1::TakeDutyRequest request) {
  request.set_caregiver_id(connection_->options().caregiver_id);
  request.set_client(connection_->options().client);
  request.set_request_id(connection_->NewRequestId());
  VEILLE_ASSIGN_OR_RETURN(
      const alert::v1::TakeDutyResponse response,
      (connection_->Call<alert::v1::TakeDutyRequest, alert::v1::TakeDutyResponse>(
          &alert::v1::AlertService::Stub::TakeDuty, request)));
  return SpansOf(response);
}

absl::StatusOr<std::vector<alert::v1::DutySpan>> CaregiverClient::HandOverDuty(
    alert::v1::HandOverDutyRequest request) {
  request.set_caregiver_id(connection_->options().caregiver_id);
  request.set_client(connection_->options().client);
  request.set_request_id(connection_->NewRequestId());
  VEILLE_ASSIGN_OR_RETURN(
      const alert::v1::HandOverDutyResponse response,
      (connection_->Call<alert::v1::HandOverDutyRequest, alert::v1::HandOverDutyResponse>(
          &alert::v1::AlertService::Stub::HandOverDuty, request)));
  return SpansOf(response);
}

absl::StatusOr<alert::v1::Snooze> CaregiverClient::SnoozeAlerts(const std::string& patient_id,
                                                                const std::string& rule,
                                                                absl::Duration duration) {
  alert::v1::SnoozeAlertsRequest request;
  request.set_caregiver_id(connection_->options().caregiver_id);
  request.set_patient_id(patient_id);
  request.set_rule(rule);
  *request.mutable_duration() = ToProto(duration);
  request.set_client(connection_->options().client);
  request.set_request_id(connection_->NewRequestId());
  VEILLE_ASSIGN_OR_RETURN(
      alert::v1::SnoozeAlertsResponse response,
      (connection_->Call<alert::v1::SnoozeAlertsRequest, alert::v1::SnoozeAlertsResponse>(
          &alert::v1::AlertService::Stub::SnoozeAlerts, request)));
  return std::move(*response.mutable_snooze());
}

absl::Status CaregiverClient::CancelSnooze(const std::string& snooze_id) {
  alert::v1::CancelSnoozeRequest request;
  request.set_caregiver_id(connection_->options().caregiver_id);
  request.set_snooze_id(snooze_id);
  return connection_
      ->Call<alert::v1::CancelSnoozeRequest, alert::v1::CancelSnoozeResponse>(
          &alert::v1::AlertService::Stub::CancelSnooze, request)
      .status();
}

absl::StatusOr<std::vector<alert::v1::Snooze>> CaregiverClient::ListSnoozes() {
  alert::v1::ListSnoozesRequest request;
  request.set_caregiver_id(connection_->options().caregiver_id);
  VEILLE_ASSIGN_OR_RETURN(
      const alert::v1::ListSnoozesResponse response,
      (connection_->Call<alert::v1::ListSnoozesRequest, alert::v1::ListSnoozesResponse>(
          &alert::v1::AlertService::Stub::ListSnoozes, request)));
  return std::vector<alert::v1::Snooze>(response.snoozes().begin(), response.snoozes().end());
}

}  // namespace veille::client
