// Outdoors, walking as somebody who does not find the way. Over when a quarter of an hour's walk
// shows nothing of it any more, or the person is seen at home.

#include <algorithm>

#include "absl/strings/str_format.h"

#include "services/detector/core/rules/whereabouts.h"

namespace veille::detector {
namespace {

constexpr int64_t kQuietUs = 900'000'000;
// Who was seen inside just now is at home, where fixes wander by themselves.
constexpr int64_t kAtHomeUs = 300'000'000;

bool IsAtHome(const Context& context, int64_t at_us) {
  const auto& record = context.state.record();
  const auto& devices = context.plan.devices();
  return context.plan.home().patients_size() == 1 && !IsOut(record) &&
         at_us - record.presence_us() < kAtHomeUs &&
         std::any_of(devices.begin(), devices.end(),
                     [](const DevicePlan& device) { return device.presence; });
}

void Tell(Context& context, const Signal& seen, const WayVerdict& verdict, bool over) {
  const int patient = PatientOf(context, seen);
  auto& state =
      *context.state.record().mutable_patients(patient)->mutable_outdoors()->mutable_lost();
  const care::v1::DisorientationRule& rule = context.plan.care_plan(patient).disorientation();
  Conclusion conclusion = AboutOutdoors(patient, rule, seen);
  conclusion.severity = SeverityOr(rule, alert::v1::SEVERITY_MEDIUM);
  conclusion.alert_id = state.alert_id();
  const std::string at = WallClock(context.plan, seen.time_us);
  const uint32_t returns = std::max(verdict.returns, verdict.rounds);
  conclusion.reason = {
      absl::StrFormat("Semble chercher son chemin à %s : %d demi-tours sur %.0f m, %d retours au "
                      "même endroit",
                      at, verdict.turns, verdict.way_m, returns),
      absl::StrFormat("Seems to look for the way at %s: %d turns within %.0f m, %d returns to the "
                      "same place",
                      at, verdict.turns, verdict.way_m, returns)};
  if (over) {
    conclusion.kind = store::v1::Finding::KIND_CLEAR;
    conclusion.reason = {"Ne semble plus chercher son chemin à " + at,
                         "No longer seems to look for the way at " + at};
  }
  const std::string alert_id = ConcludeFrom(context, seen, std::move(conclusion));
  state.set_alert_id(over ? "" : alert_id);
}

void OnFix(Context& context, const Signal& seen) {
  const int patient = PatientOf(context, seen);
  const WayConfig& config = context.plan.outdoors(patient).way;
  if (!config.enabled || !IsNewFix(context, patient)) return;
  auto& state =
      *context.state.record().mutable_patients(patient)->mutable_outdoors()->mutable_lost();
  const bool open = !state.alert_id().empty();
  if (IsAtHome(context, seen.time_us)) {
    if (open) Tell(context, seen, {}, true);
    return state.clear_way();
  }
  const WayVerdict verdict =
      Walk(config, {seen.time_us, seen.value, seen.value_2, static_cast<double>(seen.value_3)},
           *state.mutable_way());
  if (verdict.lost) state.set_lost_us(seen.time_us);
  const bool over = open && !verdict.lost && seen.time_us - state.lost_us() >= kQuietUs;
  if (open ? over : verdict.lost) Tell(context, seen, verdict, over);
}

}  // namespace

const Rule kDisorientation = {.wants = Of(SignalKind::kFix), .on_signal = OnFix};

}  // namespace veille::detector
