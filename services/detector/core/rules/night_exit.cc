// The exit door opened at night and nobody is seen inside afterwards. Movement more than a moment
// after the door last moved means that the person stayed, or is back. Who moves inside while the
// door stands open, and then closes it behind them, left: so its closing counts as well.
//
// A door that opens for somebody who was out is a return. In a home of several people somebody
// else's movement is no return of one whose own badge or tracker said that they left; without one,
// it counts as presence.

#include <algorithm>

#include "services/detector/core/rules/rules.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

// Somebody who leaves is still near the door when it closes, and the door is not open for longer.
constexpr int64_t kComingHomeUs = 600'000'000;

alert::v1::Severity SeverityOf(const HomePlan& plan) {
  const care::v1::NightExitRule& rule = plan.care_plan(0).night_exit();
  return SeverityOr(rule, alert::v1::SEVERITY_HIGH);
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

void Arm(Context& context, const Signal& seen, int64_t opened_us, int64_t receive_us) {
  auto& record = context.state.record();
  const NightExitFigures& figures = context.plan.night_exit;
  if (!figures.enabled || record.night_exit().opened_us() != 0) return;
  // Told already, and nobody was seen inside since: the same absence.
  if (!record.night_exit().alert_id().empty()) return;
  // Somebody was seen inside after this: a late event, and old news.
  if (record.presence_us() > seen.time_us + kDoorwayUs) return;
  if (!InWindow(absl::FromUnixMicros(opened_us), context.plan.zone(), figures.window)) return;
  auto& armed = *record.mutable_night_exit();
  armed.set_opened_us(opened_us);
  armed.set_receive_us(receive_us);
  armed.set_deadline_us(seen.time_us + figures.no_return_us);
  armed.set_device(static_cast<uint32_t>(seen.device));
}

void OnOpening(Context& context, const Signal& seen) {
  auto& record = context.state.record();
  if (WasOut(record, seen.time_us)) {
    record.mutable_wandering()->set_return_us(seen.time_us);
    return;
  }
  Arm(context, seen, seen.time_us, seen.receive_us);
}

// Movement, then the door closes, then nothing: where movement would be seen.
void OnClosing(Context& context, const Signal& seen) {
  const auto& record = context.state.record();
  const auto& door = record.devices(seen.device);
  const int64_t moved = record.presence_us();
  if (!context.plan.sees_person() || door.open_us() == 0 || moved < door.open_us()) return;
  if (seen.time_us > moved + context.plan.night_exit.indoor_motion_us) return;
  if (record.wandering().return_us() != 0 &&
      seen.time_us <= record.wandering().return_us() + kComingHomeUs) {
    return;
  }
  Arm(context, seen, door.open_us(), door.open_receive_us());
}

// Somebody else's movement, in a home of several people, after one's own badge said that they left.
bool IsSomebodyElse(const Context& context, const store::v1::NightExitState& armed,
                    const Signal& seen) {
  return context.plan.home().patients_size() > 1 && seen.kind != SignalKind::kReturned &&
         context.plan.devices()[armed.device()].role != care::v1::ROLE_EXIT_DOOR;
}

void OnSignOfLife(Context& context, const Signal& seen) {
  auto& record = context.state.record();
  auto& armed = *record.mutable_night_exit();
  if (armed.opened_us() == 0 && armed.alert_id().empty()) return;
  if (seen.time_us <= record.door_us() + kDoorwayUs) return;
  if (IsSomebodyElse(context, armed, seen)) return;
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
      {seen.time_us, seen.receive_us, context.plan.device(seen.device).id, conclusion.reason});
  Conclude(context, std::move(conclusion));
  record.clear_night_exit();
}

void OnSignal(Context& context, const Signal& seen) {
  if (seen.sign_of_life) return OnSignOfLife(context, seen);
  if (seen.opens_door() || seen.kind == SignalKind::kLeft) return OnOpening(context, seen);
  if (seen.kind == SignalKind::kDoorClosed) OnClosing(context, seen);
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
