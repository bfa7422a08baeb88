#include "common/redis/stream_reader.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/sync/mutex.h"
#include "tests/integration/redis/latch.h"
#include "tests/support/redis_server.h"

namespace veille::redis {
namespace {

using testing::Counter;
using testing::RedisServer;

// Notes what came for each key, and asks for more.
class Consumer {
 public:
  explicit Consumer(StreamReader& reader) : reader_(reader) {}

  StreamReader::Callback For(const std::string& key) {
    return [this, key](const absl::StatusOr<StreamBatch>& batch) {
      if (!batch.ok()) {
        const MutexLock lock(mu_);
        errors_.push_back(batch.status());
        errors.Add();
        return;
      }
      {
        const MutexLock lock(mu_);
        for (const StreamEntry& entry : batch->entries()) {
          seen_.push_back(key + "=" + std::string(entry.Field("v")));
        }
      }
      reader_.Resume(key, batch->last_id());
      entries.Add(batch->entries().size());
    };
  }
  std::vector<std::string> seen() {
    const MutexLock lock(mu_);
    return seen_;
  }
  std::vector<absl::Status> failures() {
    const MutexLock lock(mu_);
    return errors_;
  }

  Counter entries;
  Counter errors;

 private:
  StreamReader& reader_;
  Mutex mu_;
  std::vector<std::string> seen_;
  std::vector<absl::Status> errors_;
};

void Add(RedisServer& redis, const std::string& key, const std::string& value) {
  ASSERT_TRUE(redis.client().CommandSync({"XADD", key, "*", "v", value}).ok());
}

TEST(StreamReader, WakesForEachOfManyStreamsAndGoesOnAfterALostConnection) {
  constexpr std::size_t kKeys = 64;
  RedisServer redis;
  StreamReader reader({.endpoint = redis.endpoint()});
  Consumer consumer(reader);
  for (std::size_t i = 0; i < kKeys; ++i) {
    const std::string key = "s" + std::to_string(i);
    reader.Subscribe(key, kStreamStart, 10, absl::Seconds(30), consumer.For(key));
  }
  for (std::size_t i = 0; i < kKeys; ++i) Add(redis, "s" + std::to_string(i), "a");
  ASSERT_TRUE(consumer.entries.Reaches(kKeys));

  ASSERT_TRUE(
      redis.client().CommandSync({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}).ok());
  for (std::size_t i = 0; i < kKeys; ++i) Add(redis, "s" + std::to_string(i), "b");
  ASSERT_TRUE(consumer.entries.Reaches(2 * kKeys));

  redis.Kill();
  redis.Restart();
  Add(redis, "s7", "c");
  ASSERT_TRUE(consumer.entries.Reaches(2 * kKeys + 1));
  EXPECT_EQ(consumer.seen().size(), 2 * kKeys + 1);
  EXPECT_EQ(consumer.seen().back(), "s7=c");
  EXPECT_GE(reader.reconnects(), kKeys);
  EXPECT_TRUE(consumer.failures().empty());
}

TEST(StreamReader, WaitsForItsConsumer) {
  RedisServer redis;
  StreamReader reader({.endpoint = redis.endpoint()});
  Counter batches;
  StreamId last;
  reader.Subscribe("s", kStreamStart, 1, absl::Seconds(30),
                   [&](const absl::StatusOr<StreamBatch>& batch) {
                     last = batch->last_id();
                     batches.Add();
                   });
  Add(redis, "s", "1");
  Add(redis, "s", "2");
  ASSERT_TRUE(batches.Reaches(1));
  const StreamId first = last;
  // Time enough for a second read, were there one.
  ASSERT_TRUE(redis.client().CommandSync({"PING"}).ok());
  EXPECT_EQ(last, first);
  reader.Resume("s", first);
  ASSERT_TRUE(batches.Reaches(2));
  EXPECT_GT(last, first);
}

TEST(StreamReader, ReadsAsAConsumerOfAGroupAndTellsWhenThatIsMissing) {
  RedisServer redis;
  StreamReader reader({.endpoint = redis.endpoint()});
  Consumer consumer(reader);
  StreamReader::Subscription subscription{
      .key = "q", .block = absl::Milliseconds(50), .group = "notifier", .consumer = "n1"};
  reader.Subscribe(subscription, consumer.For("q"));
  ASSERT_TRUE(consumer.errors.Reaches(1));
  EXPECT_EQ(ErrorCode(consumer.failures()[0]), "NOGROUP");

  ASSERT_TRUE(
      redis.client().CommandSync({"XGROUP", "CREATE", "q", "notifier", "0", "MKSTREAM"}).ok());
  reader.Resume("q", {});
  Add(redis, "q", "job");
  ASSERT_TRUE(consumer.entries.Reaches(1));
  const auto pending = redis.client().CommandSync({"XPENDING", "q", "notifier"});
  EXPECT_EQ((*pending)[0].integer(), 1);
  EXPECT_EQ((*pending)[3][0][0].str(), "n1");
}

TEST(StreamReader, ReadsStreamsOfAGroupTogether) {
  RedisServer redis;
  StreamReader reader({.endpoint = redis.endpoint()});
  const std::vector<std::string> keys = {"q0", "q1", "q2"};
  for (const std::string& key : keys) {
    const std::vector<std::string> made = {"XGROUP", "CREATE", key, "notifier", "0", "MKSTREAM"};
    ASSERT_TRUE(redis.client().CommandSync(made).ok());
  }
  Add(redis, "q2", "b");
  Add(redis, "q1", "a");
  Counter batches;
  std::vector<std::string> seen;
  reader.Subscribe({.key = "q0", .group = "notifier", .consumer = "n1", .also = {"q1", "q2"}},
                   [&](const absl::StatusOr<StreamBatch>& batch) {
                     for (const StreamEntry& entry : batch->entries())
                       seen.push_back(std::string(entry.key) + "=" + std::string(entry.Field("v")));
                     batches.Add();
                   });
  ASSERT_TRUE(batches.Reaches(1));
  EXPECT_EQ(seen, (std::vector<std::string>{"q1=a", "q2=b"}));
  // It waits for all of them.
  reader.Resume("q0", {});
  Add(redis, "q0", "c");
  ASSERT_TRUE(batches.Reaches(2));
  EXPECT_EQ(seen.back(), "q0=c");
}

TEST(StreamReader, HandsNothingOverAfterUnsubscribing) {
  RedisServer redis;
  StreamReader reader({.endpoint = redis.endpoint()});
  Consumer consumer(reader);
  reader.Subscribe("a", kStreamStart, 10, absl::Seconds(30), consumer.For("a"));
  reader.Subscribe("b", kStreamStart, 10, absl::Seconds(30), consumer.For("b"));
  Add(redis, "a", "1");
  ASSERT_TRUE(consumer.entries.Reaches(1));
  reader.Unsubscribe("a");
  Add(redis, "b", "2");
  ASSERT_TRUE(consumer.entries.Reaches(2));
  Add(redis, "a", "3");
  Add(redis, "b", "4");
  ASSERT_TRUE(consumer.entries.Reaches(3));
  EXPECT_EQ(consumer.seen(), (std::vector<std::string>{"a=1", "b=2", "b=4"}));
}

}  // namespace
}  // namespace veille::redis
