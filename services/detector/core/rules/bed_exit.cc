// Out of bed at night and not back in it; HIGH when nothing moves anywhere for long, where motion
// sensors in most rooms would see it.
//
// The exit is a trigger that was seen: where contact is lost meanwhile, it is told as not
// confirmed.

#include <algorithm>

#include "services/detector/core/rules/rules.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

constexpr uint32_t kMedium = 1, kHigh = 2, kNotToTell = 3;
// Who gets up is still seen beside the bed: later movement is elsewhere.
constexpr int64_t kBesideUs = 30'000'000;

bool IsNight(const HomePlan& plan, int64_t at_us) {
  return InWindow(absl::FromUnixMicros(at_us), plan.zone(), plan.wandering.bed_exit.window);
}

const care::v1::BedExitRule& RuleOf(const Context& context, const store::v1::BedExitState& bed) {
  return context.plan.care_plan(context.plan.devices()[bed.device()].patient).bed_exit();
}

Conclusion About(const Context& context, int64_t decide_us) {
  const store::v1::BedExitState& bed = context.state.record().wandering().bed_exit();
  const care::v1::BedExitRule& rule = RuleOf(context, bed);
  const auto medium = SeverityOr(rule, alert::v1::SEVERITY_MEDIUM);
  Conclusion conclusion;
  conclusion.rule = &rule;
  conclusion.patient = context.plan.devices()[bed.device()].patient;
  conclusion.alert_id = bed.alert_id();
  conclusion.severity = bed.level() == kHigh ? alert::v1::SEVERITY_HIGH : medium;
  conclusion.event_us = bed.left_us();
  conclusion.opening_receive_us = bed.receive_us();
  conclusion.decide_us = decide_us;
  return conclusion;
}

void OnBack(Context& context, const Signal& seen) {
  auto& bed = *context.state.record().mutable_wandering()->mutable_bed_exit();
  if (bed.left_us() != 0 && seen.time_us <= bed.left_us()) return;  // Before it: old news.
  if (!bed.alert_id().empty()) {
    Conclusion conclusion = About(context, seen.time_us);
    conclusion.kind = store::v1::Finding::KIND_CLEAR;
    const std::string at = WallClock(context.plan, seen.time_us);
    conclusion.reason = {"De retour au lit à " + at, "Back in bed at " + at};
    conclusion.observations.push_back(
        {seen.time_us, seen.receive_us, context.plan.device(seen.device).id, conclusion.reason});
    Conclude(context, std::move(conclusion));
  }
  // A short absence does not end the rest.
  const int64_t rested = bed.left_us() != 0 && bed.level() == 0 ? bed.in_bed_us() : 0;
  bed.Clear();
  bed.set_device(static_cast<uint32_t>(seen.device));
  bed.set_in_bed_us(rested != 0 ? rested : seen.time_us);
  bed.set_moved_us(seen.time_us);
}

void OnLeaving(Context& context, const Signal& seen) {
  auto& bed = *context.state.record().mutable_wandering()->mutable_bed_exit();
  // Out of it already, or before it was last in use.
  if (bed.left_us() != 0 || (bed.in_bed_us() != 0 && seen.time_us <= bed.moved_us())) return;
  const int64_t rested = seen.time_us - bed.in_bed_us();
  // Whose going to bed was not seen may have slept.
  const bool settled =
      bed.in_bed_us() == 0 || (bed.device() == static_cast<uint32_t>(seen.device) &&
                               rested >= context.plan.wandering.bed_exit.settled_us);
  if (!settled || !IsNight(context.plan, seen.time_us)) return bed.Clear();
  bed.set_device(static_cast<uint32_t>(seen.device));
  bed.set_left_us(seen.time_us);
  bed.set_receive_us(seen.receive_us);
  bed.set_moved_us(seen.time_us);
}

void OnSignal(Context& context, const Signal& seen) {
  if (!context.plan.wandering.bed_exit.enabled) return;
  const DevicePlan& device = context.plan.device(seen.device);
  if (device.role == care::v1::ROLE_BED && seen.kind == SignalKind::kUseBegan)
    return OnBack(context, seen);
  if (device.role == care::v1::ROLE_BED && seen.kind == SignalKind::kUseEnded)
    return OnLeaving(context, seen);
  auto& bed = *context.state.record().mutable_wandering()->mutable_bed_exit();
  if (bed.left_us() == 0 || seen.time_us <= bed.left_us() + kBesideUs) return;
  bed.set_moved_us(std::max(bed.moved_us(), seen.time_us));
}

// When it is HIGH: nothing moved for so long, since the bed or afterwards.
int64_t StillAt(const Context& context, const store::v1::BedExitState& bed) {
  return std::max(bed.moved_us() + context.plan.wandering.bed_exit.still_us,
                  bed.left_us() + context.plan.wandering.bed_exit.patience_us);
}

int64_t Deadline(const Context& context, int64_t) {
  const auto& bed = context.state.record().wandering().bed_exit();
  if (bed.left_us() == 0 || bed.level() >= kHigh) return kNever;
  if (bed.level() == kMedium) return StillAt(context, bed);
  return bed.left_us() + context.plan.wandering.bed_exit.patience_us;
}

void Tell(Context& context, int64_t deadline_us, uint32_t level, bool confirmed) {
  auto& bed = *context.state.record().mutable_wandering()->mutable_bed_exit();
  const bool worse = bed.level() == kMedium;
  bed.set_level(level);
  Conclusion conclusion = About(context, deadline_us);
  if (worse) conclusion.kind = store::v1::Finding::KIND_WORSEN;
  const std::string at = WallClock(context.plan, bed.left_us());
  const auto minutes = std::to_string((deadline_us - bed.left_us()) / 60000000);
  conclusion.reason = {"Levée du lit à " + at + ", pas recouchée après " + minutes + " min",
                       "Out of bed at " + at + ", not back after " + minutes + " min"};
  if (level == kHigh) {
    const auto still = std::to_string((deadline_us - bed.moved_us()) / 60000000);
    conclusion.reason.fr += ", aucun mouvement nulle part depuis " + still + " min";
    conclusion.reason.en += ", no movement anywhere for " + still + " min";
  }
  if (!confirmed) {
    conclusion.reason = {
        "Levée du lit à " + at + " ; non confirmé : contact perdu avec le domicile",
        "Out of bed at " + at + "; not confirmed: contact lost with the home"};
  }
  conclusion.observations.push_back({bed.left_us(),
                                     bed.receive_us(),
                                     context.plan.devices()[bed.device()].id,
                                     {"Sortie du lit", "Out of bed"}});
  conclusion.observations.push_back({deadline_us, 0, "", conclusion.reason});
  bed.set_alert_id(Conclude(context, std::move(conclusion)));
}

void OnDeadline(Context& context, int64_t deadline_us) {
  auto& bed = *context.state.record().mutable_wandering()->mutable_bed_exit();
  const bool worse = bed.level() == kMedium;
  // Gone by the door since: that is NIGHT_EXIT's matter, and told as such.
  if (!worse && context.plan.night_exit.enabled && IsOut(context.state.record()) &&
      context.state.record().door_us() >= bed.left_us()) {
    return bed.set_level(kNotToTell);
  }
  // The night is over: up.
  if (!IsNight(context.plan, deadline_us)) return bed.set_level(worse ? kHigh : kNotToTell);
  const bool still = deadline_us >= StillAt(context, bed) &&
                     AliveCoverage(context, deadline_us).sees_person() &&
                     !IsOccupied(context, deadline_us);
  if (worse && !still) return bed.set_moved_us(deadline_us);  // Asked again later.
  Tell(context, deadline_us, still ? kHigh : kMedium, true);
}

int64_t NextTick(const HomePlan& plan, const HomeState& state) {
  const auto& bed = state.record().wandering().bed_exit();
  if (bed.left_us() == 0 || bed.level() != 0) return kNever;
  return std::max(bed.left_us() + plan.wandering.bed_exit.patience_us, bed.receive_us()) +
         plan.wandering.bed_exit.grace_us;
}

void OnTick(Context& context, int64_t tick_us) {
  if (tick_us < NextTick(context.plan, context.state)) return;
  const auto& bed = context.state.record().wandering().bed_exit();
  Tell(context, bed.left_us() + context.plan.wandering.bed_exit.patience_us, kMedium, false);
}

}  // namespace

const Rule kBedExit = {
    .wants = kSignsOfLife,
    .on_signal = OnSignal,
    .deadline = Deadline,
    .on_deadline = OnDeadline,
    .on_tick = OnTick,
    .server_deadline = NextTick,
};

}  // namespace veille::detector
