// Hours in seconds: `veille all` on a scaled clock, with a hub that comes late, or falls silent.

#include <map>
#include <set>

#include "absl/strings/str_format.h"
#include "gtest/gtest.h"

#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/client/caregiver_client.h"
#include "services/domain/recordings/recording.h"
#include "services/hub/player.h"
#include "tests/e2e/all_in_one.h"
#include "tests/e2e/raw_hub.h"

namespace veille {
namespace {

using testing::AllInOne;
using testing::Eventually;

std::string ScaledFrom(absl::Time start, double speed) {
  return absl::StrFormat("scaled_clock { start: \"%s\" speed: %g }\n",
                         absl::FormatTime(absl::RFC3339_full, start, absl::UTCTimeZone()), speed);
}

absl::Time InParis(int hour, int minute) {
  absl::TimeZone paris;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Paris", &paris));
  return absl::FromCivil(absl::CivilMinute(2026, 1, 15, hour, minute), paris);
}

// A caregiver's client that remembers what it was shown.
class Watching {
 public:
  Watching(const std::string& address, const std::string& caregiver) {
    client::CaregiverOptions options;
    options.address = address;
    options.caregiver_id = caregiver;
    client_ = *client::CaregiverClient::Create(options);
    thread_ = Worker("watch", [this] {
      client::WatchHandlers handlers;
      handlers.on_snapshot = [this](const alert::v1::Snapshot&) {
        MutexLock lock(mu_);
        connected_ = true;
      };
      handlers.on_update = [this](const alert::v1::Update& update) {
        MutexLock lock(mu_);
        if (update.reason() == alert::v1::Update::REASON_SUMMARY) ++summaries_;
      };
      client_->Watch(handlers).IgnoreError();
    });
  }
  ~Watching() {
    client_->Stop();
    thread_.Join();
  }
  bool connected() {
    MutexLock lock(mu_);
    return connected_;
  }
  int summaries() {
    MutexLock lock(mu_);
    return summaries_;
  }
  // By rule; a rule that was told twice fails the test that asks.
  std::map<std::string, alert::v1::Alert> Alerts() {
    std::map<std::string, alert::v1::Alert> by_rule;
    for (const auto& alert :
         client_->List("", false, 1000).value_or(std::vector<alert::v1::Alert>())) {
      EXPECT_TRUE(by_rule.emplace(alert.rule(), alert).second) << alert.rule() << " twice";
    }
    return by_rule;
  }

 private:
  std::unique_ptr<client::CaregiverClient> client_;
  Mutex mu_;
  bool connected_ ABSL_GUARDED_BY(mu_) = false;
  int summaries_ ABSL_GUARDED_BY(mu_) = 0;
  Worker thread_;
};

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

TEST(LateBacklog, OfNineHoursTellsFallsAndSosWithTheirAgeAndTheRestInOneSummary) {
  const absl::Time morning = InParis(8, 0);
  constexpr double kSpeed = 3600;
  AllInOne all(ScaledFrom(morning, 1));
  all.process().Start();
  {
    const ScaledClock clock(morning, 1);
    const auto link = Link(all, clock);
    ASSERT_TRUE(link->WaitWelcome(absl::Seconds(60)).ok()) << all.Log();
    event::v1::EventBatch batch;
    *batch.add_events() = domain::MakeEvent(morning, "hall-motion");
    batch.mutable_events(0)->mutable_motion()->set_state(event::v1::Motion::STATE_DETECTED);
    link->Send(batch, false, morning);
    ASSERT_TRUE(link->Drain(absl::Seconds(60)).ok());
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
  Watching anne(all.notifier(), "anne");
  {
    // The door as soon as the hub is there; three minutes later the hub is dead.
    const absl::Time asked = [&] {
      const testing::RawHub first(all.gateway());
      return absl::FromUnixSeconds(first.welcome().server_time().seconds());
    }();
    const ScaledClock clock(asked, kSpeed);
    const auto link = Link(all, clock);
    const absl::StatusOr<absl::Time> now = link->WaitWelcome(absl::Seconds(60));
    ASSERT_TRUE(now.ok()) << all.Log();
    domain::Recording night;
    night.start = *now;
    night.end = *now + absl::Minutes(3);
    AddDoor(*now + absl::Seconds(5), true, night);
    AddDoor(*now + absl::Seconds(13), false, night);
    ASSERT_TRUE(hub::Play(night, &clock, *link, [] { return false; }).status.ok());
    EXPECT_EQ(anne.Alerts().count("NIGHT_EXIT"), 0U);
  }
  ASSERT_TRUE(Eventually([&] { return anne.Alerts().count("NIGHT_EXIT") == 1; })) << all.Log();
  const alert::v1::Alert alert = anne.Alerts().at("NIGHT_EXIT");
  EXPECT_EQ(alert.severity(), alert::v1::SEVERITY_HIGH);
  EXPECT_NE(alert.reason().en().find("not confirmed: contact lost"), std::string::npos)
      << alert.reason().en();
}

}  // namespace
}  // namespace veille
