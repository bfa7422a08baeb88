// What the gateway answers when the log is slow, gone or full.

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/unit/gateway/intake_world.h"

namespace veille::gateway {
namespace {

using hub::v1::LANE_BULK;
using hub::v1::LANE_URGENT;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Asked = std::pair<hub::v1::Lane, std::vector<uint64_t>>;

TEST_F(IntakeTest, NothingIsAcknowledgedBeforeItIsInTheLog) {
  Send(LANE_BULK, 1);
  EXPECT_EQ(peer_->last_ack.through_bulk_sequence(), 0U);
  log_.Succeed(LANE_BULK);
  EXPECT_EQ(peer_->last_ack.through_bulk_sequence(), 1U);
  EXPECT_EQ(peer_->settled, 1);
}

TEST_F(IntakeTest, APromptThatStandsIsSaidAfterWelcomeAndOnlyToWhoIsThere) {
  store::v1::PromptOrder order;
  order.set_home_id("h");
  order.mutable_prompt()->set_prompt_id("p");
  order.mutable_prompt()->mutable_expire_time()->set_seconds(absl::ToUnixSeconds(kNow) + 30);
  session_->OnClosed();
  EXPECT_EQ(source_.open, 0);
  prompts_.OnPrompt(order);
  EXPECT_THAT(peer_->heard, ElementsAre("welcome"));
  Connect();
  EXPECT_THAT(peer_->heard, ElementsAre("welcome", "p"));
  EXPECT_EQ(source_.open, 1);
  // A newer stream of the hub takes over: it is told, too, and the older one counts no more.
  const auto before = session_;
  Connect();
  before->OnClosed();
  EXPECT_THAT(peer_->heard, ElementsAre("welcome", "p"));
  EXPECT_EQ(source_.open, 1);
}

TEST_F(IntakeTest, WhatQueuedMeanwhileGoesOutTogetherAndInOrder) {
  for (uint64_t sequence = 1; sequence <= 4; ++sequence) Send(LANE_BULK, sequence);
  log_.Succeed(LANE_BULK);
  EXPECT_THAT(log_.asked, ElementsAre(Asked{LANE_BULK, {1}}, Asked{LANE_BULK, {2, 3, 4}}));
  EXPECT_EQ(peer_->last_ack.through_bulk_sequence(), 4U);
}

TEST_F(IntakeTest, AFailedAppendIsRepeatedAsItWasAndTheHubStays) {
  Send(LANE_URGENT, 1);
  log_.Fail(LANE_URGENT, absl::UnavailableError("Redis is gone"));
  Send(LANE_URGENT, 2);
  EXPECT_EQ(peer_->settled, 0);
  EXPECT_TRUE(peer_->closed.ok());
  intake_->Pulse();
  log_.Succeed(LANE_URGENT);
  EXPECT_THAT(log_.asked, ElementsAre(Asked{LANE_URGENT, {1}}, Asked{LANE_URGENT, {1}},
                                      Asked{LANE_URGENT, {2}}));
  EXPECT_EQ(peer_->last_ack.through_urgent_sequence(), 2U);
  EXPECT_EQ(peer_->settled, 2);
}

TEST_F(IntakeTest, BulkThatIsHeldBackStandsInNobodysWay) {
  Send(LANE_BULK, 1);
  Send(LANE_BULK, 2);
  log_.Fail(LANE_BULK, absl::ResourceExhaustedError("OOM"));
  intake_->HoldBulk("memory");
  Send(LANE_BULK, 3);
  // Read and let go, so that the stream's window has room; but never acknowledged.
  EXPECT_EQ(peer_->settled, 3);
  EXPECT_EQ(peer_->last_ack.through_bulk_sequence(), 0U);
  Send(LANE_URGENT, 1);
  log_.Succeed(LANE_URGENT);
  EXPECT_EQ(peer_->last_ack.through_urgent_sequence(), 1U);
  EXPECT_EQ(peer_->last_ack.through_bulk_sequence(), 0U);
  EXPECT_TRUE(peer_->closed.ok());
}

TEST_F(IntakeTest, WhenBulkGoesOnTheHubIsAskedToSendItAgain) {
  intake_->HoldBulk("memory");
  Send(LANE_BULK, 1);
  intake_->HoldBulk("");
  EXPECT_TRUE(absl::IsUnavailable(peer_->closed)) << peer_->closed;
  EXPECT_THAT(log_.asked, IsEmpty());
  Connect();
  Send(LANE_BULK, 1);
  log_.Succeed(LANE_BULK);
  EXPECT_EQ(peer_->last_ack.through_bulk_sequence(), 1U);
}

TEST_F(IntakeTest, AStreamThatLostNothingStaysWhenBulkGoesOn) {
  intake_->HoldBulk("memory");
  Send(LANE_URGENT, 1);
  intake_->HoldBulk("");
  EXPECT_TRUE(peer_->closed.ok()) << peer_->closed;
}

TEST_F(IntakeTest, WhatWasUnderWayWhenBulkWasHeldIsAcknowledgedWhenItArrived) {
  Send(LANE_BULK, 1);
  Send(LANE_BULK, 2);
  intake_->HoldBulk("memory");
  log_.Succeed(LANE_BULK);
  EXPECT_EQ(peer_->last_ack.through_bulk_sequence(), 1U);
}

TEST_F(IntakeTest, ACertificateOfAnotherHubDoesNotSpeakForThisOne) {
  peer_ = std::make_shared<FakePeer>();
  session_ = intake_->Open(peer_, "hub-of-another-home");
  hub::v1::ConnectRequest request;
  request.mutable_hello()->set_source_id("hub-h");
  request.mutable_hello()->set_incarnation("0000000a");
  session_->OnRequest(request);
  EXPECT_TRUE(absl::IsPermissionDenied(peer_->closed)) << peer_->closed;
}

class TightIntake : public IntakeTest {
 protected:
  TightIntake() : IntakeTest(8000) {}
};

TEST_F(TightIntake, BeyondItsMemoryBulkIsRefusedWhileAnSosStillPasses) {
  uint64_t sequence = 0;
  while (peer_->closed.ok() && sequence < 100) Send(LANE_BULK, ++sequence, 1000);
  EXPECT_LE(sequence, 10U);
  EXPECT_TRUE(absl::IsUnavailable(peer_->closed)) << peer_->closed;
  Connect();
  ASSERT_TRUE(peer_->closed.ok()) << peer_->closed;
  Send(LANE_URGENT, 1);
  log_.Succeed(LANE_URGENT);
  EXPECT_EQ(peer_->last_ack.through_urgent_sequence(), 1U);
  // The log has caught up: bulk is taken again.
  log_.Succeed(LANE_BULK);
  Send(LANE_BULK, sequence);
  EXPECT_TRUE(peer_->closed.ok()) << peer_->closed;
}

TEST_F(TightIntake, UnaryCallsThatWaitAreBoundedToo) {
  hub::v1::SendEventsRequest request;
  request.set_source_id("hub-h");
  request.set_incarnation("0000000a");
  request.set_lane(LANE_BULK);
  *request.add_events() = domain::MakeEvent(absl::FromUnixSeconds(1'799'999'999), "hall");
  request.mutable_events(0)->mutable_motion();
  while (request.ByteSizeLong() < 1000) *request.add_events() = request.events(0);
  std::vector<absl::Status> answers;
  const auto send = [&] {
    request.set_sequence(request.sequence() + 1);
    intake_->SendEvents(request, "",
                        [&](const auto& answer) { answers.push_back(answer.status()); });
  };
  while (answers.empty() && request.sequence() < 100) send();
  EXPECT_LE(request.sequence(), 10U);
  ASSERT_THAT(answers, ::testing::SizeIs(1));
  EXPECT_TRUE(absl::IsUnavailable(answers[0])) << answers[0];
  // The log has caught up: all that was taken is answered, and the next is taken.
  log_.Succeed(LANE_BULK);
  EXPECT_THAT(answers, ::testing::SizeIs(static_cast<std::size_t>(request.sequence())));
  send();
  log_.Succeed(LANE_BULK);
  EXPECT_TRUE(answers.back().ok()) << answers.back();
}

TEST_F(TightIntake, UrgentBatchesHaveABoundToo) {
  uint64_t sequence = 0;
  while (peer_->closed.ok() && sequence < 100) Send(LANE_URGENT, ++sequence, 1000);
  EXPECT_LE(sequence, 11U);
  EXPECT_TRUE(absl::IsUnavailable(peer_->closed)) << peer_->closed;
}

}  // namespace
}  // namespace veille::gateway
