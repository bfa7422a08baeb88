// Which alert a key of `veille watch` means.

#include "services/client/alert_board.h"

#include "gtest/gtest.h"

namespace veille::client {
namespace {

alert::v1::Alert Make(const std::string& id, alert::v1::Handling handling) {
  alert::v1::Alert alert;
  alert.set_alert_id(id);
  alert.set_handling(handling);
  return alert;
}
alert::v1::Alert Open(const std::string& id) {
  return Make(id, alert::v1::HANDLING_UNACKNOWLEDGED);
}
alert::v1::Alert Taken(const std::string& id) { return Make(id, alert::v1::HANDLING_ACKNOWLEDGED); }
alert::v1::Alert Closed(const std::string& id) { return Make(id, alert::v1::HANDLING_CLOSED); }

std::string IdOf(const alert::v1::Alert* alert) {
  return alert == nullptr ? "" : alert->alert_id();
}

TEST(AlertBoard, KeepsTheNumberOfAnAlertWhileOthersComeIn) {
  AlertBoard board;
  for (int i = 1; i <= 9; ++i) EXPECT_EQ(board.Put(Open(std::to_string(i))), std::size_t(i));
  board.Put(Closed("4"));
  board.Put(Taken("2"));
  // The closed one gives up its place, then the taken one, then the oldest.
  EXPECT_EQ(board.Put(Open("10")), 4U);
  EXPECT_EQ(board.Put(Open("11")), 2U);
  EXPECT_EQ(board.Put(Open("12")), 1U);
  EXPECT_EQ(IdOf(board.Choose(3)), "3");
  EXPECT_EQ(board.Put(Open("13")), 5U);
  EXPECT_EQ(board.Put(Open("3")), 3U);
}

TEST(AlertBoard, ForgetsWhatIsNotShownAnyMore) {
  AlertBoard board;
  board.Put(Open("a"));
  board.Put(Open("b"));
  board.Choose(1);
  board.KeepOnly({"b", "c"});
  EXPECT_EQ(board.Choose(1), nullptr);
  EXPECT_EQ(IdOf(board.ToTake().alert), "b");
  EXPECT_EQ(board.Put(Open("c")), 1U);
}

TEST(AlertBoard, TakesTheOnlyAlertThatNobodyHas) {
  AlertBoard board;
  EXPECT_EQ(board.ToTake().alert, nullptr);
  board.Put(Taken("a"));
  EXPECT_EQ(board.ToTake().doubt, AlertBoard::Doubt::kNone);
  board.Put(Open("b"));
  EXPECT_EQ(IdOf(board.ToTake().alert), "b");
}

TEST(AlertBoard, NeverGuessesWhichOfSeveralIsMeant) {
  AlertBoard board;
  board.Put(Open("a"));
  board.Put(Open("b"));
  EXPECT_EQ(board.ToTake().alert, nullptr);
  EXPECT_EQ(board.ToTake().doubt, AlertBoard::Doubt::kSeveral);
  EXPECT_EQ(board.Choose(3), nullptr);
  EXPECT_EQ(IdOf(board.Choose(1)), "a");
  // A newer one does not slip under the finger.
  board.Put(Open("c"));
  EXPECT_EQ(IdOf(board.ToTake().alert), "a");
  EXPECT_EQ(IdOf(board.ToClose().alert), "a");
}

TEST(AlertBoard, GoesOnToTheNextWhenTheChosenOneIsDoneWith) {
  AlertBoard board;
  board.Put(Open("a"));
  board.Put(Open("b"));
  board.Choose(1);
  board.Put(Taken("a"));
  EXPECT_EQ(IdOf(board.ToTake().alert), "a");
  board.Release();
  EXPECT_EQ(IdOf(board.ToTake().alert), "b");
  board.Choose(1);
  board.Put(Closed("a"));
  EXPECT_EQ(IdOf(board.ToClose().alert), "b");
  EXPECT_EQ(IdOf(board.ToShow()), "b");
}

}  // namespace
}  // namespace veille::client
