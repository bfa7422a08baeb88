// Out of every safe zone, and back. Leaving at night is HIGH.

#include "absl/strings/str_format.h"

#include "services/detector/core/rules/whereabouts.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

alert::v1::Severity SeverityOf(const Context& context, int patient, int64_t since_us) {
  const care::v1::GeofenceRule& rule = context.plan.care_plan(patient).geofence();
  if (rule.has_severity()) return rule.severity();
  const bool night = InWindow(absl::FromUnixMicros(since_us), context.plan.zone(),
                              context.plan.outdoors(patient).exit_high);
  return night ? alert::v1::SEVERITY_HIGH : alert::v1::SEVERITY_MEDIUM;
}

void OnFix(Context& context, const Signal& seen) {
  const int patient = PatientOf(context, seen);
  const care::v1::GeofenceRule& rule = context.plan.care_plan(patient).geofence();
  if (!domain::IsEnabled(rule) || !IsNewFix(context, patient)) return;
  const std::optional<GeofenceEvent> event = context.state.geofence(patient).Feed(
      context.plan.outdoors(patient).fence,
      {seen.time_us, seen.value, seen.value_2, static_cast<double>(seen.value_3)});
  if (!event.has_value()) return;
  auto& state = *context.state.record().mutable_patients(patient);
  if (!event->exited && state.geofence_alert_id().empty()) return;
  Conclusion conclusion = AboutOutdoors(patient, rule, seen);
  conclusion.severity = SeverityOf(context, patient, event->since_us);
  conclusion.event_us = event->since_us;
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
  const std::string alert_id = ConcludeFrom(context, seen, std::move(conclusion));
  state.set_geofence_alert_id(event->exited ? alert_id : "");
}

}  // namespace

const Rule kGeofence = {.wants = Of(SignalKind::kFix), .on_signal = OnFix};

}  // namespace veille::detector
