#include "services/detector/core/rules/vitals_plan.h"

#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

int64_t Micros(const google::protobuf::Message& rule, const char* field) {
  return absl::ToInt64Microseconds(domain::DurationOr(rule, field));
}

}  // namespace

VitalsPlan MakeVitalsPlan(const care::v1::CarePlan& care, bool switched_on) {
  using domain::NumberOr;
  VitalsPlan plan;
  plan.news = {switched_on && domain::IsEnabled(care.partial_news()),
               NumberOr(care.partial_news(), "medium_score"),
               NumberOr(care.partial_news(), "high_score"),
               Micros(care.partial_news(), "persistence"), Micros(care.partial_news(), "validity")};
  plan.oxygen = {switched_on && domain::IsEnabled(care.oxygen_low()),
                 NumberOr(care.oxygen_low(), "low_percent"),
                 static_cast<int>(NumberOr(care.oxygen_low(), "readings")),
                 Micros(care.oxygen_low(), "span")};
  plan.pulse = {switched_on && domain::IsEnabled(care.pulse()), NumberOr(care.pulse(), "fast_bpm"),
                NumberOr(care.pulse(), "slow_bpm"), Micros(care.pulse(), "span"),
                Micros(care.pulse(), "gap")};
  plan.temperature = {switched_on && domain::IsEnabled(care.body_temperature()),
                      NumberOr(care.body_temperature(), "low_celsius"),
                      NumberOr(care.body_temperature(), "hysteresis_celsius")};
  return plan;
}

}  // namespace veille::detector
