// Nothing lost, nothing twice: simulated homes with a known script of emergencies go through real
// processes and a real Redis, a random one of which is killed about every second. At the end every
// scripted emergency is exactly one alert, delivered to a watching client, and none was invented.
//
//   VEILLE_SEED=7 repeats the script and the order of the killing.

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <set>

#include "gtest/gtest.h"

#include "common/base/random.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/domain/recordings/recording.h"
#include "services/hub/player.h"
#include "tests/e2e/deployment.h"
#include "tests/e2e/watching.h"
#include "tests/support/inputs.h"

namespace veille {
namespace {

struct Size {
  int homes;
  int kills;
  absl::Duration length;
};

class Homes {
 public:
  Homes(uint64_t seed, const Size& size) {
    domain::CrowdOptions options;
    options.start = SystemClock().Now() + absl::Seconds(8);
    options.length = size.length;
    options.emergencies = 2;
    options.motion_every = absl::Seconds(10);
    for (int i = 0; i < size.homes; ++i)
      recordings_.push_back(domain::SimulateCrowdHome(seed, i, options));
  }
  std::vector<care::v1::Home> homes() const {
    std::vector<care::v1::Home> homes;
    for (const auto& recording : recordings_) homes.push_back(recording.home);
    return homes;
  }
  void Play(const std::string& address) {
    for (const auto& recording : recordings_) {
      players_.emplace_back("home", [this, &recording, address] {
        hub::LinkOptions options;
        options.address = address;
        options.source_id = recording.home.sources(0).source_id();
        options.now = [] { return SystemClock().Now(); };
        auto link = hub::HubLink::Open(std::move(options));
        if (!link.ok()) return;
        const SystemClock clock;
        const hub::PlayResult result = hub::Play(recording, &clock, **link, [] { return false; });
        if (result.status.ok()) ++acknowledged_;
      });
    }
  }
  void Join() { players_.clear(); }
  int acknowledged() const { return acknowledged_; }
  std::map<std::string, int> Expected() const {
    std::map<std::string, int> expected;
    for (const auto& recording : recordings_)
      for (const domain::Expected& truth : recording.truth)
        ++expected[recording.home.home_id() + " " + truth.rule];
    return expected;
  }
  std::size_t expected_count() const { return recordings_.size() * 2; }

 private:
  std::vector<domain::Recording> recordings_;
  std::atomic<int> acknowledged_{0};
  std::vector<Worker> players_;
};

void PlayAndKill(const Size& size) {
  const uint64_t seed = testing::SeedOfThisRun();
  Homes homes(seed, size);
  testing::Deployment deployment(homes.homes());
  testing::Watching anne(deployment.notifier_address(), "anne");
  homes.Play(deployment.gateway_address());

  SeededRandom random(seed);
  const absl::Duration pause = size.length / size.kills;
  for (int i = 0; i < size.kills; ++i) {
    SleepReally(pause * (0.5 + random.Unit()));
    const auto victim = random.Below(5);
    if (victim == 4) {
      // The gateway dies with all that waits for a Redis that is gone: what was acknowledged and
      // was not in the log would be lost here.
      deployment.redis().Kill();
      SleepReally(pause);
      deployment.process(testing::Deployment::kGateway).Kill();
      deployment.redis().Restart();
      deployment.process(testing::Deployment::kGateway).Start();
    } else if (victim == 3) {
      deployment.KillAndRestartRedis();
    } else {
      deployment.KillAndRestart(static_cast<testing::Deployment::Role>(victim));
    }
    // A role that gave up while Redis was away is started again, as Kubernetes does.
    deployment.Revive();
  }
  for (int i = 0; i < 10; ++i) {
    SleepReally(absl::Seconds(1));
    deployment.Revive();
  }
  homes.Join();
  EXPECT_EQ(homes.acknowledged(), size.homes) << "a hub was left with events";

  // What is told late by a killed worker is claimed within seconds.
  std::vector<alert::v1::Alert> alerts;
  for (int round = 0; round < 120; ++round) {
    alerts = anne.client().List("", false, 100000).value_or(std::vector<alert::v1::Alert>());
    // People who are simulated may happen to pace: only calls count.
    const auto is_low = [](const auto& alert) {
      return alert.severity() <= alert::v1::SEVERITY_LOW;
    };
    alerts.erase(std::remove_if(alerts.begin(), alerts.end(), is_low), alerts.end());
    std::size_t seen = 0;
    const std::set<std::string> shown = anne.seen();
    for (const auto& alert : alerts) seen += shown.count(alert.alert_id());
    if (alerts.size() >= homes.expected_count() && seen == alerts.size()) break;
    SleepReally(absl::Milliseconds(500));
  }
  std::map<std::string, int> found;
  const std::set<std::string> shown = anne.seen();
  for (const auto& alert : alerts) {
    ++found[alert.home_id() + " " + alert.rule()];
    EXPECT_EQ(shown.count(alert.alert_id()), 1U) << alert.alert_id() << " was not shown";
    EXPECT_EQ(alert.occurrences(), 1U) << alert.alert_id() << " was told as if it came again";
  }
  EXPECT_EQ(found, homes.Expected());
  for (const auto& [call, times] : anne.asked()) EXPECT_EQ(times, 1) << call;
  for (const int code : deployment.Stop()) EXPECT_EQ(code, 0);
}

TEST(Kill, AFewHomesAndAFewKillsLoseNothing) { PlayAndKill({10, 8, absl::Seconds(12)}); }

TEST(KillLong, TwoHundredHomesAndSixtyKillsLoseNothing) {
  PlayAndKill({200, 64, absl::Seconds(80)});
}

}  // namespace
}  // namespace veille
