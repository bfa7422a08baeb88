// How long a sign-in lasts, on a real Redis and a clock that the test sets.

#include <memory>
#include <string>

#include "gtest/gtest.h"

#include "common/base/timestamp.h"
#include "common/time/clock.h"
#include "services/domain/access/sessions.h"
#include "services/domain/keys.h"
#include "tests/support/redis_server.h"

namespace veille::domain {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);

class SessionLife : public ::testing::Test {
 protected:
  SessionLife() {
    store::v1::StoredSession session;
    session.set_format(1);
    session.set_account_id("anne");
    session.set_session_id("phone");
    SetTime(start_, *session.mutable_create_time());
    SetTime(start_, *session.mutable_last_use_time());
    SetTime(start_ + kSessionLife, *session.mutable_expire_time());
    EXPECT_TRUE(
        redis_.client()
            .CommandSync({"HSET", SessionsKey(), TokenDigest("token"), session.SerializeAsString()})
            .ok());
  }
  // Asked of a server that has not seen it before, so many days after the sign-in.
  bool IsGoodOnDay(int day) {
    const auto clock = std::make_shared<VirtualClock>(start_ + day * kDay);
    const bool good = Sessions(redis_.endpoint(), clock).Find("token").ok();
    // Behind the note that it was used.
    EXPECT_TRUE(redis_.client().CommandSync({"PING"}).ok());
    return good;
  }

  testing::RedisServer redis_;
  const absl::Time start_ = absl::FromUnixSeconds(1'790'000'000);
};

TEST_F(SessionLife, EndsAfterNinetyDaysWithoutUse) {
  EXPECT_TRUE(IsGoodOnDay(89));
  EXPECT_TRUE(IsGoodOnDay(89 + 89));
  EXPECT_FALSE(IsGoodOnDay(89 + 89 + 90));
}

TEST_F(SessionLife, EndsAfterAYearThoughItIsUsedEveryDay) {
  for (int day = 1; day < 365; day += 30) EXPECT_TRUE(IsGoodOnDay(day)) << day;
  EXPECT_TRUE(IsGoodOnDay(364));
  EXPECT_FALSE(IsGoodOnDay(365));
}

}  // namespace
}  // namespace veille::domain
