// The store's contract, on a real redis-server; and leases that run out by Redis' own clock.

#include "common/time/clock.h"
#include "services/detector/adapters/redis_partition_store.h"
#include "services/domain/keys.h"
#include "services/gateway/adapters/redis_log.h"
#include "tests/support/redis_server.h"
#include "tests/unit/detector/app/partition_store_contract.h"

namespace veille::detector {
namespace {

testing::RedisServer& Redis() {
  static auto* redis = [] {
    redis::PrivateServer::Options options;
    options.append_only = false;
    return new testing::RedisServer(options);
  }();
  return *redis;
}

RedisPartitionStore::Options OptionsFor(const std::string& instance) {
  RedisPartitionStore::Options options;
  options.endpoint = Redis().endpoint();
  options.instance_id = instance;
  return options;
}

class RedisStores : public StoresUnderTest {
 public:
  RedisStores() { Redis().client().CommandSync({"FLUSHALL"}).IgnoreError(); }
  PartitionStore& first() override { return first_; }
  PartitionStore& second() override { return second_; }
  void Settle() override {
    first_.Flush();
    second_.Flush();
  }
  std::vector<std::string> Queue(int partition) override {
    return Values(domain::QueueKey(partition));
  }
  std::vector<std::string> Prompts(int partition) override {
    return Values(domain::PromptsKey(partition));
  }
  std::size_t LogLength(int partition) override {
    const auto reply = Redis().client().CommandSync({"XLEN", domain::LogKey(partition)});
    return static_cast<std::size_t>(reply->integer());
  }

 private:
  // Of a stream whose entries have one field.
  static std::vector<std::string> Values(const std::string& key) {
    std::vector<std::string> values;
    const auto reply = Redis().client().CommandSync({"XRANGE", key, "-", "+"});
    for (std::size_t i = 0; i < reply->size(); ++i) values.emplace_back((*reply)[i][1][1].str());
    return values;
  }

  RedisPartitionStore first_{OptionsFor("first")}, second_{OptionsFor("second")};
};

INSTANTIATE_TEST_SUITE_P(Redis, PartitionStoreContract,
                         ::testing::Values(+[]() -> std::unique_ptr<StoresUnderTest> {
                           return std::make_unique<RedisStores>();
                         }));

TEST(RedisLease, IsAnothersWhenItRunsOut) {
  Redis().client().CommandSync({"FLUSHALL"}).IgnoreError();
  RedisPartitionStore::Options options = OptionsFor("short");
  options.lease = absl::Milliseconds(300);
  RedisPartitionStore dead(options), other(OptionsFor("other"));
  const absl::StatusOr<Lease> lease = dead.Acquire(1);
  ASSERT_TRUE(lease.ok()) << lease.status();
  absl::StatusOr<Lease> taken = other.Acquire(1);
  for (int i = 0; i < 100 && !taken.ok(); ++i) {
    SleepReally(absl::Milliseconds(50));
    taken = other.Acquire(1);
  }
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_GT(taken->epoch, lease->epoch);
}

TEST(GatewaySeen, IsItsLastSignOfLifeByRedisClock) {
  Redis().client().CommandSync({"FLUSHALL"}).IgnoreError();
  RedisPartitionStore store(OptionsFor("one"));
  // None ever showed itself: an older version, or a test without one.
  EXPECT_EQ(store.SinceGatewaySeen().value(), absl::ZeroDuration());
  gateway::RedisLog gateway({.endpoint = Redis().endpoint()});
  gateway.ShowAlive();
  ASSERT_TRUE(gateway.urgent_client().CommandSync({"PING"}).ok());
  EXPECT_LT(store.SinceGatewaySeen().value(), absl::Seconds(30));
  const int64_t seen =
      Redis().client().CommandSync({"GET", domain::GatewaySeenKey()})->AsInteger().value();
  ASSERT_TRUE(Redis()
                  .client()
                  .CommandSync({"SET", domain::GatewaySeenKey(), std::to_string(seen - 1000)})
                  .ok());
  EXPECT_GE(store.SinceGatewaySeen().value(), absl::Seconds(1000));
}

TEST(RedisLog, IsTrimmedBehindTheProgressAndTheMinimalAgeOnly) {
  Redis().client().CommandSync({"FLUSHALL"}).IgnoreError();
  const std::string log = domain::LogKey(1);
  const auto length = [&] { return Redis().client().CommandSync({"XLEN", log})->integer(); };
  for (int i = 1; i <= 1000; ++i) {
    ASSERT_TRUE(
        Redis()
            .client()
            .CommandSync({"XADD", log, std::to_string(i) + "-0", "e", std::string(100, 'x')})
            .ok());
  }
  ASSERT_TRUE(Redis().client().CommandSync({"XADD", log, "*", "e", "new"}).ok());
  RedisPartitionStore store(OptionsFor("one"));
  store.Trim(1, {500, 0, 1});
  store.Flush();
  store.Flush();  // The trim is sent when the time is known.
  EXPECT_LT(length(), 700);
  EXPECT_GT(length(), 500);  // Never ahead of the progress.
  // All is judged: what is young stays.
  store.Trim(1, {~uint64_t{0} >> 1, 0, 0});
  store.Flush();
  store.Flush();
  EXPECT_GE(length(), 1);
}

}  // namespace
}  // namespace veille::detector
