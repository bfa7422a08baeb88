#include "common/redis/subscriber.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/sync/mutex.h"
#include "common/time/clock.h"
#include "tests/integration/redis/latch.h"
#include "tests/support/redis_server.h"

namespace veille::redis {
namespace {

using testing::Counter;
using testing::RedisServer;

// Notes what it hears on the channels "a" and "b".
class Listener {
 public:
  explicit Listener(RedisServer& redis)
      : subscriber_({.endpoint = redis.endpoint(), .channels = {"a", "b"}},
                    [this](std::string_view message) {
                      {
                        const MutexLock lock(mu_);
                        heard_.emplace_back(message);
                      }
                      messages.Add(1);
                    }) {}
  // Waits until the generation has grown to this.
  bool Reaches(uint64_t generation) {
    const absl::Duration until = MonotonicNow() + absl::Seconds(30);
    while (subscriber_.generation() < generation && MonotonicNow() < until)
      SleepReally(absl::Milliseconds(2));
    return subscriber_.generation() >= generation;
  }
  std::vector<std::string> heard() {
    const MutexLock lock(mu_);
    return heard_;
  }

  Counter messages;

 private:
  Mutex mu_;
  std::vector<std::string> heard_;
  Subscriber subscriber_;
};

void Publish(RedisServer& redis, const std::string& channel, const std::string& message) {
  ASSERT_TRUE(redis.client().CommandSync({"PUBLISH", channel, message}).ok());
}

TEST(Subscriber, HearsAllItsChannelsInTheOrderOfPublishing) {
  RedisServer redis;
  Listener listener(redis);
  ASSERT_TRUE(listener.Reaches(1));
  Publish(redis, "a", "1");
  Publish(redis, "other", "2");
  Publish(redis, "b", std::string("3\0\r\n", 4));
  Publish(redis, "a", "4");
  ASSERT_TRUE(listener.messages.Reaches(3));
  EXPECT_EQ(listener.heard(), (std::vector<std::string>{"1", std::string("3\0\r\n", 4), "4"}));
}

TEST(Subscriber, SaysThatItMayHaveMissedSomethingAndHearsAgain) {
  RedisServer redis;
  Listener listener(redis);
  ASSERT_TRUE(listener.Reaches(1));
  redis.Kill();
  ASSERT_TRUE(listener.Reaches(2));
  redis.Restart();
  ASSERT_TRUE(listener.Reaches(3));
  Publish(redis, "b", "again");
  ASSERT_TRUE(listener.messages.Reaches(1));
  EXPECT_EQ(listener.heard(), std::vector<std::string>{"again"});
}

}  // namespace
}  // namespace veille::redis
