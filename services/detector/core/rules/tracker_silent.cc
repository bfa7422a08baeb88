// The tracker of somebody who is out gives no position, or its battery is low.
//
// That the person is out was seen; silence of the tracker follows. Where its source is heard, the
// source's own watermark proves that nothing was sent. Where the source falls silent, too, the
// service's ticks judge after a grace, as "contact lost": a phone in a river has no watermark.
// The battery is low as BATTERY_LOW judges it (battery_low.low_percent), whether at the door or far
// away. Both are over when a position comes, or the person is seen at home.

#include <algorithm>

#include "services/detector/core/circumstances.h"
#include "services/detector/core/rules/whereabouts.h"

namespace veille::detector {
namespace {

using Record = store::v1::HomeState;

// The source that carries the device that is with the person: whose watermark says what it has
// sent, and when it was last heard. Of a tracker that any hub may carry, the last of them.
struct Carrier {
  int64_t watermark_us = 0, contact_us = 0;
};

Carrier CarrierOf(const HomePlan& plan, const Record& record, int patient) {
  Carrier carrier;
  const auto& sources = plan.home().sources();
  const uint32_t digest = record.patients(patient).outdoors().whereabouts().device_digest();
  for (const DevicePlan& device : plan.devices()) {
    if (device.patient != patient || DeviceDigest(device.id) != digest) continue;
    for (int i = 0; i < sources.size(); ++i) {
      const bool hub = sources.Get(i).kind() != care::v1::Source::KIND_PHONE;
      if (device.source == i || (device.source < 0 && (hub || sources.size() == 1))) {
        const store::v1::SourceState& state = record.sources(i);
        carrier.watermark_us = std::max(carrier.watermark_us, state.watermark_us());
        carrier.contact_us = std::max(carrier.contact_us, state.contact_us());
      }
    }
  }
  return carrier;
}

// When silence is judged; kNever where the person is not out or it is told already.
int64_t SilentAt(const HomePlan& plan, const Record& record, int patient) {
  const TrackerFigures& figures = plan.outdoors(patient).tracker;
  const store::v1::PatientState& state = record.patients(patient);
  if (!figures.enabled || !state.has_outdoors()) return kNever;
  if (!state.outdoors().tracker().silent_alert_id().empty()) return kNever;
  const int64_t since_us = OutSince(plan, record, patient);
  return since_us == 0 ? kNever : since_us + figures.silence_us;
}

int64_t ConfirmedAt(const Context& context, int patient) {
  const Record& record = context.state.record();
  const int64_t at_us = SilentAt(context.plan, record, patient);
  if (at_us == kNever || CarrierOf(context.plan, record, patient).watermark_us < at_us)
    return kNever;
  // Positions that may not be used do not come.
  return MayUsePosition(context, patient, at_us) ? at_us : kNever;
}

// The tick at which it is told although contact is lost.
int64_t TickAt(const HomePlan& plan, const Record& record, int patient) {
  const int64_t at_us = SilentAt(plan, record, patient);
  if (at_us == kNever) return kNever;
  const Carrier carrier = CarrierOf(plan, record, patient);
  int64_t since_us =
      std::max(at_us, record.patients(patient).outdoors().whereabouts().receive_us());
  if (carrier.watermark_us < at_us) since_us = std::max(since_us, carrier.contact_us);
  return since_us + plan.outdoors(patient).tracker.grace_us;
}

// Something is open and the person is back: when; kNever else.
int64_t OverAt(const Context& context, int patient) {
  const Record& record = context.state.record();
  const store::v1::TrackerState& state = record.patients(patient).outdoors().tracker();
  if (state.silent_alert_id().empty() && state.battery_alert_id().empty()) return kNever;
  if (OutSince(context.plan, record, patient) != 0) return kNever;
  return std::max(BackAt(context.plan, record, patient), int64_t{1});
}

Conclusion About(const Context& context, int patient, bool battery) {
  const care::v1::TrackerSilentRule& rule = context.plan.care_plan(patient).tracker_silent();
  Conclusion conclusion;
  conclusion.rule = &rule;
  conclusion.rule_key = battery ? "TRACKER_SILENT_OUTSIDE/BATTERY" : "";
  conclusion.patient = patient;
  conclusion.severity = SeverityOr(rule, alert::v1::SEVERITY_MEDIUM);
  return conclusion;
}

void RaiseSilence(Context& context, int patient, int64_t decide_us, bool confirmed) {
  const Record& record = context.state.record();
  auto& outdoors = *context.state.record().mutable_patients(patient)->mutable_outdoors();
  const int64_t since_us = OutSince(context.plan, record, patient);
  Conclusion conclusion = About(context, patient, false);
  conclusion.event_us = since_us;
  // A backlog's silence is as old as it is: what was out then was received with it.
  conclusion.opening_receive_us = std::max(outdoors.whereabouts().receive_us(), since_us);
  conclusion.decide_us = decide_us;
  const std::string at = WallClock(context.plan, since_us);
  conclusion.reason = {"Dehors, aucune position du traceur depuis " + at,
                       "Outside, no position of the tracker since " + at};
  if (!confirmed) {
    conclusion.reason.fr += " ; contact perdu avec le traceur";
    conclusion.reason.en += "; contact lost with the tracker";
  }
  conclusion.observations.push_back({since_us,
                                     outdoors.whereabouts().receive_us(),
                                     "",
                                     {"Dernière nouvelle, dehors", "Last news, outside"}});
  conclusion.observations.push_back({decide_us, 0, "", conclusion.reason});
  outdoors.mutable_tracker()->set_silent_alert_id(Conclude(context, std::move(conclusion)));
}

void Clear(Context& context, int patient, int64_t at_us, bool battery, const Sentence& why) {
  auto& state =
      *context.state.record().mutable_patients(patient)->mutable_outdoors()->mutable_tracker();
  Conclusion conclusion = About(context, patient, battery);
  conclusion.kind = store::v1::Finding::KIND_CLEAR;
  conclusion.alert_id = battery ? state.battery_alert_id() : state.silent_alert_id();
  if (conclusion.alert_id.empty()) return;
  conclusion.event_us = conclusion.decide_us = at_us;
  const std::string at = WallClock(context.plan, at_us);
  conclusion.reason = {why.fr + at, why.en + at};
  conclusion.observations.push_back({at_us, context.receive_us, "", conclusion.reason});
  Conclude(context, std::move(conclusion));
  battery ? state.clear_battery_alert_id() : state.clear_silent_alert_id();
}

void JudgeBattery(Context& context, int patient, const Signal& seen) {
  const Record& record = context.state.record();
  auto& state =
      *context.state.record().mutable_patients(patient)->mutable_outdoors()->mutable_tracker();
  const bool low = record.devices(seen.device).battery_level() > 0;
  const bool open = !state.battery_alert_id().empty();
  if (!low && open)
    Clear(context, patient, seen.time_us, true, {"Pile rechargée à ", "Battery charged at "});
  if (!low || open || OutSince(context.plan, record, patient) == 0) return;
  Conclusion conclusion = About(context, patient, true);
  conclusion.event_us = conclusion.decide_us = seen.time_us;
  conclusion.opening_receive_us = seen.receive_us;
  const std::string at = WallClock(context.plan, seen.time_us);
  conclusion.reason = {"Dehors à " + at + " avec un traceur presque déchargé",
                       "Outside at " + at + " with a tracker that is nearly empty"};
  state.set_battery_alert_id(ConcludeFrom(context, seen, std::move(conclusion)));
}

void OnFix(Context& context, const Signal& seen) {
  const int patient = PatientOf(context, seen);
  if (!context.plan.outdoors(patient).tracker.enabled || !IsNewFix(context, patient)) return;
  const auto& state = context.state.record().patients(patient).outdoors().tracker();
  if (!state.silent_alert_id().empty()) {
    Clear(context, patient, seen.time_us, false,
          {"De nouveau une position à ", "A position again at "});
  }
  JudgeBattery(context, patient, seen);
}

// The patient whose deadline is the earliest, and it.
std::pair<int, int64_t> Earliest(const Context& context) {
  std::pair<int, int64_t> earliest{0, kNever};
  for (int i = 0; i < context.plan.home().patients_size(); ++i) {
    const int64_t at_us = std::min(ConfirmedAt(context, i), OverAt(context, i));
    if (at_us < earliest.second) earliest = {i, at_us};
  }
  return earliest;
}

void OnDeadline(Context& context, int64_t deadline_us) {
  const int patient = Earliest(context).first;
  if (OverAt(context, patient) != deadline_us)
    return RaiseSilence(context, patient, deadline_us, true);
  const Sentence home{"De retour à ", "Back at "};
  Clear(context, patient, deadline_us, false, home);
  Clear(context, patient, deadline_us, true, home);
}

void OnTick(Context& context, int64_t tick_us) {
  for (int i = 0; i < context.plan.home().patients_size(); ++i) {
    if (tick_us < TickAt(context.plan, context.state.record(), i)) continue;
    if (!MayUsePosition(context, i, tick_us)) continue;
    const int64_t confirmed = ConfirmedAt(context, i);
    RaiseSilence(context, i, confirmed == kNever ? tick_us : confirmed, confirmed != kNever);
  }
}

int64_t NextTick(const HomePlan& plan, const HomeState& state) {
  int64_t earliest = kNever;
  for (int i = 0; i < plan.home().patients_size(); ++i)
    earliest = std::min(earliest, TickAt(plan, state.record(), i));
  return earliest;
}

}  // namespace

const Rule kTrackerSilent = {
    .wants = Of(SignalKind::kFix) | Of(SignalKind::kCompany) | kDoorEdges | Of(SignalKind::kLeft) |
             kSignsOfLife,
    .on_signal =
        [](Context& context, const Signal& seen) {
          if (seen.kind == SignalKind::kFix) OnFix(context, seen);
        },
    .deadline = [](const Context& context, int64_t) { return Earliest(context).second; },
    .on_deadline = OnDeadline,
    .on_tick = OnTick,
    .server_deadline = NextTick,
};

}  // namespace veille::detector
