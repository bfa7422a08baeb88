// The audit log on a real Redis: several writers, one chain.

#include "services/domain/audit/audit_log.h"

#include "gtest/gtest.h"

#include "services/domain/keys.h"
#include "tests/support/redis_server.h"

namespace veille::domain {
namespace {

using testing::RedisServer;

constexpr int kPartitions = 4;
constexpr char kHome[] = "h";

store::v1::AuditEntry View(const std::string& alert) {
  store::v1::AuditEntry entry;
  entry.set_actor("anne");
  entry.set_action("alert.get");
  entry.set_home_id(kHome);
  entry.set_alert_id(alert);
  entry.set_outcome("OK");
  return entry;
}

class AuditLogTest : public ::testing::Test {
 protected:
  std::unique_ptr<AuditLog> Open() {
    AuditLog::Options options;
    options.endpoint = redis_.endpoint();
    options.partitions = kPartitions;
    options.clock = std::make_shared<SystemClock>();
    options.key = key_;
    return std::make_unique<AuditLog>(std::move(options), metrics_);
  }
  int partition() const { return PartitionOf(kHome, kPartitions); }
  std::vector<std::string> Faults(std::size_t entries) {
    const auto stored = LoadAudit(redis_.client(), partition());
    EXPECT_TRUE(stored.ok()) << stored.status();
    EXPECT_EQ(stored->entries.size(), entries);
    EXPECT_FALSE(stored->checkpoints.empty());
    return VerifyAudit(partition(), stored->entries, stored->head, stored->checkpoints,
                       key_.Public());
  }

  const SigningKey key_ = *SigningKey::Generate();
  RedisServer redis_;
  metrics::Registry metrics_;
};

TEST_F(AuditLogTest, AnEntryIsThereWhenItWasWaitedFor) {
  const auto log = Open();
  ASSERT_TRUE(log->RecordAndWait(View("h.1"), absl::Seconds(30)).ok());
  const auto stored = LoadAudit(redis_.client(), partition());
  ASSERT_TRUE(stored.ok());
  ASSERT_EQ(stored->entries.size(), 1U);
  store::v1::AuditEntry entry;
  ASSERT_TRUE(entry.ParseFromString(stored->entries[0]));
  EXPECT_EQ(entry.actor(), "anne");
  EXPECT_GT(entry.time().seconds(), 0);
}

TEST_F(AuditLogTest, WritersOfOneHomeMakeOneChainAndLeaveItSigned) {
  {
    const auto one = Open(), other = Open();
    for (int i = 0; i < 300; ++i) {
      ASSERT_TRUE(one->Record(View("h.a" + std::to_string(i))).ok());
      ASSERT_TRUE(other->Record(View("h.b" + std::to_string(i))).ok());
    }
    ASSERT_TRUE(one->RecordAndWait(View("h.a-last"), absl::Seconds(30)).ok());
    ASSERT_TRUE(other->RecordAndWait(View("h.b-last"), absl::Seconds(30)).ok());
  }
  EXPECT_EQ(Faults(602), std::vector<std::string>{});
}

TEST_F(AuditLogTest, GoesOnBehindWhatStandsThereAfterARestart) {
  ASSERT_TRUE(Open()->RecordAndWait(View("h.1"), absl::Seconds(30)).ok());
  ASSERT_TRUE(Open()->RecordAndWait(View("h.2"), absl::Seconds(30)).ok());
  EXPECT_EQ(Faults(2), std::vector<std::string>{});
}

TEST_F(AuditLogTest, ARedisThatIsAwayLosesNothing) {
  {
    const auto log = Open();
    ASSERT_TRUE(log->RecordAndWait(View("h.1"), absl::Seconds(30)).ok());
    redis_.Kill();
    ASSERT_TRUE(log->Record(View("h.2")).ok());
    redis_.Restart();
    ASSERT_TRUE(log->RecordAndWait(View("h.3"), absl::Seconds(60)).ok());
  }
  EXPECT_EQ(Faults(3), std::vector<std::string>{});
}

TEST_F(AuditLogTest, AnEntryThatSomebodyChangedInRedisIsFound) {
  {
    const auto log = Open();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(log->Record(View(std::to_string(i))).ok());
    ASSERT_TRUE(log->RecordAndWait(View("last"), absl::Seconds(30)).ok());
  }
  const auto entries =
      redis_.client().CommandSync({"XRANGE", AuditKey(partition()), "-", "+", "COUNT", "2"});
  ASSERT_TRUE(entries.ok());
  ASSERT_TRUE(redis_.client()
                  .CommandSync({"XDEL", AuditKey(partition()), std::string((*entries)[1][0].str())})
                  .ok());
  const auto stored = LoadAudit(redis_.client(), partition());
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(VerifyAudit(partition(), stored->entries, stored->head, {}, key_.Public()),
            std::vector<std::string>{"entry 2 is missing"});
}

}  // namespace
}  // namespace veille::domain
