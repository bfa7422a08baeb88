#include "services/notifier/adapters/alert_service.h"

#include <optional>
#include <string>
#include <utility>

#include "veille/alert/v1/alert_service.grpc.pb.h"

#include "common/log/log.h"
#include "common/rpc/identity.h"
#include "common/rpc/plain_calls.h"
#include "common/rpc/server_stream.h"
#include "common/rpc/status.h"
#include "common/rpc/unary.h"
#include "services/notifier/app/page_token.h"
#include "services/notifier/core/request_texts.h"

namespace veille::notifier {
namespace {

using alert::v1::WatchAlertsResponse;

// A client that is this far behind shall come again and get a snapshot.
constexpr std::size_t kMaxQueued = 1024;
constexpr int kMaxPage = 500, kDefaultPage = 50;
constexpr std::size_t kMaxAlertId = 160;

class WatchStream final : public rpc::WriteStream<WatchAlertsResponse>, public Watcher {
 public:
  explicit WatchStream(grpc::CallbackServerContext* context)
      : WriteStream({.max_queued_writes = kMaxQueued}, context) {}

  bool Deliver(WatchAlertsResponse message) override {
    if (Send(std::move(message))) return true;
    Close(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                       "the client does not read; watch again for a snapshot"));
    return false;
  }
  void Refuse(const absl::Status& status) override { Close(rpc::ToGrpc(status)); }
  void DrainForShutdown() override {
    Close(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the notifier is stopping"));
  }

 private:
  void OnClosed() override {}
  // A heartbeat that waits says nothing that a newer one does not.
  bool MergeInto(WatchAlertsResponse& queued, WatchAlertsResponse& newer) override {
    if (!queued.has_heartbeat() || !newer.has_heartbeat()) return false;
    queued.Swap(&newer);
    return true;
  }
};

// Blocking work off gRPC's threads is the desk's callers' business: a few threads of gRPC's own may
// wait for Redis here, since people's calls are rare. See README.
template <typename Work>
grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, Work work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(rpc::ToGrpc(work()));
  return reactor;
}

absl::Status Check(std::vector<rpc::FieldViolation> violations) {
  return violations.empty() ? absl::OkStatus() : rpc::BadRequest(violations);
}

void Require(bool holds, const char* field, const char* reason,
             std::vector<rpc::FieldViolation>& violations) {
  if (!holds) violations.push_back({field, reason});
}

absl::Status CheckTexts(const google::protobuf::Message& request) {
  std::vector<rpc::FieldViolation> violations;
  for (OverlongText& text : OverlongTexts(request)) {
    violations.push_back(
        {std::move(text.field), "at most " + std::to_string(text.most) + " characters"});
  }
  return Check(std::move(violations));
}

absl::Time TimeOr(bool has, const google::protobuf::Timestamp& stamp, absl::Time other) {
  return has ? ToTime(stamp) : other;
}

absl::Duration ToDuration(const google::protobuf::Duration& span) {
  return absl::Seconds(span.seconds()) + absl::Nanoseconds(span.nanos());
}

// Of a request that changes duty.
template <typename Request>
absl::StatusOr<DutyRequest> DutyRequestOf(const Request& request, const std::string& caregiver_id) {
  std::vector<rpc::FieldViolation> violations;
  const bool has_times = request.has_start_time() || request.has_end_time();
  Require(request.window().empty() || !has_times, "window", "either a window or times", violations);
  if (absl::Status bad = Check(std::move(violations)); !bad.ok()) return bad;
  DutyRequest duty;
  duty.actor = {caregiver_id, request.client(), request.request_id()};
  duty.patient_id = request.patient_id();
  duty.span.window = request.window();
  duty.span.start = TimeOr(request.has_start_time(), request.start_time(), duty.span.start);
  duty.span.end = TimeOr(request.has_end_time(), request.end_time(), duty.span.end);
  return duty;
}

class AlertService final : public alert::v1::AlertService::CallbackService {
 public:
  AlertService(AlertDesk& desk, ReceiptDesk& receipts, WatchHub& hub, rpc::StreamRegistry& streams,
               const domain::Access& access)
      : desk_(desk), receipts_(receipts), hub_(hub), streams_(streams), access_(access) {}

  grpc::ServerUnaryReactor* GetAlert(grpc::CallbackServerContext* context,
                                     const alert::v1::GetAlertRequest* request,
                                     alert::v1::GetAlertResponse* response) override {
    return AnswerAs(*context, *request, [&](const std::string& caregiver_id) -> absl::Status {
      auto alert = desk_.Get(request->alert_id(), caregiver_id);
      if (alert.ok()) *response->mutable_alert() = std::move(*alert);
      return alert.status();
    });
  }

  grpc::ServerUnaryReactor* ListAlerts(grpc::CallbackServerContext* context,
                                       const alert::v1::ListAlertsRequest* request,
                                       alert::v1::ListAlertsResponse* response) override {
    return AnswerAs(*context, *request, [&](const std::string& caregiver_id) -> absl::Status {
      ListQuery query;
      query.patient_id = request->patient_id();
      query.open_only = request->open_only();
      query.limit = request->page_size() == 0 ? kDefaultPage : request->page_size();
      query.position = ParseToken(request->page_token());
      std::vector<rpc::FieldViolation> violations;
      Require(request->page_size() >= 0 && request->page_size() <= kMaxPage, "page_size",
              "must be 0 to 500", violations);
      Require(request->page_token().empty() || query.position.has_value(), "page_token",
              "is not one that ListAlerts gave", violations);
      if (absl::Status bad = Check(std::move(violations)); !bad.ok()) return bad;
      absl::StatusOr<AlertPage> page = desk_.List(caregiver_id, query);
      if (!page.ok()) return page.status();
      if (page->next) response->set_next_page_token(ToToken(*page->next));
      for (auto& alert : page->alerts) *response->add_alerts() = std::move(alert);
      return absl::OkStatus();
    });
  }

  grpc::ServerWriteReactor<WatchAlertsResponse>* WatchAlerts(
      grpc::CallbackServerContext* context, const alert::v1::WatchAlertsRequest* request) override {
    auto stream = std::make_shared<WatchStream>(context);
    auto* reactor = stream->Start();
    streams_.Add(stream);
    absl::StatusOr<std::string> caregiver_id = CaregiverOf(*context, *request);
    if (!caregiver_id.ok()) {
      stream->Refuse(caregiver_id.status());
      return reactor;
    }
    alert::v1::WatchAlertsRequest watch = *request;
    watch.set_caregiver_id(*std::move(caregiver_id));
    // Held by the stream itself until it is over; the hub only borrows.
    hub_.Add(stream, watch);
    return reactor;
  }

  grpc::ServerUnaryReactor* AcknowledgeAlert(
      grpc::CallbackServerContext* context, const alert::v1::AcknowledgeAlertRequest* request,
      alert::v1::AcknowledgeAlertResponse* response) override {
    return AnswerAs(*context, *request, [&](const std::string& caregiver_id) -> absl::Status {
      auto alert = desk_.Acknowledge(request->alert_id(),
                                     {caregiver_id, request->client(), request->request_id()});
      if (alert.ok()) *response->mutable_alert() = std::move(*alert);
      return alert.status();
    });
  }

  grpc::ServerUnaryReactor* ResolveAlert(grpc::CallbackServerContext* context,
                                         const alert::v1::ResolveAlertRequest* request,
                                         alert::v1::ResolveAlertResponse* response) override {
    return AnswerAs(*context, *request, [&](const std::string& caregiver_id) -> absl::Status {
      std::vector<rpc::FieldViolation> violations;
      Require(request->outcome() != alert::v1::OUTCOME_UNSPECIFIED &&
                  alert::v1::Outcome_IsValid(request->outcome()),
              "outcome", "say what it turned out to be", violations);
      if (absl::Status bad = Check(std::move(violations)); !bad.ok()) return bad;
      auto alert = desk_.Resolve(request->alert_id(),
                                 {caregiver_id, request->client(), request->request_id()},
                                 request->outcome(), request->note());
      if (alert.ok()) *response->mutable_alert() = std::move(*alert);
      return alert.status();
    });
  }

  grpc::ServerUnaryReactor* ReportDeliveries(
      grpc::CallbackServerContext* context, const alert::v1::ReportDeliveriesRequest* request,
      alert::v1::ReportDeliveriesResponse* response) override {
    // Rare they are not: a crowd that is told answers.
    return rpc::AnswerUnary(
        context, request, response,
        [this, context](const alert::v1::ReportDeliveriesRequest& report, auto answer) {
          const absl::StatusOr<std::string> caregiver_id = CaregiverOf(*context, report);
          if (!caregiver_id.ok()) return answer(caregiver_id.status());
          std::vector<rpc::FieldViolation> violations;
          Require(report.receipts_size() <= kMaxPage, "receipts", "at most 500", violations);
          for (const alert::v1::Receipt& receipt : report.receipts())
            Require(receipt.alert_id().size() <= kMaxAlertId, "receipts.alert_id",
                    "is longer than an alert's id", violations);
          if (absl::Status bad = Check(std::move(violations)); !bad.ok()) return answer(bad);
          std::vector<DeviceReceipt> receipts;
          receipts.reserve(static_cast<std::size_t>(report.receipts_size()));
          for (const alert::v1::Receipt& receipt : report.receipts())
            receipts.push_back({*caregiver_id, receipt});
          receipts_.Report(std::move(receipts),
                           [answer](absl::StatusOr<std::vector<std::string>> unknown) {
                             if (!unknown.ok()) return answer(unknown.status());
                             alert::v1::ReportDeliveriesResponse stored;
                             for (std::string& id : *unknown)
                               stored.add_unknown_alert_ids(std::move(id));
                             answer(std::move(stored));
                           });
        });
  }

  grpc::ServerUnaryReactor* ListDuty(grpc::CallbackServerContext* context,
                                     const alert::v1::ListDutyRequest* request,
                                     alert::v1::ListDutyResponse* response) override {
    return AnswerAs(*context, *request, [&](const std::string& caregiver_id) -> absl::Status {
      auto spans = desk_.circles().ListDuty(caregiver_id, request->patient_id(),
                                            ToDuration(request->ahead()));
      if (!spans.ok()) return spans.status();
      for (auto& span : *spans) *response->add_spans() = std::move(span);
      return absl::OkStatus();
    });
  }

  grpc::ServerUnaryReactor* TakeDuty(grpc::CallbackServerContext* context,
                                     const alert::v1::TakeDutyRequest* request,
                                     alert::v1::TakeDutyResponse* response) override {
    return AnswerAs(*context, *request, [&](const std::string& caregiver_id) -> absl::Status {
      auto duty = DutyRequestOf(*request, caregiver_id);
      if (!duty.ok()) return duty.status();
      if (request->has_duration()) duty->span.length = ToDuration(request->duration());
      return Changed(desk_.circles().Take(*duty), *response);
    });
  }

  grpc::ServerUnaryReactor* HandOverDuty(grpc::CallbackServerContext* context,
                                         const alert::v1::HandOverDutyRequest* request,
                                         alert::v1::HandOverDutyResponse* response) override {
    return AnswerAs(*context, *request, [&](const std::string& caregiver_id) -> absl::Status {
      auto duty = DutyRequestOf(*request, caregiver_id);
      if (!duty.ok()) return duty.status();
      duty->to = request->to_caregiver_id();
      return Changed(desk_.circles().HandOver(*duty), *response);
    });
  }

  grpc::ServerUnaryReactor* SnoozeAlerts(grpc::CallbackServerContext* context,
                                         const alert::v1::SnoozeAlertsRequest* request,
                                         alert::v1::SnoozeAlertsResponse* response) override {
    return AnswerAs(*context, *request, [&](const std::string& caregiver_id) -> absl::Status {
      auto snooze =
          desk_.circles().Snooze({{caregiver_id, request->client(), request->request_id()},
                                  request->patient_id(),
                                  request->rule(),
                                  ToDuration(request->duration())});
      if (snooze.ok()) *response->mutable_snooze() = std::move(*snooze);
      return snooze.status();
    });
  }

  grpc::ServerUnaryReactor* CancelSnooze(grpc::CallbackServerContext* context,
                                         const alert::v1::CancelSnoozeRequest* request,
                                         alert::v1::CancelSnoozeResponse*) override {
    return AnswerAs(*context, *request, [&](const std::string& caregiver_id) {
      return desk_.circles().CancelSnooze(caregiver_id, request->snooze_id());
    });
  }

  grpc::ServerUnaryReactor* ListSnoozes(grpc::CallbackServerContext* context,
                                        const alert::v1::ListSnoozesRequest* request,
                                        alert::v1::ListSnoozesResponse* response) override {
    return AnswerAs(*context, *request, [&](const std::string& caregiver_id) -> absl::Status {
      auto snoozes = desk_.circles().ListSnoozes(caregiver_id);
      if (!snoozes.ok()) return snoozes.status();
      for (auto& snooze : *snoozes) *response->add_snoozes() = std::move(snooze);
      return absl::OkStatus();
    });
  }

 private:
  // Who asks: with a sign-in nobody else than its owner. INVALID_ARGUMENT for texts that are too
  // long to be meant, RESOURCE_EXHAUSTED for calls in haste.
  template <typename Request>
  absl::StatusOr<std::string> CaregiverOf(const grpc::CallbackServerContext& context,
                                          const Request& request) const {
    if (absl::Status haste = rpc::CountPlainCall<Request>(context); !haste.ok()) return haste;
    if (absl::Status bad = CheckTexts(request); !bad.ok()) return bad;
    return access_.CaregiverOf({rpc::IdentityOf(context), rpc::BearerOf(context)},
                               request.caregiver_id());
  }

  template <typename Request, typename Work>
  grpc::ServerUnaryReactor* AnswerAs(grpc::CallbackServerContext& context, const Request& request,
                                     Work work) const {
    return Answer(&context, [&]() -> absl::Status {
      const absl::StatusOr<std::string> caregiver_id = CaregiverOf(context, request);
      return caregiver_id.ok() ? work(*caregiver_id) : caregiver_id.status();
    });
  }

  // Duty has changed and is stored: whoever is on duty now hears of what is open. That telling can
  // be late without harm, the change cannot be undone.
  template <typename Response>
  absl::Status Changed(absl::StatusOr<CircleDesk::DutyChange> change, Response& response) {
    if (!change.ok()) return change.status();
    if (const absl::Status told = desk_.OnDutyChanged(change->home_id, change->patient_id);
        !told.ok())
      VEILLE_LOG(kWarning, "open alerts were not told to whoever came on duty").Field(told);
    for (auto& span : change->spans) *response.add_spans() = std::move(span);
    return absl::OkStatus();
  }

  AlertDesk& desk_;
  ReceiptDesk& receipts_;
  WatchHub& hub_;
  rpc::StreamRegistry& streams_;
  const domain::Access& access_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeAlertService(AlertDesk& desk, ReceiptDesk& receipts,
                                                WatchHub& hub, rpc::StreamRegistry& streams,
                                                const domain::Access& access) {
  return std::make_shared<AlertService>(desk, receipts, hub, streams, access);
}

}  // namespace veille::notifier
