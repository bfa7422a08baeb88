// What every PartitionStore must do: one suite, run on the fake and on Redis, so that the fake may
// not lie.

#ifndef TESTS_UNIT_DETECTOR_APP_PARTITION_STORE_CONTRACT_H_
#define TESTS_UNIT_DETECTOR_APP_PARTITION_STORE_CONTRACT_H_

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "services/detector/app/partition_store.h"

namespace veille::detector {

// Two instances on one store.
class StoresUnderTest {
 public:
  virtual ~StoresUnderTest() = default;
  virtual PartitionStore& first() = 0;
  virtual PartitionStore& second() = 0;
  // Everything that was sent is answered.
  virtual void Settle() = 0;
  virtual std::vector<std::string> Queue(int partition) = 0;
  virtual std::size_t LogLength(int partition) = 0;
};

class PartitionStoreContract
    : public ::testing::TestWithParam<std::unique_ptr<StoresUnderTest> (*)()> {
 protected:
  using Start = std::function<void(PartitionStore::Done)>;
  // The answer of an asynchronous call.
  absl::Status Answer(const Start& start) {
    auto promise = std::make_shared<std::promise<absl::Status>>();
    start([promise](absl::Status status) { promise->set_value(std::move(status)); });
    stores_->Settle();
    return promise->get_future().get();
  }
  absl::Status Commit(PartitionStore& store, uint64_t epoch, std::vector<HomeCommit> homes,
                      const Position* progress = nullptr) {
    return Answer([&](PartitionStore::Done done) {
      store.Commit(kPartition, epoch, std::move(homes), progress, std::move(done));
    });
  }
  static HomeCommit Home(const std::string& id, const std::string& expected,
                         const std::string& position, char generation,
                         std::vector<std::string> findings = {}) {
    HomeCommit home;
    home.home_id = id;
    home.expected_position = expected;
    home.position = position;
    home.generation = generation;
    home.checkpoint = std::string("state\0of ", 9) + position;
    home.registry = expected.empty() ? "plan" : "";
    home.baselines = expected.empty() ? "usual" : "";
    home.findings = std::move(findings);
    return home;
  }

  static constexpr int kPartition = 3;
  const std::unique_ptr<StoresUnderTest> stores_ = GetParam()();
};

TEST_P(PartitionStoreContract, GivesALeaseToOneInstanceAndItsOwnBackAtOnce) {
  const absl::StatusOr<Lease> lease = stores_->first().Acquire(kPartition);
  ASSERT_TRUE(lease.ok()) << lease.status();
  EXPECT_TRUE(absl::IsNotFound(stores_->second().Acquire(kPartition).status()));
  const absl::StatusOr<Lease> again = stores_->first().Acquire(kPartition);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_GT(again->epoch, lease->epoch);
  const auto renew = [&](PartitionStore& store, uint64_t epoch) {
    return Answer(
        [&](PartitionStore::Done done) { store.Renew(kPartition, epoch, std::move(done)); });
  };
  EXPECT_TRUE(renew(stores_->first(), again->epoch).ok());
  EXPECT_TRUE(absl::IsAborted(renew(stores_->first(), lease->epoch)));
  EXPECT_TRUE(absl::IsAborted(renew(stores_->second(), again->epoch)));
}

TEST_P(PartitionStoreContract, HandsAReleasedLeaseOver) {
  const Lease lease = *stores_->first().Acquire(kPartition);
  ASSERT_TRUE(stores_->first().MarkTakeover(kPartition, "1-0/0", 2).ok());
  stores_->first().Release(kPartition, lease.epoch);
  stores_->Settle();
  const absl::StatusOr<Lease> other = stores_->second().Acquire(kPartition);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_GT(other->epoch, lease.epoch);
  EXPECT_EQ(stores_->second().Load(kPartition)->takeovers, 0);
}

TEST_P(PartitionStoreContract, StoresStatePositionAndFindingsTogether) {
  const Lease lease = *stores_->first().Acquire(kPartition);
  const Position progress{7, 1, 2};
  ASSERT_TRUE(Commit(stores_->first(), lease.epoch,
                     {Home("h1", "", "5-0/1", 'a', {"f1", "f2"}), Home("h2", "", "6-0/1", 'b')},
                     &progress)
                  .ok());
  const absl::StatusOr<StoredPartition> stored = stores_->second().Load(kPartition);
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(stored->progress, progress);
  EXPECT_EQ(stored->homes.at("h1").a, std::string("state\0of 5-0/1", 14));
  EXPECT_EQ(stored->homes.at("h1").b, "");
  EXPECT_EQ(stored->homes.at("h1").position, "5-0/1");
  EXPECT_EQ(stored->homes.at("h1").registry, "plan");
  EXPECT_EQ(stored->homes.at("h1").baselines, "usual");
  EXPECT_EQ(stored->homes.at("h2").b, std::string("state\0of 6-0/1", 14));
  EXPECT_EQ(stores_->Queue(kPartition), (std::vector<std::string>{"f1", "f2"}));
}

TEST_P(PartitionStoreContract, RefusesAnOlderEpochAndChangesNothing) {
  const Lease old = *stores_->first().Acquire(kPartition);
  stores_->first().Release(kPartition, old.epoch);
  stores_->Settle();
  const Lease lease = *stores_->second().Acquire(kPartition);
  EXPECT_TRUE(absl::IsAborted(
      Commit(stores_->first(), old.epoch, {Home("h1", "", "5-0/1", 'a', {"twice"})})));
  EXPECT_TRUE(absl::IsAborted(Answer([&](PartitionStore::Done done) {
    stores_->first().AppendOwned(kPartition, old.epoch, 1000, {"tick"}, std::move(done));
  })));
  EXPECT_TRUE(stores_->Queue(kPartition).empty());
  EXPECT_EQ(stores_->LogLength(kPartition), 0U);
  EXPECT_TRUE(Commit(stores_->second(), lease.epoch, {Home("h1", "", "5-0/1", 'a')}).ok());
}

TEST_P(PartitionStoreContract, RefusesAllHomesWhenOneIsNotWhereItShouldBe) {
  const Lease lease = *stores_->first().Acquire(kPartition);
  ASSERT_TRUE(Commit(stores_->first(), lease.epoch, {Home("h1", "", "5-0/1", 'a')}).ok());
  EXPECT_TRUE(absl::IsAborted(
      Commit(stores_->first(), lease.epoch,
             {Home("h2", "", "6-0/1", 'a', {"f"}), Home("h1", "4-0/1", "6-0/2", 'b', {"g"})})));
  EXPECT_TRUE(stores_->Queue(kPartition).empty());
  EXPECT_TRUE(
      Commit(stores_->first(), lease.epoch, {Home("h1", "5-0/1", "6-0/2", 'b', {"g"})}).ok());
  EXPECT_EQ(stores_->Queue(kPartition), std::vector<std::string>{"g"});
}

TEST_P(PartitionStoreContract, RemembersTicksAndMarks) {
  const Lease lease = *stores_->first().Acquire(kPartition);
  EXPECT_EQ(lease.last_tick_ms, 0);
  ASSERT_TRUE(Answer([&](PartitionStore::Done done) {
                stores_->first().AppendOwned(kPartition, lease.epoch, 1700000000123, {"a", "b"},
                                             std::move(done));
              }).ok());
  EXPECT_EQ(stores_->LogLength(kPartition), 1U);
  EXPECT_EQ(stores_->first().Acquire(kPartition)->last_tick_ms, 1700000000123);
  ASSERT_TRUE(stores_->first().MarkTakeover(kPartition, "9-1/0", 3).ok());
  ASSERT_TRUE(stores_->first().MarkInflight(kPartition, "9-2/1").ok());
  const StoredPartition stored = *stores_->first().Load(kPartition);
  EXPECT_EQ(stored.takeover_from, "9-1/0");
  EXPECT_EQ(stored.takeovers, 3);
  EXPECT_EQ(stored.inflight_entry, "9-2/1");
}

}  // namespace veille::detector

#endif  // TESTS_UNIT_DETECTOR_APP_PARTITION_STORE_CONTRACT_H_
