// Clocks that stand, run fast, and wall-clock windows on the nights on which clocks change.

#include "common/time/clock.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "common/base/random.h"
#include "common/retry/backoff.h"
#include "common/time/local_time.h"

namespace veille {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

TEST(VirtualClock, StandsUntilItIsMoved) {
  VirtualClock clock(kStart);
  EXPECT_EQ(clock.Now(), kStart);
  EXPECT_EQ(clock.Now(), kStart);
  clock.Advance(absl::Hours(9));
  EXPECT_EQ(clock.Now(), kStart + absl::Hours(9));
  clock.Set(kStart);
  EXPECT_EQ(clock.Now(), kStart);
}

TEST(ScaledClock, RunsFasterThanRealTimeFromItsStart) {
  const absl::Duration before = MonotonicNow();
  const ScaledClock clock(kStart, 3600);
  const absl::Time early = clock.Now();
  const absl::Time late = clock.Now();
  const absl::Duration real = MonotonicNow() - before;
  EXPECT_GE(early, kStart);
  EXPECT_GE(late, early);
  // Whatever the machine does between the lines, it is that much times 3600 and no more.
  EXPECT_LE(late - kStart, real * 3600);
}

TEST(ScaledClock, SaysHowLongToReallyWait) {
  const ScaledClock clock(kStart, 240);
  EXPECT_EQ(clock.ToReal(absl::Minutes(4)), absl::Seconds(1));
  EXPECT_EQ(clock.speed(), 240);
  EXPECT_EQ(SystemClock().ToReal(absl::Minutes(4)), absl::Minutes(4));
}

TEST(Backoff, DoublesItsCeilingUpToTheLargestAndBeginsAnew) {
  SeededRandom random(7);
  Backoff backoff(absl::Milliseconds(100), absl::Seconds(1), random);
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(100));
  for (const int ceiling_ms : {200, 400, 800, 1000, 1000}) {
    const absl::Duration wait = backoff.Next();
    EXPECT_GE(wait, absl::Milliseconds(100));
    EXPECT_LE(wait, absl::Milliseconds(ceiling_ms));
  }
  backoff.Reset();
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(100));
}

TEST(LocalWindow, IsReadAndWritten) {
  EXPECT_EQ(FormatLocalWindow(*ParseLocalWindow("22:00-06:05")), "22:00-06:05");
  for (const char* bad : {"", "22-06", "24:00-06:00", "22:00-06:60", "22:00-06:00x", "2:00-6:00"})
    EXPECT_TRUE(absl::IsInvalidArgument(ParseLocalWindow(bad).status())) << bad;
}

TEST(LoadZone, NamesWhatItDoesNotKnow) {
  EXPECT_TRUE(LoadZone("Europe/Paris").ok());
  EXPECT_NE(LoadZone("Europe/Atlantis").status().message().find("Europe/Atlantis"),
            std::string::npos);
}

struct Night {
  const char* zone;
  absl::CivilDay evening;
  absl::Duration length;  // From 22:00 to 06:00.
};

class ClockChange : public ::testing::TestWithParam<Night> {};

TEST_P(ClockChange, TheNightIsLongerOrShorterAndItsEdgesAreWallClock) {
  const Night& night = GetParam();
  const absl::TimeZone zone = *LoadZone(night.zone);
  const LocalWindow window = *ParseLocalWindow("22:00-06:00");
  const absl::Time from = absl::FromCivil(absl::CivilSecond(night.evening) + 22 * 3600, zone);
  const absl::Time to = absl::FromCivil(absl::CivilSecond(night.evening + 1) + 6 * 3600, zone);
  EXPECT_EQ(to - from, night.length);
  EXPECT_EQ(NextWindowEdge(from - absl::Hours(5), zone, window), from);
  EXPECT_EQ(NextWindowEdge(from, zone, window), to);
  // Every minute, against the wall clock.
  for (absl::Time at = from - absl::Hours(2); at < to + absl::Hours(2); at += absl::Minutes(1)) {
    const absl::CivilSecond wall = absl::ToCivilSecond(at, zone);
    EXPECT_EQ(InWindow(at, zone, window), wall.hour() >= 22 || wall.hour() < 6) << wall;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Nights, ClockChange,
    ::testing::Values(Night{"Europe/Paris", absl::CivilDay(2026, 3, 28), absl::Hours(7)},
                      Night{"Europe/Paris", absl::CivilDay(2026, 10, 24), absl::Hours(9)},
                      Night{"Europe/Paris", absl::CivilDay(2026, 1, 14), absl::Hours(8)},
                      Night{"Australia/Sydney", absl::CivilDay(2026, 4, 4), absl::Hours(9)},
                      Night{"Australia/Sydney", absl::CivilDay(2026, 10, 3), absl::Hours(7)},
                      // Clocks change at midnight there, within the first hours of the night.
                      Night{"America/Santiago", absl::CivilDay(2026, 4, 4), absl::Hours(9)},
                      Night{"America/Santiago", absl::CivilDay(2026, 9, 5), absl::Hours(7)}));

TEST(LocalWindow, WithAnEdgeInTheSkippedHourBeginsWhenTheSkipEnds) {
  const absl::TimeZone paris = *LoadZone("Europe/Paris");
  const absl::Time skip = absl::FromCivil(absl::CivilSecond(2026, 3, 29, 3, 0, 0), paris);
  const LocalWindow window = *ParseLocalWindow("02:30-05:00");
  EXPECT_FALSE(InWindow(skip - absl::Seconds(1), paris, window));
  EXPECT_TRUE(InWindow(skip, paris, window));
}

}  // namespace
}  // namespace veille
