// Gas flows and nobody is in the kitchen. A flow stands until the next reading; a cumulative meter
// must be read often enough to show that it never stopped. Where no sensor of the kitchen is alive,
// nothing is concluded.

#include <algorithm>

#include "services/detector/core/rules/kitchen.h"
#include "services/detector/core/rules/meters.h"

namespace veille::detector {
namespace {

Matter About(const Context& context, int device) {
  const std::string& id = context.plan.device(device).id;
  return {&context.plan.care_plan(0).gas_flow_long(), "GAS_FLOW_LONG/" + id, id, 0};
}

void TellGas(Context& context, int device, int64_t decide_us, bool confirmed) {
  auto& spell = *MutableInstallation(context, device).mutable_meter()->mutable_gas();
  const std::string since = WallClock(context.plan, spell.since_us());
  const std::string lasting = Lasting(decide_us - spell.since_us());
  Judgement judgement{
      SeverityOr(context.plan.care_plan(0).gas_flow_long(), alert::v1::SEVERITY_MEDIUM),
      decide_us,
      {"Du gaz coule, la cuisine est vide", "Gas flows, the kitchen is empty"},
      {"Du gaz coule et personne dans la cuisine depuis " + since + " (" + lasting + ")",
       "Gas flows and nobody in the kitchen since " + since + " (" + lasting + ")"}};
  if (!confirmed) {
    judgement.reason = {
        "Du gaz coulait à " + since + " ; non confirmé : contact perdu avec le domicile",
        "Gas flowed at " + since + "; not confirmed: contact lost with the home"};
  }
  TellSpell(context, About(context, device), std::move(judgement), spell);
  spell.clear_ask_us();
}

void OnReading(Context& context, const Signal& seen) {
  const FlowFigures& figures = context.plan.dwelling.gas_flow;
  const Reading reading = ReadMeter(context, seen);
  if (reading.of != Commodity::kGas || IsCoarser(context, seen, reading)) return;
  const bool begun = InstallationOf(context, seen.device).meter().gas().since_us() != 0;
  const Flow flow = JudgeFlow(figures, reading);
  if (!begun && flow != Flow::kRuns) return;
  auto& meter = *MutableInstallation(context, seen.device).mutable_meter();
  auto& spell = *meter.mutable_gas();
  if (flow == Flow::kStopped) {
    const std::string at = WallClock(context.plan, seen.time_us);
    EndSpell(context, About(context, seen.device),
             {seen.time_us,
              seen.receive_us,
              context.plan.device(seen.device).id,
              {"Le gaz ne coule plus (" + at + ")", "The gas stopped (" + at + ")"}},
             spell);
    return meter.clear_gas();
  }
  if (!spell.alert_id().empty()) return;
  if (flow == Flow::kUnknown) return meter.clear_gas();
  if (!begun) {
    const int64_t from = reading.flow ? seen.time_us : reading.from_us;
    spell.set_since_us(std::max(from, context.state.record().dwelling().kitchen_us()));
    spell.set_receive_us(ReceiptOf(seen, spell.since_us()));
    if (reading.flow) spell.set_ask_us(spell.since_us() + figures.span_us);
  }
  if (!reading.flow && seen.time_us - spell.since_us() >= figures.span_us &&
      KitchenAlive(context, seen.time_us)) {
    TellGas(context, seen.device, seen.time_us, true);
  }
}

void OnAttendance(Context& context, const Signal& seen) {
  auto& record = context.state.record();
  if (seen.time_us <= record.dwelling().kitchen_us()) return;
  record.mutable_dwelling()->set_kitchen_us(seen.time_us);
  for (const int device : context.plan.dwelling.meters) {
    if (InstallationOf(context, device).meter().gas().since_us() == 0) continue;
    auto& spell = *MutableInstallation(context, device).mutable_meter()->mutable_gas();
    const bool flow =
        spell.ask_us() != 0 ||
        CommodityOf(InstallationOf(context, device).meter().flow_code()) == Commodity::kGas;
    const std::string at = WallClock(context.plan, seen.time_us);
    EndSpell(
        context, About(context, device),
        {seen.time_us,
         seen.receive_us,
         context.plan.device(seen.device).id,
         {"Quelqu'un est dans la cuisine (" + at + ")", "Somebody is in the kitchen (" + at + ")"}},
        spell);
    // The gas still flows: the wait begins anew.
    spell.set_since_us(seen.time_us);
    spell.set_receive_us(seen.receive_us);
    if (flow) spell.set_ask_us(seen.time_us + context.plan.dwelling.gas_flow.span_us);
  }
}

void OnSignal(Context& context, const Signal& seen) {
  if (!context.plan.dwelling.gas_flow.enabled || context.plan.dwelling.meters.empty()) return;
  if (IsAttendance(context, seen)) OnAttendance(context, seen);
  if (seen.kind == SignalKind::kMeter) OnReading(context, seen);
}

Next NextMeter(const Context& context) {
  Next next;
  if (!context.plan.dwelling.gas_flow.enabled) return next;
  for (const int device : context.plan.dwelling.meters)
    next.Offer(device, InstallationOf(context, device).meter().gas().ask_us());
  return next;
}

void OnDeadline(Context& context, int64_t deadline_us) {
  const int device = NextMeter(context).device;
  auto& meter = *MutableInstallation(context, device).mutable_meter();
  if (!IsAlive(context, device, deadline_us)) return meter.clear_gas();
  if (!KitchenAlive(context, deadline_us))
    return meter.mutable_gas()->set_ask_us(deadline_us + kLookAgainUs);
  TellGas(context, device, deadline_us, true);
}

int64_t Unconfirmed(const HomePlan& plan, const HomeState& state, int device) {
  const auto& spell = state.record().devices(device).installation().meter().gas();
  if (spell.ask_us() == 0 || !plan.dwelling.gas_flow.enabled) return kNever;
  return UnconfirmedAt(plan, state.record(), device,
                       spell.since_us() + plan.dwelling.gas_flow.span_us, spell.receive_us(),
                       plan.dwelling.gas_flow.grace_us);
}

void OnTick(Context& context, int64_t tick_us) {
  for (const int device : context.plan.dwelling.meters) {
    if (tick_us < Unconfirmed(context.plan, context.state, device)) continue;
    TellGas(context, device,
            InstallationOf(context, device).meter().gas().since_us() +
                context.plan.dwelling.gas_flow.span_us,
            false);
  }
}

int64_t NextTick(const HomePlan& plan, const HomeState& state) {
  int64_t next = kNever;
  for (const int device : plan.dwelling.meters)
    next = std::min(next, Unconfirmed(plan, state, device));
  return next;
}

}  // namespace

const Rule kGasFlowLong = {
    .wants = kSignsOfLife | Of(SignalKind::kAnswered) | Of(SignalKind::kMeter),
    .on_signal = OnSignal,
    .deadline = [](const Context& context, int64_t) { return NextMeter(context).at_us; },
    .on_deadline = OnDeadline,
    .on_tick = OnTick,
    .server_deadline = NextTick,
};

}  // namespace veille::detector
