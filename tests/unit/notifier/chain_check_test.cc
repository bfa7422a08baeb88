// Whether a chain would reach somebody in the days to come.

#include "services/notifier/core/chain_check.h"

#include "gtest/gtest.h"

#include "common/base/timestamp.h"
#include "common/time/local_time.h"

namespace veille::notifier {
namespace {

absl::Time At(const std::string& local) {
  absl::Time at;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", local, *LoadZone("Europe/Paris"), &at, &error));
  return at;
}

// anne by day, marc by night; told is whoever is on duty.
ChainSubject ByRota() {
  ChainSubject subject;
  subject.duty.patient_id = "martin";
  subject.duty.zone = "Europe/Paris";
  for (const auto& [who, window] : {std::pair("anne", "08:00-20:00"), {"marc", "20:00-08:00"}}) {
    subject.duty.members.emplace_back().set_caregiver_id(who);
    care::v1::DutyShift& shift = subject.duty.rota.emplace_back();
    shift.set_caregiver_id(who);
    shift.set_window(window);
  }
  subject.steps.emplace_back().set_on_duty(true);
  return subject;
}

std::vector<std::string> Check(const ChainSubject& subject, const std::string& from,
                               absl::Duration ahead = absl::Hours(48)) {
  std::vector<std::string> said;
  for (const ChainFault& fault : CheckChain(subject, At(from), At(from) + ahead))
    said.push_back((fault.nobody ? "! " : "") + fault.text.en());
  return said;
}

TEST(ChainCheck, FindsNothingWhereSomebodyIsAlwaysOnDuty) {
  EXPECT_EQ(Check(ByRota(), "2026-01-15 12:00"), std::vector<std::string>{});
}

TEST(ChainCheck, NamesTheFirstTimeAtWhichNobodyIsOnDuty) {
  ChainSubject subject = ByRota();
  // marc has left the circle, and his shifts stand in the rota still.
  subject.duty.members.pop_back();
  EXPECT_EQ(Check(subject, "2026-01-15 12:00"),
            std::vector<std::string>{
                "! from 2026-01-15 20:00 on nobody is on duty, and no other step takes alerts"});
}

TEST(ChainCheck, IsRightOnTheNightOnWhichClocksGoForward) {
  ChainSubject subject = ByRota();
  subject.duty.rota[1].set_window("21:00-08:00");
  EXPECT_EQ(Check(subject, "2026-03-28 21:30"),
            std::vector<std::string>{
                "! from 2026-03-29 20:00 on nobody is on duty, and no other step takes alerts"});
}

TEST(ChainCheck, LooksOnlySoFarAhead) {
  ChainSubject subject = ByRota();
  subject.duty.members.pop_back();
  EXPECT_EQ(Check(subject, "2026-01-15 12:00", absl::Hours(8)), std::vector<std::string>{});
}

TEST(ChainCheck, NamesAHoleOfWindows) {
  ChainSubject subject = ByRota();
  subject.steps[0].clear_on_duty();
  subject.steps[0].add_caregiver_ids("anne");
  subject.steps[0].set_window("08:00-22:00");
  EXPECT_EQ(Check(subject, "2026-01-15 12:00"),
            std::vector<std::string>{"! from 2026-01-15 22:00 on no step takes alerts"});
}

TEST(ChainCheck, DoesNotCountAStepForWorseThings) {
  ChainSubject subject = ByRota();
  subject.steps[0].set_min_severity(alert::v1::SEVERITY_HIGH);
  EXPECT_EQ(Check(subject, "2026-01-15 12:00"),
            std::vector<std::string>{"! from 2026-01-15 12:00 on no step takes alerts"});
}

TEST(ChainCheck, NamesWhomNothingReachesAndWhenThatIsEverybody) {
  ChainSubject subject = ByRota();
  subject.unreachable["marc"].set_en("no device for 30 h");
  EXPECT_EQ(
      Check(subject, "2026-01-15 12:00"),
      (std::vector<std::string>{"marc: no device for 30 h",
                                "! from 2026-01-15 20:00 on nobody who is told can be reached"}));
}

TEST(ChainCheck, SaysThatEverybodySnoozesAndIsToldAllTheSame) {
  ChainSubject subject = ByRota();
  alert::v1::Snooze& snooze = *subject.state.add_snoozes();
  snooze.set_caregiver_id("marc");
  SetTime(At("2026-01-15 11:00"), *snooze.mutable_create_time());
  SetTime(At("2026-01-15 23:00"), *snooze.mutable_expire_time());
  EXPECT_EQ(Check(subject, "2026-01-15 12:00"),
            std::vector<std::string>{"from 2026-01-15 20:00 on everybody who can be reached "
                                     "snoozes: they are told all the same"});
}

TEST(ChainCheck, NamesACircleWithoutAnybody) {
  ChainSubject subject;
  subject.duty.zone = "Europe/Paris";
  EXPECT_EQ(Check(subject, "2026-01-15 12:00"),
            std::vector<std::string>{"! nobody is in the circle"});
}

}  // namespace
}  // namespace veille::notifier
