// SOS: no filter and no cool-down. A second press is told again.

#include <optional>
#include <utility>

#include "services/detector/core/rules/urgent.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

void Call(Context& context, int device, const event::v1::Event& event,
          std::optional<AskedFall> fall) {
  const int patient = fall ? fall->patient : PatientOf(context, device);
  const care::v1::SosRule& rule = context.plan.care_plan(patient).sos();
  if (!domain::IsEnabled(rule)) return;
  Sentence reason = {"Appel à l'aide", "Call for help"};
  if (event.test()) reason = {"Essai du bouton d'appel", "Test press of the emergency button"};
  if (fall)
    reason = {"Appel à l'aide après une chute probable", "Asked for help after a probable fall"};
  Conclusion conclusion = UrgentConclusion(context, device, event, rule, std::move(reason));
  conclusion.patient = patient;
  if (fall)
    conclusion.observations.insert(conclusion.observations.begin(), std::move(fall->impact));
  // A test must not join a real call, nor the other way round.
  if (event.test()) {
    conclusion.status = alert::v1::STATUS_TEST;
    conclusion.rule_key = "SOS/test";
  }
  Conclude(context, std::move(conclusion));
}

}  // namespace

void OnPersonalEmergency(Context& context, int device, const event::v1::Event& event) {
  Call(context, device, event, std::nullopt);
}

void OnHelpAnswer(Context& context, int device, const event::v1::Event& event) {
  Call(context, device, event,
       event.test() ? std::nullopt : FallOfPrompt(context, event.prompt_answer().prompt_id()));
}

}  // namespace veille::detector
