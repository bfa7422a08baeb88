// Public transport outside the usual: a line, a stop or an hour that was not used in weeks, or the
// first tap ever. Until some days of taps are known only the first and those at night are told. One
// alert a journey: it grows worse at night, and is over with a usual tap, back in a zone, or some
// hours after the last unusual tap.

#include <algorithm>

#include "common/base/digest.h"
#include "services/detector/core/rules/familiar.h"
#include "services/detector/core/rules/whereabouts.h"

namespace veille::detector {
namespace {

using store::v1::TransitState;

// Twice the lines, stops and hours of somebody who goes to four places.
constexpr std::size_t kCapacity = 40;
constexpr int64_t kDayUs = 86'400'000'000;

struct Verdict {
  enum class Kind { kNotLearnt, kUsual, kUnusual } kind = Kind::kNotLearnt;
  Sentence what;  // A sentence's first half.
};

TransitState& StateOf(Context& context, int patient) {
  return *context.state.record().mutable_patients(patient)->mutable_outdoors()->mutable_transit();
}

int HourOf(const HomePlan& plan, int64_t time_us) {
  return absl::ToCivilHour(absl::FromUnixMicros(time_us), plan.zone()).hour();
}

uint64_t HourDigest(int hour) { return StableHash64("hour " + std::to_string((hour + 24) % 24)); }

// The day begins for what is learnt.
void BeginDay(const TransitFigures& figures, uint32_t day, TransitState& state) {
  if (day == state.last_day()) return;
  Forget(day, state.last_day(), figures.memory_days, *state.mutable_usual());
  state.set_days(state.usual().empty() ? 1 : state.days() + 1);
  state.set_last_day(day);
}

// Learns the tap, and says what of it is unusual.
Verdict Learn(const HomePlan& plan, const TransitFigures& figures, const Signal& tap,
              TransitState& state) {
  const auto day = static_cast<uint32_t>(tap.time_us / kDayUs);
  const bool first = state.usual().empty();
  BeginDay(figures, day, state);
  const auto visit = [&](uint64_t thing) {
    return Visit(thing, day, figures.memory_days, kCapacity, *state.mutable_usual());
  };
  const auto end = [&](std::size_t from) {
    return std::min(tap.text.find('\n', from), tap.text.size());
  };
  const std::size_t network = end(0), line = end(network + 1), stop = end(line + 1);
  const std::string_view by_line = tap.text.substr(0, line);
  const std::string by_stop = std::string(tap.text.substr(0, network)) + "\n\n" +
                              std::string(tap.text.substr(std::min(line, tap.text.size())));
  const bool usual_line = line == network + 1 || visit(StableHash64(by_line));
  const bool usual_stop = stop == line + 1 || visit(StableHash64(by_stop));
  const int hour = HourOf(plan, tap.time_us);
  bool usual_hour = visit(HourDigest(hour));
  for (const int beside : {hour - 1, hour + 1}) {
    usual_hour =
        usual_hour || IsFamiliar(HourDigest(beside), day, figures.memory_days, state.usual());
  }
  const bool night = InWindow(absl::FromUnixMicros(tap.time_us), plan.zone(), figures.night);
  using enum Verdict::Kind;
  if (first) {
    return {kUnusual,
            {"Première validation de transport connue", "First known public transport tap"}};
  }
  if (state.days() <= figures.learn_days) {
    return {night && !usual_hour ? kUnusual : kNotLearnt,
            {"Transport pris la nuit", "Public transport taken at night"}};
  }
  if (!usual_line)
    return {kUnusual, {"Ligne de transport inhabituelle", "Unusual public transport line"}};
  if (!usual_stop)
    return {kUnusual, {"Arrêt de transport inhabituel", "Unusual public transport stop"}};
  return {usual_hour ? kUsual : kUnusual,
          {"Transport à une heure inhabituelle", "Public transport at an unusual hour"}};
}

Conclusion About(const Context& context, int patient, const TransitState& state) {
  Conclusion conclusion;
  conclusion.rule = &context.plan.care_plan(patient).transit();
  conclusion.patient = patient;
  conclusion.severity = static_cast<alert::v1::Severity>(state.severity());
  conclusion.alert_id = state.alert_id();
  return conclusion;
}

void Clear(Context& context, int patient, int64_t at_us, const Sentence& why) {
  TransitState& state = StateOf(context, patient);
  Conclusion conclusion = About(context, patient, state);
  conclusion.kind = store::v1::Finding::KIND_CLEAR;
  conclusion.event_us = conclusion.decide_us = at_us;
  // A deadline that is passed by a later event is no old news.
  conclusion.opening_receive_us = at_us;
  const std::string at = WallClock(context.plan, at_us);
  conclusion.reason = {why.fr + at, why.en + at};
  conclusion.observations.push_back({at_us, context.receive_us, "", conclusion.reason});
  Conclude(context, std::move(conclusion));
  state.clear_alert_id();
  state.clear_severity();
}

void Tell(Context& context, int patient, const Signal& seen, const Sentence& what) {
  TransitState& state = StateOf(context, patient);
  const care::v1::TransitRule& rule = context.plan.care_plan(patient).transit();
  const bool night = InWindow(absl::FromUnixMicros(seen.time_us), context.plan.zone(),
                              context.plan.outdoors(patient).transit.night);
  const auto severity =
      SeverityOr(rule, night ? alert::v1::SEVERITY_HIGH : alert::v1::SEVERITY_MEDIUM);
  state.set_unusual_us(seen.time_us);
  const bool open = !state.alert_id().empty();
  if (open && static_cast<uint32_t>(severity) <= state.severity()) return;
  state.set_severity(static_cast<uint32_t>(severity));
  Conclusion conclusion = About(context, patient, state);
  if (open) conclusion.kind = store::v1::Finding::KIND_WORSEN;
  conclusion.event_us = conclusion.decide_us = seen.time_us;
  conclusion.opening_receive_us = seen.receive_us;
  const std::string at = WallClock(context.plan, seen.time_us);
  conclusion.reason = {what.fr + " à " + at, what.en + " at " + at};
  state.set_alert_id(ConcludeFrom(context, seen, std::move(conclusion)));
}

void OnTap(Context& context, const Signal& seen) {
  const int patient = PatientOf(context, seen);
  const TransitFigures& figures = context.plan.outdoors(patient).transit;
  TransitState& state = StateOf(context, patient);
  // A tap that comes again, or out of an old buffer, is no journey of now.
  if (!figures.enabled || seen.time_us <= state.tap_us()) return;
  state.set_tap_us(seen.time_us);
  const Verdict verdict = Learn(context.plan, figures, seen, state);
  if (verdict.kind == Verdict::Kind::kUnusual) {
    Tell(context, patient, seen, verdict.what);
  } else if (verdict.kind == Verdict::Kind::kUsual && !state.alert_id().empty()) {
    Clear(context, patient, seen.time_us,
          {"De nouveau une validation habituelle à ", "A usual tap again at "});
  }
}

void OnSignal(Context& context, const Signal& seen) {
  if (seen.kind == SignalKind::kTap) return OnTap(context, seen);
  const int patient = PatientOf(context, seen);
  const store::v1::OutdoorsState& state = context.state.record().patients(patient).outdoors();
  if (!state.transit().alert_id().empty() &&
      state.whereabouts().inside_us() > state.transit().unusual_us()) {
    Clear(context, patient, state.whereabouts().inside_us(),
          {"De retour dans une zone sûre à ", "Back in a safe zone at "});
  }
}

// The patient whose journey ends first, and when.
std::pair<int, int64_t> Earliest(const Context& context) {
  std::pair<int, int64_t> earliest{0, kNever};
  for (int i = 0; i < context.plan.home().patients_size(); ++i) {
    const TransitState& state = context.state.record().patients(i).outdoors().transit();
    const int64_t end_us = state.unusual_us() + context.plan.outdoors(i).transit.journey_us;
    if (!state.alert_id().empty() && end_us < earliest.second) earliest = {i, end_us};
  }
  return earliest;
}

}  // namespace

const Rule kTransit = {
    .wants = Of(SignalKind::kTap) | Of(SignalKind::kFix) | Of(SignalKind::kCompany),
    .on_signal = OnSignal,
    .deadline = [](const Context& context, int64_t) { return Earliest(context).second; },
    .on_deadline =
        [](Context& context, int64_t deadline_us) {
          Clear(context, Earliest(context).first, deadline_us,
                {"Plus de validation inhabituelle jusqu'à ", "No unusual tap any more until "});
        },
};

}  // namespace veille::detector
