// Who is there, the weather, and the off switch: keeps what mutes, lowers and raises other rules,
// and tells carers that the watching is paused.

#include <algorithm>
#include <cmath>

#include "services/detector/core/circumstances.h"
#include "services/detector/core/rules/rules.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

// A carer whose departure was not seen is taken to be gone after this.
constexpr int64_t kLongestVisitUs = 12LL * 3600 * 1000000;
// A companion's device is heard every few minutes.
constexpr int64_t kCompanionUs = 30LL * 60 * 1000000;
// At and below this, who is outside is in more danger.
constexpr double kFreezingCelsius = 0;

Conclusion AboutPause(const Context& context, int patient, int64_t decide_us) {
  const store::v1::PersonState& person = context.state.record().patients(patient).person();
  const care::v1::PauseRule& rule = context.plan.care_plan(patient).pause();
  Conclusion conclusion;
  conclusion.rule = &rule;
  conclusion.patient = patient;
  conclusion.severity = SeverityOr(rule, alert::v1::SEVERITY_LOW);
  conclusion.event_us = person.paused_us();
  // How long it lasts is judged now, however old its beginning.
  conclusion.opening_receive_us = person.paused_us();
  conclusion.decide_us = decide_us;
  conclusion.alert_id = person.pause_alert_id();
  return conclusion;
}

int64_t LongPauseUs(const Context& context, int patient) {
  return context.plan.pause(patient).long_us;
}

void Pause(Context& context, int patient, const Signal& seen) {
  auto& person = *context.state.record().mutable_patients(patient)->mutable_person();
  const auto span_us = static_cast<int64_t>(seen.value_2 * 1e6);
  person.set_paused_until_us(span_us == 0 ? 0 : seen.time_us + span_us);
  if (person.paused_us() != 0) return;  // Lengthened.
  person.set_paused_us(seen.time_us);
  if (!context.plan.pause(patient).enabled) return;
  Conclusion conclusion = AboutPause(context, patient, seen.time_us);
  conclusion.opening_receive_us = seen.receive_us;
  const std::string at = WallClock(context.plan, seen.time_us);
  conclusion.reason = {"Surveillance mise en pause par la personne à " + at,
                       "Monitoring was paused by the person at " + at};
  if (span_us != 0) {
    const std::string until = WallClock(context.plan, person.paused_until_us());
    conclusion.reason.fr += ", jusqu'à " + until;
    conclusion.reason.en += ", until " + until;
  }
  conclusion.observations.push_back(
      {seen.time_us, seen.receive_us, context.plan.device(seen.device).id, conclusion.reason});
  person.set_pause_alert_id(Conclude(context, std::move(conclusion)));
}

void Resume(Context& context, int patient, int64_t at_us) {
  auto& person = *context.state.record().mutable_patients(patient)->mutable_person();
  if (person.paused_us() == 0) return;
  if (!person.pause_alert_id().empty()) {
    Conclusion conclusion = AboutPause(context, patient, at_us);
    conclusion.kind = store::v1::Finding::KIND_CLEAR;
    const std::string at = WallClock(context.plan, at_us);
    conclusion.reason = {"Surveillance reprise à " + at, "Monitoring goes on since " + at};
    conclusion.observations.push_back({at_us, 0, "", conclusion.reason});
    Conclude(context, std::move(conclusion));
  }
  person.clear_paused_us();
  person.clear_paused_until_us();
  person.clear_pause_alert_id();
  person.clear_pause_is_long();
}

void TellLongPause(Context& context, int patient, int64_t at_us) {
  auto& person = *context.state.record().mutable_patients(patient)->mutable_person();
  Conclusion conclusion = AboutPause(context, patient, at_us);
  conclusion.kind = store::v1::Finding::KIND_WORSEN;
  conclusion.severity = std::max(conclusion.severity, alert::v1::SEVERITY_MEDIUM);
  const std::string since = WallClock(context.plan, person.paused_us());
  const auto hours = std::to_string((at_us - person.paused_us()) / 3600000000);
  conclusion.reason = {"Surveillance toujours en pause, depuis " + since + " (" + hours + " h)",
                       "Monitoring is still paused, since " + since + " (" + hours + " h)"};
  conclusion.observations.push_back({at_us, 0, "", conclusion.reason});
  person.set_pause_is_long(true);
  Conclude(context, std::move(conclusion));
}

void OnCompany(Context& context, const Signal& seen) {
  const bool near = seen.value > 0;
  const int patient = context.plan.device(seen.device).patient;
  if (seen.code == event::v1::Presence::KIND_CARER_AT_HOME) {
    context.state.record().mutable_circumstances()->set_carer_until_us(
        near ? seen.time_us + kLongestVisitUs : seen.time_us);
  } else if (seen.code == event::v1::Presence::KIND_COMPANION_NEAR) {
    context.state.record().mutable_patients(patient)->mutable_person()->set_companion_until_us(
        near ? seen.time_us + kCompanionUs : seen.time_us);
  } else {
    return;
  }
  if (!near) ReleaseMuted(context, seen.time_us);
}

void OnTemperature(Context& context, const DevicePlan& device, const Signal& seen) {
  if (device.role != care::v1::ROLE_CLIMATE || device.room_kind != RoomKind::kOutside) return;
  if (std::isnan(seen.value)) return;
  const bool freezes = seen.value <= kFreezingCelsius;
  if (!freezes && context.state.record().circumstances().freezing_us() == 0) return;
  context.state.record().mutable_circumstances()->set_freezing_us(freezes ? seen.time_us : 0);
}

void OnSignal(Context& context, const Signal& seen) {
  const DevicePlan& device = context.plan.device(seen.device);
  if (seen.kind == SignalKind::kTemperature) return OnTemperature(context, device, seen);
  if (seen.kind == SignalKind::kCompany) return OnCompany(context, seen);
  const int patient = device.patient;
  if (seen.value > 0) return Pause(context, patient, seen);
  Resume(context, patient, seen.time_us);
  ReleaseMuted(context, seen.time_us);
}

// When the pause ends, or is told as long; kNever while there is none.
int64_t PauseDeadline(const Context& context, int patient) {
  const auto& person = context.state.record().patients(patient).person();
  if (person.paused_us() == 0) return kNever;
  int64_t next = person.paused_until_us() == 0 ? kNever : person.paused_until_us();
  if (!person.pause_is_long() && !person.pause_alert_id().empty())
    next = std::min(next, person.paused_us() + LongPauseUs(context, patient));
  return next;
}

int64_t Deadline(const Context& context, int64_t) {
  const auto& record = context.state.record();
  int64_t next = kNever;
  for (int i = 0; i < record.patients_size(); ++i) next = std::min(next, PauseDeadline(context, i));
  for (const store::v1::MutedFinding& muted : record.circumstances().muted())
    if (muted.check_us() != 0) next = std::min(next, muted.check_us());
  return next;
}

void OnDeadline(Context& context, int64_t deadline_us) {
  for (int i = 0; i < context.state.record().patients_size(); ++i) {
    if (PauseDeadline(context, i) > deadline_us) continue;
    const int64_t until = context.state.record().patients(i).person().paused_until_us();
    if (until != 0 && until <= deadline_us) {
      Resume(context, i, deadline_us);
    } else {
      TellLongPause(context, i, deadline_us);
    }
  }
  ReleaseMuted(context, deadline_us);
}

// Contact was lost meanwhile: what was muted is told all the same when its time is over.
void OnTick(Context& context, int64_t tick_us) {
  const int64_t deadline = Deadline(context, 0);
  if (deadline != kNever && tick_us >= deadline + kContactGraceUs) OnDeadline(context, deadline);
}

int64_t NextTick(const HomePlan&, const HomeState& state) {
  int64_t next = kNever;
  for (const store::v1::MutedFinding& muted : state.record().circumstances().muted())
    if (muted.check_us() != 0) next = std::min(next, muted.check_us() + kContactGraceUs);
  return next;
}

}  // namespace

const Rule kPresence = {
    .wants = Of(SignalKind::kCompany) | Of(SignalKind::kPause) | Of(SignalKind::kTemperature),
    .on_signal = OnSignal,
    .deadline = Deadline,
    .on_deadline = OnDeadline,
    .on_tick = OnTick,
    .server_deadline = NextTick,
};

}  // namespace veille::detector
