// Hubs that go back, speak twice, send nonsense. Real processes, a real Redis, and a hub that says
// exactly what the test wants.

#include <set>

#include "gtest/gtest.h"

#include "common/time/clock.h"
#include "services/client/caregiver_client.h"
#include "services/domain/keys.h"
#include "services/domain/recordings/recording.h"
#include "services/hub/core/outbox.h"
#include "services/hub/hub_link.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/raw_hub.h"

namespace veille {
namespace {

using testing::Events;
using testing::Eventually;
using testing::HomeZero;
using testing::kIncarnation;
using testing::RawHub;
using testing::Sos;

class Sources : public ::testing::Test {
 protected:
  explicit Sources(std::vector<std::string> detector_flags = {})
      : deployment_({HomeZero()}, config::v1::Config(), std::move(detector_flags)) {
    client::CaregiverOptions options;
    options.address = deployment_.notifier_address();
    options.caregiver_id = "anne";
    anne_ = *client::CaregiverClient::Create(options);
  }
  // How many times help was called for, over all alerts.
  uint32_t Calls() {
    uint32_t calls = 0;
    for (const auto& alert : Alerts()) calls += alert.rule() == "SOS" ? alert.occurrences() : 0;
    return calls;
  }
  std::vector<alert::v1::Alert> Alerts() {
    return anne_->List("", false, 1000).value_or(std::vector<alert::v1::Alert>());
  }
  bool Has(const std::string& rule) {
    for (const auto& alert : Alerts())
      if (alert.rule().substr(0, rule.size()) == rule) return true;
    return false;
  }
  std::string address() const { return deployment_.gateway_address(); }
  // Sends what an outbox holds, as our own hub does.
  void Deliver(hub::Outbox& outbox, const std::string& new_incarnation) {
    std::unique_ptr<RawHub> hub;
    do {
      hub = std::make_unique<RawHub>(address(), outbox.incarnation());
      ASSERT_TRUE(hub->welcomed());
    } while (outbox.OnWelcome(hub->welcome().last_urgent_sequence(),
                              hub->welcome().last_bulk_sequence(), new_incarnation));
    while (const hub::v1::Batch* batch = outbox.Next(64))
      hub->Send(batch->sequence(), batch->events(), batch->lane());
    ASSERT_TRUE(hub->WaitAck(outbox.last_urgent()));
    outbox.OnAck(outbox.last_urgent(), outbox.last_bulk());
  }
  static void Press(hub::Outbox& outbox, uint64_t sequence) {
    outbox.Add(hub::v1::LANE_URGENT, Events({Sos(sequence)}), SystemClock().Now());
  }

  testing::Deployment deployment_;
  std::unique_ptr<client::CaregiverClient> anne_;
};

TEST_F(Sources, AnUnknownHubIsRefused) {
  RawHub hub(address(), kIncarnation, "hub-of-nobody");
  EXPECT_FALSE(hub.welcomed());
  EXPECT_EQ(hub.End().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(Sources, OurOwnHubIsToldWhyItIsRefused) {
  // Once somebody has been answered, the gateway is up.
  EXPECT_FALSE(RawHub(address(), kIncarnation, "hub-of-nobody").welcomed());
  hub::LinkOptions options;
  options.address = address();
  options.source_id = "hub-of-nobody";
  options.now = [] { return SystemClock().Now(); };
  const auto link = hub::HubLink::Open(std::move(options));
  ASSERT_TRUE(link.ok()) << link.status();
  const absl::Status refused = (*link)->WaitWelcome(absl::Seconds(60)).status();
  EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
}

TEST_F(Sources, ABatchThatComesTwiceIsToldOnce) {
  const std::string events = Events({Sos(1)});
  {
    RawHub hub(address());
    hub.Send(1, events);
    ASSERT_TRUE(hub.WaitAck(1));
  }
  RawHub again(address());
  EXPECT_EQ(again.welcome().last_urgent_sequence(), 1U);
  again.Send(1, events);
  again.Send(2, Events({Sos(2)}));
  ASSERT_TRUE(again.WaitAck(2));
  EXPECT_TRUE(Eventually([this] { return Calls() == 2; }));
  SleepReally(absl::Milliseconds(500));
  EXPECT_EQ(Calls(), 2U);
}

TEST_F(Sources, AnHourOfWhichEveryBatchComesTwiceIsInTheLogOnce) {
  domain::CrowdOptions options;
  options.start = SystemClock().Now() - absl::Hours(1);
  options.length = absl::Hours(1);
  const domain::Recording hour = domain::SimulateCrowdHome(1, 0, options);
  uint64_t urgent = 0, bulk = 0;
  RawHub hub(address());
  for (const event::v1::Event& event : hour.events) {
    const hub::v1::Lane lane = domain::IsUrgent(event) ? hub::v1::LANE_URGENT : hub::v1::LANE_BULK;
    const uint64_t sequence = lane == hub::v1::LANE_URGENT ? ++urgent : ++bulk;
    hub.Send(sequence, Events({event}), lane);
    hub.Send(sequence, Events({event}), lane);
  }
  ASSERT_TRUE(hub.WaitAck(urgent));
  ASSERT_TRUE(hub.WaitAck(bulk, hub::v1::LANE_BULK));
  EXPECT_TRUE(Eventually([&] {
    return deployment_.Metric(testing::Deployment::kGateway, "veille_gateway_duplicates_total") ==
           static_cast<double>(urgent + bulk);
  }));
  EXPECT_TRUE(Eventually([&] { return Alerts().size() >= hour.truth.size(); }));
  std::multiset<std::string> told, expected;
  for (const auto& alert : Alerts()) {
    EXPECT_EQ(alert.occurrences(), 1U) << alert.rule();
    told.insert(alert.rule());
  }
  for (const domain::Expected& truth : hour.truth) expected.insert(truth.rule);
  EXPECT_EQ(told, expected);
}

TEST_F(Sources, ANumberThatIsUsedAgainWithOtherContentIsNeverAcknowledged) {
  {
    RawHub hub(address());
    hub.Send(1, Events({Sos(1)}));
    ASSERT_TRUE(hub.WaitAck(1));
  }
  RawHub copy(address());
  copy.Send(1, Events({Sos(99)}));
  EXPECT_EQ(copy.End().error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  // The honest way out: a new incarnation. The old one cannot come back.
  RawHub fresh(address(), "00000002");
  EXPECT_EQ(fresh.welcome().last_urgent_sequence(), 0U);
  fresh.Send(1, Events({Sos(99)}));
  ASSERT_TRUE(fresh.WaitAck(1));
  RawHub old(address());
  EXPECT_FALSE(old.welcomed());
  EXPECT_EQ(old.End().error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_TRUE(Eventually([this] { return Calls() == 2; }));
}

TEST_F(Sources, AGapIsRefused) {
  RawHub hub(address());
  hub.Send(2, Events({Sos(1)}));
  EXPECT_EQ(hub.End().error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(RawHub(address()).welcome().last_urgent_sequence(), 0U);
}

TEST_F(Sources, TheNewerOfTwoConnectionsSpeaks) {
  RawHub first(address());
  RawHub second(address());
  EXPECT_EQ(first.End().error_code(), grpc::StatusCode::ABORTED);
  second.Send(1, Events({Sos(1)}));
  EXPECT_TRUE(second.WaitAck(1));
}

TEST_F(Sources, AMalformedEventIsPutAsideAloneWithItsField) {
  event::v1::Event bad = Sos(2);
  bad.set_device_id("no spaces please");
  RawHub hub(address());
  hub.Send(1, Events({bad, Sos(3)}));
  ASSERT_TRUE(hub.WaitAck(1));
  ASSERT_EQ(hub.rejections.size(), 1U);
  EXPECT_EQ(hub.rejections[0].field(), "events[0].device_id");
  // A press whose device cannot be read is a press: both are told.
  EXPECT_TRUE(Eventually([this] { return Calls() == 2; }));
  hub.Send(2, "this is no batch \xff\xff");
  EXPECT_TRUE(hub.WaitAck(2));
  const auto kept = deployment_.redis().client().CommandSync(
      {"XLEN", domain::QuarantineKey(domain::PartitionOf("home-0", 64))});
  EXPECT_EQ(kept->integer(), 2);
}

TEST_F(Sources, AHubWhoseClockSays1970IsRedatedAndItsSosToldAtItsTrueTime) {
  RawHub hub(address());
  // It has been up for 100 s, and pressed the button 40 s ago.
  hub.send_time = absl::FromUnixSeconds(100);
  hub.uptime = absl::Seconds(100);
  event::v1::Event sos = Sos(1);
  sos.mutable_event_time()->set_seconds(60);
  const absl::Time before = SystemClock().Now();
  hub.Send(1, Events({sos}));
  ASSERT_TRUE(hub.WaitAck(1));
  const absl::Time after = SystemClock().Now();
  ASSERT_TRUE(Eventually([this] { return Calls() == 1; }));
  for (const auto& alert : Alerts()) {
    if (alert.rule() != "SOS") continue;
    const absl::Time told = absl::FromUnixSeconds(alert.event_time().seconds());
    EXPECT_GE(told, before - absl::Seconds(42));
    EXPECT_LE(told, after - absl::Seconds(38));
  }
  EXPECT_TRUE(Eventually([this] { return Has("CLOCK_SKEW"); }));
}

TEST_F(Sources, ATimeFarAheadIsJudgedAtItsReceiptWithATechnicalFinding) {
  RawHub hub(address());
  event::v1::Event sos = Sos(1);
  sos.mutable_event_time()->set_seconds(sos.event_time().seconds() + 3600);
  hub.Send(1, Events({sos}));
  ASSERT_TRUE(hub.WaitAck(1));
  const absl::Time after = SystemClock().Now();
  ASSERT_TRUE(Eventually([this] { return Calls() == 1; }));
  for (const auto& alert : Alerts()) {
    if (alert.rule() != "SOS") continue;
    EXPECT_LE(absl::FromUnixSeconds(alert.event_time().seconds()), after);
  }
  EXPECT_TRUE(Eventually([this] { return Has("CLOCK_SKEW"); }));
}

TEST_F(Sources, AWipedHubBeginsAnewAndWhatItSaysIsNotTakenForOld) {
  {
    RawHub hub(address());
    for (uint64_t sequence = 1; sequence <= 3; ++sequence)
      hub.Send(sequence, Events({Sos(sequence)}));
    ASSERT_TRUE(hub.WaitAck(3));
  }
  // The same numbers under another incarnation: the hub's log is another one.
  RawHub wiped(address(), "00000002");
  EXPECT_EQ(wiped.welcome().last_urgent_sequence(), 0U);
  for (uint64_t sequence = 1; sequence <= 3; ++sequence)
    wiped.Send(sequence, Events({Sos(100 + sequence)}));
  ASSERT_TRUE(wiped.WaitAck(3));
  EXPECT_TRUE(Eventually([this] { return Calls() == 6; })) << Calls();
}

TEST_F(Sources, AHubRestoredFromAnOldCopyLosesNothingAndItsNewsIsNotTakenForOld) {
  hub::Outbox outbox(kIncarnation);
  Press(outbox, 1);
  Deliver(outbox, "00000002");
  hub::Outbox copy = outbox;
  Press(outbox, 2);
  Press(outbox, 3);
  Deliver(outbox, "00000002");
  // Restored, it is pressed twice before it finds the gateway: under the very numbers that the
  // gateway has.
  Press(copy, 102);
  Press(copy, 103);
  Deliver(copy, "00000003");
  EXPECT_EQ(copy.incarnation(), "00000003");
  EXPECT_TRUE(Eventually([this] { return Calls() == 5; })) << Calls();
}

TEST_F(Sources, OurOwnHubWipedBetweenTwoLivesLosesNothing) {
  for (uint64_t life = 0; life < 2; ++life) {
    hub::LinkOptions options;
    options.address = address();
    options.source_id = "hub-home-0";
    options.now = [] { return SystemClock().Now(); };
    const auto link = *hub::HubLink::Open(std::move(options));
    for (uint64_t press = 1; press <= 3; ++press) {
      event::v1::EventBatch batch;
      *batch.add_events() = Sos(10 * life + press);
      link->Send(batch, true, SystemClock().Now());
    }
    EXPECT_TRUE(link->Drain(absl::Seconds(60)).ok());
  }
  EXPECT_TRUE(Eventually([this] { return Calls() == 6; })) << Calls();
}

}  // namespace
}  // namespace veille
