// Prompts from a partition's stream in a real redis-server to hubs on real gRPC streams, through
// two gateways.

#include <algorithm>
#include <cstdio>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <grpcpp/grpcpp.h>

#include "veille/hub/v1/hub_gateway_service.grpc.pb.h"
#include "veille/store/v1/prompt.pb.h"

#include "common/rpc/credentials.h"
#include "common/rpc/deadline.h"
#include "services/domain/keys.h"
#include "services/domain/recordings/recording.h"
#include "services/gateway/role.h"
#include "tests/support/redis_server.h"

namespace veille::gateway {
namespace {

using hub::v1::ConnectRequest;
using hub::v1::ConnectResponse;
using ::testing::ElementsAre;

constexpr int kPartitions = 1;
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class Hub {
 public:
  Hub(int port, const std::string& home)
      : stub_(hub::v1::HubGatewayService::NewStub(
            *rpc::MakeChannel("127.0.0.1:" + std::to_string(port), {}))) {
    context_.set_wait_for_ready(true);
    context_.set_deadline(rpc::DeadlineAfter(absl::Seconds(60)));
    stream_ = stub_->Connect(&context_);
    ConnectRequest hello;
    hello.mutable_hello()->set_source_id("hub-" + home);
    hello.mutable_hello()->set_incarnation("0000000a");
    stream_->Write(hello);
    ConnectResponse response;
    EXPECT_TRUE(stream_->Read(&response) && response.has_welcome());
  }
  ~Hub() { Close(); }

  // The next thing that it is told.
  std::string Next() {
    ConnectResponse response;
    return stream_->Read(&response) ? response.prompt().prompt_id() : "the end";
  }
  // Ends the stream and waits until the gateway has.
  void Close() {
    if (closed_) return;
    closed_ = true;
    stream_->WritesDone();
    ConnectResponse response;
    while (stream_->Read(&response)) unread.push_back(response.prompt().prompt_id());
    stream_->Finish();
  }
  std::vector<std::string> unread;  // Of what came after Next(), once closed.

 private:
  std::unique_ptr<hub::v1::HubGatewayService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<ConnectRequest, ConnectResponse>> stream_;
  bool closed_ = false;
};

class PromptsTest : public ::testing::Test {
 protected:
  std::unique_ptr<Gateway> StartGateway(metrics::Registry& metrics) {
    GatewayOptions options;
    options.config.mutable_rpc()->set_gateway_address("127.0.0.1:0");
    options.endpoint = redis_.endpoint();
    options.partitions = kPartitions;
    options.registry = *domain::Registry::Make(
        {domain::MakeHome("a", "Europe/Paris"), domain::MakeHome("b", "Europe/Paris")});
    options.clock = clock_;
    options.metrics = &metrics;
    return *Gateway::Start(std::move(options));
  }
  // As the detector's commit does.
  void Ask(const std::string& id, const std::string& home, absl::Duration life) {
    store::v1::PromptOrder order;
    order.set_format(1);
    order.set_home_id(home);
    order.mutable_prompt()->set_prompt_id(id);
    order.mutable_prompt()->mutable_expire_time()->set_seconds(
        absl::ToUnixSeconds(clock_->Now() + life));
    Put(order.SerializeAsString());
  }
  void Put(const std::string& bytes) {
    ASSERT_TRUE(redis_.client().CommandSync({"XADD", domain::PromptsKey(0), "*", "p", bytes}).ok());
  }
  static int64_t Handed(const metrics::Registry& metrics) {
    const std::string text = metrics.Expose();
    const std::string name = "\nveille_gateway_prompts_total ";
    return std::stoll(text.substr(text.find(name) + name.size()));
  }

  const std::shared_ptr<VirtualClock> clock_ = std::make_shared<VirtualClock>(kNow);
  testing::RedisServer redis_;
  metrics::Registry first_metrics_, second_metrics_;
  const std::unique_ptr<Gateway> first_ = StartGateway(first_metrics_);
  const std::unique_ptr<Gateway> second_ = StartGateway(second_metrics_);
};

TEST_F(PromptsTest, ReachTheHubOfTheHomeThroughTheGatewayThatHasIt) {
  Hub a(first_->port(), "a"), b(second_->port(), "b");
  Ask("to a", "a", absl::Seconds(30));
  Ask("to b", "b", absl::Seconds(30));
  Ask("to a again", "a", absl::Seconds(30));
  EXPECT_EQ(a.Next(), "to a");
  EXPECT_EQ(a.Next(), "to a again");
  EXPECT_EQ(b.Next(), "to b");
  a.Close();
  b.Close();
  EXPECT_TRUE(a.unread.empty());
  EXPECT_TRUE(b.unread.empty());
  EXPECT_EQ(Handed(first_metrics_), 2);
  EXPECT_EQ(Handed(second_metrics_), 1);
}

TEST_F(PromptsTest, AreThereForAHubThatConnectsWithinTheirLife) {
  Ask("over", "a", absl::ZeroDuration());
  Put("no prompt at all");
  Ask("short", "a", absl::Seconds(10));
  Ask("long", "a", absl::Seconds(30));
  Hub first(first_->port(), "a");
  EXPECT_EQ(first.Next(), "short");
  EXPECT_EQ(first.Next(), "long");
  first.Close();
  // Through another gateway, and later.
  clock_->Advance(absl::Seconds(10));
  Hub second(second_->port(), "a");
  EXPECT_EQ(second.Next(), "long");
  second.Close();
  clock_->Advance(absl::Seconds(20));
  Ask("mark", "a", absl::Seconds(30));
  Hub third(second_->port(), "a");
  EXPECT_EQ(third.Next(), "mark");
}

TEST_F(PromptsTest, GoOnAfterRedisWasGone) {
  Hub hub(first_->port(), "a");
  Ask("before", "a", absl::Seconds(30));
  EXPECT_EQ(hub.Next(), "before");
  redis_.Kill();
  redis_.Restart();
  Ask("after", "a", absl::Seconds(30));
  EXPECT_EQ(hub.Next(), "after");
}

TEST_F(PromptsTest, GoOnAfterRedisRefusedToReadThem) {
  ASSERT_TRUE(redis_.client().CommandSync({"SET", domain::PromptsKey(0), "no stream"}).ok());
  Hub hub(first_->port(), "a");
  while (redis_.client().CommandSync({"INFO", "errorstats"})->str().find("WRONGTYPE") ==
         std::string_view::npos) {
  }
  ASSERT_TRUE(redis_.client().CommandSync({"DEL", domain::PromptsKey(0)}).ok());
  Ask("after", "a", absl::Seconds(30));
  EXPECT_EQ(hub.Next(), "after");
}

// Says how long a prompt is on its way. Bounded by what is wanted on an idle machine, times ten.
TEST_F(PromptsTest, AreFast) {
  Hub hub(first_->port(), "a");
  Ask("warm", "a", absl::Seconds(30));
  EXPECT_EQ(hub.Next(), "warm");
  std::vector<absl::Duration> took;
  for (int i = 0; i < 100; ++i) {
    const std::string id = std::to_string(i);
    const absl::Duration began = MonotonicNow();
    Ask(id, "a", absl::Seconds(30));
    ASSERT_EQ(hub.Next(), id);
    took.push_back(MonotonicNow() - began);
  }
  std::sort(took.begin(), took.end());
  std::printf("stream to hub: median %.2f ms, 99th of 100 %.2f ms\n",
              absl::ToDoubleMilliseconds(took[50]), absl::ToDoubleMilliseconds(took[98]));
  EXPECT_LT(took[50], absl::Seconds(1));
}

}  // namespace
}  // namespace veille::gateway
