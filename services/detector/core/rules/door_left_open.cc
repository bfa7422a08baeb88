// The exit door stands open for too long: patience by night and by day, as it was when it opened.

#include <algorithm>

#include "services/detector/core/rules/rules.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

int64_t Patience(const HomePlan& plan, int64_t open_us) {
  const bool night = InWindow(absl::FromUnixMicros(open_us), plan.zone(), plan.door.window);
  return night ? plan.door.night_us : plan.door.day_us;
}

Conclusion About(const Context& context, int device, int64_t decide_us) {
  const auto& state = context.state.record().devices(device);
  const care::v1::DoorLeftOpenRule& rule = context.plan.care_plan(0).door_left_open();
  Conclusion conclusion;
  conclusion.rule = &rule;
  conclusion.rule_key = "DOOR_LEFT_OPEN/" + state.device_id();
  conclusion.severity = SeverityOr(rule, alert::v1::SEVERITY_MEDIUM);
  conclusion.opening = state.device_id();
  conclusion.event_us = state.open_us();
  conclusion.opening_receive_us = state.open_receive_us();
  conclusion.decide_us = decide_us;
  conclusion.alert_id = state.open_alert_id();
  return conclusion;
}

void OnSignal(Context& context, const Signal& seen) {
  auto& state = *context.state.record().mutable_devices(seen.device);
  if (seen.opens_door()) {
    // A check-in repeats the state: the first opening counts.
    if (state.open_us() != 0) return;
    // It was closed since: old news, or the same sent again.
    if (seen.time_us < state.closed_us()) return;
    state.set_open_us(seen.time_us);
    state.set_open_receive_us(seen.receive_us);
    state.set_open_deadline_us(seen.time_us + Patience(context.plan, seen.time_us));
    return;
  }
  if (!state.open_alert_id().empty()) {
    Conclusion conclusion = About(context, seen.device, seen.time_us);
    conclusion.kind = store::v1::Finding::KIND_CLEAR;
    const std::string at = WallClock(context.plan, seen.time_us);
    conclusion.reason = {"Porte fermée à " + at, "Door closed at " + at};
    conclusion.observations.push_back(
        {seen.time_us, seen.receive_us, state.device_id(), conclusion.reason});
    Conclude(context, std::move(conclusion));
  }
  state.set_closed_us(std::max(state.closed_us(), seen.time_us));
  state.clear_open_us();
  state.clear_open_receive_us();
  state.clear_open_deadline_us();
  state.clear_open_alert_id();
}

// The door that is told next; −1 for none.
int NextDoor(const Context& context) {
  int next = -1;
  if (!context.plan.door.enabled) return next;
  const auto& devices = context.state.record().devices();
  for (const int door : context.plan.exit_doors()) {
    const auto& state = devices.Get(door);
    if (state.open_us() == 0 || !state.open_alert_id().empty()) continue;
    if (next < 0 || state.open_deadline_us() < devices.Get(next).open_deadline_us()) next = door;
  }
  return next;
}

int64_t Deadline(const Context& context, int64_t) {
  const int door = NextDoor(context);
  return door < 0 ? kNever : context.state.record().devices(door).open_deadline_us();
}

void OnDeadline(Context& context, int64_t deadline_us) {
  const int device = NextDoor(context);
  auto& state = *context.state.record().mutable_devices(device);
  Conclusion conclusion = About(context, device, deadline_us);
  const std::string at = WallClock(context.plan, state.open_us());
  const auto minutes = std::to_string((deadline_us - state.open_us()) / 60000000);
  conclusion.reason = {"Porte d'entrée ouverte depuis " + at + " (plus de " + minutes + " min)",
                       "Front door open since " + at + " (more than " + minutes + " min)"};
  conclusion.observations.push_back({state.open_us(),
                                     state.open_receive_us(),
                                     state.device_id(),
                                     {"Porte d'entrée ouverte", "Front door opened"}});
  state.set_open_alert_id(Conclude(context, std::move(conclusion)));
}

}  // namespace

const Rule kDoorLeftOpen = {
    .wants = kDoorEdges,
    .on_signal = OnSignal,
    .deadline = Deadline,
    .on_deadline = OnDeadline,
};

}  // namespace veille::detector
