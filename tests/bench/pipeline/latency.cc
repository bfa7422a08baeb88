#include "tests/bench/pipeline/latency.h"

#include <algorithm>
#include <map>
#include <memory>

#include "common/base/file.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/client/caregiver_client.h"
#include "services/domain/recordings/recording.h"
#include "tests/bench/pipeline/load.h"
#include "tests/bench/support/measure.h"
#include "tests/e2e/deployment.h"

namespace veille::bench {
namespace {

constexpr int kEventsPerSecond = 10000;
constexpr absl::Duration kBetweenPresses = absl::Milliseconds(20);
constexpr int kBareSums = 300;
constexpr absl::Duration kLast = absl::Seconds(10);

// When each home's alert first reached the caregiver.
class Watching {
 public:
  explicit Watching(const std::string& address) {
    client::CaregiverOptions options;
    options.address = address;
    options.caregiver_id = "anne";
    client_ = *client::CaregiverClient::Create(options);
    thread_ = Worker("watch", [this] {
      client::WatchHandlers handlers;
      handlers.on_connection = [this](const absl::Status& status) {
        MutexLock lock(mu_);
        connected_ = status.ok();
        changed_.NotifyAll();
      };
      handlers.on_update = [this](const alert::v1::Update& update) {
        const absl::Duration now = MonotonicNow();
        MutexLock lock(mu_);
        received_.emplace(update.alert().home_id(), now);
        changed_.NotifyAll();
      };
      client_->Watch(handlers).IgnoreError();
    });
    MutexLock lock(mu_);
    while (!connected_) changed_.Wait(mu_);
  }
  ~Watching() {
    client_->Stop();
    thread_.Join();
  }
  std::map<std::string, absl::Duration> WaitFor(std::size_t homes, absl::Duration timeout) {
    const absl::Duration until = MonotonicNow() + timeout;
    MutexLock lock(mu_);
    while (received_.size() < homes && MonotonicNow() < until)
      changed_.WaitFor(mu_, absl::Milliseconds(50));
    return received_;
  }

 private:
  std::unique_ptr<client::CaregiverClient> client_;
  Mutex mu_;
  CondVar changed_;
  bool connected_ ABSL_GUARDED_BY(mu_) = false;
  std::map<std::string, absl::Duration> received_ ABSL_GUARDED_BY(mu_);
  Worker thread_;
};

event::v1::EventBatch Press() {
  event::v1::EventBatch batch;
  *batch.add_events() = domain::MakeEvent(SystemClock().Now(), "pendant");
  batch.mutable_events(0)->mutable_personal_emergency();
  return batch;
}

// At the pace of the presses, so that both wake the same sleeping processors.
void MeasureBareSum(Caller& bare, redis::Client& redis, Latency& latency) {
  const event::v1::EventBatch batch = Press();
  const std::string bytes = batch.SerializeAsString();
  std::vector<double> took;
  for (int i = 0; i < kBareSums; ++i) {
    SleepReally(kBetweenPresses);
    const absl::Duration began = MonotonicNow();
    for (int call = 0; call < 2; ++call) bare.SendAndWait(batch);
    for (int write = 0; write < 3; ++write) {
      redis.CommandSync({"XADD", "bench:bare", "MAXLEN", "~", "1000", "*", "e", bytes})
          .status()
          .IgnoreError();
    }
    took.push_back(absl::ToDoubleMilliseconds(MonotonicNow() - began));
  }
  latency.bare_sum_p50_ms = Percentile(took, 0.5);
  latency.bare_sum_p99_ms = Percentile(took, 0.99);
}

}  // namespace

std::vector<Latency> MeasureLatency(int presses, int homes, int connections) {
  std::vector<care::v1::Home> registered;
  for (int i = 0; i < homes + 2 * presses; ++i) {
    registered.push_back(
        domain::SimulateCrowdHome(1, i, {.start = absl::UnixEpoch(), .emergencies = 0}).home);
  }
  config::v1::Config config;
  config.mutable_detector()->mutable_commit_interval()->set_seconds(30);  // The default.
  testing::Deployment deployment(registered, config);
  const testing::TempFolder folder;
  const ServedBare server(folder.path());
  WaitUntilServing(deployment.gateway_address());
  WaitUntilJudging(deployment);
  WaitUntilServing(deployment.notifier_address());
  Caller bare(server.address(), "bare");
  Watching anne(deployment.notifier_address());

  std::vector<Latency> rows;
  int next = homes;
  std::size_t expected = 0;
  const auto measure = [&](const std::string& name) {
    Latency latency;
    latency.load = name;
    MeasureBareSum(bare, deployment.redis().client(), latency);
    std::vector<std::unique_ptr<Caller>> pendants;
    for (int i = 0; i < presses; ++i) {
      pendants.push_back(std::make_unique<Caller>(
          deployment.gateway_address(),
          registered[static_cast<std::size_t>(next + i)].sources(0).source_id()));
    }
    std::map<std::string, absl::Duration> pressed;
    for (int i = 0; i < presses; ++i) {
      pressed[registered[static_cast<std::size_t>(next + i)].home_id()] = MonotonicNow();
      pendants[static_cast<std::size_t>(i)]->Send(Press());
      SleepReally(kBetweenPresses);
    }
    next += presses;
    expected += static_cast<std::size_t>(presses);
    std::vector<double> took;
    const auto received = anne.WaitFor(expected, kLast);
    for (const auto& [home, at] : pressed) {
      const auto found = received.find(home);
      if (found != received.end()) took.push_back(absl::ToDoubleMilliseconds(found->second - at));
    }
    latency.sent = presses;
    latency.received = static_cast<int>(took.size());
    latency.p50_ms = Percentile(took, 0.5);
    latency.p99_ms = Percentile(took, 0.99);
    latency.p999_ms = Percentile(took, 0.999);
    rows.push_back(latency);
  };
  measure("idle");
  const Load load(deployment.gateway_address(), homes, connections, {"motion x 1", false, 1, 0},
                  kEventsPerSecond);
  SleepReally(absl::Seconds(3));
  measure("10000 events/s");
  return rows;
}

}  // namespace veille::bench
