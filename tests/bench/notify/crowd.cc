#include "tests/bench/notify/crowd.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <sstream>
#include <vector>

#include <unistd.h>

#include "common/base/file.h"
#include "common/time/clock.h"
#include "tests/bench/notify/served.h"
#include "tests/bench/notify/watchers.h"
#include "tests/bench/support/measure.h"
#include "tests/support/process.h"

namespace veille::bench {
namespace {

// A client has a socket and a little more for each watcher, and 20,000 files at most.
constexpr int kWatchersAProcess = 5000;
constexpr absl::Duration kConnectWithin = absl::Minutes(3);

// Lines that client processes have printed and that begin with this.
std::vector<std::string> Lines(const std::vector<std::string>& logs, const std::string& begin) {
  std::vector<std::string> found;
  for (const std::string& log : logs) {
    std::istringstream lines(ReadFile(log).value_or(""));
    for (std::string line; std::getline(lines, line);)
      if (line.rfind(begin, 0) == 0) found.push_back(line.substr(begin.size()));
  }
  return found;
}

int Connected(const std::vector<std::string>& logs) {
  int connected = 0;
  for (const std::string& count : Lines(logs, "connected ")) connected += std::stoi(count);
  return connected;
}

}  // namespace

bool MeasureCrowd(int watchers, int seconds) {
  Served served(watchers, absl::Hours(1));
  const testing::TempFolder folder;
  const int64_t before = ResidentBytesOf(served.notifier_pid());
  const absl::Duration began = MonotonicNow();
  std::vector<std::unique_ptr<testing::Process>> clients;
  std::vector<std::string> logs;
  for (int first = 0; first < watchers; first += kWatchersAProcess) {
    const int count = std::min(kWatchersAProcess, watchers - first);
    logs.push_back(folder.path() + "/clients-" + std::to_string(first));
    clients.push_back(std::make_unique<testing::Process>(
        std::vector<std::string>{"/proc/self/exe", "--clients=" + served.address() + " " +
                                                       std::to_string(first) + " " +
                                                       std::to_string(count)},
        logs.back()));
    clients.back()->Start();
  }
  while (Lines(logs, "connected ").size() < clients.size() &&
         MonotonicNow() - began < kConnectWithin) {
    SleepReally(absl::Milliseconds(50));
  }
  const int connected = Connected(logs);
  std::printf("%d of %d watchers connected in %.1f s\n", connected, watchers,
              absl::ToDoubleSeconds(MonotonicNow() - began));
  const int64_t after = ResidentBytesOf(served.notifier_pid());
  std::printf("notifier: %.0f MB with none, %.0f MB with all: %.1f KB a watcher\n",
              static_cast<double>(before) / 1e6, static_cast<double>(after) / 1e6,
              static_cast<double>(after - before) / 1e3 / std::max(1, connected));

  const int lucky = watchers / 2;
  const absl::Duration queued = MonotonicNow();
  served.Queue(lucky, 1);
  const std::string expected = HomeId(lucky) + ".1";
  std::vector<std::string> told;
  while (told.empty() && MonotonicNow() - queued < absl::Seconds(10)) {
    SleepReally(absl::Milliseconds(1));
    told = Lines(logs, "alert ");
  }
  const bool arrived = told == std::vector<std::string>{expected};
  std::printf("an alert for one of them: %s\n",
              arrived ? "arrived, at nobody else" : "DID NOT ARRIVE THERE ALONE");

  const double notifier_before = CpuOf(served.notifier_pid());
  const double redis_before = CpuOf(served.redis_pid());
  SleepReally(absl::Seconds(seconds));
  std::printf(
      "idle for %d s, heartbeats and checks included: notifier %.1f %%, redis %.1f %% of a "
      "processor\n",
      seconds, (CpuOf(served.notifier_pid()) - notifier_before) * 100 / seconds,
      (CpuOf(served.redis_pid()) - redis_before) * 100 / seconds);
  return connected == watchers && arrived;
}

int RunClients(const std::string& what) {
  std::istringstream in(what);
  std::string address;
  int first = 0, count = 0;
  in >> address >> first >> count;
  Watchers watchers(address, first, count, {.on_alert = [](const alert::v1::Alert& alert) {
                      std::printf("alert %s\n", alert.alert_id().c_str());
                      std::fflush(stdout);
                    }});
  std::printf("connected %d\n", watchers.WaitConnected(kConnectWithin));
  std::fflush(stdout);
  pause();
  return 0;
}

}  // namespace veille::bench
