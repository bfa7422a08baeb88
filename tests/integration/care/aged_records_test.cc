// What grows old in Redis goes, and what is open, in force or younger stays.

#include "gtest/gtest.h"

#include "veille/alert/v1/alert_service.pb.h"
#include "veille/store/v1/registry.pb.h"

#include "common/base/timestamp.h"
#include "services/care/adapters/redis_aged_records.h"
#include "services/domain/keys.h"
#include "services/domain/record_codec.h"
#include "tests/support/redis_server.h"

namespace veille::care {
namespace {

constexpr int kPartitions = 4;
constexpr absl::Duration kDay = absl::Hours(24);

class AgedRecordsTest : public ::testing::Test {
 protected:
  redis::Reply Do(std::vector<std::string> command) {
    auto reply = redis_.client().CommandSync(std::move(command));
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? *std::move(reply) : redis::Reply();
  }
  void Raise(const std::string& alert_id, absl::Time time, bool open) {
    const std::string ms = std::to_string(absl::ToUnixMillis(time));
    Do({"HSET", domain::AlertKey(partition_, alert_id), "record", "x"});
    Do({"ZADD", domain::AlertsKey(partition_, "h"), ms, alert_id});
    if (open) Do({"HSET", domain::OpenAlertsKey(partition_, "h"), "#" + alert_id, "-"});
    const int inbox = domain::CaregiverPartitionOf("anne", kPartitions);
    alert::v1::Update update;
    update.mutable_alert()->set_alert_id(alert_id);
    Do({"XADD", domain::InboxKey(inbox, "anne"), "*", "u", update.SerializeAsString()});
    Do({"HSET", domain::WatcherKey(inbox, "anne"), "a:" + alert_id, "1|1"});
  }
  int64_t Count(std::vector<std::string> command) { return Do(std::move(command)).integer(); }

  testing::RedisServer redis_{{.append_only = false}};
  const std::shared_ptr<domain::Vault> vault_ = domain::Vault::InTheClear();
  RedisAgedRecords records_{{redis_.endpoint(), kPartitions, vault_}};
  const int partition_ = domain::PartitionOf("h", kPartitions);
  const absl::Time now_ = absl::FromUnixSeconds(1800000000);
};

TEST_F(AgedRecordsTest, ClosedAlertsGoWithWhatInboxesHoldOfThem) {
  Raise("h.old", now_ - 400 * kDay, false);
  Raise("h.open", now_ - 400 * kDay, true);
  Raise("h.new", now_ - 3 * kDay, false);
  const auto deleted = records_.DeleteOlder("alerts", 365 * kDay, now_);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_EQ(*deleted, 3U) << "the alert, its update, its mark";
  EXPECT_EQ(Count({"EXISTS", domain::AlertKey(partition_, "h.old")}), 0);
  EXPECT_EQ(Count({"EXISTS", domain::AlertKey(partition_, "h.open")}), 1);
  EXPECT_EQ(Count({"ZCARD", domain::AlertsKey(partition_, "h")}), 2);
  const int inbox = domain::CaregiverPartitionOf("anne", kPartitions);
  EXPECT_EQ(Count({"XLEN", domain::InboxKey(inbox, "anne")}), 2);
  EXPECT_EQ(Count({"HLEN", domain::WatcherKey(inbox, "anne")}), 2);
}

TEST_F(AgedRecordsTest, StreamsAreTrimmedByRedisTime) {
  Do({"XADD", domain::QuarantineKey(1), "1000-0", "q", "old"});
  Do({"XADD", domain::QuarantineKey(1), "*", "q", "new"});
  EXPECT_EQ(records_.DeleteOlder("quarantine", 30 * kDay, now_).value_or(0), 1U);
  EXPECT_EQ(Count({"XLEN", domain::QuarantineKey(1)}), 1);
}

TEST_F(AgedRecordsTest, ThePlanInForceStaysHoweverOldItIs) {
  const std::string key = domain::HomePlansKey(partition_, "h");
  int revision = 0;
  for (const int days : {2000, 1500, 1200}) {
    store::v1::StoredPlan plan;
    plan.set_format(1);
    plan.set_patient_id("marie");
    SetTime(now_ - days * kDay, *plan.mutable_time());
    const auto bytes = domain::EncodeRecord(*vault_, {"plan", "h"}, plan);
    Do({"XADD", key, std::to_string(++revision) + "-0", "v", bytes.value_or("")});
  }
  EXPECT_EQ(records_.DeleteOlder("plans", 1095 * kDay, now_).value_or(0), 2U);
  EXPECT_EQ(Count({"XLEN", key}), 1);
}

TEST_F(AgedRecordsTest, AClassThatNoAgeEndsIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(records_.DeleteOlder("audit", kDay, now_).status()));
}

}  // namespace
}  // namespace veille::care
