// The rounds' keys in a real Redis: one notifier goes round, leases as detectors keep them, and who
// can be reached.

#include "gtest/gtest.h"

#include "services/detector/adapters/redis_partition_store.h"
#include "services/domain/keys.h"
#include "services/notifier/adapters/redis_upkeep_store.h"
#include "tests/integration/notifier/world.h"

namespace veille::notifier {
namespace {

class UpkeepTest : public ::testing::Test {
 protected:
  RedisUpkeepStore Store(const std::string& name) {
    return RedisUpkeepStore(world_.store().client(), kPartitions, name);
  }
  int64_t ServerSeconds() {
    return world_.redis().client().CommandSync({"TIME"}).value()[0].AsInteger().value();
  }
  World world_;
};

TEST_F(UpkeepTest, OneNotifierGoesRoundUntilItDoesNotComeBack) {
  RedisUpkeepStore first = Store("first"), second = Store("second");
  EXPECT_TRUE(first.Hold(absl::Seconds(60)).value());
  EXPECT_TRUE(first.Hold(absl::Milliseconds(200)).value());
  EXPECT_FALSE(second.Hold(absl::Seconds(60)).value());
  EXPECT_TRUE(Eventually([&] { return second.Hold(absl::Seconds(60)).value_or(false); }));
  EXPECT_FALSE(first.Hold(absl::Seconds(60)).value());
}

TEST_F(UpkeepTest, WhatWasToldIsKept) {
  EXPECT_TRUE(Store("a").LoadUpkeep().value().concerns().empty());
  store::v1::UpkeepState state;
  (*state.mutable_concerns())["CHAIN_BROKEN/martin"].set_alert_id("operator.1");
  ASSERT_TRUE(Store("a").SaveUpkeep(state).ok());
  EXPECT_EQ(Store("b").LoadUpkeep().value().concerns().at("CHAIN_BROKEN/martin").alert_id(),
            "operator.1");
}

TEST_F(UpkeepTest, APartitionIsKeptByAnOwnerThatRenewsItsLease) {
  detector::RedisPartitionStore::Options options;
  options.endpoint = world_.redis().endpoint();
  options.instance_id = "detector-0";
  detector::RedisPartitionStore detector(options);
  const auto lease = detector.Acquire(2);
  ASSERT_TRUE(lease.ok());
  RedisUpkeepStore store = Store("a");
  // Acquired, and perhaps never judged: that is not enough.
  EXPECT_EQ(store.PartitionOwners().value().kept,
            std::vector<absl::Time>(kPartitions, absl::InfinitePast()));
  absl::Status renewed = absl::UnknownError("");
  detector.Renew(2, lease->epoch, [&](absl::Status status) { renewed = std::move(status); });
  detector.Flush();
  ASSERT_TRUE(renewed.ok()) << renewed;
  const UpkeepStore::Owners owners = store.PartitionOwners().value();
  EXPECT_EQ(owners.kept[1], absl::InfinitePast());
  EXPECT_LE(owners.kept[2], owners.now);
  EXPECT_GT(owners.kept[2], owners.now - absl::Seconds(60));
}

TEST_F(UpkeepTest, ReachIsWhenADeviceLastWatchedAndWhatHasFailed) {
  RedisUpkeepStore store = Store("a");
  // Of somebody who never watched the time counts from the first look.
  EXPECT_LT(store.ReachOf("anne").value().unseen, absl::Seconds(60));
  const std::string key =
      domain::WatcherKey(domain::CaregiverPartitionOf("anne", kPartitions), "anne");
  ASSERT_TRUE(world_.redis()
                  .client()
                  .CommandSync({"HSET", key, "seen", std::to_string(ServerSeconds() - 100000)})
                  .ok());
  EXPECT_GE(store.ReachOf("anne").value().unseen, absl::Seconds(100000));
  world_.store().NoteAddressSoon("anne", "mail", false);
  world_.store().NoteAddressSoon("anne", "sms", false);
  world_.store().NoteAddressSoon("anne", "mail", true);
  ASSERT_TRUE(world_.store().SetGone("anne", "push").ok());
  EXPECT_EQ(store.ReachOf("anne").value().failed, (std::set<std::string>{"push", "sms"}));
  // A client that watches asks for its place.
  ASSERT_TRUE(world_.store().Position("anne", 0).ok());
  EXPECT_LT(store.ReachOf("anne").value().unseen, absl::Seconds(60));
}

TEST_F(UpkeepTest, TheBacklogIsWhatWaitsForEachStepAndWhatWasGivenUp) {
  RedisUpkeepStore store = Store("a");
  const store::v1::Finding sos = MakeFinding("h1", "martin", "SOS", "1");
  ASSERT_TRUE(world_.desk().OnFinding(sos, "1-1").ok());
  ASSERT_TRUE(world_.desk().OnFinding(MakeFinding("h2", "petit", "SOS", "2"), "1-1").ok());
  EXPECT_EQ(store.CountBacklog().value().pending, (std::map<int, int64_t>{{2, 2}}));
  ASSERT_TRUE(world_.desk().Acknowledge(sos.alert_id(), {"anne", "test", ""}).ok());
  EXPECT_EQ(store.CountBacklog().value().pending.at(2), 1);
  ASSERT_TRUE(
      world_.redis().client().CommandSync({"XADD", domain::DeadLettersKey(1), "*", "j", "x"}).ok());
  EXPECT_EQ(store.CountBacklog().value().dead_letters, 1);
}

}  // namespace
}  // namespace veille::notifier
