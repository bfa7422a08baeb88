// Far from home: alone beyond one distance, with a companion beyond another. Inside a safe zone,
// however far, nobody is far. Distances count with their accuracy against them, as at a fence.

#include <algorithm>

#include "absl/strings/str_format.h"

#include "services/detector/core/circumstances.h"
#include "services/detector/core/rules/whereabouts.h"

namespace veille::detector {
namespace {

void Raise(Context& context, int patient, const Signal& seen, bool accompanied) {
  auto& outdoors = *context.state.record().mutable_patients(patient)->mutable_outdoors();
  const care::v1::GeofenceFarRule& rule = context.plan.care_plan(patient).geofence_far();
  Conclusion conclusion = AboutOutdoors(patient, rule, seen);
  conclusion.severity = SeverityOr(rule, alert::v1::SEVERITY_HIGH);
  conclusion.event_us = outdoors.far().first_us();
  const std::string at = WallClock(context.plan, conclusion.event_us);
  const auto away = static_cast<double>(outdoors.whereabouts().home_m());
  conclusion.reason = {absl::StrFormat("À %.0f m du domicile depuis %s%s", away, at,
                                       accompanied ? ", accompagné" : ", sans accompagnant connu"),
                       absl::StrFormat("%.0f m from home since %s%s", away, at,
                                       accompanied ? ", accompanied" : ", no known companion")};
  outdoors.mutable_far()->set_alert_id(ConcludeFrom(context, seen, std::move(conclusion)));
}

void Clear(Context& context, int patient, const Signal& seen, bool accompanied) {
  auto& far = *context.state.record().mutable_patients(patient)->mutable_outdoors()->mutable_far();
  const care::v1::GeofenceFarRule& rule = context.plan.care_plan(patient).geofence_far();
  Conclusion conclusion = AboutOutdoors(patient, rule, seen);
  conclusion.kind = store::v1::Finding::KIND_CLEAR;
  conclusion.severity = SeverityOr(rule, alert::v1::SEVERITY_HIGH);
  conclusion.alert_id = far.alert_id();
  const std::string at = WallClock(context.plan, seen.time_us);
  conclusion.reason = {"De nouveau près du domicile ou dans une zone sûre à " + at,
                       "Near home or in a safe zone again at " + at};
  if (accompanied) conclusion.reason = {"Accompagné à " + at, "Accompanied at " + at};
  ConcludeFrom(context, seen, std::move(conclusion));
  far.clear_alert_id();
}

void OnFix(Context& context, const Signal& seen) {
  const int patient = PatientOf(context, seen);
  const OutdoorsPlan& plan = context.plan.outdoors(patient);
  const auto accuracy = static_cast<double>(seen.value_3);
  if (!plan.far.enabled || !plan.has_home || !IsNewFix(context, patient)) return;
  if (!(accuracy > 0) || accuracy > plan.far.max_accuracy_m) return;
  const bool accompanied = Holds(context, patient, care::v1::CIRCUMSTANCE_COMPANION, seen.time_us);
  const double limit = accompanied ? plan.far.accompanied_m : plan.far.alone_m;
  auto& outdoors = *context.state.record().mutable_patients(patient)->mutable_outdoors();
  auto& far = *outdoors.mutable_far();
  const auto away = static_cast<double>(outdoors.whereabouts().home_m());
  const bool in_zone = outdoors.whereabouts().inside_us() == seen.time_us;
  const bool is_far = !in_zone && away - accuracy > limit;
  const bool is_near = in_zone || away + accuracy < limit - plan.far.hysteresis_m;
  far.set_fixes(is_far ? std::min(far.fixes() + 1, plan.far.fixes) : 0);
  if (is_far && far.fixes() == 1) far.set_first_us(seen.time_us);
  if (far.alert_id().empty()) {
    if (is_far && far.fixes() >= plan.far.fixes) Raise(context, patient, seen, accompanied);
  } else if (is_near) {
    Clear(context, patient, seen, accompanied && !in_zone && away > plan.far.alone_m);
  }
}

}  // namespace

const Rule kGeofenceFar = {.wants = Of(SignalKind::kFix), .on_signal = OnFix};

}  // namespace veille::detector
