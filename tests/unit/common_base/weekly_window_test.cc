#include "common/time/weekly_window.h"

#include "gtest/gtest.h"

namespace veille {
namespace {

// 2026-01-05 is a Monday.
absl::Time At(const absl::TimeZone& zone, int day, int hour, int minute) {
  return absl::FromCivil(absl::CivilMinute(2026, 1, day, hour, minute), zone);
}

class WeeklyWindowTest : public ::testing::Test {
 protected:
  const absl::TimeZone zone_ = *LoadZone("Europe/Paris");
};

TEST_F(WeeklyWindowTest, HoldsOnItsDaysAndHoursOnly) {
  const WeeklyWindow window = *ParseWeeklyWindow("Mon-Wed,Sun 14:00-16:00");
  EXPECT_TRUE(InWeeklyWindow(At(zone_, 5, 14, 0), zone_, window));
  EXPECT_FALSE(InWeeklyWindow(At(zone_, 5, 16, 0), zone_, window));
  EXPECT_TRUE(InWeeklyWindow(At(zone_, 7, 15, 59), zone_, window));
  EXPECT_FALSE(InWeeklyWindow(At(zone_, 8, 15, 0), zone_, window));
  EXPECT_TRUE(InWeeklyWindow(At(zone_, 11, 15, 0), zone_, window));
}

TEST_F(WeeklyWindowTest, WithoutDaysHoldsEveryDay) {
  const WeeklyWindow window = *ParseWeeklyWindow("22:00-06:00");
  for (int day = 5; day < 12; ++day)
    EXPECT_TRUE(InWeeklyWindow(At(zone_, day, 23, 0), zone_, window));
}

TEST_F(WeeklyWindowTest, ANightBelongsToTheDayOnWhichItBegins) {
  const WeeklyWindow window = *ParseWeeklyWindow("Sun 22:00-06:00");
  EXPECT_TRUE(InWeeklyWindow(At(zone_, 11, 23, 0), zone_, window));
  EXPECT_TRUE(InWeeklyWindow(At(zone_, 12, 5, 59), zone_, window));
  EXPECT_FALSE(InWeeklyWindow(At(zone_, 11, 5, 0), zone_, window));
}

TEST_F(WeeklyWindowTest, DaysMayGoRoundTheWeek) {
  const WeeklyWindow window = *ParseWeeklyWindow("Sat-Mon 00:00-00:00");
  EXPECT_TRUE(InWeeklyWindow(At(zone_, 5, 3, 0), zone_, window));
  EXPECT_FALSE(InWeeklyWindow(At(zone_, 6, 3, 0), zone_, window));
  EXPECT_EQ(NextWeeklyEdge(At(zone_, 5, 3, 0), zone_, window), At(zone_, 6, 0, 0));
}

// Every minute of two weeks, with a change of clocks between.
TEST_F(WeeklyWindowTest, OfAMinuteIsTheSameAsOfAnInstant) {
  for (const char* text : {"Fri,Sat 22:00-06:00", "Mon-Wed 08:00-20:00", "Sun 00:00-00:00"}) {
    const WeeklyWindow window = *ParseWeeklyWindow(text);
    const absl::Time begin = absl::FromCivil(absl::CivilSecond(2026, 3, 23), zone_);
    for (absl::Time at = begin; at < begin + absl::Hours(14 * 24); at += absl::Minutes(1)) {
      const absl::CivilSecond wall = absl::ToCivilSecond(at, zone_);
      const int minute =
          static_cast<int>(absl::GetWeekday(wall)) * 1440 + wall.hour() * 60 + wall.minute();
      ASSERT_EQ(InWeeklyWindow(at, zone_, window), InWeeklyWindow(minute, window)) << wall;
    }
  }
}

TEST_F(WeeklyWindowTest, RubbishIsRefusedWithAReason) {
  for (const char* text : {"", "Mo 14:00-16:00", "Mon- 14:00-16:00", "Mon 14:00", ",", "Mon,"})
    EXPECT_FALSE(ParseWeeklyWindow(text).ok()) << text;
  EXPECT_NE(ParseWeeklyWindow("Mo 14:00-16:00").status().message().find("Mon"),
            std::string_view::npos);
}

}  // namespace
}  // namespace veille
