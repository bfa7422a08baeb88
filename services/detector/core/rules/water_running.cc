// Much water for long: a tap left open, a bath running over. A flow stands until the next reading;
// a cumulative meter must be read often enough to show how long it ran. That water runs was seen:
// it is told also when contact is lost meanwhile.

#include <algorithm>

#include "services/detector/core/rules/meters.h"

namespace veille::detector {
namespace {

Matter About(const Context& context, int device) {
  const std::string& id = context.plan.device(device).id;
  return {&context.plan.care_plan(0).water_running(), "WATER_RUNNING/" + id, id, 0};
}

void TellRunning(Context& context, int device, int64_t decide_us, bool confirmed) {
  const FlowFigures& figures = context.plan.dwelling.water_running;
  auto& spell = *MutableInstallation(context, device).mutable_meter()->mutable_running();
  const std::string since = WallClock(context.plan, spell.since_us());
  const std::string lasting = Lasting(decide_us - spell.since_us());
  const Sentence flow = Figure(figures.flow, 1);
  Judgement judgement{
      SeverityOr(context.plan.care_plan(0).water_running(), alert::v1::SEVERITY_MEDIUM),
      decide_us,
      {"L'eau coule à flot", "Much water runs"},
      {"Plus de " + flow.fr + " L d'eau par minute depuis " + since + " (" + lasting + ")",
       "More than " + flow.en + " L of water a minute since " + since + " (" + lasting + ")"}};
  if (!confirmed) {
    judgement.reason.fr += " ; non confirmé : contact perdu avec le domicile";
    judgement.reason.en += "; not confirmed: contact lost with the home";
  }
  TellSpell(context, About(context, device), std::move(judgement), spell);
  spell.clear_ask_us();
}

void Stop(Context& context, const Signal& seen, store::v1::MeterState& meter) {
  const std::string at = WallClock(context.plan, seen.time_us);
  EndSpell(context, About(context, seen.device),
           {seen.time_us,
            seen.receive_us,
            context.plan.device(seen.device).id,
            {"L'eau ne coule plus à flot (" + at + ")", "The water no longer runs (" + at + ")"}},
           *meter.mutable_running());
  meter.clear_running();
}

void OnSignal(Context& context, const Signal& seen) {
  const FlowFigures& figures = context.plan.dwelling.water_running;
  if (!figures.enabled) return;
  const Reading reading = ReadMeter(context, seen);
  if (reading.of != Commodity::kWater || IsCoarser(context, seen, reading)) return;
  const bool begun = InstallationOf(context, seen.device).meter().running().since_us() != 0;
  const Flow flow = JudgeFlow(figures, reading);
  if (!begun && flow != Flow::kRuns) return;
  auto& meter = *MutableInstallation(context, seen.device).mutable_meter();
  if (flow == Flow::kStopped) return Stop(context, seen, meter);
  auto& spell = *meter.mutable_running();
  if (!spell.alert_id().empty()) return;
  if (flow == Flow::kUnknown) return meter.clear_running();
  if (!begun) {
    spell.set_since_us(reading.flow ? seen.time_us : reading.from_us);
    spell.set_receive_us(ReceiptOf(seen, spell.since_us()));
    if (reading.flow) spell.set_ask_us(spell.since_us() + figures.span_us);
  }
  if (!reading.flow && seen.time_us - spell.since_us() >= figures.span_us)
    TellRunning(context, seen.device, seen.time_us, true);
}

Next NextMeter(const Context& context) {
  Next next;
  if (!context.plan.dwelling.water_running.enabled) return next;
  for (const int device : context.plan.dwelling.meters)
    next.Offer(device, InstallationOf(context, device).meter().running().ask_us());
  return next;
}

void OnDeadline(Context& context, int64_t deadline_us) {
  const int device = NextMeter(context).device;
  if (IsAlive(context, device, deadline_us)) return TellRunning(context, device, deadline_us, true);
  // A dead meter's flow stands for nothing.
  MutableInstallation(context, device).mutable_meter()->clear_running();
}

int64_t Unconfirmed(const HomePlan& plan, const HomeState& state, int device) {
  const auto& spell = state.record().devices(device).installation().meter().running();
  if (spell.ask_us() == 0 || !plan.dwelling.water_running.enabled) return kNever;
  return UnconfirmedAt(plan, state.record(), device, spell.ask_us(), spell.receive_us(),
                       plan.dwelling.water_running.grace_us);
}

void OnTick(Context& context, int64_t tick_us) {
  for (const int device : context.plan.dwelling.meters) {
    if (tick_us < Unconfirmed(context.plan, context.state, device)) continue;
    TellRunning(context, device, InstallationOf(context, device).meter().running().ask_us(), false);
  }
}

int64_t NextTick(const HomePlan& plan, const HomeState& state) {
  int64_t next = kNever;
  for (const int device : plan.dwelling.meters)
    next = std::min(next, Unconfirmed(plan, state, device));
  return next;
}

}  // namespace

const Rule kWaterRunning = {
    .wants = Of(SignalKind::kMeter),
    .on_signal = OnSignal,
    .deadline = [](const Context& context, int64_t) { return NextMeter(context).at_us; },
    .on_deadline = OnDeadline,
    .on_tick = OnTick,
    .server_deadline = NextTick,
};

}  // namespace veille::detector
