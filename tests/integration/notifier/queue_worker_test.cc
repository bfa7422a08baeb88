// The queue worker on a real Redis: whatever fails, dies or comes late, each finding is told once,
// and what can never be told is an operator's alert.

#include "services/notifier/adapters/queue_worker.h"

#include <atomic>

#include "gtest/gtest.h"

#include "services/domain/keys.h"
#include "tests/integration/notifier/world.h"

namespace veille::notifier {
namespace {

using store::v1::Finding;

// Fails as a test wants it to, before anything is done.
class FaultyStore : public RedisAlertStore {
 public:
  using RedisAlertStore::RedisAlertStore;
  absl::StatusOr<std::vector<std::string>> Store(const AlertChange& change) override {
    if (change.after->rule_key() == "BAD") {
      ++tried;
      if (const auto code = fault.load(); code != absl::StatusCode::kOk)
        return absl::Status(code, "as the test wants it");
    }
    return RedisAlertStore::Store(change);
  }
  std::atomic<absl::StatusCode> fault = absl::StatusCode::kUnavailable;
  std::atomic<int> tried = 0;
};

// A notifier without its server.
class Replica {
 public:
  Replica(World& world, const std::string& name)
      : store_(world.redis().endpoint(), kPartitions),
        desk_(world.desk_options(), store_, metrics_) {
    QueueOptions options;
    options.endpoint = world.redis().endpoint();
    options.partitions = kPartitions;
    options.consumer = name;
    options.clock = world.desk_options().clock;
    options.claim_after = absl::Milliseconds(500);
    options.max_attempts = 2;
    worker_ = std::make_unique<QueueWorker>(options, desk_, store_, metrics_);
  }
  FaultyStore& store() { return store_; }

 private:
  metrics::Registry metrics_;
  FaultyStore store_;
  AlertDesk desk_;
  std::unique_ptr<QueueWorker> worker_;
};

int64_t DeadLetters(World& world) {
  int64_t dead = 0;
  for (int partition = 0; partition < kPartitions; ++partition) {
    const auto length =
        world.redis().client().CommandSync({"XLEN", domain::DeadLettersKey(partition)});
    if (length.ok()) dead += length->integer();
  }
  return dead;
}

TEST(QueueWorker, TellsWhatTheDetectorHasFoundAndClimbsWhenItIsDue) {
  World world;
  const Replica replica(world, "a");
  world.Queue(MakeFinding("h1", "martin", "SOS", "1"));
  EXPECT_TRUE(Eventually([&] { return world.Inbox("anne").size() == 1; }));
  EXPECT_EQ(world.Inbox("marc"), Strings{});
  world.clock().Advance(absl::Seconds(61));
  EXPECT_TRUE(Eventually([&] { return world.Inbox("marc") == Strings{"SOS v2 !2"}; }));
}

TEST(QueueWorker, TwoReplicasTellEachAlertOnce) {
  World world;
  const Replica first(world, "a"), second(world, "b");
  for (int i = 0; i < 50; ++i)
    world.Queue(MakeFinding("h2", "petit", "R" + std::to_string(i), "1"));
  EXPECT_TRUE(Eventually([&] { return world.Inbox("anne").size() >= 50; }));
  EXPECT_TRUE(Eventually([&] { return world.Queued() == 0; }));
  EXPECT_EQ(world.Inbox("anne").size(), 50U);
}

// A long failure that is nobody's fault: far more attempts than a job has, and no dead letter.
TEST(QueueWorker, RedisBeingAwayCountsForNothing) {
  World world;
  Replica replica(world, "a");
  world.Queue(MakeFinding("h1", "martin", "BAD", "1"));
  EXPECT_TRUE(Eventually([&] { return replica.store().tried >= 5; }));
  EXPECT_EQ(DeadLetters(world), 0);
  replica.store().fault = absl::StatusCode::kOk;
  EXPECT_TRUE(Eventually([&] { return world.Inbox("anne") == Strings{"BAD v1 !1"}; }));
}

// Peers' mistake 18: one poisonous event blocks the queue for ever.
TEST(QueueWorker, WhatFailsByItsOwnFaultGoesToTheDeadLettersAndTheOperatorsAreTold) {
  World world;
  Replica replica(world, "a");
  replica.store().fault = absl::StatusCode::kDataLoss;
  world.Queue(MakeFinding("h1", "martin", "BAD", "1"));
  world.Queue(MakeFinding("h1", "martin", "SOS", "1"));
  EXPECT_TRUE(Eventually([&] { return world.Inbox("anne") == Strings{"SOS v1 !1"}; }));
  EXPECT_TRUE(Eventually([&] { return DeadLetters(world) == 1; }));
  EXPECT_TRUE(Eventually([&] { return world.Inbox("operator") == Strings{"DEAD_LETTER v1 !1"}; }));
  EXPECT_TRUE(Eventually([&] { return world.Queued() == 0; }));
}

// It never came back to say that it failed.
TEST(QueueWorker, AJobThatTakesItsWorkersWithItIsBuriedInTheEnd) {
  World world;
  world.Queue(MakeFinding("h1", "martin", "SOS", "1"));
  const int partition = domain::PartitionOf("h1", kPartitions);
  const auto taken = world.redis().client().CommandSync(
      {"XREADGROUP", "GROUP", "notifier", "a", "STREAMS", domain::QueueKey(partition), ">"});
  ASSERT_TRUE(taken.ok());
  const std::string entry((*taken)[0][1][0][0].str());
  for (int crash = 0; crash < 2; ++crash)
    ASSERT_TRUE(world.store().CountAttempt(partition, entry, 1).ok());
  const Replica replica(world, "a");
  EXPECT_TRUE(Eventually([&] { return DeadLetters(world) == 1; }));
  EXPECT_TRUE(Eventually([&] { return world.Inbox("operator") == Strings{"DEAD_LETTER v1 !1"}; }));
}

TEST(QueueWorker, ADeadWorkersJobIsClaimed) {
  World world;
  world.Queue(MakeFinding("h1", "martin", "SOS", "1"));
  const int partition = domain::PartitionOf("h1", kPartitions);
  ASSERT_TRUE(world.redis()
                  .client()
                  .CommandSync({"XREADGROUP", "GROUP", "notifier", "dead", "STREAMS",
                                domain::QueueKey(partition), ">"})
                  .ok());
  const Replica replica(world, "a");
  EXPECT_TRUE(Eventually([&] { return world.Inbox("anne") == Strings{"SOS v1 !1"}; }));
}

TEST(QueueWorker, AnAlertWithoutACircleReachesTheOperators) {
  World world;
  const Replica replica(world, "a");
  world.Queue(MakeFinding("h9", "stranger", "SOS", "1"));
  EXPECT_TRUE(Eventually([&] { return world.Inbox("operator") == Strings{"NOBODY_TOLD v1 !1"}; }));
}

// Peers' mistake 8: everything is in Redis, and Redis dies with everything on its way.
TEST(QueueWorker, RedisKilledAndBackTellsAllOfIt) {
  World world;
  const Replica replica(world, "a");
  for (int i = 0; i < 20; ++i)
    world.Queue(MakeFinding("h2", "petit", "R" + std::to_string(i), "1"));
  world.redis().Kill();
  world.redis().Restart();
  EXPECT_TRUE(Eventually([&] { return world.Inbox("anne").size() == 20; }));
  EXPECT_TRUE(Eventually([&] { return world.Queued() == 0; }));
  EXPECT_EQ(world.Inbox("anne").size(), 20U);
}

}  // namespace
}  // namespace veille::notifier
