#include "services/detector/core/rules/wandering_plan.h"

#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

uint32_t Count(const google::protobuf::Message& rule, const char* field) {
  return static_cast<uint32_t>(domain::NumberOr(rule, field));
}

}  // namespace

WanderingPlan MakeWanderingPlan(const care::v1::CarePlan& plan) {
  WanderingPlan made;
  const auto& away = plan.not_returned();
  made.not_returned = {domain::IsEnabled(away),
                       away.has_longest(),
                       away.has_dusk_margin(),
                       domain::NumberOr(away, "factor"),
                       domain::MicrosOr(away, "shortest"),
                       domain::MicrosOr(away, "longest"),
                       domain::MicrosOr(away, "dusk_margin"),
                       domain::MicrosOr(away, "unlearnt"),
                       domain::MicrosOr(away, "worsen")};
  const auto& bed = plan.bed_exit();
  made.bed_exit = {domain::IsEnabled(bed),
                   domain::WindowOr(bed, "window"),
                   domain::MicrosOr(bed, "patience"),
                   domain::MicrosOr(bed, "still"),
                   domain::MicrosOr(bed, "settled"),
                   domain::MicrosOr(bed, "contact_grace")};
  made.pacing = {domain::IsEnabled(plan.pacing()), Count(plan.pacing(), "moves"),
                 Count(plan.pacing(), "least_moves"), Count(plan.pacing(), "episodes"),
                 domain::MicrosOr(plan.pacing(), "span")};
  made.lapping = {domain::IsEnabled(plan.lapping()), Count(plan.lapping(), "rounds"),
                  domain::MicrosOr(plan.lapping(), "span")};
  made.random_walk = {domain::IsEnabled(plan.random_walk()), Count(plan.random_walk(), "moves"),
                      Count(plan.random_walk(), "rooms"),
                      domain::MicrosOr(plan.random_walk(), "span")};
  return made;
}

}  // namespace veille::detector
