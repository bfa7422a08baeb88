// The synthetic patient: when it is due, and that its home is like any other.

#include "services/domain/exercise.h"

#include "gtest/gtest.h"

#include "common/base/timestamp.h"
#include "common/time/local_time.h"
#include "services/domain/keys.h"
#include "services/domain/registry.h"

namespace veille::domain {
namespace {

config::v1::Config Daily(const std::string& at, const std::string& zone = "Europe/Paris") {
  config::v1::Config config;
  config.mutable_synthetic_patient()->set_daily_at(at);
  config.mutable_synthetic_patient()->set_zone(zone);
  return config;
}

absl::Time Paris(const std::string& local) {
  absl::Time at;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", local, *LoadZone("Europe/Paris"), &at, &error));
  return at;
}

TEST(Exercise, IsNoneWhereNobodyAskedForOneOrItIsOff) {
  EXPECT_FALSE(ScheduleOf(config::v1::Config()).value().has_value());
  config::v1::Config off = Daily("10:00");
  off.mutable_synthetic_patient()->set_off(true);
  EXPECT_FALSE(ScheduleOf(off).value().has_value());
}

TEST(Exercise, IsAtTenOfUtcUnlessItIsSaidOtherwise) {
  config::v1::Config config;
  config.mutable_synthetic_patient();
  const ExerciseSchedule schedule = *ScheduleOf(config).value();
  EXPECT_EQ(schedule.minutes, 600);
  EXPECT_EQ(schedule.zone.name(), "UTC");
  EXPECT_EQ(schedule.deadline, absl::Minutes(10));
}

TEST(Exercise, SaysWhatIsWrongWithItsTime) {
  EXPECT_TRUE(absl::IsInvalidArgument(ScheduleOf(Daily("25:00")).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ScheduleOf(Daily("10")).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ScheduleOf(Daily("10:00", "Europe/Amiens")).status()));
  config::v1::Config hasty = Daily("10:00");
  hasty.mutable_synthetic_patient()->mutable_deadline()->set_seconds(5);
  EXPECT_TRUE(absl::IsInvalidArgument(ScheduleOf(hasty).status()));
}

TEST(Exercise, WasDueLastToTheSecondAndOnBothNightsOfTheYear) {
  const ExerciseSchedule schedule = *ScheduleOf(Daily("10:00")).value();
  EXPECT_EQ(LastDue(schedule, Paris("2026-01-15 10:00")), Paris("2026-01-15 10:00"));
  EXPECT_EQ(LastDue(schedule, Paris("2026-01-15 09:59")), Paris("2026-01-14 10:00"));
  EXPECT_EQ(LastDue(schedule, Paris("2026-03-29 09:59")), Paris("2026-03-28 10:00"));
  EXPECT_EQ(LastDue(schedule, Paris("2026-10-25 09:59")), Paris("2026-10-24 10:00"));
}

TEST(Exercise, HasArrivedWithAReceiptSinceThen) {
  alert::v1::Alert alert;
  alert::v1::Delivery& delivery = *alert.add_deliveries();
  delivery.set_state(alert::v1::DELIVERY_STATE_SENT);
  SetTime(Paris("2026-01-15 10:00"), *delivery.mutable_update_time());
  EXPECT_FALSE(HasArrived(alert, Paris("2026-01-15 10:00")));
  delivery.set_state(alert::v1::DELIVERY_STATE_DELIVERED);
  EXPECT_TRUE(HasArrived(alert, Paris("2026-01-15 10:00")));
  EXPECT_FALSE(HasArrived(alert, Paris("2026-01-15 10:01")));
}

TEST(Exercise, HasAHomeThatNoFileMayHave) {
  EXPECT_FALSE(Registry::Make({ExerciseHome()}).ok());
  const auto registry = Registry::Make({}, {ExerciseHome()});
  ASSERT_TRUE(registry.ok()) << registry.status();
  EXPECT_NE((*registry)->HomeOfSource(kExerciseHome), nullptr);
  EXPECT_EQ((*registry)->PatientsOf(kExerciseHome).size(), 1U);
}

}  // namespace
}  // namespace veille::domain
