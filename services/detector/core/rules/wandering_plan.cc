#include "services/detector/core/rules/wandering_plan.h"

#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

int64_t Micros(const google::protobuf::Message& rule, const char* field) {
  return absl::ToInt64Microseconds(domain::DurationOr(rule, field));
}

uint32_t Count(const google::protobuf::Message& rule, const char* field) {
  return static_cast<uint32_t>(domain::NumberOr(rule, field));
}

}  // namespace

WanderingPlan MakeWanderingPlan(const care::v1::CarePlan& plan) {
  WanderingPlan made;
  const auto& away = plan.not_returned();
  made.not_returned = {
      domain::IsEnabled(away),          away.has_longest(),       away.has_dusk_margin(),
      domain::NumberOr(away, "factor"), Micros(away, "shortest"), Micros(away, "longest"),
      Micros(away, "dusk_margin"),      Micros(away, "unlearnt"), Micros(away, "worsen")};
  const auto& bed = plan.bed_exit();
  made.bed_exit = {domain::IsEnabled(bed),  domain::WindowOr(bed, "window"),
                   Micros(bed, "patience"), Micros(bed, "still"),
                   Micros(bed, "settled"),  Micros(bed, "contact_grace")};
  made.pacing = {domain::IsEnabled(plan.pacing()), Count(plan.pacing(), "moves"),
                 Count(plan.pacing(), "least_moves"), Count(plan.pacing(), "episodes"),
                 Micros(plan.pacing(), "span")};
  made.lapping = {domain::IsEnabled(plan.lapping()), Count(plan.lapping(), "rounds"),
                  Micros(plan.lapping(), "span")};
  made.random_walk = {domain::IsEnabled(plan.random_walk()), Count(plan.random_walk(), "moves"),
                      Count(plan.random_walk(), "rooms"), Micros(plan.random_walk(), "span")};
  return made;
}

}  // namespace veille::detector
