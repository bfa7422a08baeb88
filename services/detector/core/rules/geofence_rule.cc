// Out of every safe zone, and back.

#include "absl/strings/str_format.h"

#include "services/detector/core/rules/rules.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

void OnFix(Context& context, const Signal& seen) {
  const DevicePlan& device = context.plan.devices()[static_cast<std::size_t>(seen.device)];
  const int patient = device.patient;
  const care::v1::GeofenceRule& rule = context.plan.care_plan(patient).geofence();
  if (!domain::IsEnabled(rule)) return;
  const std::optional<GeofenceEvent> event = context.state.geofence(patient).Feed(
      context.plan.geofence(patient),
      {seen.time_us, seen.value, seen.value_2, static_cast<double>(seen.value_3)});
  if (!event.has_value()) return;
  auto& state = *context.state.record().mutable_patients(patient);
  if (!event->exited && state.geofence_alert_id().empty()) return;
  Conclusion conclusion;
  conclusion.rule = &rule;
  conclusion.patient = patient;
  conclusion.severity = rule.has_severity() ? rule.severity() : alert::v1::SEVERITY_MEDIUM;
  conclusion.event_us = event->since_us;
  conclusion.opening_receive_us = seen.receive_us;
  conclusion.decide_us = seen.time_us;
  conclusion.alert_id = event->exited ? "" : state.geofence_alert_id();
  // Metres beyond the edge are no coordinates; where the person is, the map shows, not the log.
  const std::string at = WallClock(context.plan, event->since_us);
  conclusion.reason = {
      absl::StrFormat("Hors de la zone « %s » depuis %s (%.0f m au-delà)", event->zone, at,
                      event->beyond_m),
      absl::StrFormat("Outside \"%s\" since %s (%.0f m beyond)", event->zone, at, event->beyond_m)};
  if (!event->exited) {
    conclusion.kind = store::v1::Finding::KIND_CLEAR;
    conclusion.reason = {"De retour dans la zone à " + at, "Back in the zone at " + at};
  }
  conclusion.observations.push_back({seen.time_us, seen.receive_us, device.id, conclusion.reason});
  const std::string alert_id = Conclude(context, std::move(conclusion));
  state.set_geofence_alert_id(event->exited ? alert_id : "");
}

}  // namespace

const Rule kGeofence = {.wants = Of(SignalKind::kFix), .on_signal = OnFix};

}  // namespace veille::detector
