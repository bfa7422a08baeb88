// What becomes of a source that sends more than its limit, and of an SOS in the midst of it.

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/unit/gateway/intake_world.h"

namespace veille::gateway {
namespace {

using hub::v1::LANE_BULK;
using hub::v1::LANE_URGENT;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Asked = std::pair<hub::v1::Lane, std::vector<uint64_t>>;

class SourceLimits : public IntakeTest {
 protected:
  SourceLimits()
      : IntakeTest(1 << 20,
                   {.urgent_batches = {10, 2}, .bulk_batches = {10, 4}, .connects = {1, 3}}) {}

  // A bulk batch of motion with an SOS at its end.
  void SendBulkSos(uint64_t sequence) {
    event::v1::EventBatch batch;
    *batch.add_events() = domain::MakeEvent(absl::FromUnixSeconds(1'799'999'999), "hall");
    batch.mutable_events(0)->mutable_motion();
    *batch.add_events() = domain::MakeEvent(absl::FromUnixSeconds(1'799'999'999), "pendant");
    batch.mutable_events(1)->mutable_personal_emergency();
    hub::v1::ConnectRequest request;
    request.mutable_batch()->set_lane(LANE_BULK);
    request.mutable_batch()->set_sequence(sequence);
    request.mutable_batch()->set_events(batch.SerializeAsString());
    session_->OnRequest(request);
  }
  // Sequences of bulk that went to the log, by whichever way.
  std::vector<uint64_t> Bulk() {
    log_.Succeed(LANE_BULK);
    log_.Succeed(LANE_URGENT);
    std::vector<uint64_t> bulk;
    for (const auto& [lane, sequences] : log_.asked)
      bulk.insert(bulk.end(), sequences.begin(), sequences.end());
    return bulk;
  }
};

TEST_F(SourceLimits, BulkBeyondTheRateStaysWithTheHubAndComesAgainLater) {
  for (uint64_t sequence = 1; sequence <= 6; ++sequence) Send(LANE_BULK, sequence);
  EXPECT_THAT(Bulk(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(peer_->last_ack.through_bulk_sequence(), 4U);
  // All are dealt with: the stream is read on, and what is urgent passes.
  EXPECT_EQ(peer_->settled, 6);
  EXPECT_TRUE(peer_->closed.ok()) << peer_->closed;
  intake_->Pulse();
  EXPECT_TRUE(peer_->closed.ok()) << peer_->closed;
  uptime_ += absl::Milliseconds(201);
  intake_->Pulse();
  EXPECT_TRUE(absl::IsUnavailable(peer_->closed)) << peer_->closed;
  Connect();
  Send(LANE_BULK, 5);
  Send(LANE_BULK, 6);
  EXPECT_THAT(Bulk(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(metrics_.Expose(),
              HasSubstr("veille_gateway_over_limit_total{what=\"bulk_left\"} 1\n"));
}

TEST_F(SourceLimits, AnSosInTheUrgentLanePassesWhateverBulkHasSpent) {
  for (uint64_t sequence = 1; sequence <= 100; ++sequence) Send(LANE_BULK, sequence);
  log_.asked.clear();
  Send(LANE_URGENT, 1);
  log_.Succeed(LANE_URGENT);
  EXPECT_EQ(peer_->last_ack.through_urgent_sequence(), 1U);
}

TEST_F(SourceLimits, AnSosAtTheEdgeOfTheRatePassesWithItsBatch) {
  for (uint64_t sequence = 1; sequence <= 4; ++sequence) Send(LANE_BULK, sequence);
  SendBulkSos(5);
  EXPECT_THAT(Bulk(), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(SourceLimits, AnSosBehindBulkThatWasLeftBringsAllOfItThrough) {
  for (uint64_t sequence = 1; sequence <= 6; ++sequence) Send(LANE_BULK, sequence);
  SendBulkSos(7);
  EXPECT_TRUE(absl::IsUnavailable(peer_->closed)) << peer_->closed;
  Connect();
  Send(LANE_BULK, 5);
  Send(LANE_BULK, 6);
  SendBulkSos(7);
  Send(LANE_BULK, 8);
  EXPECT_THAT(Bulk(), ElementsAre(1, 2, 3, 4, 5, 6, 7));
}

TEST_F(SourceLimits, AnSosAmongBulkPassesWhileBulkIsHeldForLackOfMemory) {
  intake_->HoldBulk("memory");
  SendBulkSos(1);
  log_.Succeed(LANE_URGENT);
  EXPECT_EQ(peer_->last_ack.through_bulk_sequence(), 1U);
  EXPECT_EQ(log_.asked.back(), Asked(LANE_URGENT, {1}));
}

TEST_F(SourceLimits, UrgentBatchesBeyondTheRateAreTakenAndTheNextAreReadLater) {
  for (uint64_t sequence = 1; sequence <= 5; ++sequence) Send(LANE_URGENT, sequence);
  log_.Succeed(LANE_URGENT);
  EXPECT_EQ(peer_->last_ack.through_urgent_sequence(), 5U);
  EXPECT_EQ(peer_->settled, 2);
  intake_->Pulse();
  EXPECT_EQ(peer_->settled, 2);
  uptime_ += absl::Milliseconds(201);
  intake_->Pulse();
  EXPECT_EQ(peer_->settled, 4);
}

TEST_F(SourceLimits, HeartbeatsInHasteAreLeftOutWithoutHarm) {
  hub::v1::ConnectRequest request;
  for (int i = 0; i < 100; ++i) {
    request.mutable_heartbeat();
    session_->OnRequest(request);
  }
  log_.Succeed(LANE_BULK);
  EXPECT_EQ(peer_->settled, 100);
  EXPECT_TRUE(peer_->closed.ok()) << peer_->closed;
}

TEST_F(SourceLimits, AStreamTooManyIsToldWhenToComeAgain) {
  Connect();
  Connect();
  EXPECT_TRUE(peer_->closed.ok()) << peer_->closed;
  Connect();
  EXPECT_TRUE(absl::IsUnavailable(peer_->closed)) << peer_->closed;
  EXPECT_TRUE(peer_->closed.GetPayload("type.googleapis.com/google.rpc.RetryInfo").has_value());
  uptime_ += absl::Seconds(2);
  Connect();
  EXPECT_TRUE(peer_->closed.ok()) << peer_->closed;
}

class UnaryLimits : public SourceLimits {
 protected:
  void Call(hub::v1::Lane lane, uint64_t sequence) {
    hub::v1::SendEventsRequest request;
    request.set_source_id("hub-h");
    request.set_incarnation("0000000a");
    request.set_lane(lane);
    request.set_sequence(sequence);
    *request.add_events() = domain::MakeEvent(absl::FromUnixSeconds(1'799'999'999), "hall");
    request.mutable_events(0)->mutable_motion();
    intake_->SendEvents(request, "",
                        [this](const auto& answer) { answers_.push_back(answer.status()); });
    log_.Succeed(lane);
  }
  std::vector<absl::Status> answers_;
};

TEST_F(UnaryLimits, CallsInHasteAreToldWhenToComeAgainAndUrgentOnesAreAnsweredLater) {
  for (uint64_t sequence = 1; sequence <= 5; ++sequence) Call(LANE_BULK, sequence);
  ASSERT_THAT(answers_, SizeIs(5));
  EXPECT_TRUE(answers_[3].ok()) << answers_[3];
  EXPECT_TRUE(absl::IsUnavailable(answers_[4])) << answers_[4];
  answers_.clear();
  for (uint64_t sequence = 1; sequence <= 4; ++sequence) Call(LANE_URGENT, sequence);
  EXPECT_THAT(answers_, SizeIs(2));
  uptime_ += absl::Milliseconds(101);
  intake_->Pulse();
  EXPECT_THAT(answers_, SizeIs(3));
  // A stop lets nobody wait.
  intake_->Stop();
  EXPECT_THAT(answers_, SizeIs(4));
  for (const absl::Status& answer : answers_) EXPECT_TRUE(answer.ok()) << answer;
}

}  // namespace
}  // namespace veille::gateway
