// Smoke, carbon monoxide, gas, water: at once. It latches: a detector that falls silent proves
// little.

#include "services/detector/core/rules/urgent.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

struct Hazard {
  const char* key;
  bool detected;
  Sentence text;
};

Hazard HazardOf(const event::v1::Event& event) {
  using event::v1::Event;
  switch (ObservationOf(event)) {
    case Event::kSmoke:
      return {"HAZARD/smoke", IsDetected(event.smoke()), {"Fumée détectée", "Smoke detected"}};
    case Event::kCarbonMonoxide:
      return {"HAZARD/carbon_monoxide",
              IsDetected(event.carbon_monoxide()),
              {"Monoxyde de carbone détecté", "Carbon monoxide detected"}};
    case Event::kGas:
      return {"HAZARD/gas", IsDetected(event.gas()), {"Gaz détecté", "Gas detected"}};
    default:
      return {
          "HAZARD/water", IsDetected(event.water()), {"Fuite d'eau détectée", "Water detected"}};
  }
}

}  // namespace

void OnHazard(Context& context, int device, const event::v1::Event& event) {
  const care::v1::HazardRule& rule = context.plan.care_plan(PatientOf(context, device)).hazard();
  Hazard hazard = HazardOf(event);
  if (!hazard.detected || !domain::IsEnabled(rule)) return;
  if (device >= 0 && !context.plan.home().devices(device).room().empty()) {
    hazard.text.fr += " (" + RoomOf(context.plan, device) + ")";
    hazard.text.en += " (" + RoomOf(context.plan, device) + ")";
  }
  Conclusion conclusion = UrgentConclusion(context, device, event, rule, std::move(hazard.text));
  conclusion.rule_key = hazard.key;
  if (event.test()) MarkTest(hazard.key, conclusion);
  Conclude(context, std::move(conclusion));
}

}  // namespace veille::detector
