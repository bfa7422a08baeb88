// Low oxygen saturation on several good readings in a row, close together. As many above end it.

#include "services/detector/core/rules/vitals.h"

namespace veille::detector {
namespace {

void OnSignal(Context& context, const Signal& seen) {
  const int patient = PatientOfReading(context, seen);
  const auto& figures = PlanOf(context, patient).oxygen;
  if (!figures.enabled || seen.code != Vitals::kSpo2PercentFieldNumber || !IsGood(seen)) return;
  auto& state = VitalsOf(context, patient);
  auto& spell = *state.mutable_oxygen();
  const care::v1::OxygenLowRule& rule = context.plan.care_plan(patient).oxygen_low();
  const std::string& device = context.plan.device(seen.device).id;
  const Matter matter{&rule, "", "", patient};
  const Sentence value = Figure(seen.value, 0);
  if (seen.value > figures.low) {
    state.clear_oxygen_low_us();
    if (spell.alert_id().empty()) return;
    state.set_oxygen_good(state.oxygen_good() + 1);
    if (static_cast<int>(state.oxygen_good()) < figures.readings) return;
    EndSpell(context, matter,
             {seen.time_us,
              seen.receive_us,
              device,
              {"SpO₂ de nouveau à " + value.fr + " %", "SpO₂ at " + value.en + " % again"}},
             spell);
    state.clear_oxygen();
    return state.clear_oxygen_good();
  }
  state.clear_oxygen_good();
  if (!spell.alert_id().empty()) return;
  auto& low = *state.mutable_oxygen_low_us();
  low.Add(seen.time_us);
  while (low.size() > figures.readings || seen.time_us - low.Get(0) > figures.span_us)
    low.erase(low.begin());
  if (low.size() < figures.readings) return;
  spell.set_since_us(low.Get(0));
  spell.set_receive_us(ReceiptOf(seen, low.Get(0)));
  const std::string count = std::to_string(figures.readings);
  const Sentence limit = Figure(figures.low, 0);
  TellSpell(context, matter,
            {SeverityOr(rule, alert::v1::SEVERITY_HIGH),
             seen.time_us,
             {"Première mesure basse", "First low reading"},
             {"SpO₂ à " + value.fr + " % : " + count + " bonnes mesures de suite à " + limit.fr +
                  " % ou moins",
              "SpO₂ at " + value.en + " %: " + count + " good readings in a row at " + limit.en +
                  " % or less"}},
            spell);
  state.clear_oxygen_low_us();
}

}  // namespace

const Rule kSpo2Low = {
    .wants = Of(SignalKind::kVital),
    .on_signal = OnSignal,
};

}  // namespace veille::detector
