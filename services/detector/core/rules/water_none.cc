// No water although the person is at home: nothing drunk, washed or flushed. Counted in the hours
// in which people are up. A silent meter is no dry tap: that is SENSOR_SILENT.

#include "services/detector/core/rules/meters.h"

namespace veille::detector {
namespace {

Matter About(const Context& context) {
  return {&context.plan.care_plan(0).water_none(), "", "", 0};
}

void OnSignal(Context& context, const Signal& seen) {
  const AbsenceFigures& figures = context.plan.dwelling.water_none;
  if (!figures.enabled) return;
  const Reading reading = ReadMeter(context, seen);
  if (reading.of != Commodity::kWater) return;
  auto& spell = *context.state.record().mutable_dwelling()->mutable_water_none();
  const auto& meter = InstallationOf(context, seen.device).meter();
  const bool ran = reading.flow ? reading.rate > 0 || (meter.flow_us() != 0 && meter.flow() > 0)
                                : reading.amount > 0;
  if (spell.since_us() != 0 && !ran && !reading.exchanged) return;
  const std::string at = WallClock(context.plan, seen.time_us);
  EndSpell(context, About(context),
           {seen.time_us,
            seen.receive_us,
            context.plan.device(seen.device).id,
            {"Eau tirée à " + at, "Water drawn at " + at}},
           spell);
  spell.set_since_us(seen.time_us);
  spell.set_receive_us(seen.time_us);  // An absence is judged when it is due: no late news.
  spell.set_ask_us(seen.time_us + figures.span_us);
}

int64_t Deadline(const Context& context, int64_t) {
  const auto& spell = context.state.record().dwelling().water_none();
  return spell.ask_us() == 0 || !context.plan.dwelling.water_none.enabled ? kNever : spell.ask_us();
}

void OnDeadline(Context& context, int64_t deadline_us) {
  const AbsenceFigures& figures = context.plan.dwelling.water_none;
  auto& spell = *context.state.record().mutable_dwelling()->mutable_water_none();
  if (!IsAbsent(context, Commodity::kWater, figures, deadline_us, spell)) return;
  const std::string since = WallClock(context.plan, spell.since_us());
  const std::string hours = Lasting(figures.span_us);
  TellSpell(context, About(context),
            {SeverityOr(context.plan.care_plan(0).water_none(), alert::v1::SEVERITY_MEDIUM),
             deadline_us,
             {"Eau tirée pour la dernière fois", "Water drawn for the last time"},
             {"Pas d'eau tirée depuis " + since + " (" + hours +
                  " de jour), la personne est chez elle, compteur en état de marche",
              "No water drawn since " + since + " (" + hours +
                  " of the day), the person is at home, the meter is alive"}},
            spell);
  spell.clear_ask_us();
}

}  // namespace

const Rule kWaterNone = {
    .wants = Of(SignalKind::kMeter),
    .on_signal = OnSignal,
    .deadline = Deadline,
    .on_deadline = OnDeadline,
    .proof = Proof::kSilence,
};

}  // namespace veille::detector
