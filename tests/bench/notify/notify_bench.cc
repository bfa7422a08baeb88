// The notifier beside Prometheus Alertmanager, in one run on one machine: the same emergencies,
// each to one of 1,000 watchers on connections of their own (receipts stored) and each to a
// webhook.
//
//   build/bench/tests/bench/notify/notify_bench [--json FILE] [--only veille|alertmanager]
//   build/bench/tests/bench/notify/notify_bench --watchers 10000     a crowd on one process
//   build/bench/tests/bench/notify/notify_bench --timers             what pending steps cost
//   build/bench/tests/bench/notify/notify_bench --bare               what gRPC alone costs
//
// First as many as there is room for, 1,000 under way: alerts a second and a second of processor
// time, of every server process, receivers left out. Then at a pace: how long from before an alert
// is handed over to its arrival.

#include <algorithm>
#include <cstdio>
#include <functional>
#include <optional>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_format.h"

#include "common/base/file.h"
#include "common/time/clock.h"
#include "tests/bench/notify/alertmanager.h"
#include "tests/bench/notify/bare.h"
#include "tests/bench/notify/crowd.h"
#include "tests/bench/notify/served.h"
#include "tests/bench/notify/tally.h"
#include "tests/bench/notify/timers.h"
#include "tests/bench/notify/watchers.h"
#include "tests/bench/support/measure.h"

ABSL_FLAG(int, alerts, 10000, "Alerts of the first part, after a tenth of that to warm up.");
ABSL_FLAG(
    int, alerts_a_post, 1,
    "How many alerts Alertmanager is given in one call. 1: each by itself, as emergencies come "
    "and as the queue is given them; Prometheus sends up to 64 that come together.");
ABSL_FLAG(int, rate, 200, "Alerts a second of the second part, which lasts five seconds.");
ABSL_FLAG(std::string, only, "", "Only veille, or only alertmanager.");
ABSL_FLAG(std::string, json, "", "Where the figures are written.");
ABSL_FLAG(int, watchers, 0, "Instead: so many watchers on one notifier.");
ABSL_FLAG(int, seconds, 35, "With --watchers: how long heartbeats are measured.");
ABSL_FLAG(bool, timers, false, "Instead: pending escalation timers.");
ABSL_FLAG(bool, bare, false, "Instead: what gRPC alone costs, the least that is possible on it.");
ABSL_FLAG(std::string, clients, "", "Internal: be the clients of --watchers.");
ABSL_FLAG(std::string, bare_server, "", "Internal: be the server of --bare.");

namespace veille::bench {
namespace {

constexpr int kWatchers = 1000;
constexpr std::size_t kUnderWay = 1000;
constexpr std::size_t kAtOnce = 64;

struct Figures {
  double alerts_per_s = 0, alerts_per_cpu_s = 0, p50_ms = 0, p99_ms = 0;
};

// One side of the comparison.
struct Side {
  std::function<void(std::size_t first, std::size_t last)> send;
  std::function<double()> cpu;
};

std::size_t PacedAlerts() { return static_cast<std::size_t>(absl::GetFlag(FLAGS_rate) * 5); }
std::size_t WarmUp() { return static_cast<std::size_t>(absl::GetFlag(FLAGS_alerts) / 10); }
std::size_t All() {
  return WarmUp() + static_cast<std::size_t>(absl::GetFlag(FLAGS_alerts)) + PacedAlerts();
}

// Keeps `kUnderWay` under way. False when some are lost.
bool SendAll(const Side& side, std::size_t first, std::size_t last, Tally& tally) {
  for (std::size_t i = first; i < last;) {
    const std::size_t end = std::min(last, i + kAtOnce);
    if (!tally.WaitForRoom(kUnderWay - kAtOnce)) return false;
    for (std::size_t n = i; n < end; ++n) tally.Sent(n);
    side.send(i, end);
    i = end;
  }
  return tally.WaitForRoom(1);
}

bool SendPaced(const Side& side, std::size_t first, std::size_t last, Tally& tally) {
  const absl::Duration pause = absl::Seconds(1) / absl::GetFlag(FLAGS_rate);
  absl::Duration next = MonotonicNow();
  for (std::size_t i = first; i < last; ++i) {
    SleepReally(next - MonotonicNow());
    next += pause;
    tally.Sent(i);
    side.send(i, i + 1);
  }
  return tally.WaitForRoom(1);
}

std::optional<Figures> Measure(const char* name, const Side& side, Tally& tally) {
  const auto failed = [&] {
    std::fprintf(stderr, "%s: alerts were lost on the way\n", name);
    return std::nullopt;
  };
  const std::size_t warm = WarmUp(), fast = All() - PacedAlerts();
  if (!SendAll(side, 0, warm, tally)) return failed();
  const double cpu_before = side.cpu();
  const absl::Duration began = MonotonicNow();
  if (!SendAll(side, warm, fast, tally)) return failed();
  const double seconds = absl::ToDoubleSeconds(MonotonicNow() - began);
  const double cpu = side.cpu() - cpu_before;
  if (!SendPaced(side, fast, All(), tally)) return failed();
  Figures figures;
  const auto count = static_cast<double>(fast - warm);
  figures.alerts_per_s = count / seconds;
  figures.alerts_per_cpu_s = count / std::max(cpu, 0.01);
  figures.p50_ms = Percentile(tally.Latencies(fast, All()), 0.5);
  figures.p99_ms = Percentile(tally.Latencies(fast, All()), 0.99);
  std::printf(
      "%-13s %6.0f alerts/s, %6.0f a CPU second (%.3f ms each); at %d/s p50 %.2f ms, "
      "p99 %.2f ms%s\n",
      name, figures.alerts_per_s, figures.alerts_per_cpu_s, 1e3 / figures.alerts_per_cpu_s,
      absl::GetFlag(FLAGS_rate), figures.p50_ms, figures.p99_ms,
      tally.arrived_twice() > 0 ? "  SHOWN TWICE" : "");
  std::fflush(stdout);
  return figures;
}

std::optional<Figures> MeasureVeille() {
  // The chain's next step is beyond the measurement.
  Served served(kWatchers, absl::Hours(1));
  Tally tally(All());
  Watchers watchers(
      served.address(), 0, kWatchers,
      {.on_alert =
           [&](const alert::v1::Alert& alert) { tally.Arrived(NumberOf(alert.alert_id())); },
       .on_receipts = [&](int receipts) { tally.Done(static_cast<std::size_t>(receipts)); }});
  if (watchers.WaitConnected(absl::Minutes(1)) < kWatchers) {
    std::fprintf(stderr, "only %d of %d watchers are connected\n", watchers.connected(), kWatchers);
    return std::nullopt;
  }
  Side side;
  side.cpu = [&] { return served.Cpu(); };
  side.send = [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) served.Queue(static_cast<int>(i % kWatchers), i);
  };
  const double notifier = CpuOf(served.notifier_pid()), redis = CpuOf(served.redis_pid());
  std::optional<Figures> figures = Measure("veille", side, tally);
  std::printf("  of it notifier %.2f s, redis %.2f s of processor time\n",
              CpuOf(served.notifier_pid()) - notifier, CpuOf(served.redis_pid()) - redis);
  return figures;
}

std::optional<Figures> MeasureAlertmanager() {
  Tally tally(All());
  const Webhook webhook([&](const std::string& body) {
    tally.Arrived(NumberInWebhook(body));
    tally.Done(1);
  });
  Alertmanager alertmanager(webhook.port());
  Side side;
  side.cpu = [&] { return alertmanager.Cpu(); };
  const auto at_once = static_cast<std::size_t>(absl::GetFlag(FLAGS_alerts_a_post));
  side.send = [&, at_once](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; i += at_once)
      alertmanager.Post(i, std::min(last, i + at_once));
  };
  return Measure("alertmanager", side, tally);
}

std::string ToJson(const Figures& figures) {
  return absl::StrFormat(
      "{\"alerts_per_s\":%.1f,\"alerts_per_cpu_s\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f}",
      figures.alerts_per_s, figures.alerts_per_cpu_s, figures.p50_ms, figures.p99_ms);
}

bool Wanted(const std::string& side) {
  const std::string only = absl::GetFlag(FLAGS_only);
  return only.empty() || only == side;
}

int Compare() {
  if (Wanted("alertmanager")) {
    if (const absl::Status installed = CheckAlertmanager(); !installed.ok()) {
      std::fprintf(stderr, "%s\n", std::string(installed.message()).c_str());
      return 1;
    }
  }
  std::optional<Figures> veille, other;
  if (Wanted("veille")) {
    veille = MeasureVeille();
    if (!veille) return 1;
  }
  if (Wanted("alertmanager")) {
    other = MeasureAlertmanager();
    if (!other) return 1;
  }
  if (!veille || !other) return 0;
  std::printf("ratio: %.2f x the alerts a CPU second (target 5), %.2f x the p50 (target 2)\n",
              veille->alerts_per_cpu_s / other->alerts_per_cpu_s, veille->p50_ms / other->p50_ms);
  const std::string path = absl::GetFlag(FLAGS_json);
  if (path.empty()) return 0;
  const absl::Status written = WriteFileAtomically(
      path, "{\"veille\":" + ToJson(*veille) + ",\"alertmanager\":" + ToJson(*other) + "}\n");
  if (!written.ok()) std::fprintf(stderr, "%s\n", std::string(written.message()).c_str());
  return written.ok() ? 0 : 1;
}

}  // namespace
}  // namespace veille::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  if (const std::string what = absl::GetFlag(FLAGS_clients); !what.empty())
    return veille::bench::RunClients(what);
  if (const std::string what = absl::GetFlag(FLAGS_bare_server); !what.empty())
    return veille::bench::RunBareServer(what);
  if (absl::GetFlag(FLAGS_bare)) {
    return veille::bench::MeasureBare(veille::bench::kWatchers, absl::GetFlag(FLAGS_alerts)) ? 0
                                                                                             : 1;
  }
  if (const int watchers = absl::GetFlag(FLAGS_watchers); watchers > 0)
    return veille::bench::MeasureCrowd(watchers, absl::GetFlag(FLAGS_seconds)) ? 0 : 1;
  if (absl::GetFlag(FLAGS_timers)) return veille::bench::MeasureTimers(200) ? 0 : 1;
  return veille::bench::Compare();
}
