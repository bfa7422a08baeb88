// Changes of the registry reach whoever follows it: at once, after a restart, after the stream was
// trimmed, and from a Redis that was restored.

#include "services/domain/registry_follower.h"

#include "gtest/gtest.h"

#include "common/time/clock.h"
#include "services/care/adapters/redis_home_store.h"
#include "services/domain/keys.h"
#include "services/domain/record_codec.h"
#include "services/domain/vault/redis_key_store.h"
#include "tests/support/redis_server.h"
#include "tests/unit/care/fake_home_store.h"

namespace veille::care {
namespace {

using testing::SmallHome;

constexpr int kPartitions = 4;

bool Soon(const std::function<bool()>& holds, absl::Duration patience = absl::Seconds(20)) {
  const absl::Duration until = MonotonicNow() + patience;
  while (!holds()) {
    if (MonotonicNow() > until) return false;
    SleepReally(absl::Milliseconds(5));
  }
  return true;
}

class RegistryFollower : public ::testing::Test {
 protected:
  RegistryFollower() : store_(StoreOptions()) {}

  RedisHomeStore::Options StoreOptions() {
    RedisHomeStore::Options options;
    options.endpoint = redis_.endpoint();
    options.partitions = kPartitions;
    options.vault = vault_;
    options.change_history = 3;
    return options;
  }

  void Put(const std::string& home_id, const std::string& zone) {
    HomeCommit commit;
    commit.home_id = home_id;
    commit.expected_revision = store_.Get(home_id)->revision();
    auto& home = commit.home.emplace();
    home.set_revision(commit.expected_revision + 1);
    *home.mutable_home() = SmallHome(home_id);
    home.mutable_home()->set_zone(zone);
    ASSERT_TRUE(store_.Commit(commit).ok());
  }
  void Remove(const std::string& home_id) {
    HomeCommit commit;
    commit.home_id = home_id;
    commit.expected_revision = store_.Get(home_id)->revision();
    ASSERT_TRUE(store_.Commit(commit).ok());
  }

  void Follow() {
    auto follower = domain::RegistryFollower::Start(
        {redis_.endpoint(), kPartitions, registry_, vault_}, metrics_);
    ASSERT_TRUE(follower.ok()) << follower.status();
    follower_ = *std::move(follower);
  }
  // "" when it is not there.
  std::string ZoneOf(const std::string& home_id) const {
    const auto registry = registry_.Get();
    const v1::Home* home = registry->FindHome(home_id);
    return home == nullptr ? "" : home->zone();
  }
  double Reloads() {
    return static_cast<double>(metrics_.NewCounter("veille_registry_reloads_total", "").value());
  }

  std::shared_ptr<domain::Vault> OpenVault() {
    domain::Vault::Options options;
    options.kek_file = keys_.folder() + "/kek.keys";
    EXPECT_TRUE(domain::KeyRing::MakeFile(options.kek_file).ok());
    options.store = std::make_shared<domain::RedisKeyStore>(keys_.endpoint());
    return *domain::Vault::Open(std::move(options), metrics_);
  }

  testing::RedisServer redis_, keys_;
  metrics::Registry metrics_;
  const std::shared_ptr<domain::Vault> vault_ = OpenVault();
  RedisHomeStore store_;
  domain::LiveRegistry registry_;
  std::unique_ptr<domain::RegistryFollower> follower_;
};

TEST_F(RegistryFollower, WhatIsThereIsInForceWhenItHasStarted) {
  Put("a", "Europe/Paris");
  Follow();
  EXPECT_EQ(ZoneOf("a"), "Europe/Paris");
}

TEST_F(RegistryFollower, AnEmptyRegistryIsOneToo) {
  Follow();
  EXPECT_EQ(registry_.Get()->homes().size(), 0U);
}

TEST_F(RegistryFollower, ChangesAdditionsAndRemovalsAreInForceWithoutAReload) {
  Put("a", "Europe/Paris");
  Follow();
  const double reloads = Reloads();
  Put("a", "Europe/London");
  Put("b", "Europe/Paris");
  EXPECT_TRUE(Soon([&] { return ZoneOf("a") == "Europe/London" && ZoneOf("b") != ""; }));
  Remove("a");
  EXPECT_TRUE(Soon([&] { return ZoneOf("a").empty(); }));
  EXPECT_EQ(ZoneOf("b"), "Europe/Paris");
  EXPECT_EQ(Reloads(), reloads);
}

TEST_F(RegistryFollower, WhatChangedWhileNobodyFollowedIsThereAfterARestart) {
  Put("a", "Europe/Paris");
  Follow();
  follower_.reset();
  Put("a", "Europe/London");
  Follow();
  EXPECT_EQ(ZoneOf("a"), "Europe/London");
}

TEST_F(RegistryFollower, ARestartOfRedisLosesNothing) {
  Put("a", "Europe/Paris");
  Follow();
  redis_.Kill();
  redis_.Restart();
  Put("a", "Europe/London");
  EXPECT_TRUE(Soon([&] { return ZoneOf("a") == "Europe/London"; }));
}

// More changes than the stream keeps, at once: what follows is behind the trimmed end.
TEST_F(RegistryFollower, AStreamThatWasTrimmedBeforeItWasReadIsMadeUpByReadingEverything) {
  Put("a", "Europe/Paris");
  Follow();
  const double reloads = Reloads();
  const int partition = domain::PartitionOf("a", kPartitions);
  store::v1::StoredHome changed = *store_.Get("a");
  changed.mutable_home()->set_zone("Europe/London");
  // As if the entries about it had been trimmed, and one about a home that is not there were left.
  auto& client = redis_.client();
  ASSERT_TRUE(client
                  .CommandSync({"HSET", domain::HomesKey(partition), "a",
                                *domain::EncodeRecord(*vault_, {"home", "a"}, changed)})
                  .ok());
  ASSERT_TRUE(client.CommandSync({"HSET", domain::HomeRevisionsKey(partition), "*", "9"}).ok());
  ASSERT_TRUE(
      client.CommandSync({"XADD", domain::HomeChangesKey(partition), "9-0", "h", "none"}).ok());
  EXPECT_TRUE(Soon([&] { return ZoneOf("a") == "Europe/London"; }));
  EXPECT_GT(Reloads(), reloads);
  Put("a", "Europe/Paris");
  EXPECT_TRUE(Soon([&] { return ZoneOf("a") == "Europe/Paris"; }));
}

TEST_F(RegistryFollower, AHomeThatCannotBeReadStaysAsItWasAndOthersFollow) {
  Put("a", "Europe/Paris");
  Follow();
  const int partition = domain::PartitionOf("a", kPartitions);
  ASSERT_TRUE(
      redis_.client().CommandSync({"HSET", domain::HomesKey(partition), "a", "\x07later"}).ok());
  ASSERT_TRUE(
      redis_.client().CommandSync({"HINCRBY", domain::HomeRevisionsKey(partition), "*", "1"}).ok());
  ASSERT_TRUE(redis_.client()
                  .CommandSync({"XADD", domain::HomeChangesKey(partition), "2-0", "h", "a"})
                  .ok());
  Put("b", "Europe/London");
  EXPECT_TRUE(Soon([&] { return ZoneOf("b") == "Europe/London"; }));
  EXPECT_TRUE(
      Soon([&] { return metrics_.NewCounter("veille_registry_unusable_total", "").value() == 1; }));
  EXPECT_EQ(ZoneOf("a"), "Europe/Paris");
}

TEST_F(RegistryFollower, AHomeIsStoredSealedAndIsGoneWhenItsKeyIsDestroyed) {
  Put("a", "Europe/Paris");
  Put("b", "Europe/London");
  Follow();
  const auto stored = redis_.client().CommandSync(
      {"HGET", domain::HomesKey(domain::PartitionOf("a", kPartitions)), "a"});
  ASSERT_TRUE(stored.ok());
  EXPECT_TRUE(domain::Vault::IsSealed(stored->str()));
  EXPECT_EQ(stored->str().find("Europe/Paris"), std::string_view::npos);
  ASSERT_TRUE(vault_->Destroy({"a"}, SystemClock().Now()).ok());
  follower_.reset();
  Follow();
  EXPECT_EQ(ZoneOf("a"), "");
  EXPECT_EQ(ZoneOf("b"), "Europe/London");
  EXPECT_TRUE(absl::IsNotFound(store_.Get("a").status()));
}

}  // namespace
}  // namespace veille::care
