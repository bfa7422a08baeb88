// A source's memory of what is not acknowledged.

#include "services/hub/core/outbox.h"

#include "gtest/gtest.h"

namespace veille::hub {
namespace {

TEST(Outbox, SendsUrgentFirstAndKeepsWhatIsNotAcknowledged) {
  Outbox outbox("a1");
  outbox.Add(v1::LANE_BULK, "b1", absl::UnixEpoch());
  outbox.Add(v1::LANE_URGENT, "u1", absl::UnixEpoch());
  EXPECT_EQ(outbox.Next(64)->events(), "u1");
  EXPECT_EQ(outbox.Next(64)->events(), "b1");
  EXPECT_EQ(outbox.Next(64), nullptr);
  outbox.OnAck(1, 0);
  EXPECT_EQ(outbox.size(), 1U);
  outbox.Rewind();
  EXPECT_EQ(outbox.Next(64)->sequence(), 1U);
}

TEST(Outbox, KeepsWithinTheWindow) {
  Outbox outbox("a1");
  for (int i = 0; i < 5; ++i) outbox.Add(v1::LANE_BULK, "b", absl::UnixEpoch());
  EXPECT_NE(outbox.Next(2), nullptr);
  EXPECT_NE(outbox.Next(2), nullptr);
  EXPECT_EQ(outbox.Next(2), nullptr);
}

TEST(Outbox, AFullWindowOfBulkLeavesRoomForAnSos) {
  Outbox outbox("a1");
  for (int i = 0; i < 5; ++i) outbox.Add(v1::LANE_BULK, "b", absl::UnixEpoch());
  while (outbox.Next(2) != nullptr) {
  }
  outbox.Add(v1::LANE_URGENT, "sos", absl::UnixEpoch());
  EXPECT_EQ(outbox.Next(2)->events(), "sos");
}

TEST(Outbox, OfAnOldCopyBeginsANewIncarnation) {
  Outbox outbox("old");
  outbox.Add(v1::LANE_BULK, "b1", absl::UnixEpoch());
  outbox.Next(64);
  EXPECT_FALSE(outbox.OnWelcome(0, 1, "new"));
  outbox.Add(v1::LANE_BULK, "b2", absl::UnixEpoch());
  EXPECT_TRUE(outbox.OnWelcome(0, 9, "new"));
  EXPECT_EQ(outbox.incarnation(), "new");
  EXPECT_EQ(outbox.Next(64)->sequence(), 1U);
}

TEST(Outbox, OfAnOldCopyDoesNotTakeItsNewsForWhatTheGatewayHasUnderTheSameNumber) {
  Outbox outbox("old");
  outbox.Add(v1::LANE_URGENT, "told", absl::UnixEpoch());
  outbox.Next(64);
  outbox.OnAck(1, 0);
  // The hub that we are a copy of has sent two more since.
  outbox.Add(v1::LANE_URGENT, "new 2", absl::UnixEpoch());
  outbox.Add(v1::LANE_URGENT, "new 3", absl::UnixEpoch());
  EXPECT_TRUE(outbox.OnWelcome(3, 0, "new"));
  EXPECT_EQ(outbox.size(), 2U);
  EXPECT_EQ(outbox.Next(64)->events(), "new 2");
}

}  // namespace
}  // namespace veille::hub
