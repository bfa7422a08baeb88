// What the append script takes, refuses and writes, on a real redis-server.

#include "services/gateway/adapters/redis_log.h"

#include <future>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "services/domain/keys.h"
#include "tests/support/redis_server.h"

namespace veille::gateway {
namespace {

using hub::v1::LANE_BULK;
using hub::v1::LANE_URGENT;
using ::testing::ElementsAre;

constexpr int kPartition = 3;
constexpr char kFirst[] = "0000000a", kSecond[] = "0000000b";

redis::PrivateServer::Options InMemory() {
  redis::PrivateServer::Options options;
  options.append_only = false;
  return options;
}

class RedisLogTest : public ::testing::Test {
 protected:
  explicit RedisLogTest(int wait_replicas = 0)
      : redis_(InMemory()), log_({redis_.endpoint(), wait_replicas}) {}

  static Envelope Batch(uint64_t sequence, uint64_t digest, const std::string& incarnation = kFirst,
                        const std::string& lane_field = "hub/b") {
    Envelope envelope;
    envelope.lane_field = lane_field;
    envelope.incarnation = incarnation;
    envelope.sequence = sequence;
    envelope.digest = digest;
    envelope.bytes = "batch " + std::to_string(sequence);
    return envelope;
  }
  absl::StatusOr<std::vector<Verdict>> Append(const std::vector<Envelope>& envelopes,
                                              hub::v1::Lane lane = LANE_BULK) {
    std::promise<absl::StatusOr<std::vector<Verdict>>> answer;
    log_.Append(lane, kPartition, envelopes,
                [&answer](absl::StatusOr<std::vector<Verdict>> verdicts) {
                  answer.set_value(std::move(verdicts));
                });
    return answer.get_future().get();
  }
  Verdict AppendOne(Envelope envelope) {
    std::vector<Envelope> one;
    one.push_back(std::move(envelope));
    return Append(one).value().at(0);
  }
  absl::StatusOr<LastSequences> Open(const std::string& incarnation) {
    std::promise<absl::StatusOr<LastSequences>> answer;
    log_.OpenSource(kPartition, "hub", incarnation, [&answer](absl::StatusOr<LastSequences> last) {
      answer.set_value(std::move(last));
    });
    return answer.get_future().get();
  }
  int64_t Entries() {
    return redis_.client().CommandSync({"XLEN", domain::LogKey(kPartition)})->integer();
  }

  testing::RedisServer redis_;
  RedisLog log_;
};

TEST_F(RedisLogTest, TakesWhatComesNextAndDropsWhatItHas) {
  EXPECT_EQ(Open(kFirst)->bulk, 0U);
  EXPECT_EQ(AppendOne(Batch(1, 11)), Verdict::kAppended);
  EXPECT_EQ(AppendOne(Batch(1, 11)), Verdict::kDuplicate);
  EXPECT_EQ(AppendOne(Batch(2, 12)), Verdict::kAppended);
  EXPECT_EQ(AppendOne(Batch(1, 11)), Verdict::kDuplicate);
  EXPECT_EQ(Entries(), 2);
  EXPECT_EQ(Open(kFirst)->bulk, 2U);
  EXPECT_EQ(Open(kFirst)->urgent, 0U);
}

TEST_F(RedisLogTest, RefusesGapsAndOtherContentAndWritesNothingOfThem) {
  ASSERT_TRUE(Open(kFirst).ok());
  EXPECT_EQ(AppendOne(Batch(2, 12)), Verdict::kGap);
  EXPECT_EQ(AppendOne(Batch(1, 11)), Verdict::kAppended);
  EXPECT_EQ(AppendOne(Batch(1, 99)), Verdict::kReused);
  EXPECT_EQ(AppendOne(Batch(3, 13)), Verdict::kGap);
  EXPECT_EQ(Entries(), 1);
  EXPECT_EQ(Open(kFirst)->bulk, 1U);
}

// One entry, one flush; each envelope is judged for itself.
TEST_F(RedisLogTest, JudgesEveryEnvelopeOfAGroup) {
  ASSERT_TRUE(Open(kFirst).ok());
  std::vector<Envelope> group;
  group.push_back(Batch(1, 11));
  group.push_back(Batch(1, 11));
  group.push_back(Batch(1, 99));
  group.push_back(Batch(2, 12));
  group.push_back(Batch(4, 14));
  group.push_back(Batch(1, 11, kFirst, "stranger/b"));
  Envelope heartbeat;
  heartbeat.bytes = "heartbeat";
  group.push_back(std::move(heartbeat));
  group.push_back(Batch(1, 21, kFirst, "hub/u"));
  EXPECT_THAT(*Append(group), ElementsAre(Verdict::kAppended, Verdict::kDuplicate, Verdict::kReused,
                                          Verdict::kAppended, Verdict::kGap, Verdict::kStale,
                                          Verdict::kAppended, Verdict::kAppended));
  const auto entries =
      redis_.client().CommandSync({"XRANGE", domain::LogKey(kPartition), "-", "+"});
  ASSERT_EQ(entries->size(), 1U);
  std::vector<std::string> fields;
  for (const redis::ReplyView field : (*entries)[0][1].elements()) fields.emplace_back(field.str());
  EXPECT_THAT(fields,
              ElementsAre("e", "batch 1", "e", "batch 2", "e", "heartbeat", "e", "batch 1"));
}

TEST_F(RedisLogTest, TellsDuplicatesWithinAWindowOf64AndDoesNotGuessBeyond) {
  ASSERT_TRUE(Open(kFirst).ok());
  for (uint64_t sequence = 1; sequence <= 70; ++sequence)
    ASSERT_EQ(AppendOne(Batch(sequence, sequence)), Verdict::kAppended);
  EXPECT_EQ(AppendOne(Batch(7, 7)), Verdict::kDuplicate);
  EXPECT_EQ(AppendOne(Batch(7, 8)), Verdict::kReused);
  EXPECT_EQ(AppendOne(Batch(6, 6)), Verdict::kTooOld);
  EXPECT_EQ(Entries(), 70);
}

TEST_F(RedisLogTest, ANewIncarnationBeginsAnewAndTheOldOneCannotComeBack) {
  ASSERT_TRUE(Open(kFirst).ok());
  EXPECT_EQ(AppendOne(Batch(1, 11)), Verdict::kAppended);
  EXPECT_EQ(Open(kSecond)->bulk, 0U);
  // A connection of the old one that is still open.
  EXPECT_EQ(AppendOne(Batch(2, 12)), Verdict::kStale);
  EXPECT_EQ(AppendOne(Batch(1, 99, kSecond)), Verdict::kAppended);
  EXPECT_TRUE(absl::IsFailedPrecondition(Open(kFirst).status())) << Open(kFirst).status();
  EXPECT_EQ(Open(kSecond)->bulk, 1U);
}

TEST_F(RedisLogTest, OfAnotherVersionIsRefusedBeforeAnythingIsWritten) {
  ASSERT_TRUE(Open(kFirst).ok());
  ASSERT_TRUE(
      redis_.client()
          .CommandSync({"HSET", domain::SequencesKey(kPartition), "hub/b", "\2 of a later version"})
          .ok());
  std::vector<Envelope> group;
  group.push_back(Batch(1, 21, kFirst, "hub/u"));
  group.push_back(Batch(1, 11));
  EXPECT_FALSE(Append(group).ok());
  EXPECT_EQ(Entries(), 0);
}

TEST_F(RedisLogTest, KeepsMalformedEventsForOperators) {
  log_.Quarantine(kPartition, "malformed");
  ASSERT_TRUE(Append({}).ok());  // Behind it on the same connection.
  EXPECT_EQ(redis_.client().CommandSync({"XLEN", domain::QuarantineKey(kPartition)})->integer(), 1);
}

TEST_F(RedisLogTest, AFullRedisTakesWhatIsUrgentAndRefusesBulk) {
  ASSERT_TRUE(Open(kFirst).ok());
  ASSERT_TRUE(redis_.client().CommandSync({"CONFIG", "SET", "maxmemory", "1"}).ok());
  std::vector<Envelope> bulk, urgent;
  bulk.push_back(Batch(1, 11));
  urgent.push_back(Batch(1, 21, kFirst, "hub/u"));
  const absl::Status refused = Append(bulk).status();
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_THAT(*Append(urgent, LANE_URGENT), ElementsAre(Verdict::kAppended));
  EXPECT_EQ(Entries(), 1);
}

class ReplicatedRedisLog : public RedisLogTest {
 protected:
  ReplicatedRedisLog() : RedisLogTest(1) {}
};

// A duplicate of what no replica has must not be acknowledged either.
TEST_F(ReplicatedRedisLog, IsNotDurableBeforeTheReplicasHaveIt) {
  ASSERT_TRUE(Open(kFirst).ok());
  std::vector<Envelope> one;
  one.push_back(Batch(1, 11));
  EXPECT_TRUE(absl::IsUnavailable(Append(one).status()));
  EXPECT_TRUE(absl::IsUnavailable(Append(one).status()));
  EXPECT_EQ(Entries(), 1);
}

}  // namespace
}  // namespace veille::gateway
