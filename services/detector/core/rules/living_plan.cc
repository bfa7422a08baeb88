#include "services/detector/core/rules/living_plan.h"

#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {}  // namespace

LivingPlan MakeLivingPlan(const care::v1::CarePlan& plan) {
  LivingPlan made;
  const auto& bathroom = plan.bathroom_long();
  made.bathroom = {domain::IsEnabled(bathroom),
                   domain::WindowOr(bathroom, "window"),
                   domain::MicrosOr(bathroom, "night_patience"),
                   domain::MicrosOr(bathroom, "day_patience"),
                   domain::MicrosOr(bathroom, "high"),
                   domain::MicrosOr(bathroom, "contact_grace")};
  const auto& morning = plan.no_morning();
  made.morning = {domain::IsEnabled(morning), morning.has_window(),
                  domain::WindowOr(morning, "window"), domain::MicrosOr(morning, "margin"),
                  domain::MicrosOr(morning, "cap")};
  const auto& meal = plan.meal_missed();
  made.meal = {domain::IsEnabled(meal), domain::WindowOr(meal, "lunch"),
               domain::WindowOr(meal, "dinner"), domain::MicrosOr(meal, "out")};
  const auto& trends = plan.trends();
  made.trend = {domain::IsEnabled(trends), domain::WindowOr(trends, "window"),
                domain::NumberOr(trends, "decline"), domain::NumberOr(trends, "rise")};
  return made;
}

}  // namespace veille::detector
