// SOS: no filter and no cool-down. A second press is told again.

#include "services/detector/core/rules/urgent.h"
#include "services/domain/care_plan.h"

namespace veille::detector {

void OnPersonalEmergency(Context& context, int device, const event::v1::Event& event) {
  const care::v1::SosRule& rule = context.plan.care_plan(PatientOf(context, device)).sos();
  if (!domain::IsEnabled(rule)) return;
  const bool test = event.test();
  Conclusion conclusion =
      UrgentConclusion(context, device, event, rule,
                       {test ? "Essai du bouton d'appel" : "Appel à l'aide",
                        test ? "Test press of the emergency button" : "Call for help"});
  // A test must not join a real call, nor the other way round.
  if (test) {
    conclusion.status = alert::v1::STATUS_TEST;
    conclusion.rule_key = "SOS/test";
  }
  Conclude(context, std::move(conclusion));
}

}  // namespace veille::detector
