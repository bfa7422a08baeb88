// Measures common/redis against a redis-server of its own: scripts a second, pipelined and one by
// one, with the append-only file flushed always and every second.
//   redis_bench [number of pipelined scripts]
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/time/clock.h"
#include "tests/support/redis_server.h"

namespace veille::redis {
namespace {

constexpr Script kAppend{
    "append", 1, "return redis.call('XADD', KEYS[1], 'MAXLEN', '~', 1000, '*', 'e', ARGV[1])"};

void Measure(const char* label, Fsync fsync, int scripts) {
  PrivateServer::Options server;
  server.appendfsync = fsync;
  testing::RedisServer redis(server);
  const auto client = redis.NewClient({.scripts = {kAppend}});
  if (!client->WaitConnected(absl::Seconds(5)).ok()) std::abort();
  const std::string payload(100, 'e');

  constexpr int kOneByOne = 3000;
  absl::Duration start = MonotonicNow();
  for (int i = 0; i < kOneByOne; ++i) {
    if (!client->EvalSync(kAppend, {"s", payload}).ok()) std::abort();
  }
  const double single = kOneByOne / absl::ToDoubleSeconds(MonotonicNow() - start);

  std::atomic<int> failed = 0;
  const auto before = client->stats();
  start = MonotonicNow();
  for (int i = 0; i < scripts; ++i) {
    client->Eval(kAppend, {"s", payload}, [&failed](const absl::StatusOr<Reply>& reply) {
      if (!reply.ok()) ++failed;
    });
  }
  // Commands are answered in order, so this one's answer is the end.
  if (!client->CommandSync({"PING"}, absl::Minutes(1)).ok()) std::abort();
  const double pipelined = scripts / absl::ToDoubleSeconds(MonotonicNow() - start);
  const auto after = client->stats();
  std::printf(
      "%-9s one by one %6.0f/s (%.0f us each), pipelined %7.0f/s, %.0f a write, %d failed\n", label,
      single, 1e6 / single, pipelined,
      static_cast<double>(scripts) / static_cast<double>(after.batches - before.batches),
      failed.load());
}

}  // namespace
}  // namespace veille::redis

int main(int argc, char** argv) {
  const int scripts = argc > 1 ? std::atoi(argv[1]) : 100'000;
  veille::redis::Measure("always", veille::redis::Fsync::kAlways, scripts);
  veille::redis::Measure("everysec", veille::redis::Fsync::kEverySecond, scripts);
  return 0;
}
