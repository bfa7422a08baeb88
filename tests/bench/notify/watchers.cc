#include "tests/bench/notify/watchers.h"

#include <atomic>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "veille/alert/v1/alert_service.grpc.pb.h"

#include "common/rpc/client_stream.h"
#include "common/rpc/credentials.h"
#include "common/sync/mutex.h"
#include "common/time/clock.h"

namespace veille::bench {

using alert::v1::AlertService;
using alert::v1::ReportDeliveriesRequest;
using alert::v1::ReportDeliveriesResponse;
using alert::v1::WatchAlertsRequest;
using alert::v1::WatchAlertsResponse;

std::string CaregiverId(int index) { return "w" + std::to_string(index); }
std::string HomeId(int index) { return "h" + std::to_string(index); }

struct Watchers::Shared {
  Handlers handlers;
  std::atomic<int> connected{0};
  std::atomic<int> lost{0};
  std::vector<std::shared_ptr<Device>> devices;
};

class Watchers::Device : public rpc::ReadClientStream<WatchAlertsRequest, WatchAlertsResponse> {
 public:
  Device(const std::string& address, std::string caregiver, Shared& shared)
      : caregiver_(std::move(caregiver)),
        channel_(*rpc::MakeChannel(address, {})),
        stub_(AlertService::NewStub(channel_)),
        shared_(shared) {
    receipts_.set_caregiver_id(caregiver_);
    receipts_.set_client("bench");
  }

  void Watch() {
    WatchAlertsRequest request;
    request.set_caregiver_id(caregiver_);
    request.set_client("bench");
    Start(std::move(request), [this](auto* context, const auto* sent, auto* reactor) {
      stub_->async()->WatchAlerts(context, sent, reactor);
    });
  }

 private:
  struct Report {
    grpc::ClientContext context;
    ReportDeliveriesRequest request;
    ReportDeliveriesResponse response;
  };

  void OnMessage(WatchAlertsResponse& message) override {
    if (message.has_snapshot()) ++shared_.connected;
    if (!message.has_update()) return;
    const alert::v1::Alert& alert = message.update().alert();
    if (shared_.handlers.on_alert) shared_.handlers.on_alert(alert);
    if (message.update().reason() == alert::v1::Update::REASON_CHANGED) return;
    {
      MutexLock lock(receipts_mu_);
      auto& receipt = *receipts_.add_receipts();
      receipt.set_alert_id(alert.alert_id());
      receipt.set_version(alert.version());
      receipt.set_state(alert::v1::DELIVERY_STATE_DELIVERED);
      if (reporting_) return;
      reporting_ = true;
    }
    SendReceipts();
  }
  void OnClosed(const absl::Status&) override { ++shared_.lost; }

  // One call at a time: what comes meanwhile goes with the next.
  void SendReceipts() {
    auto report = std::make_shared<Report>();
    {
      MutexLock lock(receipts_mu_);
      if (receipts_.receipts().empty()) {
        reporting_ = false;
        return;
      }
      report->request = receipts_;
      receipts_.clear_receipts();
    }
    auto self = std::static_pointer_cast<Device>(shared_from_this());
    stub_->async()->ReportDeliveries(
        &report->context, &report->request, &report->response,
        [self, report](const grpc::Status& status) {
          if (status.ok() && self->shared_.handlers.on_receipts)
            self->shared_.handlers.on_receipts(report->request.receipts_size());
          self->SendReceipts();
        });
  }

  const std::string caregiver_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<AlertService::Stub> stub_;
  Shared& shared_;
  Mutex receipts_mu_;
  bool reporting_ ABSL_GUARDED_BY(receipts_mu_) = false;
  ReportDeliveriesRequest receipts_ ABSL_GUARDED_BY(receipts_mu_);
};

Watchers::Watchers(const std::string& address, int first, int count, Handlers handlers)
    : shared_(std::make_unique<Shared>()) {
  shared_->handlers = std::move(handlers);
  for (int i = first; i < first + count; ++i) {
    shared_->devices.push_back(std::make_shared<Device>(address, CaregiverId(i), *shared_));
    shared_->devices.back()->Watch();
    // A crowd that comes at once overflows the backlog of the listening socket, and is a second
    // late.
    if (i % 100 == 99) SleepReally(absl::Milliseconds(20));
  }
}

Watchers::~Watchers() {
  for (auto& device : shared_->devices) device->Cancel();
  // A device holds itself until its stream is over.
  for (auto& device : shared_->devices)
    while (device.use_count() > 1) SleepReally(absl::Milliseconds(1));
}

int Watchers::WaitConnected(absl::Duration timeout) {
  const absl::Duration until = MonotonicNow() + timeout;
  while (shared_->connected < static_cast<int>(shared_->devices.size()) && MonotonicNow() < until)
    SleepReally(absl::Milliseconds(10));
  return shared_->connected;
}

int Watchers::connected() const { return shared_->connected; }
int Watchers::lost() const { return shared_->lost; }

}  // namespace veille::bench
