// What a home keeps of what people said of duty and silence.

#include "services/notifier/core/circle_requests.h"

#include "gtest/gtest.h"

#include "services/notifier/core/snooze.h"

namespace veille::notifier {
namespace {

alert::v1::Snooze Snooze(int from, int to) {
  alert::v1::Snooze snooze;
  snooze.set_snooze_id(std::to_string(from));
  snooze.set_caregiver_id("anne");
  snooze.mutable_create_time()->set_seconds(from);
  snooze.mutable_expire_time()->set_seconds(to);
  return snooze;
}

TEST(CircleRequests, CarryTheSameRequestOutOnce) {
  store::v1::CircleState state;
  const Actor anne{"anne", "phone", "request"};
  EXPECT_TRUE(AddSnooze(Snooze(0, 600), anne, absl::FromUnixSeconds(0), state).ok());
  EXPECT_TRUE(AddSnooze(Snooze(1, 601), anne, absl::FromUnixSeconds(1), state).ok());
  EXPECT_EQ(state.snoozes_size(), 1);
}

TEST(CircleRequests, RememberTheNewestRequestsAndNoMore) {
  store::v1::CircleState state;
  for (int i = 0; i < 100; ++i) CarryOut({"anne", "", std::to_string(i)}, state);
  EXPECT_EQ(state.request_ids_size(), 32);
  EXPECT_TRUE(WasCarriedOut({"anne", "", "99"}, state));
  EXPECT_FALSE(WasCarriedOut({"anne", "", "0"}, state));
  EXPECT_FALSE(WasCarriedOut({"anne", "", ""}, state));
}

TEST(CircleRequests, DropWhatIsOverAtItsEnd) {
  store::v1::CircleState state;
  *state.add_snoozes() = Snooze(0, 600);
  *state.add_snoozes() = Snooze(1, 601);
  state.add_turns()->mutable_end_time()->set_seconds(600);
  DropWhatIsOver(absl::FromUnixSeconds(600), state);
  EXPECT_EQ(state.snoozes_size(), 1);
  EXPECT_EQ(state.turns_size(), 0);
}

}  // namespace
}  // namespace veille::notifier
