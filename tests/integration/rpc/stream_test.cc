// The stream class against live peers: that cancel at any moment, send on while the server stops,
// do not read, send too much.

#include <deque>

#include "gtest/gtest.h"

#include "common/base/random.h"
#include "common/rpc/client_stream.h"
#include "common/rpc/credentials.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "tests/integration/rpc/echo_service.h"

namespace veille::rpc {
namespace {

using hub::v1::ConnectRequest;
using hub::v1::ConnectResponse;
using Stub = hub::v1::HubGatewayService::Stub;
using Stream = grpc::ClientReaderWriter<ConnectRequest, ConnectResponse>;

constexpr absl::Duration kPatience = absl::Seconds(60);

template <typename Condition>
bool Eventually(Condition condition) {
  const absl::Duration until = MonotonicNow() + kPatience;
  while (MonotonicNow() < until) {
    if (condition()) return true;
    SleepReally(absl::Milliseconds(10));
  }
  return false;
}

std::unique_ptr<Stub> NewStub(const EchoServer& server) {
  return hub::v1::HubGatewayService::NewStub(*MakeChannel(server.address(), {}));
}

ConnectRequest Batch(uint64_t sequence, std::size_t bytes = 10, bool answered_at_length = false) {
  ConnectRequest request;
  request.mutable_batch()->set_sequence(sequence);
  request.mutable_batch()->set_lane(answered_at_length ? hub::v1::LANE_URGENT : hub::v1::LANE_BULK);
  request.mutable_batch()->set_events(std::string(bytes, 'x'));
  return request;
}

TEST(Stream, AcknowledgesEverythingAndEndsWhenThePeerIsDone) {
  EchoServer server;
  const auto stub = NewStub(server);
  grpc::ClientContext context;
  context.set_deadline(DeadlineAfter(kPatience));
  const std::unique_ptr<Stream> stream = stub->Connect(&context);
  Worker writer("write", [&] {
    for (uint64_t sequence = 1; sequence <= 5000; ++sequence) stream->Write(Batch(sequence));
    stream->WritesDone();
  });
  uint64_t through = 0;
  int answers = 0;
  ConnectResponse response;
  while (stream->Read(&response)) {
    // Cumulative: never back.
    EXPECT_GT(response.ack().through_bulk_sequence(), through);
    through = response.ack().through_bulk_sequence();
    ++answers;
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(through, 5000U);
  EXPECT_LE(answers, 5000);
  EXPECT_TRUE(Eventually([&] { return server.service.counters.closed == 1; }));
}

TEST(Stream, SurvivesThreeHundredCancelsAtAnyMoment) {
  EchoServer server;
  const auto stub = NewStub(server);
  SeededRandom random(11);
  constexpr int kCancels = 300;
  for (int i = 0; i < kCancels; ++i) {
    grpc::ClientContext context;
    context.set_deadline(DeadlineAfter(kPatience));
    const std::unique_ptr<Stream> stream = stub->Connect(&context);
    const uint64_t batches = random.Below(20);
    for (uint64_t sequence = 1; sequence <= batches; ++sequence)
      stream->Write(Batch(sequence, random.Below(2000), random.Below(4) == 0));
    ConnectResponse response;
    if (batches > 0 && random.Below(2) == 0) stream->Read(&response);
    // Half end politely, half in the middle of things.
    if (random.Below(2) == 0) stream->WritesDone();
    context.TryCancel();
    while (stream->Read(&response)) {
    }
    stream->Finish();
  }
  EchoCounters& counters = server.service.counters;
  // One that was cancelled before it reached the server never opened there.
  EXPECT_TRUE(Eventually([&] { return counters.closed == counters.opened; }));
  EXPECT_GT(counters.opened, 0);
  EXPECT_TRUE(Eventually([&] { return server.streams.size() == 0; }));
}

TEST(Stream, CancelledWhileItsMessagesAreWorkedOnTakesTheirSettlementLate) {
  EchoServer server;
  server.service.counters.hold = true;
  const auto stub = NewStub(server);
  {
    grpc::ClientContext context;
    const std::unique_ptr<Stream> stream = stub->Connect(&context);
    stream->Write(Batch(1));
    ASSERT_TRUE(Eventually([&] { return server.service.counters.received == 1; }));
    context.TryCancel();
    stream->Finish();
  }
  EXPECT_TRUE(Eventually([&] { return server.service.counters.closed == 1; }));
}

TEST(Stream, ReadsNoFurtherThanItsWindow) {
  StreamLimits limits;
  limits.max_unsettled = 5;
  EchoServer server({}, limits);
  server.service.counters.hold = true;
  const auto stub = NewStub(server);
  grpc::ClientContext context;
  context.set_deadline(DeadlineAfter(kPatience));
  const std::unique_ptr<Stream> stream = stub->Connect(&context);
  for (uint64_t sequence = 1; sequence <= 20; ++sequence) stream->Write(Batch(sequence));
  ASSERT_TRUE(Eventually([&] { return server.service.counters.received == 5; }));
  SleepReally(absl::Milliseconds(200));
  EXPECT_EQ(server.service.counters.received, 5);
  context.TryCancel();
  stream->Finish();
}

TEST(Stream, ReadsNoFurtherThanItsBytes) {
  StreamLimits limits;
  limits.max_unsettled_bytes = 25;
  EchoServer server({}, limits);
  server.service.counters.hold = true;
  const auto stub = NewStub(server);
  grpc::ClientContext context;
  context.set_deadline(DeadlineAfter(kPatience));
  const std::unique_ptr<Stream> stream = stub->Connect(&context);
  for (uint64_t sequence = 1; sequence <= 20; ++sequence) stream->Write(Batch(sequence, 10));
  ASSERT_TRUE(Eventually([&] { return server.service.counters.received == 3; }));
  SleepReally(absl::Milliseconds(200));
  EXPECT_EQ(server.service.counters.received, 3);
  context.TryCancel();
  stream->Finish();
}

TEST(Stream, OfAPeerThatDoesNotReadIsClosed) {
  Server::Options options;
  options.write_stall_timeout = absl::Milliseconds(500);
  EchoServer server(options);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);  // 64 KiB of window, and no more.
  const auto stub = hub::v1::HubGatewayService::NewStub(
      grpc::CreateCustomChannel(server.address(), grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  context.set_deadline(DeadlineAfter(absl::Hours(1)));
  const std::unique_ptr<Stream> stream = stub->Connect(&context);
  // More than flow control lets through to somebody who does not read.
  for (uint64_t sequence = 1; sequence <= 10; ++sequence)
    stream->Write(Batch(sequence, 200'000, true));
  EXPECT_TRUE(Eventually([&] { return server.service.counters.closed == 1; }));
  // The others go on.
  grpc::ClientContext other_context;
  other_context.set_deadline(DeadlineAfter(kPatience));
  const std::unique_ptr<Stream> other = stub->Connect(&other_context);
  other->Write(Batch(1));
  ConnectResponse response;
  EXPECT_TRUE(other->Read(&response));
  other_context.TryCancel();
  other->Finish();
  context.TryCancel();
  stream->Finish();
}

TEST(Stream, OfAMessageBeyondTheLimitEndsWithResourceExhausted) {
  Server::Options options;
  options.max_receive_bytes = 10'000;
  EchoServer server(options);
  const auto stub = NewStub(server);
  grpc::ClientContext context;
  context.set_deadline(DeadlineAfter(kPatience));
  const std::unique_ptr<Stream> stream = stub->Connect(&context);
  stream->Write(Batch(1, 20'000));
  ConnectResponse response;
  while (stream->Read(&response)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(server.service.counters.received, 0);
}

// Sends without pause until the stream is over.
class Busy final : public BidiClientStream<ConnectRequest, ConnectResponse> {
 public:
  Busy() : BidiClientStream(16) {}
  void Go() {
    while (Send(Batch(++sequence_))) {
    }
  }
  void OnMessage(ConnectResponse& /*message*/) override {
    MutexLock lock(mu_);
    ++received_;
  }
  void OnRoom() override { Go(); }
  void OnClosed(const absl::Status& status) override {
    MutexLock lock(mu_);
    status_ = status;
    closed_ = true;
  }
  bool closed() {
    MutexLock lock(mu_);
    return closed_;
  }
  int received() {
    MutexLock lock(mu_);
    return received_;
  }
  absl::Status status() {
    MutexLock lock(mu_);
    return status_;
  }

 private:
  uint64_t sequence_ = 0;  // Go() runs on one thread at a time.
  Mutex mu_;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  int received_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Status status_ ABSL_GUARDED_BY(mu_);
};

TEST(Server, StopsWhilePeersSendAndTellsEachOfThemWhy) {
  EchoServer server;
  const auto stub = NewStub(server);
  std::vector<std::shared_ptr<Busy>> peers;
  for (int i = 0; i < 30; ++i) {
    auto peer = std::make_shared<Busy>();
    peer->SetDeadline(kPatience);
    peer->Start([&](auto* context, auto* reactor) { stub->async()->Connect(context, reactor); });
    peer->Go();
    peers.push_back(std::move(peer));
  }
  for (const auto& peer : peers) ASSERT_TRUE(Eventually([&] { return peer->received() > 10; }));
  server.server->Stop();
  for (const auto& peer : peers) {
    ASSERT_TRUE(Eventually([&] { return peer->closed(); }));
    // The goodbye before it may be lost to somebody who is in the middle of sending: HTTP/2 resets
    // what they still send, and with it what they have not read. The status is not.
    EXPECT_TRUE(absl::IsUnavailable(peer->status())) << peer->status();
  }
  EXPECT_EQ(server.service.counters.closed, server.service.counters.opened);
}

TEST(Server, ThatIsStoppingSendsNewcomersAway) {
  EchoServer server;
  const auto stub = NewStub(server);
  server.streams.DrainAll();
  grpc::ClientContext context;
  context.set_deadline(DeadlineAfter(kPatience));
  const std::unique_ptr<Stream> stream = stub->Connect(&context);
  ConnectResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(response.has_drain());
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(Server, SaysWhenItsAddressIsTaken) {
  EchoServer first;
  StreamRegistry streams;
  EchoService service(streams, {});
  Server::Options options;
  options.address = first.address();
  const auto second = Server::Start(options, {&service}, streams);
  EXPECT_TRUE(absl::IsUnavailable(second.status())) << second.status();
  EXPECT_NE(second.status().message().find(first.address()), std::string::npos);
}

}  // namespace
}  // namespace veille::rpc
