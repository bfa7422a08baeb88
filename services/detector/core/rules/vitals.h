// What the rules on vital signs share: whose reading it is, how good, at rest or not.

#ifndef SERVICES_DETECTOR_CORE_RULES_VITALS_H_
#define SERVICES_DETECTOR_CORE_RULES_VITALS_H_

#include "services/detector/core/rules/spell.h"

namespace veille::detector {

using event::v1::Vitals;

inline int PatientOfReading(const Context& context, const Signal& seen) {
  return context.plan.device(seen.device).patient;
}
inline const VitalsPlan& PlanOf(const Context& context, int patient) {
  return context.plan.vitals()[static_cast<std::size_t>(patient)];
}
inline store::v1::VitalsState& VitalsOf(Context& context, int patient) {
  return *context.state.record().mutable_patients(patient)->mutable_vitals();
}

// Of unknown quality is not good.
inline bool IsGood(const Signal& seen) {
  return static_cast<int>(seen.value_4) == Vitals::QUALITY_GOOD;
}
// Of unknown activity is not at rest.
inline bool IsAtRest(const Signal& seen) {
  const int activity = static_cast<int>(seen.value_3);
  return activity == Vitals::ACTIVITY_REST || activity == Vitals::ACTIVITY_SLEEP;
}

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_VITALS_H_
