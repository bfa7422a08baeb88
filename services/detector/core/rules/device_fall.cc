// A device that concluded a fall itself. It had its dialogue with the wearer, so this is told at
// once.

#include "services/detector/core/rules/rules.h"
#include "services/detector/core/rules/urgent.h"
#include "services/domain/care_plan.h"

namespace veille::detector {

void OnDeviceFall(Context& context, int device, const event::v1::Event& event) {
  if (device >= 0 && context.plan.device(device).role == care::v1::ROLE_FALL_DETECTOR) {
    return OnRoomFall(context, device, event);
  }
  const care::v1::DeviceFallRule& rule =
      context.plan.care_plan(PatientOf(context, device)).device_fall();
  if (!domain::IsEnabled(rule)) return;
  Sentence reason{"Chute détectée par l'appareil porté", "Fall detected by the worn device"};
  alert::v1::Severity severity = alert::v1::SEVERITY_HIGH;
  switch (event.fall().verdict()) {
    case event::v1::Fall::VERDICT_CONFIRMED:
      reason = {"Chute, sans réponse à l'appareil porté", "Fall, no answer to the worn device"};
      break;
    case event::v1::Fall::VERDICT_CANCELLED:
      // A person with dementia may dismiss a dialogue without understanding it: still told.
      reason = {"Chute détectée, alarme annulée par la personne",
                "Fall detected, alarm cancelled by the person"};
      severity =
          rule.has_cancelled_severity() ? rule.cancelled_severity() : alert::v1::SEVERITY_MEDIUM;
      break;
    case event::v1::Fall::VERDICT_RECOVERED:
      reason = {"Chute détectée, la personne s'est relevée",
                "Fall detected, the person is up again"};
      severity = alert::v1::SEVERITY_LOW;
      break;
    default:
      break;
  }
  Conclusion conclusion = UrgentConclusion(context, device, event, rule, std::move(reason));
  conclusion.severity = severity;
  if (event.test()) MarkTest("DEVICE_FALL", conclusion);
  Conclude(context, std::move(conclusion));
  // What the same person's acceleration made suspect is told with this. A cancelled one is not:
  // lying still afterwards is told all the same.
  if (event.test() || device < 0 || event.fall().verdict() == event::v1::Fall::VERDICT_CANCELLED) {
    return;
  }
  CloseFalls(context, PatientOf(context, device), severity == alert::v1::SEVERITY_LOW);
}

}  // namespace veille::detector
