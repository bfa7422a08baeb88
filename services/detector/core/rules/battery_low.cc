// A battery is low until it is clearly charged again: one alert, not one a reading.

#include "absl/strings/str_format.h"

#include "services/detector/core/rules/urgent.h"
#include "services/domain/care_plan.h"

namespace veille::detector {

void OnBattery(Context& context, int device, const event::v1::Event& event) {
  // Many a wearable says only by its battery that it is on its charger.
  if (event.battery().charging()) {
    Signal charging;
    charging.kind = SignalKind::kCharging;
    charging.device = device;
    charging.time_us = EventMicros(event);
    charging.receive_us = context.receive_us;
    kOffBody.on_signal(context, charging);
  }
  const BatteryFigures& figures = context.plan.battery;
  if (!figures.enabled) return;
  const event::v1::Battery& battery = event.battery();
  auto& state = *context.state.record().mutable_devices(device);
  const bool known = battery.has_charge_percent();
  const double charge = static_cast<double>(battery.charge_percent());
  uint32_t level = state.battery_level();
  if (battery.low() || (known && charge <= figures.low)) level = std::max(level, 1U);
  if (known && charge <= figures.critical) level = 2;
  if (known ? charge >= figures.charged : battery.has_low() && !battery.low()) level = 0;
  if (level == state.battery_level()) return;

  const std::string id = context.plan.device(device).id;
  const int64_t event_us = EventMicros(event);
  Conclusion conclusion;
  conclusion.rule = &context.plan.care_plan(0).battery_low();
  conclusion.rule_key = "BATTERY_LOW/" + id;
  conclusion.severity = level == 2 ? alert::v1::SEVERITY_LOW : alert::v1::SEVERITY_TECHNICAL;
  conclusion.opening = id;
  conclusion.event_us = event_us;
  conclusion.decide_us = event_us;
  const std::string charged = known ? absl::StrFormat(" : %.0f %%", charge) : "";
  const std::string charged_en = known ? absl::StrFormat(": %.0f %%", charge) : "";
  conclusion.reason = {"Pile faible, " + RoomOf(context.plan, device) + charged,
                       "Battery low, " + RoomOf(context.plan, device) + charged_en};
  if (level == 0) {
    conclusion.reason = {"Pile rechargée ou changée", "Battery charged or changed"};
    conclusion.kind = store::v1::Finding::KIND_CLEAR;
  } else if (state.battery_level() > 0) {
    conclusion.kind = store::v1::Finding::KIND_WORSEN;
  }
  conclusion.alert_id = state.battery_alert_id();
  conclusion.observations.push_back({event_us, context.receive_us, id, conclusion.reason});
  const std::string alert_id = Conclude(context, std::move(conclusion));
  state.set_battery_alert_id(level == 0 ? "" : alert_id);
  state.set_battery_level(level);
}

}  // namespace veille::detector
