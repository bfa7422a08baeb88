#include "tests/bench/pipeline/load.h"

#include <algorithm>
#include <utility>

#include "google/protobuf/arena.h"
#include <grpcpp/grpcpp.h>

#include "veille/hub/v1/hub_gateway_service.grpc.pb.h"

#include "common/base/check.h"
#include "common/base/random.h"
#include "common/rpc/bidi_stream.h"
#include "common/rpc/client_stream.h"
#include "common/rpc/credentials.h"
#include "common/rpc/server.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/domain/recordings/recording.h"

namespace veille::bench {
namespace {

using hub::v1::ConnectRequest;
using hub::v1::ConnectResponse;

constexpr uint64_t kWindow = 64;

// Each home sends these in turn. A second of event time passes between two of them, as it would:
// the order of a home's events is then what the rules are made for. After the last the first comes
// again.
constexpr int kDifferentBatches = 256;

struct MadeBatch {
  std::string events;
  absl::Time watermark;
};

std::vector<MadeBatch> MakeBatches(const Shape& shape) {
  std::vector<MadeBatch> batches;
  const absl::Time start = SystemClock().Now() - absl::Seconds(kDifferentBatches + 30);
  for (int b = 0; b < kDifferentBatches; ++b) {
    event::v1::EventBatch batch;
    absl::Time at = start + absl::Seconds(b);
    for (int i = 0; i < shape.events_per_batch; ++i) {
      at += absl::Seconds(1) / shape.events_per_batch;
      if (shape.acceleration) {
        std::vector<int16_t> samples;
        for (int s = 0; s < 50; ++s)
          samples.insert(samples.end(), {980, static_cast<int16_t>(s), 20});
        *batch.add_events() = domain::AccelerationEvent(at, "watch", 50, 8, samples);
      } else {
        *batch.add_events() = domain::MakeEvent(at, "hall-motion");
        batch.mutable_events(i)->mutable_motion()->set_state(event::v1::Motion::STATE_DETECTED);
      }
    }
    batches.push_back({batch.SerializeAsString(), at});
  }
  return batches;
}

class LoadStream : public rpc::BidiClientStream<ConnectRequest, ConnectResponse> {
 public:
  LoadStream(std::string source, const std::vector<MadeBatch>& batches, int events_per_batch,
             bool paced, std::atomic<uint64_t>& acknowledged, std::atomic<int>& failed)
      : BidiClientStream(2 * kWindow),
        source_(std::move(source)),
        batches_(batches),
        events_per_batch_(static_cast<uint64_t>(events_per_batch)),
        paced_(paced),
        acknowledged_(acknowledged),
        failed_(failed) {}

  void Hello() {
    ConnectRequest request;
    request.mutable_hello()->set_source_id(source_);
    request.mutable_hello()->set_incarnation(SystemRandom().Hex(16));
    // Refused only when the stream is over already; OnClosed() counts that.
    if (!Send(std::move(request))) return;
  }

  bool SendNext() {
    const MadeBatch& made = batches_[sent_ % batches_.size()];
    ConnectRequest request;
    hub::v1::Batch& batch = *request.mutable_batch();
    batch.set_lane(hub::v1::LANE_BULK);
    batch.set_sequence(sent_ + 1);
    batch.set_events(made.events);
    batch.mutable_watermark()->set_seconds(absl::ToUnixSeconds(made.watermark));
    if (!Send(std::move(request))) return false;
    ++sent_;
    return true;
  }

 private:
  void OnMessage(ConnectResponse& message) override {
    if (message.has_ack()) {
      const uint64_t through = message.ack().through_bulk_sequence();
      acknowledged_ += (through - acked_) * events_per_batch_;
      acked_ = through;
    }
    if (paced_) return;
    while (sent_ < acked_ + kWindow)
      if (!SendNext()) return;
  }
  void OnClosed(const absl::Status& status) override {
    if (!absl::IsCancelled(status)) ++failed_;
  }

  const std::string source_;
  const std::vector<MadeBatch>& batches_;
  const uint64_t events_per_batch_;
  const bool paced_;
  std::atomic<uint64_t>& acknowledged_;
  std::atomic<int>& failed_;
  uint64_t sent_ = 0;   // Of the pacer when paced, of the stream's reader otherwise.
  uint64_t acked_ = 0;  // Of the stream's reader.
};

class BareStream final : public rpc::BidiStream<ConnectRequest, ConnectResponse> {
 public:
  BareStream(rpc::StreamLimits limits, grpc::CallbackServerContext* context)
      : BidiStream(limits, context) {}
  void DrainForShutdown() override { Close(grpc::Status::OK); }

 private:
  std::size_t OnMessage(ConnectRequest& message) override {
    ConnectResponse response;
    if (message.has_hello()) {
      response.mutable_welcome();
    } else {
      static thread_local google::protobuf::Arena arena;
      arena.Reset();
      auto* batch = google::protobuf::Arena::CreateMessage<event::v1::EventBatch>(&arena);
      VEILLE_CHECK(batch->ParseFromString(message.batch().events()));
      response.mutable_ack()->set_through_bulk_sequence(message.batch().sequence());
    }
    if (Send(std::move(response))) Settle(1, 0);
    return 0;
  }
  bool MergeInto(ConnectResponse& queued, ConnectResponse& newer) override {
    if (!queued.has_ack() || !newer.has_ack()) return false;
    queued.Swap(&newer);
    return true;
  }
  void OnClosed() override {}
};

class BareService final : public hub::v1::HubGatewayService::CallbackService {
 public:
  grpc::ServerBidiReactor<ConnectRequest, ConnectResponse>* Connect(
      grpc::CallbackServerContext* context) override {
    auto stream = std::make_shared<BareStream>(
        rpc::StreamLimits{.max_unsettled = static_cast<int>(kWindow) + 1}, context);
    return stream->Start();
  }
};

}  // namespace

struct Load::Parts {
  std::vector<MadeBatch> batches;
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  std::vector<std::unique_ptr<hub::v1::HubGatewayService::Stub>> stubs;
  std::vector<std::shared_ptr<LoadStream>> streams;
  std::atomic<uint64_t> acknowledged{0};
  std::atomic<int> failed{0};
  std::atomic<bool> stopped{false};
  Worker pacer;

  // So many batches a second, evenly over the homes and over time.
  void Pace(int batches_per_s) {
    const absl::Duration began = MonotonicNow();
    std::size_t sent = 0;
    while (!stopped) {
      const auto due =
          static_cast<std::size_t>(absl::ToDoubleSeconds(MonotonicNow() - began) * batches_per_s);
      for (; sent < due; ++sent) streams[sent % streams.size()]->SendNext();
      SleepReally(absl::Milliseconds(1));
    }
  }
};

Load::Load(const std::string& address, int homes, int connections, const Shape& shape,
           int batches_per_s, const Trust& trust)
    : parts_(std::make_unique<Parts>()) {
  parts_->batches = MakeBatches(shape);
  if (trust.any()) connections = homes;
  for (int i = 0; i < connections; ++i) {
    parts_->channels.push_back(trust.Connect(address, "hub-home-" + std::to_string(i)));
    parts_->stubs.push_back(hub::v1::HubGatewayService::NewStub(parts_->channels.back()));
  }
  for (int i = 0; i < homes; ++i) {
    auto stream = std::make_shared<LoadStream>("hub-home-" + std::to_string(i), parts_->batches,
                                               shape.events_per_batch, batches_per_s > 0,
                                               parts_->acknowledged, parts_->failed);
    auto& stub = *parts_->stubs[static_cast<std::size_t>(i % connections)];
    stream->Start(
        [&stub](auto* context, auto* reactor) { stub.async()->Connect(context, reactor); });
    stream->Hello();
    parts_->streams.push_back(std::move(stream));
  }
  if (batches_per_s > 0)
    parts_->pacer = Worker("pacer", [this, batches_per_s] { parts_->Pace(batches_per_s); });
}

Load::~Load() {
  parts_->stopped = true;
  parts_->pacer.Join();
  for (auto& stream : parts_->streams) stream->Cancel();
  // A stream holds itself until it is over: wait for that before the counters go.
  for (auto& stream : parts_->streams) {
    while (stream.use_count() > 1) SleepReally(absl::Milliseconds(1));
    stream.reset();
  }
}

uint64_t Load::acknowledged_events() const { return parts_->acknowledged; }
int Load::failed_streams() const { return parts_->failed; }

class Caller::Stream : public rpc::BidiClientStream<ConnectRequest, ConnectResponse> {
 public:
  void Hello(const std::string& source_id) {
    ConnectRequest request;
    request.mutable_hello()->set_source_id(source_id);
    request.mutable_hello()->set_incarnation(SystemRandom().Hex(16));
    if (!Send(std::move(request))) return;
    MutexLock lock(waiting_);
    while (!welcome_ && !closed_) changed_.Wait(waiting_);
  }

  uint64_t SendBatch(const event::v1::EventBatch& events) {
    ConnectRequest request;
    hub::v1::Batch& batch = *request.mutable_batch();
    batch.set_lane(hub::v1::LANE_URGENT);
    batch.set_sequence(++sent_);
    batch.set_events(events.SerializeAsString());
    return Send(std::move(request)) ? sent_ : 0;
  }

  bool WaitFor(uint64_t sequence) {
    MutexLock lock(waiting_);
    while (acked_ < sequence && !closed_) changed_.Wait(waiting_);
    return !closed_;
  }

 private:
  void OnMessage(ConnectResponse& message) override {
    MutexLock lock(waiting_);
    if (message.has_welcome()) welcome_ = true;
    // The bare server acknowledges everything as bulk.
    if (message.has_ack()) {
      acked_ = std::max(
          {acked_, message.ack().through_urgent_sequence(), message.ack().through_bulk_sequence()});
    }
    changed_.NotifyAll();
  }
  void OnClosed(const absl::Status&) override {
    MutexLock lock(waiting_);
    closed_ = true;
    changed_.NotifyAll();
  }

  uint64_t sent_ = 0;
  Mutex waiting_;
  CondVar changed_;
  bool welcome_ ABSL_GUARDED_BY(waiting_) = false;
  bool closed_ ABSL_GUARDED_BY(waiting_) = false;
  uint64_t acked_ ABSL_GUARDED_BY(waiting_) = 0;
};

struct Caller::Parts {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<hub::v1::HubGatewayService::Stub> stub;
  std::shared_ptr<Stream> stream;
};

Caller::Caller(const std::string& address, const std::string& source_id)
    : parts_(std::make_unique<Parts>()) {
  parts_->channel = *rpc::MakeChannel(address, {});
  parts_->stub = hub::v1::HubGatewayService::NewStub(parts_->channel);
  parts_->stream = std::make_shared<Stream>();
  parts_->stream->Start(
      [this](auto* context, auto* reactor) { parts_->stub->async()->Connect(context, reactor); });
  parts_->stream->Hello(source_id);
}

Caller::~Caller() {
  parts_->stream->Cancel();
  while (parts_->stream.use_count() > 1) SleepReally(absl::Milliseconds(1));
}

void Caller::Send(const event::v1::EventBatch& batch) { parts_->stream->SendBatch(batch); }

bool Caller::SendAndWait(const event::v1::EventBatch& batch) {
  const uint64_t sequence = parts_->stream->SendBatch(batch);
  return sequence != 0 && parts_->stream->WaitFor(sequence);
}

struct BareServer::Parts {
  BareService service;
  rpc::StreamRegistry streams;
  std::unique_ptr<rpc::Server> server;
};

BareServer::BareServer(const std::string& address, const Trust& trust)
    : parts_(std::make_unique<Parts>()) {
  rpc::Server::Options options;
  options.address = address;
  options.tls = trust.ServerFiles();
  options.peer_kind = "hub";
  parts_->server = *rpc::Server::Start(options, {&parts_->service}, parts_->streams);
}
BareServer::~BareServer() = default;

ServedBare::ServedBare(const std::string& folder, const Trust& trust)
    : address_("unix:" + folder + "/bare.sock"),
      process_({"/proc/self/exe", "--bare_server=" + address_, "--bare_trust=" + trust.folder()},
               "/dev/null") {
  process_.Start();
  WaitUntilServing(address_, trust);
}

void WaitUntilServing(const std::string& address, const Trust& trust) {
  const auto channel = trust.Connect(address, "hub-home-0");
  VEILLE_CHECK(channel->WaitForConnected(gpr_inf_future(GPR_CLOCK_REALTIME)));
}

void WaitUntilJudging(testing::Deployment& deployment) {
  // -1 while its figures cannot be read.
  while (deployment.Metric(testing::Deployment::kDetector, "veille_detector_partitions") < 64)
    SleepReally(absl::Milliseconds(100));
}

}  // namespace veille::bench
