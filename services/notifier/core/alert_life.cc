#include "services/notifier/core/alert_life.h"

#include <algorithm>

#include "services/notifier/core/late_summary.h"
#include "services/notifier/core/situation.h"

namespace veille::notifier {
namespace {

using alert::v1::Alert;
using alert::v1::Line;
using alert::v1::Transition;
using store::v1::AlertRecord;
using store::v1::Finding;

constexpr int kMaxFindings = 64;
constexpr int kMaxObservations = 16;

void AddFinding(const Finding& finding, AlertRecord& record) {
  if (record.finding_ids_size() == kMaxFindings) record.mutable_finding_ids()->DeleteSubrange(0, 1);
  record.add_finding_ids(finding.finding_id());
}

void SetAudience(const Audience& audience, AlertRecord& record) {
  record.clear_members();
  record.clear_steps();
  record.set_repeats(audience.repeats);
  for (const auto& member : audience.members) *record.add_members() = member;
  for (const auto& step : audience.steps) *record.add_steps() = step;
  if (record.steps().empty() && !record.members().empty()) {
    auto& step = *record.add_steps();
    for (const auto& member : record.members()) step.add_caregiver_ids(member.caregiver_id());
  }
}

// What the alert says of itself, out of the finding that opens it.
void TakeOpening(const Finding& finding, AlertRecord& record) {
  Alert& alert = *record.mutable_alert();
  record.set_latching(record.latching() || finding.latching());
  alert.set_rule(finding.evidence().rule());
  alert.set_severity(std::max(alert.severity(), finding.severity()));
  alert.set_status(finding.status());
  *alert.mutable_event_time() = finding.event_time();
  *alert.mutable_receive_time() = finding.receive_time();
  *alert.mutable_last_occurrence_time() = finding.event_time();
  *alert.mutable_reason() = finding.reason();
  *alert.mutable_evidence() = finding.evidence();
  alert.set_late(finding.late());
  alert.set_occurrences(1);
  alert.set_correlation_id(finding.correlation_id());
}

void AddObservations(const Finding& finding, Alert& alert) {
  for (const auto& observation : finding.evidence().observations()) {
    auto& kept = *alert.mutable_evidence()->mutable_observations();
    if (kept.size() == kMaxObservations) kept.DeleteSubrange(0, 1);
    *kept.Add() = observation;
  }
}

// What holds now, in the finding's words.
void TakeReason(const Finding& finding, Alert& alert) {
  *alert.mutable_reason() = finding.reason();
  alert.clear_news();
  AddObservations(finding, alert);
}

bool IsClosed(const Alert& alert) { return alert.handling() == alert::v1::HANDLING_CLOSED; }

void Close(absl::Time now, Alert& alert) {
  alert.set_handling(alert::v1::HANDLING_CLOSED);
  SetTime(now, *alert.mutable_close_time());
}

// Back to nobody. What people had said of it stays in the transitions.
void Reopen(const Audience& audience, absl::Time now, AlertRecord& record) {
  Alert& alert = *record.mutable_alert();
  if (alert.handling() == alert::v1::HANDLING_UNACKNOWLEDGED) return;
  if (IsClosed(alert)) {
    // The circle may be another than when it was closed.
    SetAudience(audience, record);
    alert.set_step(0);
  }
  Note(Transition::KIND_REOPENED, now, alert);
  alert.set_handling(alert::v1::HANDLING_UNACKNOWLEDGED);
  alert.clear_acknowledged_by();
  alert.clear_acknowledge_time();
  alert.clear_outcome();
  alert.clear_note();
  alert.clear_closed_by();
  alert.clear_close_time();
}

// What was concluded before the end that we know of is over, however late it comes here.
bool IsOver(const Finding& finding, const AlertRecord& record) {
  return record.has_clear_decide_time() &&
         ToTime(finding.decide_time()) <= ToTime(record.clear_decide_time());
}

// Told as what it is by now: `tell` for what holds or latches or is urgent, a line to read for what
// is over and was never more.
template <typename Tell>
void TellBeginning(const Finding& finding, const Audience& audience, const Moment& at,
                   AlertRecord& record, Decision& decision, Tell tell) {
  Alert& alert = *record.mutable_alert();
  const bool over = IsOver(finding, record);
  if (over && !record.latching() && alert.severity() < alert::v1::SEVERITY_HIGH) {
    alert.set_condition(alert::v1::CONDITION_CLEARED);
    if (!IsClosed(alert)) Close(at.now, alert);
    StopChain(at.now, record);
    return TellSummary(at, record, decision);
  }
  Reopen(audience, at.now, record);
  record.set_round(record.round() + 1);
  alert.clear_unanswered();
  alert.clear_accepted_by();
  record.clear_own_cleared();
  alert.set_condition(over ? alert::v1::CONDITION_CLEARED : alert::v1::CONDITION_ACTIVE);
  tell(at, record, decision);
  if (over && !record.latching()) StopChain(at.now, record);
}

void Repeat(const Finding& finding, const Audience& audience, const Moment& at, AlertRecord& record,
            Decision& decision) {
  Alert& alert = *record.mutable_alert();
  TakeReason(finding, alert);
  alert.set_occurrences(alert.occurrences() + 1);
  *alert.mutable_last_occurrence_time() = finding.event_time();
  alert.set_severity(std::max(alert.severity(), finding.severity()));
  Note(Transition::KIND_REPEATED, at.now, alert);
  // A second press is told to everybody again, then climbs anew. What is less begins its chain.
  const bool everybody = record.latching() || alert.severity() == alert::v1::SEVERITY_HIGH;
  TellBeginning(finding, audience, at, record, decision, everybody ? TellEverybody : StartChain);
}

void Worsen(const Finding& finding, const Audience& audience, const Moment& at, AlertRecord& record,
            Decision& decision) {
  Alert& alert = *record.mutable_alert();
  const bool worse = finding.severity() > alert.severity();
  // What people closed as urgent is told again when it is found urgent anew.
  const bool urgent = IsClosed(alert) && finding.severity() == alert::v1::SEVERITY_HIGH;
  TakeReason(finding, alert);
  if (!worse && !urgent) return;
  alert.set_severity(std::max(alert.severity(), finding.severity()));
  Note(Transition::KIND_WORSENED, at.now, alert);
  TellBeginning(finding, audience, at, record, decision, StartChain);
}

// Everything of it is over.
void End(absl::Time now, AlertRecord& record, Decision& decision) {
  Alert& alert = *record.mutable_alert();
  record.clear_own_cleared();
  alert.set_condition(alert::v1::CONDITION_CLEARED);
  Note(Transition::KIND_CLEARED, now, alert);
  if (!record.latching()) {
    // What was never urgent and is over needs nobody's hand.
    if (alert.severity() < alert::v1::SEVERITY_HIGH && !IsClosed(alert)) Close(now, alert);
    StopChain(now, record);
  }
  if (!record.gathering()) TellChange(now, record, decision);
}

// What it has kept back is told now.
void Uncover(const Line& line, const Moment& at, AlertRecord& record, Decision& decision) {
  Alert& alert = *record.mutable_alert();
  *alert.mutable_reason() = line.reason();
  alert.set_severity(line.severity());
  Note(Transition::KIND_REPEATED, at.now, alert);
  record.set_round(record.round() + 1);
  StartChain(at, record, decision);
}

void Clear(const Finding& finding, const Moment& at, AlertRecord& record, Decision& decision) {
  Alert& alert = *record.mutable_alert();
  *record.mutable_clear_decide_time() = finding.decide_time();
  if (alert.condition() == alert::v1::CONDITION_CLEARED) return;
  // The reason stays why it was raised: a fall that is over was a fall.
  *alert.mutable_news() = finding.reason();
  AddObservations(finding, alert);
  EndLine(finding.alert_id(), record);
  const Line* line = ActiveLine(record);
  if (line == nullptr) return End(at.now, record, decision);
  record.set_own_cleared(true);
  if (SituationOf(record.rule_key()) == Situation::kOutOfContact && !IsClosed(alert))
    Uncover(Line(*line), at, record, decision);
}

// Another condition of the same situation: those who know of the situation hear of it, and nobody
// is called for it, unless somebody believed to have everything in hand.
void TakeLine(const Finding& finding, const Audience& audience, const Moment& at,
              AlertRecord& record, Decision& decision) {
  Alert& alert = *record.mutable_alert();
  if (finding.kind() == Finding::KIND_CLEAR) {
    EndLine(finding.alert_id(), record);
    const bool own = SituationOf(record.rule_key()) == Situation::kPowerCuts;
    if ((own || record.own_cleared()) && ActiveLine(record) == nullptr)
      End(at.now, record, decision);
    return;
  }
  PutLine(finding, record);
  AddObservations(finding, alert);
  record.set_latching(record.latching() || finding.latching());
  if (SituationOf(record.rule_key()) == Situation::kPowerCuts) AddPowerCut(at.now, record);
  if (record.gathering()) return;
  Note(Transition::KIND_JOINED, at.now, alert);
  alert.set_condition(alert::v1::CONDITION_ACTIVE);
  // The hub's silence explains it.
  if (SituationOf(record.rule_key()) == Situation::kOutOfContact) return;
  if (finding.severity() < alert::v1::SEVERITY_HIGH ||
      alert.handling() == alert::v1::HANDLING_UNACKNOWLEDGED) {
    return TellChange(at.now, record, decision);
  }
  Reopen(audience, at.now, record);
  record.set_round(record.round() + 1);
  alert.clear_unanswered();
  alert.clear_accepted_by();
  StartChain(at, record, decision);
}

// The beginning comes after what should have followed it.
void TakeRaise(const Finding& finding, const Audience& audience, const Moment& at,
               AlertRecord& record, Decision& decision) {
  Alert& alert = *record.mutable_alert();
  record.clear_awaits_raise();
  const bool told = alert.severity() != alert::v1::SEVERITY_UNSPECIFIED;
  if (told) {
    // By its worsening.
    *alert.mutable_event_time() = finding.event_time();
    return;
  }
  TakeOpening(finding, record);
  Note(Transition::KIND_RAISED, at.now, alert);
  TellBeginning(finding, audience, at, record, decision, StartChain);
}

}  // namespace

AlertRecord Raise(const Finding& finding, const Audience& audience, const Moment& at,
                  Decision& decision) {
  AlertRecord record;
  record.set_format(1);
  record.set_rule_key(finding.rule_key());
  record.set_round(1);
  AddFinding(finding, record);
  SetAudience(audience, record);
  Alert& alert = *record.mutable_alert();
  alert.set_alert_id(finding.alert_id());
  alert.set_patient_id(finding.patient_id());
  alert.set_home_id(finding.home_id());
  alert.set_condition(alert::v1::CONDITION_ACTIVE);
  alert.set_handling(alert::v1::HANDLING_UNACKNOWLEDGED);
  alert.set_patient_name(audience.patient_name);
  alert.set_zone(audience.zone);
  SetTime(at.now, *alert.mutable_create_time());
  TakeOpening(finding, record);
  record.set_awaits_raise(finding.kind() != Finding::KIND_RAISE);
  decision.changed = true;
  if (finding.kind() == Finding::KIND_CLEAR) {
    // Nobody is asked to act on an end. Its beginning is told when it comes; until then it has no
    // severity.
    Note(Transition::KIND_CLEARED, at.now, alert);
    alert.set_condition(alert::v1::CONDITION_CLEARED);
    alert.set_severity(alert::v1::SEVERITY_UNSPECIFIED);
    *record.mutable_clear_decide_time() = finding.decide_time();
    Close(at.now, alert);
    return record;
  }
  Note(Transition::KIND_RAISED, at.now, alert);
  if (IsFolded(finding)) {
    BeginSummary(at.now, record);
  } else if (SituationOf(finding.rule_key()) == Situation::kPowerCuts) {
    BeginPowerCuts(finding, at.now, record);
  } else {
    StartChain(at, record, decision);
  }
  return record;
}

Decision Join(const Finding& finding, const Audience& audience, const Moment& at,
              AlertRecord& record) {
  Decision decision;
  if (Contains(record, finding)) return decision;
  AddFinding(finding, record);
  decision.changed = true;
  const bool opens = record.awaits_raise() && finding.alert_id() == record.alert().alert_id();
  if (IsLine(finding, record) && SituationOf(record.rule_key()) != Situation::kNone) {
    TakeLine(finding, audience, at, record, decision);
  } else if (record.gathering() && finding.kind() != Finding::KIND_CLEAR) {
    AddToSummary(finding, at.now, record);
  } else if (finding.kind() == Finding::KIND_CLEAR || IsFolded(finding)) {
    // Folded: it grew worse before it ended, and was told for that. Now it is over.
    Clear(finding, at, record, decision);
  } else if (finding.kind() == Finding::KIND_WORSEN) {
    Worsen(finding, audience, at, record, decision);
  } else if (opens) {
    TakeRaise(finding, audience, at, record, decision);
  } else {
    Repeat(finding, audience, at, record, decision);
  }
  return decision;
}

Decision RunStep(uint32_t step, uint32_t round, const Moment& at, AlertRecord& record) {
  Decision decision;
  if (MaybeExpire(at.now, record, decision)) return decision;
  Alert& alert = *record.mutable_alert();
  if (round != record.round() || !record.has_next_step_time() ||
      alert.handling() != alert::v1::HANDLING_UNACKNOWLEDGED || step <= alert.step() ||
      (alert.condition() == alert::v1::CONDITION_CLEARED && !record.latching())) {
    // Said again on a repeated job: the operators' finding is idempotent, its loss is not.
    decision.unanswered = alert.unanswered() && round == record.round();
    return decision;
  }
  decision.changed = true;
  // A receipt was faster than the job. Stored all the same: that sets the timer again.
  if (!IsDue(at.now, record)) return decision;
  if (record.gathering() && SituationOf(record.rule_key()) == Situation::kPowerCuts) {
    if (EndGatheringPowerCuts(record)) {
      StartChain(at, record, decision);
    } else {
      Close(at.now, alert);
      Note(Transition::KIND_CLOSED, at.now, alert);
      StopChain(at.now, record);
    }
  } else if (record.gathering()) {
    EndSummary(at.now, record);
    TellSummary(at, record, decision);
  } else {
    Climb(at, record, decision);
  }
  return decision;
}

bool Contains(const AlertRecord& record, const Finding& finding) {
  return std::find(record.finding_ids().begin(), record.finding_ids().end(),
                   finding.finding_id()) != record.finding_ids().end();
}

bool ContainsAlertOf(const AlertRecord& record, const Finding& finding) {
  const std::string prefix = finding.alert_id() + "/";
  return std::any_of(record.finding_ids().begin(), record.finding_ids().end(),
                     [&](const std::string& id) { return id.rfind(prefix, 0) == 0; });
}

bool IsJoinable(const AlertRecord& record) {
  if (IsClosed(record.alert())) return false;
  return record.latching() || record.alert().condition() == alert::v1::CONDITION_ACTIVE;
}

}  // namespace veille::notifier
