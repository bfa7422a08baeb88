// What a store of homes promises, held against Redis' and against the one that unit tests use.

#include <memory>

#include "gtest/gtest.h"

#include "common/redis/pipelined_client.h"
#include "services/care/adapters/redis_home_store.h"
#include "services/domain/erasure_keys.h"
#include "services/domain/keys.h"
#include "tests/support/redis_server.h"
#include "tests/unit/care/fake_home_store.h"

namespace veille::care {
namespace {

using store::v1::StoredHome;
using store::v1::StoredPlan;
using testing::SmallHome;

constexpr int kPartitions = 4;

class OnRedis {
 public:
  OnRedis() {
    RedisHomeStore::Options options;
    options.endpoint = redis_.endpoint();
    options.partitions = kPartitions;
    options.plan_history = 10;
    options.claim_time = absl::ZeroDuration();
    store_ = std::make_unique<RedisHomeStore>(options);
  }
  HomeStore& store() { return *store_; }
  void Erase(const std::string& patient_id) {
    redis::PipelinedClient::Options options;
    options.endpoint = redis_.endpoint();
    redis::PipelinedClient client(options);
    EXPECT_TRUE(client.CommandSync({"HSET", domain::ErasuresKey(), patient_id, "record"}).ok());
  }

 private:
  testing::RedisServer redis_{{.append_only = false}};
  std::unique_ptr<RedisHomeStore> store_;
};

class InMemory {
 public:
  HomeStore& store() { return store_; }
  void Erase(const std::string& patient_id) { store_.erased.insert("patient:" + patient_id); }

 private:
  testing::FakeHomeStore store_;
};

HomeCommit CommitOf(uint64_t expected, const std::string& request = "") {
  HomeCommit commit;
  commit.home_id = "h";
  commit.expected_revision = expected;
  StoredHome& home = commit.home.emplace();
  home.set_format(1);
  home.set_revision(expected + 1);
  *home.mutable_home() = SmallHome("h");
  commit.request_id = request;
  if (!request.empty()) commit.request_digest = "digest of " + request;
  return commit;
}

StoredPlan PlanOf(uint64_t revision, const std::string& patient_id) {
  StoredPlan plan;
  plan.set_revision(revision);
  plan.set_patient_id(patient_id);
  return plan;
}

template <typename Where>
class HomeStoreContract : public ::testing::Test {
 protected:
  HomeStore& store() { return where_.store(); }
  void Erase(const std::string& patient_id) { where_.Erase(patient_id); }

 private:
  Where where_;
};
using Stores = ::testing::Types<OnRedis, InMemory>;
TYPED_TEST_SUITE(HomeStoreContract, Stores);

TYPED_TEST(HomeStoreContract, WhatIsCommittedIsThere) {
  EXPECT_FALSE(this->store().Get("h")->has_home());
  ASSERT_TRUE(this->store().Commit(CommitOf(0)).ok());
  const auto stored = this->store().Get("h");
  EXPECT_EQ(stored->revision(), 1U);
  EXPECT_EQ(stored->home().SerializeAsString(), SmallHome("h").SerializeAsString());
  EXPECT_EQ(*this->store().ListIds(), std::vector<std::string>{"h"});
}

TYPED_TEST(HomeStoreContract, OfTwoWritersOneIsAborted) {
  ASSERT_TRUE(this->store().Commit(CommitOf(0)).ok());
  ASSERT_TRUE(this->store().Commit(CommitOf(1)).ok());
  EXPECT_TRUE(absl::IsAborted(this->store().Commit(CommitOf(1))));
  EXPECT_EQ(this->store().Get("h")->revision(), 2U);
}

TYPED_TEST(HomeStoreContract, ARequestIsCarriedOutOnce) {
  EXPECT_EQ(*this->store().FindRequest("h", "r"), "");
  ASSERT_TRUE(this->store().Commit(CommitOf(0, "r")).ok());
  EXPECT_EQ(*this->store().FindRequest("h", "r"), "digest of r");
  EXPECT_TRUE(absl::IsAlreadyExists(this->store().Commit(CommitOf(1, "r"))));
}

TYPED_TEST(HomeStoreContract, ARemovedHomeCountsOnAndLosesItsHistory) {
  HomeCommit commit = CommitOf(0);
  commit.plans = {PlanOf(1, "a")};
  ASSERT_TRUE(this->store().Commit(commit).ok());
  HomeCommit removal = CommitOf(1);
  removal.home.reset();
  ASSERT_TRUE(this->store().Commit(removal).ok());
  EXPECT_FALSE(this->store().Get("h")->has_home());
  EXPECT_EQ(this->store().Get("h")->revision(), 2U);
  EXPECT_TRUE(this->store().ListPlans("h", 0, 10)->empty());
  EXPECT_TRUE(this->store().Commit(CommitOf(2)).ok());
}

TYPED_TEST(HomeStoreContract, PlansComeNewestFirstAndARevisionIsNeverCutInTwo) {
  for (uint64_t revision = 1; revision <= 3; ++revision) {
    HomeCommit commit = CommitOf(revision - 1);
    commit.plans = {PlanOf(revision, "a"), PlanOf(revision, "b")};
    ASSERT_TRUE(this->store().Commit(commit).ok());
  }
  std::string seen;
  for (uint64_t before = 0;;) {
    const auto plans = this->store().ListPlans("h", before, 3);
    ASSERT_TRUE(plans.ok()) << plans.status();
    if (plans->empty()) break;
    before = plans->back().revision();
    for (const StoredPlan& plan : *plans) seen += std::to_string(plan.revision()) + " ";
  }
  EXPECT_EQ(seen, "3 3 2 2 1 1 ");
}

TYPED_TEST(HomeStoreContract, AnIdIsOneHomesUntilItIsGivenBackOrTaken) {
  EXPECT_EQ(*this->store().Claim("source:x", "h"), "");
  EXPECT_EQ(*this->store().Claim("source:x", "h"), "");
  EXPECT_EQ(*this->store().Claim("source:x", "i"), "h");
  ASSERT_TRUE(this->store().Release("source:x", "i").ok());
  EXPECT_EQ(*this->store().Claim("source:x", "i"), "h");
  ASSERT_TRUE(this->store().TakeOver("source:x", "h", "i").ok());
  EXPECT_EQ(*this->store().Claim("source:x", "i"), "");
  ASSERT_TRUE(this->store().Release("source:x", "i").ok());
  EXPECT_EQ(*this->store().Claim("source:x", "h"), "");
}

TYPED_TEST(HomeStoreContract, WhoeverOnlyAsksReservesNothing) {
  EXPECT_EQ(*this->store().WouldClaim("source:x", "h"), "");
  EXPECT_EQ(*this->store().Claim("source:x", "i"), "");
  EXPECT_EQ(*this->store().WouldClaim("source:x", "h"), "i");
  EXPECT_EQ(*this->store().WouldClaim("source:x", "i"), "");
  this->Erase("martin");
  EXPECT_TRUE(absl::IsFailedPrecondition(this->store().WouldClaim("patient:martin", "h").status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(this->store().Claim("patient:martin", "h").status()));
}

TEST(RedisHomeStore, AFreshClaimIsNotTaken) {
  testing::RedisServer redis({.append_only = false});
  RedisHomeStore::Options options;
  options.endpoint = redis.endpoint();
  options.partitions = kPartitions;
  RedisHomeStore store(options);
  ASSERT_EQ(*store.Claim("source:x", "h"), "");
  ASSERT_TRUE(store.TakeOver("source:x", "h", "i").ok());
  EXPECT_EQ(*store.Claim("source:x", "i"), "h");
}

TEST(RedisHomeStore, EveryKeyIsOfItsHomesPartition) {
  testing::RedisServer redis({.append_only = false});
  RedisHomeStore::Options options;
  options.endpoint = redis.endpoint();
  options.partitions = kPartitions;
  RedisHomeStore store(options);
  HomeCommit commit = CommitOf(0, "r");
  commit.plans = {PlanOf(1, "a")};
  ASSERT_TRUE(store.Commit(commit).ok());
  const int partition = domain::PartitionOf("h", kPartitions);
  const std::string tag = "{p00" + std::to_string(partition) + "}";
  const auto keys = redis.client().CommandSync({"KEYS", "*"});
  for (const auto key : keys->elements())
    EXPECT_NE(std::string(key.str()).find(tag), std::string::npos) << key.str();
}

}  // namespace
}  // namespace veille::care
