// As fast as nobody walks. A fix says its own speed, or it is derived from
// positions at least 10 s apart with their accuracies against it. Fast fixes count at most every
// 10 s, so that one jump of the receiver is none.

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"

#include "services/detector/core/rules/plane.h"
#include "services/detector/core/rules/whereabouts.h"

namespace veille::detector {
namespace {

using store::v1::AnchorState;
using store::v1::VehicleState;

constexpr int64_t kApartUs = 10'000'000;
// Between fixes further apart nobody knows how the person moved.
constexpr int64_t kMaxGapUs = 300'000'000;
constexpr int kMostKept = 4;  // Of VehicleState.fast_us; no plan asks for more.

void MoveAnchor(const Signal& fix, AnchorState& anchor) {
  anchor.set_time_us(fix.time_us);
  anchor.set_latitude_degrees(fix.value);
  anchor.set_longitude_degrees(fix.value_2);
  anchor.set_accuracy_m(fix.value_3);
}

// Of a fix that is at least kApartUs after the anchor: the least speed that explains both.
double SpeedSince(const AnchorState& anchor, const Signal& fix) {
  const Plane moved =
      Project(fix.value, fix.value_2, anchor.latitude_degrees(), anchor.longitude_degrees());
  const auto errors = static_cast<double>(anchor.accuracy_m() + fix.value_3);
  return (std::hypot(moved.x, moved.y) - errors) * 1e6 /
         static_cast<double>(fix.time_us - anchor.time_us());
}

void AddFast(int64_t time_us, VehicleState& state) {
  auto& fast = *state.mutable_fast_us();
  if (fast.size() == kMostKept) {
    std::rotate(fast.begin(), fast.begin() + 1, fast.end());
    fast.RemoveLast();
  }
  fast.Add(time_us);
  state.set_run(state.run() + 1);
}

bool IsDriven(const VehicleFigures& figures, const VehicleState& state) {
  const auto wanted = static_cast<int>(figures.fixes);
  const auto& fast = state.fast_us();
  if (fast.size() < wanted) return false;
  const int64_t span = fast.Get(fast.size() - 1) - fast.Get(fast.size() - wanted);
  return span <= figures.span_us || state.run() >= figures.fixes;
}

void Tell(Context& context, int patient, const Signal& seen, bool over) {
  auto& state =
      *context.state.record().mutable_patients(patient)->mutable_outdoors()->mutable_vehicle();
  const care::v1::InVehicleRule& rule = context.plan.care_plan(patient).in_vehicle();
  Conclusion conclusion = AboutOutdoors(patient, rule, seen);
  conclusion.severity = SeverityOr(rule, alert::v1::SEVERITY_MEDIUM);
  conclusion.alert_id = state.alert_id();
  const std::string at = WallClock(context.plan, seen.time_us);
  const double kmh = 3.6 * context.plan.outdoors(patient).vehicle.speed_mps;
  conclusion.reason = {absl::StrFormat("Se déplace en véhicule à %s (plus de %.0f km/h)", at, kmh),
                       absl::StrFormat("Moves in a vehicle at %s (more than %.0f km/h)", at, kmh)};
  if (over) {
    conclusion.kind = store::v1::Finding::KIND_CLEAR;
    conclusion.reason = {"N'est plus en véhicule à " + at, "No longer in a vehicle at " + at};
  }
  const std::string alert_id = ConcludeFrom(context, seen, std::move(conclusion));
  state.set_alert_id(over ? "" : alert_id);
}

// Counts the fix; true when it is fast.
bool Count(const VehicleFigures& figures, const Signal& seen, VehicleState& state) {
  AnchorState& anchor = *state.mutable_anchor();
  const int64_t since = seen.time_us - anchor.time_us();
  if (anchor.time_us() != 0 && since < kApartUs) return false;
  const bool compared = anchor.time_us() != 0 && since <= kMaxGapUs;
  const bool said = seen.value_4 >= 0;
  const double speed = said       ? static_cast<double>(seen.value_4)
                       : compared ? SpeedSince(anchor, seen)
                                  : 0;
  MoveAnchor(seen, anchor);
  const bool fast = speed > figures.speed_mps;
  if (!fast || !compared) state.set_run(0);
  if (fast) AddFast(seen.time_us, state);
  return fast;
}

void OnFix(Context& context, const Signal& seen) {
  const int patient = PatientOf(context, seen);
  const VehicleFigures& figures = context.plan.outdoors(patient).vehicle;
  const auto accuracy = static_cast<double>(seen.value_3);
  if (!figures.enabled || !IsNewFix(context, patient)) return;
  if (!(accuracy > 0) || accuracy > figures.max_accuracy_m) return;
  auto& state =
      *context.state.record().mutable_patients(patient)->mutable_outdoors()->mutable_vehicle();
  const bool fast = Count(figures, seen, state);
  if (state.alert_id().empty()) {
    if (fast && IsDriven(figures, state)) Tell(context, patient, seen, false);
    return;
  }
  const int64_t last = state.fast_us(state.fast_us_size() - 1);
  if (seen.time_us - last >= figures.quiet_us) Tell(context, patient, seen, true);
}

}  // namespace

const Rule kInVehicle = {.wants = Of(SignalKind::kFix), .on_signal = OnFix};

}  // namespace veille::detector
