// Water never came to zero for a day: a tap that drips, a cistern that runs. Judged at readings
// that stand close enough to show that it never stopped.

#include "services/detector/core/rules/meters.h"

namespace veille::detector {
namespace {

Matter About(const Context& context, int device) {
  const std::string& id = context.plan.device(device).id;
  return {&context.plan.care_plan(0).water_continuous(), "WATER_CONTINUOUS/" + id, id, 0};
}

void TellLeak(Context& context, const Signal& seen, store::v1::Spell& spell) {
  const std::string since = WallClock(context.plan, spell.since_us());
  const std::string lasting = Lasting(seen.time_us - spell.since_us());
  TellSpell(
      context, About(context, seen.device),
      {SeverityOr(context.plan.care_plan(0).water_continuous(), alert::v1::SEVERITY_TECHNICAL),
       seen.time_us,
       {"L'eau coule", "Water flows"},
       {"L'eau coule sans arrêt depuis " + lasting + " (" + since + ") : fuite probable",
        "Water has not stopped for " + lasting + " (since " + since + "): probably a leak"}},
      spell);
}

void OnSignal(Context& context, const Signal& seen) {
  const FlowFigures& figures = context.plan.dwelling.water_continuous;
  if (!figures.enabled) return;
  const Reading reading = ReadMeter(context, seen);
  if (reading.of != Commodity::kWater || IsCoarser(context, seen, reading)) return;
  const bool begun = InstallationOf(context, seen.device).meter().continuous().since_us() != 0;
  Flow flow = JudgeFlow(figures, reading);
  // Between two flows far apart it may have stopped.
  if (begun && flow == Flow::kRuns && reading.to_us - reading.from_us > figures.resolution_us)
    flow = Flow::kUnknown;
  if (!begun && flow != Flow::kRuns) return;
  auto& meter = *MutableInstallation(context, seen.device).mutable_meter();
  auto& spell = *meter.mutable_continuous();
  if (flow == Flow::kStopped) {
    const std::string at = WallClock(context.plan, seen.time_us);
    EndSpell(context, About(context, seen.device),
             {seen.time_us,
              seen.receive_us,
              context.plan.device(seen.device).id,
              {"L'eau s'est arrêtée (" + at + ")", "Water stopped (" + at + ")"}},
             spell);
    return meter.clear_continuous();
  }
  // Told, it lasts until it is seen to stop.
  if (!spell.alert_id().empty()) return;
  if (flow == Flow::kUnknown) return meter.clear_continuous();
  if (!begun) spell.set_since_us(reading.flow ? seen.time_us : reading.from_us);
  // What took a day to see is no late news.
  spell.set_receive_us(spell.since_us());
  if (seen.time_us - spell.since_us() >= figures.span_us) TellLeak(context, seen, spell);
}

}  // namespace

const Rule kWaterContinuous = {
    .wants = Of(SignalKind::kMeter),
    .on_signal = OnSignal,
};

}  // namespace veille::detector
