#include "services/detector/core/rules/whereabouts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "common/base/digest.h"
#include "services/detector/core/rules/plane.h"

namespace veille::detector {
namespace {

using store::v1::WhereaboutsState;

// Fixes of the device that counts are waited for so long before another takes its place.
constexpr int64_t kLeadUs = 1'800'000'000;
// So much further from home is clearly further.
constexpr double kFurtherM = 100;
// A tracker that gave no position for longer is not in use.
constexpr int64_t kInUseUs = 86'400'000'000;

bool IsUseful(const OutdoorsPlan& plan, double accuracy_m) {
  return accuracy_m > 0 && accuracy_m <= plan.fence.max_accuracy_m;
}

// Metres from the home's point; negative when it is not known.
double HomeDistance(const OutdoorsPlan& plan, const Signal& fix) {
  if (!plan.has_home) return -1;
  const Plane at = Project(fix.value, fix.value_2, plan.home_latitude, plan.home_longitude);
  return std::hypot(at.x, at.y);
}

bool IsLead(const OutdoorsPlan& plan, const WhereaboutsState& state, uint32_t device,
            const Signal& fix) {
  if (state.fix_us() == 0 || state.device_digest() == device) return true;
  if (fix.time_us - state.fix_us() >= kLeadUs) return true;
  const auto accuracy = static_cast<double>(fix.value_3);
  const double further = HomeDistance(plan, fix) - static_cast<double>(state.home_m());
  return IsUseful(plan, accuracy) && plan.has_home && further - accuracy > kFurtherM;
}

void Locate(const OutdoorsPlan& plan, const Signal& fix, WhereaboutsState& state) {
  const auto accuracy = static_cast<double>(fix.value_3);
  if (!IsUseful(plan, accuracy)) return;
  state.set_home_m(static_cast<float>(HomeDistance(plan, fix)));
  double nearest = std::numeric_limits<double>::infinity();
  for (const GeofenceConfig::Zone& zone : plan.fence.zones)
    nearest = std::min(nearest, DistanceToEdge(zone, fix.value, fix.value_2));
  if (plan.fence.zones.empty()) return;
  if (nearest - accuracy > 0) state.set_outside_us(fix.time_us);
  if (nearest + accuracy < 0) state.set_inside_us(fix.time_us);
}

void OnFix(Context& context, int patient, const Signal& seen) {
  const OutdoorsPlan& plan = context.plan.outdoors(patient);
  auto& state =
      *context.state.record().mutable_patients(patient)->mutable_outdoors()->mutable_whereabouts();
  const uint32_t device = DeviceDigest(context.plan.device(seen.device).id);
  state.set_new_fix(seen.time_us > state.fix_us() && IsLead(plan, state, device, seen));
  if (!state.new_fix()) return;
  Locate(plan, seen, state);
  state.set_fix_us(seen.time_us);
  state.set_receive_us(seen.receive_us);
  state.set_device_digest(device);
}

void OnPresence(Context& context, int patient, const Signal& seen) {
  const bool at_home = seen.code == event::v1::Presence::KIND_PERSON_AT_HOME && seen.value > 0;
  if (!at_home) return;
  auto& state =
      *context.state.record().mutable_patients(patient)->mutable_outdoors()->mutable_whereabouts();
  state.set_inside_us(std::max(state.inside_us(), seen.time_us));
}

void OnSignal(Context& context, const Signal& seen) {
  const int patient = PatientOf(context, seen);
  if (seen.kind == SignalKind::kFix) return OnFix(context, patient, seen);
  OnPresence(context, patient, seen);
}

// The last that is known of the exit door says that the only person who lives here went out, with
// a tracker that is in use.
bool LeftByDoor(const HomePlan& plan, const store::v1::HomeState& record,
                const WhereaboutsState& state) {
  return plan.home().patients_size() == 1 && IsOut(record) &&
         record.door_us() > state.inside_us() && state.fix_us() != 0 &&
         record.door_us() - state.fix_us() < kInUseUs;
}

// Since the newest fix outside somebody came in by the exit door where only one person lives.
bool CameIn(const HomePlan& plan, const store::v1::HomeState& record,
            const WhereaboutsState& state) {
  return plan.home().patients_size() == 1 && record.door_us() > state.outside_us() &&
         !IsOut(record);
}

}  // namespace

uint32_t DeviceDigest(std::string_view id) { return static_cast<uint32_t>(StableHash64(id)); }

int PatientOf(const Context& context, const Signal& seen) {
  return context.plan.device(seen.device).patient;
}

bool IsNewFix(const Context& context, int patient) {
  return context.state.record().patients(patient).outdoors().whereabouts().new_fix();
}

int64_t OutSince(const HomePlan& plan, const store::v1::HomeState& record, int patient) {
  const WhereaboutsState& state = record.patients(patient).outdoors().whereabouts();
  if (LeftByDoor(plan, record, state)) return std::max(record.door_us(), state.fix_us());
  const bool outside = state.outside_us() > state.inside_us() && !CameIn(plan, record, state);
  return outside ? state.fix_us() : 0;
}

int64_t BackAt(const HomePlan& plan, const store::v1::HomeState& record, int patient) {
  const WhereaboutsState& state = record.patients(patient).outdoors().whereabouts();
  const bool came_in = state.fix_us() != 0 && CameIn(plan, record, state);
  return came_in ? std::max(state.inside_us(), record.presence_us()) : state.inside_us();
}

Conclusion AboutOutdoors(int patient, const google::protobuf::Message& rule, const Signal& seen) {
  Conclusion conclusion;
  conclusion.rule = &rule;
  conclusion.patient = patient;
  conclusion.event_us = seen.time_us;
  conclusion.opening_receive_us = seen.receive_us;
  conclusion.decide_us = seen.time_us;
  return conclusion;
}

std::string ConcludeFrom(Context& context, const Signal& seen, Conclusion conclusion) {
  conclusion.observations.push_back(
      {seen.time_us, seen.receive_us, context.plan.device(seen.device).id, conclusion.reason});
  return Conclude(context, std::move(conclusion));
}

const Rule kWhereabouts = {.wants = Of(SignalKind::kFix) | Of(SignalKind::kCompany),
                           .on_signal = OnSignal};

}  // namespace veille::detector
