// What may explain a situation: a carer at home, a companion, a planned outing, an absence, the off
// switch; and what makes it worse: the weather. Each rule's description says which of them mute,
// lower or raise it.
//
// What is muted is not forgotten: when the circumstance ends and the condition does not, it is told
// after all. Pure.

#ifndef SERVICES_DETECTOR_CORE_CIRCUMSTANCES_H_
#define SERVICES_DETECTOR_CORE_CIRCUMSTANCES_H_

#include <cstdint>
#include <vector>

#include "veille/care/v1/context.pb.h"
#include "veille/care/v1/parameter.pb.h"
#include "veille/store/v1/finding.pb.h"

#include "common/time/weekly_window.h"

namespace veille::detector {

struct Context;
struct Conclusion;

// A person's plans, compiled.
struct CircumstancePlan {
  struct Span {
    int64_t from_us = 0, to_us = 0;
  };
  struct Outing {
    bool weekly = false;
    WeeklyWindow window;
    Span once;
    bool accompanied = false;
  };
  std::vector<Outing> outings;
  std::vector<Span> absences, weather_warnings;
  care::v1::PositionConsent position_consent = care::v1::POSITION_CONSENT_UNSPECIFIED;
};
// What the registry has checked.
CircumstancePlan MakeCircumstancePlan(const care::v1::Context& context);

// Whether it holds for the person at this instant of event time.
bool Holds(const Context& context, int patient, care::v1::Circumstance circumstance, int64_t at_us);

// By what the person consented to.
bool MayUsePosition(const Context& context, int patient, int64_t at_us);

// True when the finding is not to be told now: it was muted, or it ends or worsens what was. May
// lower its severity, and then says so in its reason.
bool Withhold(Context& context, const Conclusion& conclusion, store::v1::Finding& finding);

// Raises the severity by one where the weather is a danger and the rule is about being out in it,
// and says so in the reason.
void RaiseForWeather(const Context& context, Conclusion& conclusion);

// Tells what was muted or lowered by what does not hold any more.
void ReleaseMuted(Context& context, int64_t at_us);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_CIRCUMSTANCES_H_
