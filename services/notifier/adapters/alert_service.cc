#include "services/notifier/adapters/alert_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"

#include "veille/alert/v1/alert_service.grpc.pb.h"

#include "common/rpc/server_stream.h"
#include "common/rpc/status.h"

namespace veille::notifier {
namespace {

using alert::v1::WatchAlertsResponse;

// A client that is this far behind shall come again and get a snapshot.
constexpr std::size_t kMaxQueued = 1024;
constexpr int kMaxPage = 500, kDefaultPage = 50;
constexpr std::size_t kMaxNote = 2000, kMaxText = 64;

class WatchStream final : public rpc::WriteStream<WatchAlertsResponse>, public Watcher {
 public:
  explicit WatchStream(grpc::CallbackServerContext* context)
      : WriteStream({.max_queued_writes = kMaxQueued}, context) {}

  bool Deliver(const WatchAlertsResponse& message) override {
    if (Send(message)) return true;
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

absl::Time ToTime(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
}

class AlertService final : public alert::v1::AlertService::CallbackService {
 public:
  AlertService(AlertDesk& desk, WatchHub& hub, rpc::StreamRegistry& streams)
      : desk_(desk), hub_(hub), streams_(streams) {}

  grpc::ServerUnaryReactor* GetAlert(grpc::CallbackServerContext* context,
                                     const alert::v1::GetAlertRequest* request,
                                     alert::v1::GetAlertResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      auto alert = desk_.Get(request->alert_id(), request->caregiver_id());
      if (alert.ok()) *response->mutable_alert() = std::move(*alert);
      return alert.status();
    });
  }

  grpc::ServerUnaryReactor* ListAlerts(grpc::CallbackServerContext* context,
                                       const alert::v1::ListAlertsRequest* request,
                                       alert::v1::ListAlertsResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      int64_t before_ms = 0;
      std::vector<rpc::FieldViolation> violations;
      Require(request->page_size() >= 0 && request->page_size() <= kMaxPage, "page_size",
              "must be 0 to 500", violations);
      Require(request->page_token().empty() || absl::SimpleAtoi(request->page_token(), &before_ms),
              "page_token", "is not one that ListAlerts gave", violations);
      if (absl::Status bad = Check(std::move(violations)); !bad.ok()) return bad;
      const int limit = request->page_size() == 0 ? kDefaultPage : request->page_size();
      auto alerts = desk_.List(
          request->caregiver_id(), request->patient_id(), request->open_only(),
          before_ms == 0 ? absl::InfiniteFuture() : absl::FromUnixMillis(before_ms), limit);
      if (!alerts.ok()) return alerts.status();
      if (static_cast<int>(alerts->size()) == limit) {
        response->set_next_page_token(
            std::to_string(absl::ToUnixMillis(ToTime(alerts->back().create_time()))));
      }
      for (auto& alert : *alerts) *response->add_alerts() = std::move(alert);
      return absl::OkStatus();
    });
  }

  grpc::ServerWriteReactor<WatchAlertsResponse>* WatchAlerts(
      grpc::CallbackServerContext* context, const alert::v1::WatchAlertsRequest* request) override {
    auto stream = std::make_shared<WatchStream>(context);
    auto* reactor = stream->Start();
    streams_.Add(stream);
    // Held by the stream itself until it is over; the hub only borrows.
    hub_.Add(stream, *request);
    return reactor;
  }

  grpc::ServerUnaryReactor* AcknowledgeAlert(
      grpc::CallbackServerContext* context, const alert::v1::AcknowledgeAlertRequest* request,
      alert::v1::AcknowledgeAlertResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      std::vector<rpc::FieldViolation> violations;
      Require(request->client().size() <= kMaxText, "client", "at most 64 characters", violations);
      Require(request->request_id().size() <= kMaxText, "request_id", "at most 64 characters",
              violations);
      if (absl::Status bad = Check(std::move(violations)); !bad.ok()) return bad;
      auto alert = desk_.Acknowledge(
          request->alert_id(), {request->caregiver_id(), request->client(), request->request_id()});
      if (alert.ok()) *response->mutable_alert() = std::move(*alert);
      return alert.status();
    });
  }

  grpc::ServerUnaryReactor* ResolveAlert(grpc::CallbackServerContext* context,
                                         const alert::v1::ResolveAlertRequest* request,
                                         alert::v1::ResolveAlertResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      std::vector<rpc::FieldViolation> violations;
      Require(request->outcome() != alert::v1::OUTCOME_UNSPECIFIED &&
                  alert::v1::Outcome_IsValid(request->outcome()),
              "outcome", "say what it turned out to be", violations);
      Require(request->note().size() <= kMaxNote, "note", "at most 2000 characters", violations);
      if (absl::Status bad = Check(std::move(violations)); !bad.ok()) return bad;
      auto alert = desk_.Resolve(
          request->alert_id(), {request->caregiver_id(), request->client(), request->request_id()},
          request->outcome(), request->note());
      if (alert.ok()) *response->mutable_alert() = std::move(*alert);
      return alert.status();
    });
  }

  grpc::ServerUnaryReactor* ReportDeliveries(
      grpc::CallbackServerContext* context, const alert::v1::ReportDeliveriesRequest* request,
      alert::v1::ReportDeliveriesResponse* response) override {
    return Answer(context, [&]() -> absl::Status {
      std::vector<rpc::FieldViolation> violations;
      Require(request->receipts_size() <= kMaxPage, "receipts", "at most 500", violations);
      if (absl::Status bad = Check(std::move(violations)); !bad.ok()) return bad;
      for (const alert::v1::Receipt& receipt : request->receipts()) {
        const absl::Status recorded = desk_.Receipt(request->caregiver_id(), receipt);
        if (absl::IsNotFound(recorded)) {
          response->add_unknown_alert_ids(receipt.alert_id());
        } else if (!recorded.ok()) {
          return recorded;
        }
      }
      return absl::OkStatus();
    });
  }

 private:
  AlertDesk& desk_;
  WatchHub& hub_;
  rpc::StreamRegistry& streams_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeAlertService(AlertDesk& desk, WatchHub& hub,
                                                rpc::StreamRegistry& streams) {
  return std::make_shared<AlertService>(desk, hub, streams);
}

}  // namespace veille::notifier
