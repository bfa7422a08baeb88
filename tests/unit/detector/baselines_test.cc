// What is usual for a person, learnt and forgotten, and how silence is judged by it.

#include "services/detector/core/baselines.h"

#include "gtest/gtest.h"

#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

// 2026-01-05 is a Monday.
constexpr int32_t kMonday = 20458;

store::v1::DayRecord Day(int32_t day, absl::Duration silence, uint32_t waking_minutes) {
  store::v1::DayRecord record;
  record.set_day(day);
  record.set_silences(
      std::string(kHalfHours, static_cast<char>(1 + Baselines::SilenceBin(silence))));
  record.set_waking_minutes(waking_minutes);
  record.mutable_outings()->push_back(static_cast<char>(Baselines::OutingBin(absl::Minutes(80))));
  record.mutable_bathroom_nights()->push_back(
      static_cast<char>(Baselines::StayBin(absl::Minutes(7))));
  return record;
}

Baselines Learnt(int days, absl::Duration silence) {
  Baselines baselines;
  for (int i = 0; i < days; ++i) baselines.Learn(Day(kMonday + i, silence, 7 * 60 + 10));
  return baselines;
}

TEST(Baselines, KnowNothingBeforeFourteenDays) {
  EXPECT_FALSE(Learnt(13, absl::Minutes(40)).Silence(20, false).has_value());
  EXPECT_EQ(Learnt(14, absl::Minutes(40)).Silence(20, false), absl::Minutes(45));
}

TEST(Baselines, AnswerWithTheUpperEdgeOfWhatIsUsual) {
  const Baselines baselines = Learnt(28, absl::Minutes(40));
  EXPECT_EQ(baselines.Waking(false), absl::Minutes(7 * 60 + 15));
  EXPECT_EQ(baselines.Outing(), absl::Minutes(90));
  EXPECT_EQ(baselines.BathroomStay(true), absl::Minutes(8));
  // Nobody was seen in the bathroom by day.
  EXPECT_FALSE(baselines.BathroomStay(false).has_value());
}

TEST(Baselines, FewWeekendsBorrowFromWorkdays) {
  const Baselines baselines = Learnt(14, absl::Minutes(40));
  EXPECT_EQ(baselines.Waking(true), absl::Minutes(7 * 60 + 15));
}

TEST(Baselines, OneLongSilenceIsNotUsual) {
  Baselines baselines = Learnt(27, absl::Minutes(40));
  baselines.Learn(Day(kMonday + 27, absl::Hours(5), 12 * 60));
  EXPECT_EQ(baselines.Silence(20, false), absl::Minutes(45));
}

TEST(Baselines, ForgetWhatIsFourWeeksOld) {
  Baselines baselines = Learnt(28, absl::Hours(5));
  EXPECT_EQ(baselines.Silence(20, false), absl::Hours(5));
  for (int i = 28; i < 28 + 70; ++i) baselines.Learn(Day(kMonday + i, absl::Minutes(40), 430));
  EXPECT_EQ(baselines.Silence(20, false), absl::Minutes(45));
}

TEST(Baselines, LearnADayOnce) {
  Baselines baselines = Learnt(14, absl::Minutes(40));
  const std::string before = baselines.Serialize();
  baselines.Learn(Day(kMonday + 13, absl::Hours(9), 600));
  EXPECT_EQ(baselines.Serialize(), before);
}

TEST(Baselines, AreReadBackAndDamageIsFound) {
  const Baselines baselines = Learnt(20, absl::Minutes(100));
  std::string bytes = baselines.Serialize();
  ASSERT_TRUE(Baselines::Parse(bytes).ok());
  EXPECT_EQ(Baselines::Parse(bytes)->Silence(20, false), baselines.Silence(20, false));
  EXPECT_LT(bytes.size(), 2048U);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  EXPECT_TRUE(absl::IsDataLoss(Baselines::Parse(bytes).status()));
}

// Seen every ten minutes from 07:10 to 22:00, for three weeks.
void LiveAsUsual(Home& home, int days) {
  for (int day = 1; day <= days; ++day) {
    for (int minute = 7 * 60 + 10; minute < 22 * 60; minute += 10)
      home.See(Home::Motion(home.At(6, day, minute / 60, minute % 60)));
    // The sensor is heard through the night, too.
    for (int hour = 0; hour < 7; ++hour) home.See(Home::CheckIn(home.At(6, day + 1, hour, 0)));
  }
}

TEST(Habits, AnActivePersonsSilenceIsToldSoonerAndSaysWhatIsUsual) {
  Home home;
  LiveAsUsual(home, 21);
  ASSERT_EQ(home.Told(), std::vector<std::string>{});
  ASSERT_NE(home.state().baselines(), nullptr);
  EXPECT_EQ(home.state().baselines()->Silence(22, false), absl::Minutes(15));
  EXPECT_EQ(home.state().baselines()->Waking(false), absl::Minutes(7 * 60 + 15));
  home.Restart();
  home.See(Home::Motion(home.At(6, 22, 8, 0)));
  home.Live(home.At(6, 22, 8, 1), home.At(6, 22, 9, 59));
  EXPECT_EQ(home.Told(), std::vector<std::string>{});
  home.Live(home.At(6, 22, 10, 0), home.At(6, 22, 10, 1));
  EXPECT_EQ(home.Told(), std::vector<std::string>{"RAISE INACTIVITY MEDIUM"});
  EXPECT_NE(home.last().reason().en().find("usually at most 15 min at this hour"),
            std::string::npos);
}

TEST(Habits, WithoutThemThePlansFigureHolds) {
  Home home;
  LiveAsUsual(home, 5);
  home.See(Home::Motion(home.At(6, 6, 8, 0)));
  home.Live(home.At(6, 6, 8, 1), home.At(6, 6, 10, 59));
  EXPECT_EQ(home.Told(), std::vector<std::string>{});
  home.Live(home.At(6, 6, 11, 0), home.At(6, 6, 11, 1));
  EXPECT_EQ(home.Told(), std::vector<std::string>{"RAISE INACTIVITY MEDIUM"});
}

TEST(Habits, AnOutingIsNoSilence) {
  Home home;
  home.See(Home::Motion(home.At(6, 1, 10, 0)));
  home.See(Home::Door(home.At(6, 1, 10, 1), true));
  home.See(Home::Door(home.At(6, 1, 10, 1, 20), false));
  home.See(Home::Door(home.At(6, 1, 12, 30), true));
  home.See(Home::Door(home.At(6, 1, 12, 30, 20), false));
  home.See(Home::Motion(home.At(6, 1, 12, 31)));
  const store::v1::DayRecord& today = home.state().record().today();
  EXPECT_EQ(today.silences().find(static_cast<char>(1 + Baselines::SilenceBin(absl::Hours(2)))),
            std::string::npos);
}

}  // namespace
}  // namespace veille::detector
