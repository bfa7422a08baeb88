// The pulse at rest too fast or too slow for too long, on good readings that follow one another.

#include "services/detector/core/rules/vitals.h"

namespace veille::detector {
namespace {

void OnSignal(Context& context, const Signal& seen) {
  const int patient = PatientOfReading(context, seen);
  const auto& figures = PlanOf(context, patient).pulse;
  if (!figures.enabled || seen.code != Vitals::kHeartRateBpmFieldNumber || !IsGood(seen)) return;
  auto& state = VitalsOf(context, patient);
  auto& spell = *state.mutable_pulse();
  const care::v1::PulseRule& rule = context.plan.care_plan(patient).pulse();
  const std::string& device = context.plan.device(seen.device).id;
  const Matter matter{&rule, "", "", patient};
  const Sentence value = Figure(seen.value, 0);
  const bool told = !spell.alert_id().empty();
  const bool extreme = seen.value > figures.fast || seen.value < figures.slow;
  if (!extreme || !IsAtRest(seen)) {
    // Moving about says nothing of the pulse at rest: what was told stands.
    if (told && extreme) return;
    EndSpell(context, matter,
             {seen.time_us,
              seen.receive_us,
              device,
              {"Pouls à " + value.fr + " par minute", "Pulse at " + value.en + " a minute"}},
             spell);
    state.clear_pulse();
    return state.clear_pulse_us();
  }
  if (told) return;
  // What was between two readings far apart is not known.
  if (state.pulse_us() != 0 && seen.time_us - state.pulse_us() > figures.gap_us) spell.Clear();
  state.set_pulse_us(seen.time_us);
  BeginSpell(seen, 0, spell);
  spell.clear_ask_us();
  if (seen.time_us - spell.since_us() < figures.span_us) return;
  const std::string lasting = Lasting(seen.time_us - spell.since_us());
  TellSpell(context, matter,
            {SeverityOr(rule, alert::v1::SEVERITY_HIGH),
             seen.time_us,
             {"Première mesure", "First reading"},
             {"Pouls au repos à " + value.fr + " par minute depuis " + lasting,
              "Pulse at rest at " + value.en + " a minute for " + lasting}},
            spell);
}

}  // namespace

const Rule kPulseAtRest = {
    .wants = Of(SignalKind::kVital),
    .on_signal = OnSignal,
};

}  // namespace veille::detector
