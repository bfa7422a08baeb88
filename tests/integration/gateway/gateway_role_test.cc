// The gateway as a whole on a real redis-server, spoken to over gRPC: every answer that SendEvents
// has, and what is left of an ack when Redis is killed.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <grpcpp/grpcpp.h>

#include "veille/hub/v1/hub_gateway_service.grpc.pb.h"

#include "common/rpc/credentials.h"
#include "common/rpc/deadline.h"
#include "common/rpc/status.h"
#include "services/domain/keys.h"
#include "services/domain/recordings/recording.h"
#include "services/gateway/role.h"
#include "tests/support/redis_server.h"

namespace veille::gateway {
namespace {

using hub::v1::SendEventsRequest;
using hub::v1::SendEventsResponse;
using ::testing::ElementsAre;

constexpr int kPartitions = 4;
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class GatewayRole : public ::testing::Test {
 protected:
  GatewayRole() {
    GatewayOptions options;
    options.config.mutable_rpc()->set_gateway_address("127.0.0.1:0");
    options.config.mutable_redis()->mutable_command_timeout()->set_seconds(1);
    options.endpoint = redis_.endpoint();
    options.partitions = kPartitions;
    options.registry = *domain::Registry::Make({domain::MakeHome("h", "Europe/Paris")});
    options.clock = std::make_shared<VirtualClock>(kNow);
    options.metrics = &metrics_;
    gateway_ = *Gateway::Start(std::move(options));
    stub_ = hub::v1::HubGatewayService::NewStub(
        *rpc::MakeChannel("127.0.0.1:" + std::to_string(gateway_->port()), {}));
  }

  static SendEventsRequest Press(uint64_t sequence, int seconds_ago = 1) {
    SendEventsRequest request;
    request.set_source_id("hub-h");
    request.set_incarnation("0000000a");
    request.set_lane(hub::v1::LANE_URGENT);
    request.set_sequence(sequence);
    *request.add_events() = domain::MakeEvent(kNow - absl::Seconds(seconds_ago), "pendant");
    request.mutable_events(0)->mutable_personal_emergency();
    return request;
  }
  absl::Status Send(const SendEventsRequest& request) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(rpc::DeadlineAfter(absl::Seconds(60)));
    response_.Clear();
    return rpc::FromGrpc(stub_->SendEvents(&context, request, &response_));
  }
  int64_t Length(const std::string& key) {
    return redis_.client().CommandSync({"XLEN", key})->integer();
  }
  int64_t Entries() { return Length(domain::LogKey(partition_)); }

  const int partition_ = domain::PartitionOf("h", kPartitions);
  testing::RedisServer redis_;
  metrics::Registry metrics_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<hub::v1::HubGatewayService::Stub> stub_;
  SendEventsResponse response_;
};

TEST_F(GatewayRole, SendEventsAnswersWhenTheyAreInTheLogAndRetryingIsSafe) {
  ASSERT_TRUE(Send(Press(1)).ok());
  EXPECT_EQ(response_.through_sequence(), 1U);
  EXPECT_EQ(Entries(), 1);
  ASSERT_TRUE(Send(Press(1)).ok());
  EXPECT_EQ(Entries(), 1);
  // What was answered outlives Redis' sudden death.
  redis_.Kill();
  redis_.Restart();
  EXPECT_EQ(Entries(), 1);
}

TEST_F(GatewayRole, SendEventsNamesEveryFieldOfAMalformedRequest) {
  SendEventsRequest request = Press(0);
  request.set_incarnation("x");
  const absl::Status status = Send(request);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  std::vector<std::string> fields;
  for (const auto& violation : rpc::ViolationsOf(status)) fields.push_back(violation.field);
  EXPECT_THAT(fields, ElementsAre("incarnation", "sequence"));
}

TEST_F(GatewayRole, SendEventsRefusesAnUnknownHub) {
  SendEventsRequest request = Press(1);
  request.set_source_id("hub-of-nobody");
  const absl::Status status = Send(request);
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
}

TEST_F(GatewayRole, SendEventsRefusesGapsReusedNumbersAndOldIncarnations) {
  const auto refused = [this](const SendEventsRequest& request) {
    return absl::IsFailedPrecondition(Send(request));
  };
  EXPECT_TRUE(refused(Press(2)));
  ASSERT_TRUE(Send(Press(1)).ok());
  EXPECT_TRUE(refused(Press(1, 30)));
  SendEventsRequest fresh = Press(1, 30);
  fresh.set_incarnation("0000000b");
  ASSERT_TRUE(Send(fresh).ok());
  EXPECT_TRUE(refused(Press(2)));
  EXPECT_EQ(Entries(), 2);
}

TEST_F(GatewayRole, SendEventsPutsAMalformedEventAsideAlone) {
  SendEventsRequest request = Press(1);
  *request.add_events() = domain::MakeEvent(kNow, "bed");
  request.mutable_events(1)->mutable_vitals()->set_heart_rate_bpm(0);
  ASSERT_TRUE(Send(request).ok());
  ASSERT_EQ(response_.rejections_size(), 1);
  EXPECT_EQ(response_.rejections(0).field(), "events[1].vitals.heart_rate_bpm");
  EXPECT_EQ(response_.rejections(0).event_index(), 1);
  EXPECT_EQ(Entries(), 1);
  EXPECT_EQ(Length(domain::QuarantineKey(partition_)), 1);
}

TEST_F(GatewayRole, SendEventsSaysWhenToComeBackWhileRedisIsGone) {
  ASSERT_TRUE(Send(Press(1)).ok());
  redis_.Kill();
  const absl::Status status = Send(Press(2));
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_TRUE(rpc::RetryDelayOf(status).has_value()) << status;
  redis_.Restart();
  absl::Status again = Send(Press(2));
  while (absl::IsUnavailable(again)) again = Send(Press(2));
  ASSERT_TRUE(again.ok()) << again;
  EXPECT_EQ(Entries(), 2);
}

}  // namespace
}  // namespace veille::gateway
