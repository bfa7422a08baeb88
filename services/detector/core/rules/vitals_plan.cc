#include "services/detector/core/rules/vitals_plan.h"

#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {}  // namespace

VitalsPlan MakeVitalsPlan(const care::v1::CarePlan& care, bool switched_on) {
  using domain::NumberOr;
  VitalsPlan plan;
  plan.news = {switched_on && domain::IsEnabled(care.partial_news()),
               NumberOr(care.partial_news(), "medium_score"),
               NumberOr(care.partial_news(), "high_score"),
               domain::MicrosOr(care.partial_news(), "persistence"),
               domain::MicrosOr(care.partial_news(), "validity")};
  plan.oxygen = {switched_on && domain::IsEnabled(care.oxygen_low()),
                 NumberOr(care.oxygen_low(), "low_percent"),
                 static_cast<int>(NumberOr(care.oxygen_low(), "readings")),
                 domain::MicrosOr(care.oxygen_low(), "span")};
  plan.pulse = {switched_on && domain::IsEnabled(care.pulse()), NumberOr(care.pulse(), "fast_bpm"),
                NumberOr(care.pulse(), "slow_bpm"), domain::MicrosOr(care.pulse(), "span"),
                domain::MicrosOr(care.pulse(), "gap")};
  plan.temperature = {switched_on && domain::IsEnabled(care.body_temperature()),
                      NumberOr(care.body_temperature(), "low_celsius"),
                      NumberOr(care.body_temperature(), "hysteresis_celsius")};
  return plan;
}

}  // namespace veille::detector
