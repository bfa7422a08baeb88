// The audit log on a real Redis: several writers, one chain.

#include "services/domain/audit/audit_log.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "services/domain/keys.h"
#include "tests/support/redis_server.h"

namespace veille::domain {
namespace {

using ::testing::Contains;

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

// Whoever can write into Redis can set back the head, too; not what was signed.
TEST_F(AuditLogTest, AnEndThatWasCutTogetherWithItsHeadIsFound) {
  for (int i = 0; i < 6; ++i)
    ASSERT_TRUE(Open()->RecordAndWait(View(std::to_string(i)), absl::Seconds(30)).ok());
  const auto whole = LoadAudit(redis_.client(), partition());
  ASSERT_TRUE(whole.ok());
  const std::string head = AuditHeadKey(partition());
  const auto faults = [&] {
    const auto stored = LoadAudit(redis_.client(), partition());
    EXPECT_TRUE(stored.ok());
    return VerifyAudit(partition(), stored->entries, stored->head, stored->checkpoints,
                       key_.Public());
  };
  // The head alone: the entries behind it still stand there.
  ASSERT_TRUE(redis_.client()
                  .CommandSync({"HSET", head, "number", "3", "hash", Sha256(whole->entries[2])})
                  .ok());
  EXPECT_THAT(faults(), Contains("the head was set back: it says entry 3, the last is 6"));
  ASSERT_TRUE(redis_.client().CommandSync({"DEL", head}).ok());
  EXPECT_THAT(faults(), Contains("the head was set back: it says entry 0, the last is 6"));
  // The entries as well.
  ASSERT_TRUE(redis_.client()
                  .CommandSync({"HSET", head, "number", "3", "hash", Sha256(whole->entries[2])})
                  .ok());
  ASSERT_TRUE(redis_.client().CommandSync({"XTRIM", AuditKey(partition()), "MAXLEN", "0"}).ok());
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(redis_.client()
                    .CommandSync({"XADD", AuditKey(partition()), "*", "e", whole->entries[i]})
                    .ok());
  }
  EXPECT_THAT(faults(),
              Contains("the log was cut: a checkpoint was signed at entry 6, and the last is 3"));
}

TEST_F(AuditLogTest, ManyHomesAreWrittenAtOnce) {
  const auto log = Open();
  ASSERT_TRUE(log->RecordAndWait(View("h.1"), absl::Seconds(30)).ok());
  const auto reads = [&] {
    const std::string info(redis_.client().CommandSync({"INFO", "stats"})->str());
    const std::string field = "total_reads_processed:";
    return std::stoi(info.substr(info.find(field) + field.size()));
  };
  // Warm: where each partition ends is known.
  std::vector<store::v1::AuditEntry> views(200, View(""));
  for (std::size_t i = 0; i < views.size(); ++i) views[i].set_home_id("h" + std::to_string(i));
  ASSERT_TRUE(log->RecordAllAndWait(views, absl::Seconds(30)).ok());
  const int before = reads();
  ASSERT_TRUE(log->RecordAllAndWait(views, absl::Seconds(30)).ok());
  // One for all partitions; the others are ours, and Redis' idea of where a packet ends.
  EXPECT_LE(reads() - before, 4);
  std::size_t stored = 0;
  for (int partition = 0; partition < kPartitions; ++partition) {
    const auto there = LoadAudit(redis_.client(), partition);
    ASSERT_TRUE(there.ok());
    stored += there->entries.size();
    EXPECT_EQ(
        VerifyAudit(partition, there->entries, there->head, there->checkpoints, key_.Public()),
        std::vector<std::string>{});
  }
  EXPECT_EQ(stored, 401U);
}

}  // namespace
}  // namespace veille::domain
