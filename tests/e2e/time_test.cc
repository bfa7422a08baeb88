// Hours in seconds: `veille all` on a scaled clock, with a hub that comes late, or falls silent.

#include <vector>

#include "absl/strings/str_format.h"
#include "gtest/gtest.h"

#include "common/redis/pipelined_client.h"
#include "common/time/clock.h"
#include "services/domain/keys.h"
#include "services/domain/recordings/recording.h"
#include "services/hub/player.h"
#include "tests/e2e/all_in_one.h"
#include "tests/e2e/raw_hub.h"
#include "tests/e2e/watching.h"

namespace veille {
namespace {

using testing::AllInOne;
using testing::Eventually;
using testing::Watching;

std::string ScaledFrom(absl::Time start, double speed) {
  return absl::StrFormat("scaled_clock { start: \"%s\" speed: %g }\n",
                         absl::FormatTime(absl::RFC3339_full, start, absl::UTCTimeZone()), speed);
}

absl::Time InParis(int hour, int minute) {
  absl::TimeZone paris;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Paris", &paris));
  return absl::FromCivil(absl::CivilMinute(2026, 1, 15, hour, minute), paris);
}

std::unique_ptr<hub::HubLink> Link(const AllInOne& all, const Clock& clock) {
  hub::LinkOptions options;
  options.address = all.gateway();
  options.source_id = "hub-home-0";
  options.now = [&clock] { return clock.Now(); };
  return *hub::HubLink::Open(std::move(options));
}

// The life of home-0 from one instant to another, without anything to tell.
domain::Recording Quiet(absl::Time from, absl::Time to) {
  domain::CrowdOptions options;
  options.start = from;
  options.length = to - from;
  options.emergencies = 0;
  return domain::SimulateCrowdHome(1, 0, options);
}

void AddDoor(absl::Time at, bool open, domain::Recording& recording) {
  recording.events.push_back(domain::MakeEvent(at, "front-door"));
  recording.events.back().mutable_contact()->set_state(open ? event::v1::Contact::STATE_OPEN
                                                            : event::v1::Contact::STATE_CLOSED);
}

// All of it in one batch.
void SendAtOnce(const domain::Recording& recording, absl::Time watermark, hub::HubLink& link) {
  event::v1::EventBatch batch;
  for (const event::v1::Event& event : recording.events) *batch.add_events() = event;
  link.Send(batch, false, watermark);
  EXPECT_TRUE(link.Drain(absl::Seconds(60)).ok());
}

// The service's clock, when it serves.
absl::Time ServerTime(const AllInOne& all) {
  const testing::RawHub hub(all.gateway());
  EXPECT_TRUE(hub.welcomed()) << all.Log();
  return absl::FromUnixSeconds(hub.welcome().server_time().seconds());
}

void ExpectNightExitNotConfirmed(const AllInOne& all) {
  Watching anne(all.notifier(), "anne");
  ASSERT_TRUE(Eventually([&] { return anne.Alerts().count("NIGHT_EXIT") == 1; })) << all.Log();
  const alert::v1::Alert alert = anne.Alerts().at("NIGHT_EXIT");
  EXPECT_EQ(alert.severity(), alert::v1::SEVERITY_HIGH);
  EXPECT_NE(alert.reason().en().find("not confirmed: contact lost"), std::string::npos)
      << alert.reason().en();
}

TEST(LateBacklog, OfNineHoursTellsFallsAndSosWithTheirAgeAndTheRestInOneSummary) {
  const absl::Time morning = InParis(8, 0);
  constexpr double kSpeed = 3600;
  AllInOne all(ScaledFrom(morning, 1));
  all.process().Start();
  {
    const ScaledClock clock(morning, 1);
    const auto link = Link(all, clock);
    ASSERT_TRUE(link->WaitWelcome(absl::Seconds(60)).ok()) << all.Log();
    domain::Recording life;
    life.events.push_back(domain::MakeEvent(morning, "hall-motion"));
    life.events.back().mutable_motion()->set_state(event::v1::Motion::STATE_DETECTED);
    SendAtOnce(life, morning, *link);
  }
  ASSERT_EQ(all.process().Stop(), 0) << all.Log();

  // Nine hours and more pass without the hub.
  all.Configure(ScaledFrom(morning + absl::Minutes(1), kSpeed));
  const absl::Duration began = MonotonicNow();
  all.process().Start();
  {
    Watching anne(all.notifier(), "anne");
    ASSERT_TRUE(Eventually([&] { return anne.Alerts().count("HUB_OFFLINE") == 1; })) << all.Log();
  }
  while (MonotonicNow() - began < absl::Hours(9.2) / kSpeed) SleepReally(absl::Milliseconds(50));
  ASSERT_EQ(all.process().Stop(), 0) << all.Log();

  // Later than that clock can have come, however slow this machine is.
  const absl::Time back = morning + absl::Minutes(2) + (MonotonicNow() - began) * kSpeed;
  all.Configure(ScaledFrom(back, 1));
  all.process().Start();
  Watching anne(all.notifier(), "anne");
  ASSERT_TRUE(Eventually([&] { return anne.connected(); })) << all.Log();
  domain::Recording backlog = Quiet(morning + absl::Minutes(1), back);
  AddDoor(morning + absl::Hours(2), true, backlog);
  AddDoor(morning + absl::Hours(2.5), false, backlog);
  backlog.events.push_back(domain::MakeEvent(morning + absl::Hours(3), "pendant"));
  backlog.events.back().mutable_fall()->set_verdict(event::v1::Fall::VERDICT_CONFIRMED);
  backlog.events.push_back(domain::MakeEvent(morning + absl::Hours(6), "pendant"));
  backlog.events.back().set_device_sequence(1);
  backlog.events.back().mutable_personal_emergency();
  domain::SortEvents(backlog);
  const ScaledClock clock(back, 1);
  const auto link = Link(all, clock);
  EXPECT_TRUE(hub::Play(backlog, nullptr, *link, [] { return false; }).status.ok());
  EXPECT_TRUE(Eventually(
      [&] {
        const auto alerts = anne.Alerts();
        return alerts.count("SOS") == 1 && alerts.count("DEVICE_FALL") == 1 &&
               anne.summaries() == 1;
      },
      absl::Seconds(120)))
      << all.Log() << anne.summaries();
  const auto alerts = anne.Alerts();
  for (const char* rule : {"SOS", "DEVICE_FALL"}) {
    ASSERT_EQ(alerts.count(rule), 1U);
    const alert::v1::Alert& alert = alerts.at(rule);
    EXPECT_EQ(alert.severity(), alert::v1::SEVERITY_HIGH);
    EXPECT_TRUE(alert.late());
    EXPECT_NE(alert.reason().en().find("received at"), std::string::npos) << alert.reason().en();
  }
  for (const char* absence : {"INACTIVITY", "SENSORS_SILENT", "NIGHT_EXIT"})
    EXPECT_EQ(alerts.count(absence), 0U) << absence;
  EXPECT_EQ(anne.summaries(), 1);
}

TEST(ContactLost, JustAfterANightExitItIsToldAtItsSeverityAndSaysNotConfirmed) {
  const absl::Time start = InParis(1, 55);
  constexpr double kSpeed = 60;
  AllInOne all(ScaledFrom(start, kSpeed));
  all.process().Start();
  {
    // The door as soon as the hub is there; three minutes later the hub is dead.
    const ScaledClock clock(ServerTime(all), kSpeed);
    const auto link = Link(all, clock);
    const absl::StatusOr<absl::Time> now = link->WaitWelcome(absl::Seconds(60));
    ASSERT_TRUE(now.ok()) << all.Log();
    domain::Recording night;
    night.start = *now;
    night.end = *now + absl::Minutes(3);
    AddDoor(*now + absl::Seconds(5), true, night);
    AddDoor(*now + absl::Seconds(13), false, night);
    ASSERT_TRUE(hub::Play(night, &clock, *link, [] { return false; }).status.ok());
  }
  ExpectNightExitNotConfirmed(all);
}

TEST(ContactLost, IsToldAlsoWhenTheServiceIsRestartedMeanwhile) {
  const absl::Time two = InParis(2, 0);
  AllInOne all(ScaledFrom(two, 1));
  all.process().Start();
  {
    const ScaledClock clock(two, 1);
    const auto link = Link(all, clock);
    domain::Recording door;
    AddDoor(two - absl::Seconds(10), true, door);
    AddDoor(two - absl::Seconds(2), false, door);
    SendAtOnce(door, two, *link);
  }
  ASSERT_EQ(all.process().Stop(), 0) << all.Log();
  // The hub is dead; the service is back at 02:03, before the deadline.
  all.Configure(ScaledFrom(two + absl::Minutes(3), 60));
  all.process().Start();
  ExpectNightExitNotConfirmed(all);
}

// Whether the owner of home-0 has written a tick into the log.
bool HasTicked(const AllInOne& all) {
  redis::PipelinedClient::Options options;
  options.endpoint.unix_socket = all.data() + "/redis/redis.sock";
  redis::PipelinedClient redis(options);
  const auto tick = redis.CommandSync(
      {"HGET", domain::LeaseKey(domain::PartitionOf("home-0", domain::kDefaultPartitions)),
       "tick_ms"});
  return tick.ok() && !tick->IsNil();
}

TEST(ServiceDown, ForHalfAnHourDeclaresNoHomeSilent) {
  const absl::Time down = InParis(10, 0);
  AllInOne all(ScaledFrom(down, 1));
  all.process().Start();
  {
    const ScaledClock clock(down, 1);
    const auto link = Link(all, clock);
    domain::Recording life;
    life.events.push_back(domain::MakeEvent(down - absl::Minutes(1), "hall-motion"));
    life.events.back().mutable_motion()->set_state(event::v1::Motion::STATE_DETECTED);
    SendAtOnce(life, down, *link);
    ASSERT_TRUE(Eventually([&] { return HasTicked(all); })) << all.Log();
  }
  ASSERT_EQ(all.process().Stop(), 0) << all.Log();

  // Up again half an hour later, and for longer than a silence that is told.
  constexpr double kSpeed = 20;
  all.Configure(ScaledFrom(down + absl::Minutes(32), kSpeed));
  all.process().Start();
  const ScaledClock clock(ServerTime(all), kSpeed);
  const auto link = Link(all, clock);
  const domain::Recording life = Quiet(down, clock.Now() + absl::Minutes(7));
  ASSERT_TRUE(hub::Play(life, &clock, *link, [] { return false; }).status.ok());
  Watching anne(all.notifier(), "anne");
  Watching operators(all.notifier(), "operator");
  ASSERT_TRUE(Eventually([&] { return anne.connected() && operators.connected(); })) << all.Log();
  for (Watching* somebody : {&anne, &operators}) {
    for (const auto& [rule, alert] : somebody->Alerts())
      ADD_FAILURE() << rule << ": " << alert.reason().en();
  }
}

TEST(MassSilence, IsOneOperatorAlertAndNoHomeIsTold) {
  constexpr int kHomes = 6;
  std::vector<care::v1::Home> homes;
  for (int i = 0; i < kHomes; ++i) {
    homes.push_back(
        domain::SimulateCrowdHome(1, i, {.start = absl::UnixEpoch(), .emergencies = 0}).home);
  }
  AllInOne all(ScaledFrom(InParis(10, 0), 60), homes);
  all.process().Start();
  // They come, and are not heard again: minutes pass in seconds.
  for (const care::v1::Home& home : homes) {
    EXPECT_TRUE(testing::RawHub(all.gateway(), testing::kIncarnation, home.sources(0).source_id())
                    .welcomed())
        << all.Log();
  }
  const absl::Time silent = ServerTime(all);
  Watching anne(all.notifier(), "anne");
  Watching operators(all.notifier(), "operator");
  EXPECT_TRUE(Eventually([&] { return operators.Alerts().count("MASS_SILENCE") == 1; }))
      << all.Log();
  // For longer than a silence that is told. The one home that is asked here goes on, and is heard.
  EXPECT_TRUE(Eventually([&] { return ServerTime(all) > silent + absl::Minutes(10); }));
  EXPECT_EQ(operators.Alerts().at("MASS_SILENCE").occurrences(), 1U);
  for (const auto& [rule, alert] : anne.Alerts())
    ADD_FAILURE() << rule << ": " << alert.reason().en();
}

}  // namespace
}  // namespace veille
