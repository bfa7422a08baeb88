#include "tests/bench/notify/timers.h"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

#include "veille/store/v1/notification.pb.h"

#include "common/base/check.h"
#include "common/base/timestamp.h"
#include "common/sync/mutex.h"
#include "common/time/clock.h"
#include "services/domain/keys.h"
#include "services/notifier/adapters/redis_alert_store.h"
#include "tests/bench/notify/served.h"
#include "tests/bench/notify/watchers.h"
#include "tests/bench/support/measure.h"

namespace veille::bench {
namespace {

constexpr int kFew = 1000, kMany = 100'000;
constexpr int kTicks = 2000;
constexpr absl::Duration kStep = absl::Seconds(5);
constexpr absl::Duration kMaxLate = absl::Milliseconds(200);

// So many steps, an hour from now and later, over all partitions.
void AddPending(testing::RedisServer& redis, int from, int count) {
  const int64_t at = absl::ToUnixMillis(SystemClock().Now() + absl::Hours(1));
  std::vector<std::vector<std::string>> adds;
  adds.reserve(domain::kDefaultPartitions);
  for (int partition = 0; partition < domain::kDefaultPartitions; ++partition)
    adds.push_back({"ZADD", domain::TimersKey(partition)});
  for (int i = from; i < from + count; ++i) {
    store::v1::Job job;
    job.set_format(1);
    job.set_alert_id("h0.pending" + std::to_string(i));
    job.mutable_escalate()->set_step(2);
    job.mutable_escalate()->set_round(1);
    auto& add = adds[static_cast<std::size_t>(i % domain::kDefaultPartitions)];
    add.push_back(std::to_string(at + i));
    add.push_back(job.SerializeAsString());
  }
  for (auto& add : adds)
    if (add.size() > 2) VEILLE_CHECK(redis.client().CommandSync(std::move(add)).ok());
}

// Microseconds of a tick: how long it takes, and what it costs Redis and us in processor time.
struct Tick {
  double took_us = 0, cpu_us = 0;
};

Tick MeasureTick(testing::RedisServer& redis, notifier::RedisAlertStore& store) {
  const auto cpu = [&] { return CpuOf(redis.server().pid()) + CpuOf(getpid()); };
  const double cpu_before = cpu();
  const absl::Duration began = MonotonicNow();
  for (int i = 0; i < kTicks; ++i) VEILLE_CHECK(store.NextTimers().ok());
  Tick tick;
  tick.took_us = absl::ToDoubleMicroseconds(MonotonicNow() - began) / kTicks;
  tick.cpu_us = (cpu() - cpu_before) * 1e6 / kTicks;
  return tick;
}

void PrintTick(int pending, const Tick& tick) {
  std::printf("a tick with %6d pending timers: %.0f us, %.0f us of CPU (Redis and notifier)\n",
              pending, tick.took_us, tick.cpu_us);
}

}  // namespace

bool MeasureTimers(int alerts) {
  {
    testing::RedisServer redis;
    notifier::RedisAlertStore store(redis.endpoint(), domain::kDefaultPartitions);
    AddPending(redis, 0, kFew);
    VEILLE_CHECK(store.NextTimers().ok());
    const Tick few = MeasureTick(redis, store);
    AddPending(redis, kFew, kMany - kFew);
    const Tick many = MeasureTick(redis, store);
    PrintTick(kFew, few);
    PrintTick(kMany, many);
    std::printf("ratio: %.2f in time, %.2f in CPU\n", many.took_us / few.took_us,
                few.cpu_us > 0 ? many.cpu_us / few.cpu_us : 0);
  }
  // Each of a home of its own, as they are: what one home's alerts do is done in their order.
  Served served(alerts, kStep);
  AddPending(served.redis(), 0, kMany);
  Mutex mu;
  std::vector<double> late;
  Watchers watchers(served.address(), 0, alerts, {.on_alert = [&](const alert::v1::Alert& alert) {
                      if (alert.step() != 2) return;
                      const absl::Time due = ToTime(alert.create_time()) + kStep;
                      const absl::Duration by = SystemClock().Now() - due;
                      MutexLock lock(mu);
                      late.push_back(absl::ToDoubleMilliseconds(by));
                    }});
  VEILLE_CHECK(watchers.WaitConnected(absl::Minutes(1)) == alerts);
  for (int i = 0; i < alerts; ++i) {
    served.Queue(i, static_cast<std::size_t>(i));
    SleepReally(absl::Milliseconds(10));
  }
  SleepReally(kStep + absl::Seconds(2));
  MutexLock lock(mu);
  const double most = late.empty() ? 0 : *std::max_element(late.begin(), late.end());
  const double least = late.empty() ? 0 : *std::min_element(late.begin(), late.end());
  std::printf(
      "%zu of %d due steps told with %d pending: late p50 %.1f ms, p99 %.1f ms, at most "
      "%.1f ms, at the least %.1f ms\n",
      late.size(), alerts, kMany, Percentile(late, 0.5), Percentile(late, 0.99), most, least);
  return static_cast<int>(late.size()) == alerts && most <= absl::ToDoubleMilliseconds(kMaxLate);
}

}  // namespace veille::bench
