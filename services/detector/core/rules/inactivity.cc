// No sign of life for too long, although the sensors that would have spoken are alive.
//
// By day: silence counted within the day window, where living motion sensors stand in most rooms,
// and not in a bed or on a seat that is in use. At any hour: the longer span. Not while the last
// thing seen was the exit door: then the person is out, which is not_returned.cc's matter. Sensors
// that are not alive prove nothing: that is told as the technical matter it is.

#include <algorithm>
#include <optional>

#include "services/detector/core/rules/spell.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

constexpr int64_t kHalfHourUs = 1'800'000'000;
constexpr uint32_t kQuiet = 0, kSensorsSilent = 1, kMedium = 2, kHigh = 3, kNotByDay = 4;

// What is usual (p95) at this hour of this weekday; nothing until it is learnt.
std::optional<absl::Duration> UsualSilence(const Context& context, int64_t at_us) {
  const Baselines* baselines = context.state.baselines();
  if (baselines == nullptr || !baselines->learnt()) return std::nullopt;
  const auto at = context.plan.zone().At(absl::FromUnixMicros(at_us)).cs;
  const auto weekday = absl::GetWeekday(at);
  return baselines->Silence(at.hour() * 2 + at.minute() / 30,
                            weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday);
}

// The instant of the day at which a silence since `since_us`, counted from `from_us` within the
// day, is longer than what is usual for the person, or than the plan's figure.
int64_t LongEnough(const Context& context, int64_t since_us, int64_t from_us) {
  const InactivityFigures& figures = context.plan.inactivity;
  const int64_t latest = from_us + figures.usual_cap_us;
  for (int64_t at = from_us + figures.usual_floor_us; at < latest; at += kHalfHourUs) {
    const std::optional<absl::Duration> usual = UsualSilence(context, at);
    if (!usual.has_value()) return from_us + figures.day_us;
    const int64_t long_enough =
        std::max(at, since_us + absl::ToInt64Microseconds(*usual * figures.usual_ratio));
    if (long_enough < at + kHalfHourUs) return std::min(long_enough, latest);
  }
  return latest;
}

// The instant at which day-time silence since `since` has lasted long enough.
int64_t DayDeadline(const Context& context, int64_t since_us) {
  const HomePlan& plan = context.plan;
  absl::Time from = absl::FromUnixMicros(since_us);
  const LocalWindow& window = plan.inactivity.day;
  // Two edges a day; two days ahead is beyond the any-hour span.
  for (int i = 0; i < 5; ++i) {
    const absl::Time edge = NextWindowEdge(from, plan.zone(), window);
    if (InWindow(from, plan.zone(), window)) {
      const int64_t deadline = LongEnough(context, since_us, absl::ToUnixMicros(from));
      if (edge == absl::InfiniteFuture() || deadline <= absl::ToUnixMicros(edge)) return deadline;
    }
    from = edge;
  }
  return kNever;
}

void Tell(Context& context, int64_t deadline_us, uint32_t level) {
  auto& record = context.state.record();
  auto& state = *record.mutable_inactivity();
  Conclusion conclusion;
  conclusion.rule = &context.plan.care_plan(0).inactivity();
  conclusion.event_us = record.presence_us();
  // The silence is judged now, however old its beginning: it is no late news.
  conclusion.opening_receive_us = record.presence_us();
  conclusion.decide_us = deadline_us;
  const std::string at = WallClock(context.plan, record.presence_us());
  const std::string span = Lasting(deadline_us - record.presence_us());
  conclusion.reason = {
      "Aucun signe d'activité depuis " + at + " (" + span + "), capteurs en état de marche",
      "No sign of activity since " + at + " (" + span + "), sensors alive"};
  if (const auto usual = UsualSilence(context, deadline_us); usual.has_value()) {
    const auto minutes = std::to_string(absl::ToInt64Minutes(*usual));
    conclusion.reason.fr += " ; d'ordinaire au plus " + minutes + " min à cette heure";
    conclusion.reason.en += "; usually at most " + minutes + " min at this hour";
  }
  conclusion.severity = level == kHigh ? alert::v1::SEVERITY_HIGH : alert::v1::SEVERITY_MEDIUM;
  if (level == kSensorsSilent) {
    conclusion.rule_key = "SENSORS_SILENT";
    conclusion.patient = -1;
    conclusion.severity = alert::v1::SEVERITY_TECHNICAL;
    conclusion.reason = {
        "Les capteurs ne donnent plus signe de vie depuis " + at +
            " : l'activité ne peut être jugée",
        "The sensors have not checked in since " + at + ": activity cannot be judged"};
  }
  if (state.level() == kMedium) {
    conclusion.kind = store::v1::Finding::KIND_WORSEN;
    conclusion.alert_id = state.alert_id();
  }
  conclusion.observations.push_back(
      {record.presence_us(), 0, "", {"Dernier signe d'activité", "Last sign of activity"}});
  const std::string id = Conclude(context, std::move(conclusion));
  (level == kSensorsSilent ? *state.mutable_silent_alert_id() : *state.mutable_alert_id()) = id;
  state.set_level(level);
}

void Clear(Context& context, const Signal& seen, const std::string& alert_id, bool technical) {
  if (alert_id.empty()) return;
  Conclusion conclusion;
  conclusion.rule = &context.plan.care_plan(0).inactivity();
  if (technical) {
    conclusion.rule_key = "SENSORS_SILENT";
    conclusion.patient = -1;
    conclusion.severity = alert::v1::SEVERITY_TECHNICAL;
  }
  conclusion.kind = store::v1::Finding::KIND_CLEAR;
  conclusion.alert_id = alert_id;
  conclusion.event_us = seen.time_us;
  conclusion.opening_receive_us = seen.receive_us;
  conclusion.decide_us = seen.time_us;
  const std::string at = WallClock(context.plan, seen.time_us);
  conclusion.reason = {"Activité à " + at, "Activity at " + at};
  conclusion.observations.push_back(
      {seen.time_us, seen.receive_us, context.plan.device(seen.device).id, conclusion.reason});
  Conclude(context, std::move(conclusion));
}

void OnSignal(Context& context, const Signal& seen) {
  // A door is none: it says where the person may be.
  if ((kDoorEdges & Of(seen.kind)) != 0 || seen.kind == SignalKind::kLeft) return;
  auto& record = context.state.record();
  // What was told already is not taken back for what could not be read.
  const bool told =
      record.inactivity().level() != kQuiet && record.inactivity().level() != kNotByDay;
  if (seen.kind == SignalKind::kUnclear && told) return;
  if (seen.time_us <= record.presence_us()) return;
  if (record.inactivity().level() != kQuiet) {
    const store::v1::InactivityState open = record.inactivity();
    record.clear_inactivity();
    Clear(context, seen, open.alert_id(), false);
    Clear(context, seen, open.silent_alert_id(), true);
  }
  record.set_presence_us(seen.time_us);
}

int64_t Deadline(const Context& context, int64_t by_us) {
  const InactivityFigures& figures = context.plan.inactivity;
  const auto& record = context.state.record();
  const int64_t since = record.presence_us();
  const uint32_t level = record.inactivity().level();
  if (!figures.enabled || since == 0 || level == kHigh || level == kSensorsSilent) return kNever;
  if (IsOut(record)) return kNever;
  // No deadline can be nearer than this, so that a usual event costs two comparisons.
  const int64_t least = std::min({figures.day_us, figures.usual_floor_us, figures.any_us});
  if (by_us < since + least) return since + least;
  int64_t deadline = since + figures.any_us;
  if (context.plan.sees_person() && level != kNotByDay) {
    const int64_t day = DayDeadline(context, since);
    if (day != kNever)
      deadline = std::min(deadline, level == kMedium ? day + figures.worsen_us : day);
  }
  return deadline;
}

// Each of the dead sensors was told by itself.
bool IsToldOfEach(const Context& context) {
  for (std::size_t i = 0; i < context.plan.devices().size(); ++i) {
    if (context.plan.devices()[i].presence && !IsToldSilent(context, static_cast<int>(i)))
      return false;
  }
  return true;
}

void OnDeadline(Context& context, int64_t deadline_us) {
  auto& record = context.state.record();
  if (!SensorsAlive(context, deadline_us)) {
    if (!IsToldOfEach(context)) return Tell(context, deadline_us, kSensorsSilent);
    return record.mutable_inactivity()->set_level(kSensorsSilent);
  }
  const bool any = deadline_us >= record.presence_us() + context.plan.inactivity.any_us;
  const bool high = any || record.inactivity().level() == kMedium;
  if (!high &&
      (IsOccupied(context, deadline_us) || !AliveCoverage(context, deadline_us).sees_person())) {
    return record.mutable_inactivity()->set_level(kNotByDay);
  }
  Tell(context, deadline_us, high ? kHigh : kMedium);
}

}  // namespace

const Rule kInactivity = {
    .wants = kSignsOfLife | kDoorEdges | Of(SignalKind::kLeft) | Of(SignalKind::kAnswered) |
             Of(SignalKind::kUnclear),
    .on_signal = OnSignal,
    .deadline = Deadline,
    .on_deadline = OnDeadline,
    .proof = Proof::kSilence,
};

}  // namespace veille::detector
