// The whole way against a bare stream, in one run on one machine: 2,000 homes, a stream each, over
// 32 connections, at most 64 unacknowledged batches a stream, no TLS on either side.
//
//   (a) a gRPC stream that parses the same batches and discards them
//   (b) hub → gateway → Redis → detector's commit, all rules on; what counts is what the detector
//   judged
//
// Then the latency of an SOS, and what a patient takes of the detector's memory (latency.h,
// memory.h).
//
//   build/bench/tests/bench/pipeline/pipeline_bench [--seconds N] [--json FILE] [--only ratios]

#include <cstdio>
#include <cstring>
#include <map>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_format.h"
#include <unistd.h>

#include "common/base/file.h"
#include "common/time/clock.h"
#include "services/domain/recordings/recording.h"
#include "tests/bench/pipeline/latency.h"
#include "tests/bench/pipeline/load.h"
#include "tests/bench/pipeline/memory.h"
#include "tests/bench/support/measure.h"
#include "tests/e2e/deployment.h"

ABSL_FLAG(int, seconds, 5, "How long each shape is measured, after two seconds of warming up.");
ABSL_FLAG(int, homes, 2000, "Homes, a stream each.");
ABSL_FLAG(std::string, only, "", "Only one shape, by its name, or only ratios, latency or memory.");
ABSL_FLAG(int, presses, 1000, "SOS for each row of the latency.");
ABSL_FLAG(bool, unencrypted, false, "What is stored is in the clear: what encryption costs.");
ABSL_FLAG(std::string, bytes_of_plans, "", "Internal: print what the plans of a folder take.");
ABSL_FLAG(std::string, json, "", "Where the figures are written.");
ABSL_FLAG(std::string, bare_server, "", "Internal: serve the bare stream at this address.");

namespace veille::bench {
namespace {

constexpr int kConnections = 32;

struct Measured {
  double events_per_s = 0;
  std::map<std::string, double> cpu_s_per_million;
  int failed = 0;
};

template <typename Count>
Measured Measure(const std::map<std::string, pid_t>& processes, Count count) {
  SleepReally(absl::Seconds(2));
  std::map<std::string, double> cpu;
  for (const auto& [name, pid] : processes) cpu[name] = CpuOf(pid);
  const uint64_t before = count();
  const absl::Duration began = MonotonicNow();
  SleepReally(absl::Seconds(absl::GetFlag(FLAGS_seconds)));
  const auto events = static_cast<double>(count() - before);
  const double seconds = absl::ToDoubleSeconds(MonotonicNow() - began);
  Measured measured;
  measured.events_per_s = events / seconds;
  for (const auto& [name, pid] : processes)
    measured.cpu_s_per_million[name] = events > 0 ? (CpuOf(pid) - cpu[name]) / events * 1e6 : 0;
  return measured;
}

Measured MeasureBare(const Shape& shape) {
  const testing::TempFolder folder;
  const ServedBare server(folder.path());
  const Load load(server.address(), absl::GetFlag(FLAGS_homes), kConnections, shape);
  Measured measured = Measure({{"client", getpid()}, {"bare", server.pid()}},
                              [&] { return load.acknowledged_events(); });
  measured.failed = load.failed_streams();
  return measured;
}

Measured MeasureVeille(const Shape& shape, const std::string& fsync) {
  std::vector<care::v1::Home> homes;
  for (int i = 0; i < absl::GetFlag(FLAGS_homes); ++i)
    homes.push_back(
        domain::SimulateCrowdHome(1, i, {.start = absl::UnixEpoch(), .emergencies = 0}).home);
  config::v1::Config config;
  config.mutable_redis()->set_appendfsync(fsync);
  config.mutable_keys()->set_unencrypted(absl::GetFlag(FLAGS_unencrypted));
  config.mutable_detector()->mutable_commit_interval()->set_seconds(30);
  // What a bench writes in a minute is more than a home in a year: let the log be cut behind the
  // reader.
  config.mutable_detector()->mutable_log_min_age()->set_seconds(2);
  // 64 batches of 2,000 streams, 3.5 KB each at most: room for all of them, so that none is
  // refused.
  config.mutable_gateway()->set_max_total_bytes(uint64_t{1} << 30);
  testing::Deployment deployment(homes, config);
  if (fsync == "everysec") {
    deployment.redis().client().CommandSync({"CONFIG", "SET", "appendfsync", fsync}).IgnoreError();
  }
  using Role = testing::Deployment::Role;
  WaitUntilServing(deployment.gateway_address());
  WaitUntilJudging(deployment);
  const Load load(deployment.gateway_address(), absl::GetFlag(FLAGS_homes), kConnections, shape);
  Measured measured = Measure({{"client", getpid()},
                               {"gateway", deployment.process(Role::kGateway).pid()},
                               {"detector", deployment.process(Role::kDetector).pid()},
                               {"redis", deployment.redis().server().pid()}},
                              [&] {
                                return static_cast<uint64_t>(deployment.Metric(
                                    Role::kDetector, "veille_detector_events_total"));
                              });
  measured.failed = load.failed_streams();
  return measured;
}

std::string CpuJson(const Measured& measured) {
  std::string json;
  for (const auto& [name, cpu] : measured.cpu_s_per_million)
    json += absl::StrFormat("%s\"%s\":%.3f", json.empty() ? "" : ",", name, cpu);
  return "{" + json + "}";
}

bool Wanted(const std::string& part) {
  const std::string only = absl::GetFlag(FLAGS_only);
  return only.empty() || only == part;
}

std::string Ratios() {
  const std::vector<Shape> shapes = {{"motion x 1", false, 1, 0.5},
                                     {"motion x 50", false, 50, 0.5},
                                     {"acceleration x 1", true, 1, 0.5},
                                     {"acceleration x 10", true, 10, 0.25}};
  std::string json;
  std::printf("%-18s %-9s %12s %12s %6s %7s  CPU-s per million events\n", "shape", "fsync",
              "bare/s", "veille/s", "ratio", "target");
  for (const Shape& shape : shapes) {
    if (!Wanted("ratios") && !Wanted(shape.name)) continue;
    const Measured bare = MeasureBare(shape);
    for (const char* fsync : {"always", "everysec"}) {
      const Measured veille = MeasureVeille(shape, fsync);
      const double ratio = bare.events_per_s > 0 ? veille.events_per_s / bare.events_per_s : 0;
      std::printf("%-18s %-9s %12.0f %12.0f %6.2f %7.2f  bare %s veille %s%s\n", shape.name.c_str(),
                  fsync, bare.events_per_s, veille.events_per_s, ratio, shape.target,
                  CpuJson(bare).c_str(), CpuJson(veille).c_str(),
                  bare.failed + veille.failed > 0 ? "  STREAMS FAILED" : "");
      std::fflush(stdout);
      json += absl::StrFormat(
          "%s{\"shape\":\"%s\",\"fsync\":\"%s\",\"bare_events_per_s\":%.0f,"
          "\"veille_events_per_s\":%.0f,\"ratio\":%.4f,\"target\":%.2f,\"cpu_s_per_million\":%s}",
          json.empty() ? "" : ",", shape.name, fsync, bare.events_per_s, veille.events_per_s, ratio,
          shape.target, CpuJson(veille));
    }
  }
  return "[" + json + "]";
}

std::string Latencies() {
  std::string json;
  if (!Wanted("latency")) return "[]";
  for (const Latency& row :
       MeasureLatency(absl::GetFlag(FLAGS_presses), absl::GetFlag(FLAGS_homes), kConnections)) {
    std::printf(
        "SOS to caregiver, %-16s %d of %d told; p50 %.2f ms (bare sum %.2f, ratio %.2f, "
        "target 2), p99 %.2f ms (ratio %.1f), p99.9 %.2f ms\n",
        (row.load + ":").c_str(), row.received, row.sent, row.p50_ms, row.bare_sum_p50_ms,
        row.bare_sum_p50_ms > 0 ? row.p50_ms / row.bare_sum_p50_ms : 0, row.p99_ms,
        row.bare_sum_p50_ms > 0 ? row.p99_ms / row.bare_sum_p50_ms : 0, row.p999_ms);
    json += absl::StrFormat(
        "%s{\"load\":\"%s\",\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,"
        "\"bare_sum_p50_ms\":%.3f}",
        json.empty() ? "" : ",", row.load, row.p50_ms, row.p99_ms, row.p999_ms,
        row.bare_sum_p50_ms);
  }
  std::fflush(stdout);
  return "[" + json + "]";
}

int Run() {
  std::string json = "{\"ratios\":" + Ratios() + ",\"latency\":" + Latencies();
  if (Wanted("memory")) {
    const double bytes = MeasureBytesPerPatient(absl::GetFlag(FLAGS_homes), kConnections);
    std::printf("detector: %.0f bytes a patient, care plans left out (target 4096)\n", bytes);
    json += absl::StrFormat(",\"bytes_per_patient\":%.0f", bytes);
  }
  json += "}\n";
  if (const std::string path = absl::GetFlag(FLAGS_json); !path.empty()) {
    if (const absl::Status written = WriteFileAtomically(path, json); !written.ok()) {
      std::fprintf(stderr, "%s\n", std::string(written.message()).c_str());
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace veille::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  if (const std::string address = absl::GetFlag(FLAGS_bare_server); !address.empty()) {
    const veille::bench::BareServer server(address);
    pause();
    return 0;
  }
  if (const std::string folder = absl::GetFlag(FLAGS_bytes_of_plans); !folder.empty()) {
    veille::bench::PrintBytesOfPlans(folder);
    return 0;
  }
  return veille::bench::Run();
}
