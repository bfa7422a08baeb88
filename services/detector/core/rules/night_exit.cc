// The exit door opened at night and nobody is seen inside afterwards. Movement more than a moment
// after the door last moved means that the person stayed, or is back.

#include <algorithm>

#include "services/detector/core/rules/rules.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

alert::v1::Severity SeverityOf(const HomePlan& plan) {
  const care::v1::NightExitRule& rule = plan.care_plan(0).night_exit();
  return rule.has_severity() ? rule.severity() : alert::v1::SEVERITY_HIGH;
}

int64_t ServerDeadline(const HomePlan& plan, const store::v1::NightExitState& armed) {
  // A backlog's deadline is long past when it arrives: its rest gets the same grace.
  return std::max(armed.deadline_us(), armed.receive_us()) + plan.night_exit.grace_us;
}

void Tell(Context& context, bool confirmed) {
  auto& armed = *context.state.record().mutable_night_exit();
  const std::string at = WallClock(context.plan, armed.opened_us());
  const auto minutes = std::to_string((armed.deadline_us() - armed.opened_us()) / 60000000);
  Conclusion conclusion;
  conclusion.rule = &context.plan.care_plan(0).night_exit();
  conclusion.severity = SeverityOf(context.plan);
  conclusion.event_us = armed.opened_us();
  conclusion.opening_receive_us = armed.receive_us();
  conclusion.decide_us = armed.deadline_us();
  conclusion.reason = {"Porte d'entrée ouverte à " + at +
                           ", aucun mouvement à l'intérieur depuis ; pas de retour après " +
                           minutes + " min",
                       "Front door opened at " + at +
                           ", no movement inside since; not back after " + minutes + " min"};
  if (!confirmed) {
    conclusion.reason = {
        "Porte d'entrée ouverte à " + at + " ; non confirmé : contact perdu avec le domicile",
        "Front door opened at " + at + "; not confirmed: contact lost with the home"};
  }
  conclusion.observations.push_back({armed.opened_us(),
                                     armed.receive_us(),
                                     context.plan.devices()[armed.device()].id,
                                     {"Porte d'entrée ouverte", "Front door opened"}});
  conclusion.observations.push_back({armed.deadline_us(), 0, "", conclusion.reason});
  armed.set_alert_id(Conclude(context, std::move(conclusion)));
  armed.set_opened_us(0);
}

void OnOpening(Context& context, const Signal& seen) {
  auto& record = context.state.record();
  const NightExitFigures& figures = context.plan.night_exit;
  if (!figures.enabled || record.night_exit().opened_us() != 0) return;
  // Told already, and nobody was seen inside since: the same absence.
  if (!record.night_exit().alert_id().empty()) return;
  // Somebody was seen inside after this opening: a late event, and old news.
  if (record.presence_us() > seen.time_us + kDoorwayUs) return;
  if (!InWindow(absl::FromUnixMicros(seen.time_us), context.plan.zone(), figures.window)) return;
  auto& armed = *record.mutable_night_exit();
  armed.set_opened_us(seen.time_us);
  armed.set_receive_us(seen.receive_us);
  armed.set_deadline_us(seen.time_us + figures.no_return_us);
  armed.set_device(static_cast<uint32_t>(seen.device));
}

void OnSignOfLife(Context& context, const Signal& seen) {
  auto& record = context.state.record();
  auto& armed = *record.mutable_night_exit();
  if (armed.opened_us() == 0 && armed.alert_id().empty()) return;
  if (seen.time_us <= record.door_us() + kDoorwayUs) return;
  if (armed.opened_us() != 0) {
    armed.set_opened_us(0);
    return;
  }
  Conclusion conclusion;
  conclusion.rule = &context.plan.care_plan(0).night_exit();
  conclusion.severity = SeverityOf(context.plan);
  conclusion.kind = store::v1::Finding::KIND_CLEAR;
  conclusion.alert_id = armed.alert_id();
  conclusion.event_us = seen.time_us;
  conclusion.opening_receive_us = seen.receive_us;
  conclusion.decide_us = seen.time_us;
  const std::string at = WallClock(context.plan, seen.time_us);
  conclusion.reason = {"Mouvement à l'intérieur à " + at, "Movement inside at " + at};
  conclusion.observations.push_back(
      {seen.time_us, seen.receive_us,
       context.plan.devices()[static_cast<std::size_t>(seen.device)].id, conclusion.reason});
  Conclude(context, std::move(conclusion));
  record.clear_night_exit();
}

void OnSignal(Context& context, const Signal& seen) {
  if (seen.sign_of_life) return OnSignOfLife(context, seen);
  if (seen.opens_door() || seen.kind == SignalKind::kLeft) OnOpening(context, seen);
}

int64_t Deadline(const Context& context, int64_t) {
  const auto& armed = context.state.record().night_exit();
  return armed.opened_us() == 0 ? kNever : armed.deadline_us();
}

void OnTick(Context& context, int64_t tick_us) {
  const auto& armed = context.state.record().night_exit();
  if (armed.opened_us() != 0 && tick_us >= ServerDeadline(context.plan, armed))
    Tell(context, false);
}

int64_t NextTick(const HomePlan& plan, const HomeState& state) {
  const auto& armed = state.record().night_exit();
  return armed.opened_us() == 0 ? kNever : ServerDeadline(plan, armed);
}

}  // namespace

const Rule kNightExit = {
    .wants = kSignsOfLife | kDoorEdges | Of(SignalKind::kLeft),
    .on_signal = OnSignal,
    .deadline = Deadline,
    .on_deadline = [](Context& context, int64_t) { Tell(context, true); },
    .on_tick = OnTick,
    .server_deadline = NextTick,
};

}  // namespace veille::detector
