#include "tests/bench/notify/bare.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "veille/alert/v1/alert_service.grpc.pb.h"

#include "common/base/file.h"
#include "common/rpc/server.h"
#include "common/rpc/server_stream.h"
#include "common/sync/mutex.h"
#include "common/time/clock.h"
#include "tests/bench/notify/watchers.h"
#include "tests/bench/support/measure.h"
#include "tests/support/process.h"

namespace veille::bench {
namespace {

using alert::v1::WatchAlertsResponse;

class BareStream final : public rpc::WriteStream<WatchAlertsResponse> {
 public:
  explicit BareStream(grpc::CallbackServerContext* context) : WriteStream({}, context) {}
  void DrainForShutdown() override { Close(grpc::Status::OK); }

 private:
  void OnClosed() override {}
};

// As large as what the notifier tells of a press.
WatchAlertsResponse UpdateNumber(int number) {
  WatchAlertsResponse message;
  alert::v1::Update& update = *message.mutable_update();
  update.set_sequence(static_cast<uint64_t>(number));
  update.set_reason(alert::v1::Update::REASON_NOTIFY);
  alert::v1::Alert& alert = *update.mutable_alert();
  alert.set_alert_id("h0.SOS.p0." + std::to_string(number));
  alert.set_home_id("h0");
  alert.set_patient_id("p0");
  alert.set_version(1);
  alert.set_severity(alert::v1::SEVERITY_HIGH);
  alert.set_zone("Europe/Paris");
  alert.mutable_reason()->set_fr("Appel à l'aide : le médaillon a été pressé");
  alert.mutable_reason()->set_en("Call for help: the pendant was pressed");
  auto& transition = *alert.add_transitions();
  transition.set_kind(alert::v1::Transition::KIND_RAISED);
  transition.set_version(1);
  auto& delivery = *alert.add_deliveries();
  delivery.set_caregiver_id("w0");
  delivery.set_version(1);
  delivery.set_state(alert::v1::DELIVERY_STATE_SENT);
  return message;
}

class BareService final : public alert::v1::AlertService::CallbackService {
 public:
  BareService(int watchers, int alerts)
      : watchers_(static_cast<std::size_t>(watchers)), alerts_(alerts) {}

  grpc::ServerWriteReactor<WatchAlertsResponse>* WatchAlerts(
      grpc::CallbackServerContext* context, const alert::v1::WatchAlertsRequest*) override {
    auto stream = std::make_shared<BareStream>(context);
    auto* const reactor = stream->Start();
    WatchAlertsResponse snapshot;
    snapshot.mutable_snapshot()->set_sequence(0);
    bool all = false;
    {
      MutexLock lock(mu_);
      static_cast<void>(stream->Send(std::move(snapshot)));
      streams_.push_back(std::move(stream));
      all = streams_.size() == watchers_;
    }
    if (all) Tell(static_cast<int>(watchers_));
    return reactor;
  }

  grpc::ServerUnaryReactor* ReportDeliveries(grpc::CallbackServerContext* context,
                                             const alert::v1::ReportDeliveriesRequest* request,
                                             alert::v1::ReportDeliveriesResponse*) override {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    Tell(request->receipts_size());
    return reactor;
  }

 private:
  void Tell(int count) {
    for (; count > 0; --count) {
      const int number = next_++;
      if (number >= alerts_) return;
      std::shared_ptr<BareStream> stream;
      {
        MutexLock lock(mu_);
        stream = streams_[static_cast<std::size_t>(number) % streams_.size()];
      }
      static_cast<void>(stream->Send(UpdateNumber(number)));
    }
  }

  const std::size_t watchers_;
  const int alerts_;
  std::atomic<int> next_{0};
  Mutex mu_;
  std::vector<std::shared_ptr<BareStream>> streams_ ABSL_GUARDED_BY(mu_);
};

// Where the server has said that it listens; empty while it has not.
std::string AddressIn(const std::string& log) {
  const std::string text = ReadFile(log).value_or("");
  const std::string word = "port ";
  if (text.rfind(word, 0) != 0 || text.find('\n') == std::string::npos) return "";
  return "127.0.0.1:" + text.substr(word.size(), text.find('\n') - word.size());
}

}  // namespace

int RunBareServer(const std::string& what) {
  std::istringstream in(what);
  int watchers = 0, alerts = 0;
  in >> watchers >> alerts;
  BareService service(watchers, alerts);
  rpc::StreamRegistry streams;
  rpc::Server::Options options;
  options.address = "127.0.0.1:0";
  const auto server = rpc::Server::Start(options, {&service}, streams);
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", std::string(server.status().message()).c_str());
    return 1;
  }
  std::printf("port %d\n", (*server)->port());
  std::fflush(stdout);
  pause();
  return 0;
}

bool MeasureBare(int watchers, int alerts) {
  const int warm = alerts / 10, all = warm + alerts;
  const testing::TempFolder folder;
  const std::string log = folder.path() + "/server";
  testing::Process server(
      {"/proc/self/exe", "--bare_server=" + std::to_string(watchers) + " " + std::to_string(all)},
      log);
  server.Start();
  std::string address;
  while ((address = AddressIn(log)).empty() && server.Alive()) SleepReally(absl::Milliseconds(10));
  if (address.empty()) return false;
  std::atomic<int> taken{0};
  const Watchers devices(address, 0, watchers,
                         {.on_receipts = [&](int receipts) { taken += receipts; }});
  const absl::Duration give_up = MonotonicNow() + absl::Minutes(2);
  const auto wait_for = [&](int count) {
    while (taken < count && MonotonicNow() < give_up) SleepReally(absl::Milliseconds(1));
  };
  wait_for(warm);
  const int first = taken;
  const double cpu = CpuOf(server.pid());
  wait_for(all);
  const double each = (CpuOf(server.pid()) - cpu) / std::max(1, taken - first);
  std::printf(
      "bare gRPC     %6.0f alerts a CPU second (%.3f ms each): an update and a receipt, no "
      "notifier\n",
      1 / std::max(each, 1e-9), each * 1e3);
  return taken >= all;
}

}  // namespace veille::bench
