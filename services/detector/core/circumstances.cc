#include "services/detector/core/circumstances.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "common/base/timestamp.h"
#include "services/detector/core/findings.h"
#include "services/detector/core/muted.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

using care::v1::Circumstance;
using store::v1::Finding;

constexpr int64_t kNoEnd = std::numeric_limits<int64_t>::max();
// More than this are told rather than forgotten.
constexpr int kMostMuted = 32;
// The engine knows what it told, not when somebody closed it: positions help for so long.
constexpr int64_t kAlertUs = 4LL * 3600 * 1000000;
// What a thermometer outside last said holds for so long.
constexpr int64_t kFreezingUs = 3LL * 3600 * 1000000;

int64_t Micros(const google::protobuf::Timestamp& stamp) { return stamp.seconds() * 1000000; }

const CircumstancePlan& PlanOf(const Context& context, int patient) {
  return context.plan.circumstances(std::max(patient, 0));
}

const store::v1::PersonState& PersonOf(const Context& context, int patient) {
  return context.state.record().patients(std::max(patient, 0)).person();
}

bool InSpan(const CircumstancePlan::Span& span, int64_t at_us) {
  return at_us >= span.from_us && at_us < span.to_us;
}

bool IsOn(const Context& context, const CircumstancePlan::Outing& outing, int64_t at_us) {
  return outing.weekly
             ? InWeeklyWindow(absl::FromUnixMicros(at_us), context.plan.zone(), outing.window)
             : InSpan(outing.once, at_us);
}

// When what holds may end; it is looked at again then.
int64_t EndOf(const Context& context, int patient, Circumstance circumstance, int64_t at_us) {
  const CircumstancePlan& plan = PlanOf(context, patient);
  int64_t end = kNoEnd;
  switch (circumstance) {
    case care::v1::CIRCUMSTANCE_CARER_AT_HOME:
      return context.state.record().circumstances().carer_until_us();
    case care::v1::CIRCUMSTANCE_COMPANION:
      end = PersonOf(context, patient).companion_until_us();
      if (end > at_us) return end;
      [[fallthrough]];
    case care::v1::CIRCUMSTANCE_PLANNED_OUTING:
      end = kNoEnd;
      for (const CircumstancePlan::Outing& outing : plan.outings) {
        if (!IsOn(context, outing, at_us)) continue;
        const absl::Time edge = outing.weekly ? NextWeeklyEdge(absl::FromUnixMicros(at_us),
                                                               context.plan.zone(), outing.window)
                                              : absl::FromUnixMicros(outing.once.to_us);
        end = std::min(end, absl::ToUnixMicros(edge));
      }
      return end;
    case care::v1::CIRCUMSTANCE_ABSENCE:
      for (const CircumstancePlan::Span& span : plan.absences)
        if (InSpan(span, at_us)) end = std::min(end, span.to_us);
      return end;
    case care::v1::CIRCUMSTANCE_PAUSED:
      end = PersonOf(context, patient).paused_until_us();
      return end == 0 ? kNoEnd : end;
    default:
      return at_us;
  }
}

template <typename Circumstances>
Circumstance FirstThatHolds(const Context& context, int patient, const Circumstances& named,
                            int64_t at_us) {
  for (const int circumstance : named) {
    if (Holds(context, patient, static_cast<Circumstance>(circumstance), at_us))
      return static_cast<Circumstance>(circumstance);
  }
  return care::v1::CIRCUMSTANCE_UNSPECIFIED;
}

Sentence NameOf(Circumstance circumstance) {
  switch (circumstance) {
    case care::v1::CIRCUMSTANCE_CARER_AT_HOME:
      return {"un aidant est sur place", "a carer is at home"};
    case care::v1::CIRCUMSTANCE_COMPANION:
      return {"accompagné", "accompanied"};
    case care::v1::CIRCUMSTANCE_PLANNED_OUTING:
      return {"sortie prévue", "planned outing"};
    case care::v1::CIRCUMSTANCE_ABSENCE:
      return {"absence prévue", "planned absence"};
    default:
      return {"surveillance en pause", "monitoring paused"};
  }
}

Sentence EndingOf(Circumstance circumstance) {
  switch (circumstance) {
    case care::v1::CIRCUMSTANCE_CARER_AT_HOME:
      return {"l'aidant n'est plus là", "the carer is gone"};
    case care::v1::CIRCUMSTANCE_COMPANION:
      return {"n'est plus accompagné", "no longer accompanied"};
    case care::v1::CIRCUMSTANCE_PLANNED_OUTING:
      return {"la sortie prévue est terminée", "the planned outing is over"};
    case care::v1::CIRCUMSTANCE_ABSENCE:
      return {"l'absence prévue est terminée", "the planned absence is over"};
    default:
      return {"la pause est terminée", "the pause is over"};
  }
}

void Say(const Sentence& more, Finding& finding) {
  finding.mutable_reason()->mutable_fr()->append(" (" + more.fr + ")");
  finding.mutable_reason()->mutable_en()->append(" (" + more.en + ")");
}

alert::v1::Severity Lower(alert::v1::Severity severity) {
  return severity == alert::v1::SEVERITY_HIGH     ? alert::v1::SEVERITY_MEDIUM
         : severity == alert::v1::SEVERITY_MEDIUM ? alert::v1::SEVERITY_LOW
                                                  : severity;
}

bool IsFreezing(const Context& context, int64_t at_us) {
  const int64_t since = context.state.record().circumstances().freezing_us();
  return since != 0 && at_us - since < kFreezingUs;
}

// Nobody knows when a pause without an end is over.
void SetCheck(int64_t end_us, store::v1::MutedFinding& muted) {
  muted.set_check_us(end_us == kNoEnd ? 0 : end_us);
}

int FindMuted(const store::v1::CircumstancesState& state, const std::string& alert_id) {
  for (int i = 0; i < state.muted_size(); ++i)
    if (state.muted(i).alert_id() == alert_id) return i;
  return -1;
}

void NoteOpenAlert(Context& context, const Conclusion& conclusion) {
  if (conclusion.patient < 0 || conclusion.severity < alert::v1::SEVERITY_MEDIUM ||
      conclusion.kind == Finding::KIND_CLEAR) {
    return;
  }
  if (PlanOf(context, conclusion.patient).position_consent !=
      care::v1::POSITION_CONSENT_DURING_ALERTS) {
    return;
  }
  auto& person = *context.state.record().mutable_patients(conclusion.patient)->mutable_person();
  person.set_alert_until_us(std::max(person.alert_until_us(), conclusion.decide_us + kAlertUs));
}

}  // namespace

CircumstancePlan MakeCircumstancePlan(const care::v1::Context& context) {
  CircumstancePlan plan;
  plan.position_consent = context.position_consent();
  for (const care::v1::PlannedOuting& outing : context.outings()) {
    CircumstancePlan::Outing compiled;
    compiled.accompanied = outing.accompanied();
    compiled.weekly = !outing.weekly().empty();
    if (const auto window = ParseWeeklyWindow(outing.weekly()); window.ok())
      compiled.window = *window;
    compiled.once = {Micros(outing.start_time()), Micros(outing.end_time())};
    plan.outings.push_back(compiled);
  }
  for (const care::v1::Absence& absence : context.absences())
    plan.absences.push_back({Micros(absence.start_time()), Micros(absence.end_time())});
  for (const care::v1::WeatherWarning& warning : context.weather_warnings())
    plan.weather_warnings.push_back({Micros(warning.start_time()), Micros(warning.end_time())});
  return plan;
}

bool Holds(const Context& context, int patient, Circumstance circumstance, int64_t at_us) {
  const CircumstancePlan& plan = PlanOf(context, patient);
  const store::v1::PersonState& person = PersonOf(context, patient);
  switch (circumstance) {
    case care::v1::CIRCUMSTANCE_CARER_AT_HOME:
      return context.state.record().circumstances().carer_until_us() > at_us;
    case care::v1::CIRCUMSTANCE_COMPANION:
      return person.companion_until_us() > at_us ||
             std::any_of(plan.outings.begin(), plan.outings.end(), [&](const auto& outing) {
               return outing.accompanied && IsOn(context, outing, at_us);
             });
    case care::v1::CIRCUMSTANCE_PLANNED_OUTING:
      return std::any_of(plan.outings.begin(), plan.outings.end(),
                         [&](const auto& outing) { return IsOn(context, outing, at_us); });
    case care::v1::CIRCUMSTANCE_ABSENCE:
      return std::any_of(plan.absences.begin(), plan.absences.end(),
                         [&](const auto& span) { return InSpan(span, at_us); });
    case care::v1::CIRCUMSTANCE_PAUSED:
      return person.paused_us() != 0 &&
             (person.paused_until_us() == 0 || person.paused_until_us() > at_us);
    case care::v1::CIRCUMSTANCE_WEATHER:
      return IsFreezing(context, at_us) ||
             std::any_of(plan.weather_warnings.begin(), plan.weather_warnings.end(),
                         [&](const auto& span) { return InSpan(span, at_us); });
    default:
      return false;
  }
}

bool MayUsePosition(const Context& context, int patient, int64_t at_us) {
  switch (PlanOf(context, patient).position_consent) {
    case care::v1::POSITION_CONSENT_UNSPECIFIED:
      return true;
    case care::v1::POSITION_CONSENT_DURING_ALERTS:
      return at_us < PersonOf(context, patient).alert_until_us();
    default:
      return false;
  }
}

void RaiseForWeather(const Context& context, Conclusion& conclusion) {
  using alert::v1::Severity;
  Severity& severity = conclusion.severity;
  if (conclusion.kind == Finding::KIND_CLEAR) return;
  if (severity != alert::v1::SEVERITY_LOW && severity != alert::v1::SEVERITY_MEDIUM) return;
  const care::v1::RuleInfo& info = domain::InfoOf(*conclusion.rule);
  if (FirstThatHolds(context, conclusion.patient, info.raised_by(), conclusion.decide_us) ==
      care::v1::CIRCUMSTANCE_UNSPECIFIED) {
    return;
  }
  severity =
      severity == alert::v1::SEVERITY_LOW ? alert::v1::SEVERITY_MEDIUM : alert::v1::SEVERITY_HIGH;
  const bool freezing = IsFreezing(context, conclusion.decide_us);
  conclusion.reason.fr += freezing ? " ; il gèle dehors" : " ; alerte météo";
  conclusion.reason.en += freezing ? "; it freezes outside" : "; a weather warning is in force";
}

bool Withhold(Context& context, const Conclusion& conclusion, Finding& finding) {
  auto& state = *context.state.record().mutable_circumstances();
  const int known = FindMuted(state, WithoutHome(finding.home_id(), finding.alert_id()));
  if (conclusion.kind == Finding::KIND_CLEAR) {
    if (known < 0) return false;
    const bool told = state.muted(known).lowered();
    state.mutable_muted()->DeleteSubrange(known, 1);
    return !told;
  }
  NoteOpenAlert(context, conclusion);
  const care::v1::RuleInfo& info = domain::InfoOf(*conclusion.rule);
  Circumstance why =
      FirstThatHolds(context, conclusion.patient, info.muted_by(), conclusion.decide_us);
  const bool mute = why != care::v1::CIRCUMSTANCE_UNSPECIFIED;
  if (!mute) {
    why = FirstThatHolds(context, conclusion.patient, info.lowered_by(), conclusion.decide_us);
    const bool holds = why != care::v1::CIRCUMSTANCE_UNSPECIFIED;
    if (!holds || Lower(finding.severity()) == finding.severity()) {
      if (known < 0) return false;
      // What was muted grew worse, and nothing explains it any more: it begins for the carers.
      if (!state.muted(known).lowered()) finding.set_kind(Finding::KIND_RAISE);
      state.mutable_muted()->DeleteSubrange(known, 1);
      SetDecided(context, conclusion.decide_us, finding);
      return false;
    }
  }
  const bool told = known >= 0 && state.muted(known).lowered();
  // Of a moment nothing is left to be told later.
  if (!info.momentary()) {
    if (known < 0 && state.muted_size() >= kMostMuted) return false;
    store::v1::MutedFinding& muted = known < 0 ? *state.add_muted() : *state.mutable_muted(known);
    Keep(conclusion, finding, muted);
    muted.set_circumstance(why);
    SetCheck(EndOf(context, conclusion.patient, why, conclusion.decide_us), muted);
    muted.set_lowered(told || !mute);
  }
  if (mute) return true;
  finding.set_severity(Lower(finding.severity()));
  if (!told) finding.set_kind(Finding::KIND_RAISE);
  SetDecided(context, conclusion.decide_us, finding);
  Say(NameOf(why), finding);
  return false;
}

void ReleaseMuted(Context& context, int64_t at_us) {
  auto& muted = *context.state.record().mutable_circumstances()->mutable_muted();
  for (int i = 0; i < muted.size();) {
    store::v1::MutedFinding& entry = *muted.Mutable(i);
    const google::protobuf::Message* rule = RuleOf(context.plan, entry);
    // Of a newer version, before a rollback; or switched off since.
    if (rule == nullptr || !domain::IsEnabled(*rule)) {
      muted.DeleteSubrange(i, 1);
      continue;
    }
    const care::v1::RuleInfo& info = domain::InfoOf(*rule);
    const auto patient = static_cast<int>(entry.patient());
    const Circumstance why = FirstThatHolds(
        context, patient, entry.lowered() ? info.lowered_by() : info.muted_by(), at_us);
    if (why != care::v1::CIRCUMSTANCE_UNSPECIFIED) {
      entry.set_circumstance(why);
      SetCheck(EndOf(context, patient, why, at_us), entry);
      ++i;
      continue;
    }
    const Finding::Kind kind = entry.lowered() ? Finding::KIND_WORSEN : Finding::KIND_RAISE;
    Finding finding = Recall(context, entry, *rule, kind, at_us);
    Say(EndingOf(entry.circumstance()), finding);
    muted.DeleteSubrange(i, 1);
    context.effects.findings.push_back(std::move(finding));
  }
}

}  // namespace veille::detector
