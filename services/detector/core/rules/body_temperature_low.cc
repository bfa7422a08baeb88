// Low body temperature, on a good reading. Over when clearly above.

#include <cmath>

#include "services/detector/core/rules/vitals.h"

namespace veille::detector {
namespace {

// Thermometers have tenths; a float's 35.0 may be a hair above.
double Tenths(double celsius) { return std::round(celsius * 10) / 10; }

void OnSignal(Context& context, const Signal& seen) {
  const int patient = PatientOfReading(context, seen);
  const auto& figures = PlanOf(context, patient).temperature;
  if (!figures.enabled || seen.code != Vitals::kBodyTemperatureCelsiusFieldNumber || !IsGood(seen))
    return;
  auto& state = VitalsOf(context, patient);
  auto& spell = *state.mutable_temperature();
  const care::v1::BodyTemperatureRule& rule = context.plan.care_plan(patient).body_temperature();
  const Matter matter{&rule, "", context.plan.device(seen.device).id, patient};
  const double celsius = Tenths(seen.value);
  const Sentence value = Figure(celsius, 1);
  const Sentence reason{"Température du corps à " + value.fr + " °C",
                        "Body temperature at " + value.en + " °C"};
  if (celsius > figures.low) {
    if (celsius < Tenths(figures.low + figures.hysteresis)) return;
    EndSpell(context, matter, {seen.time_us, seen.receive_us, matter.device_id, reason}, spell);
    return state.clear_temperature();
  }
  if (!spell.alert_id().empty()) return;
  BeginSpell(seen, 0, spell);
  spell.clear_ask_us();
  TellSpell(context, matter,
            {SeverityOr(rule, alert::v1::SEVERITY_HIGH), seen.time_us, reason, reason}, spell);
}

}  // namespace

const Rule kBodyTemperatureLow = {
    .wants = Of(SignalKind::kVital),
    .on_signal = OnSignal,
};

}  // namespace veille::detector
