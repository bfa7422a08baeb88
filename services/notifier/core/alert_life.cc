#include "services/notifier/core/alert_life.h"

#include <algorithm>
#include <set>

namespace veille::notifier {
namespace {

using alert::v1::Alert;
using alert::v1::Transition;
using store::v1::AlertRecord;
using store::v1::Finding;

constexpr int kMaxFindings = 64;
constexpr int kMaxRequests = 32;
constexpr int kMaxTransitions = 64;
constexpr int kMaxDeliveries = 256;

void SetTime(absl::Time time, google::protobuf::Timestamp& stamp) {
  const int64_t micros = absl::ToUnixMicros(time);
  stamp.set_seconds(micros / 1000000);
  stamp.set_nanos(static_cast<int32_t>(micros % 1000000) * 1000);
}

template <typename Ids>
bool Contains(const Ids& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

template <typename Ids>
void AddBounded(const std::string& id, int most, Ids& ids) {
  if (ids.size() == most) ids.DeleteSubrange(0, 1);
  *ids.Add() = id;
}

// A new version of the alert, with the reason for it.
void Note(Transition::Kind kind, const std::string& actor, const std::string& client,
          absl::Time now, Alert& alert) {
  alert.set_version(alert.version() + 1);
  SetTime(now, *alert.mutable_update_time());
  // The first transition is how it began: it stays.
  if (alert.transitions_size() == kMaxTransitions)
    alert.mutable_transitions()->DeleteSubrange(1, 1);
  Transition& transition = *alert.add_transitions();
  transition.set_kind(kind);
  transition.set_actor(actor);
  transition.set_client(client);
  transition.set_version(alert.version());
  SetTime(now, *transition.mutable_time());
}

// Everybody who was told, so that they learn what became of it.
std::vector<std::string> Told(const Alert& alert) {
  std::set<std::string> told;
  for (const auto& delivery : alert.deliveries()) told.insert(delivery.caregiver_id());
  return {told.begin(), told.end()};
}

void AddTell(const std::vector<std::string>& caregivers, alert::v1::Update::Reason reason,
             uint32_t step, absl::Time now, AlertRecord& record, Decision& decision) {
  if (caregivers.empty()) return;
  Alert& alert = *record.mutable_alert();
  store::v1::Tell tell;
  tell.set_version(alert.version());
  tell.set_reason(reason);
  tell.set_step(step);
  for (const std::string& id : caregivers) {
    tell.add_caregiver_ids(id);
    if (reason == alert::v1::Update::REASON_CHANGED) continue;
    // Recorded before it is sent, so that an acknowledgement knows whom to cancel.
    if (alert.deliveries_size() == kMaxDeliveries) alert.mutable_deliveries()->DeleteSubrange(0, 1);
    auto& delivery = *alert.add_deliveries();
    delivery.set_caregiver_id(id);
    delivery.set_step(step);
    delivery.set_version(alert.version());
    delivery.set_state(alert::v1::DELIVERY_STATE_QUEUED);
    delivery.set_channel("stream");
    SetTime(now, *delivery.mutable_update_time());
  }
  decision.tells.push_back(std::move(tell));
}

void TellChange(absl::Time now, AlertRecord& record, Decision& decision) {
  AddTell(Told(record.alert()), alert::v1::Update::REASON_CHANGED, 0, now, record, decision);
}

bool Climbs(const Alert& alert) { return alert.severity() >= alert::v1::SEVERITY_MEDIUM; }

absl::Duration DelayOf(const care::v1::EscalationStep& step, absl::Duration other) {
  return step.has_delay() ? absl::Seconds(step.delay().seconds()) : other;
}

// The first step from `from` (1-based) that takes alerts of this severity; one past the last if
// none.
int NextStep(const AlertRecord& record, int from) {
  while (from <= record.steps_size() &&
         record.steps(from - 1).min_severity() > record.alert().severity()) {
    ++from;
  }
  return from;
}

void StopChain(AlertRecord& record) { record.clear_next_step_time(); }

// When the step after `step` is due.
void ScheduleAfter(int step, absl::Time now, absl::Duration default_delay, AlertRecord& record) {
  if (!Climbs(record.alert())) return StopChain(record);
  const int next = NextStep(record, step + 1);
  const absl::Duration delay =
      next <= record.steps_size() ? DelayOf(record.steps(next - 1), default_delay) : default_delay;
  SetTime(now + delay, *record.mutable_next_step_time());
}

void TellStep(int step, absl::Time now, AlertRecord& record, Decision& decision) {
  const auto& ids = record.steps(step - 1).caregiver_ids();
  record.mutable_alert()->set_step(static_cast<uint32_t>(step));
  AddTell({ids.begin(), ids.end()}, alert::v1::Update::REASON_NOTIFY, static_cast<uint32_t>(step),
          now, record, decision);
}

// From the first step on, at once.
void StartChain(absl::Time now, absl::Duration default_delay, AlertRecord& record,
                Decision& decision) {
  const int first = NextStep(record, 1);
  if (first > record.steps_size()) return StopChain(record);
  TellStep(first, now, record, decision);
  ScheduleAfter(first, now, default_delay, record);
}

void TakeNews(const Finding& finding, Alert& alert) {
  *alert.mutable_reason() = finding.reason();
  for (const auto& observation : finding.evidence().observations()) {
    auto& kept = *alert.mutable_evidence()->mutable_observations();
    if (kept.size() == 16) kept.DeleteSubrange(0, 1);
    *kept.Add() = observation;
  }
}

void Reopen(absl::Time now, Alert& alert) {
  if (alert.handling() != alert::v1::HANDLING_ACKNOWLEDGED) return;
  Note(Transition::KIND_REOPENED, "", "", now, alert);
  alert.set_handling(alert::v1::HANDLING_UNACKNOWLEDGED);
  alert.clear_acknowledged_by();
  alert.clear_acknowledge_time();
}

std::vector<std::string> Everybody(const AlertRecord& record) {
  std::vector<std::string> ids;
  for (const auto& member : record.members()) ids.push_back(member.caregiver_id());
  return ids;
}

void Repeat(const Finding& finding, absl::Time now, absl::Duration default_delay,
            AlertRecord& record, Decision& decision) {
  Alert& alert = *record.mutable_alert();
  TakeNews(finding, alert);
  alert.set_occurrences(alert.occurrences() + 1);
  *alert.mutable_last_occurrence_time() = finding.event_time();
  alert.set_condition(alert::v1::CONDITION_ACTIVE);
  alert.set_severity(std::max(alert.severity(), finding.severity()));
  Reopen(now, alert);
  Note(Transition::KIND_REPEATED, "", "", now, alert);
  record.set_round(record.round() + 1);
  alert.clear_unanswered();
  // A second press is told to everybody again, then climbs anew.
  AddTell(Everybody(record), alert::v1::Update::REASON_NOTIFY, std::max(alert.step(), 1U), now,
          record, decision);
  ScheduleAfter(static_cast<int>(std::max(alert.step(), 1U)), now, default_delay, record);
}

void Worsen(const Finding& finding, absl::Time now, absl::Duration default_delay,
            AlertRecord& record, Decision& decision) {
  Alert& alert = *record.mutable_alert();
  if (finding.severity() <= alert.severity()) return TakeNews(finding, alert);
  TakeNews(finding, alert);
  alert.set_severity(finding.severity());
  Reopen(now, alert);
  Note(Transition::KIND_WORSENED, "", "", now, alert);
  record.set_round(record.round() + 1);
  StartChain(now, default_delay, record, decision);
}

void Clear(const Finding& finding, absl::Time now, AlertRecord& record, Decision& decision) {
  Alert& alert = *record.mutable_alert();
  TakeNews(finding, alert);
  alert.set_condition(alert::v1::CONDITION_CLEARED);
  Note(Transition::KIND_CLEARED, "", "", now, alert);
  if (!record.latching()) {
    StopChain(record);
    // What was never urgent and is over needs nobody's hand.
    if (alert.severity() < alert::v1::SEVERITY_HIGH) {
      alert.set_handling(alert::v1::HANDLING_CLOSED);
      SetTime(now, *alert.mutable_close_time());
    }
  }
  TellChange(now, record, decision);
}

}  // namespace

AlertRecord Raise(const Finding& finding, const Audience& audience, absl::Time now,
                  Decision& decision) {
  AlertRecord record;
  record.set_format(1);
  record.set_rule_key(finding.rule_key());
  record.set_latching(finding.latching());
  record.add_finding_ids(finding.finding_id());
  record.set_round(1);
  for (const auto& member : audience.members) *record.add_members() = member;
  for (const auto& step : audience.steps) *record.add_steps() = step;
  if (record.steps().empty() && !record.members().empty()) {
    for (const auto& member : record.members())
      (record.steps().empty() ? record.add_steps() : record.mutable_steps(0))
          ->add_caregiver_ids(member.caregiver_id());
  }
  Alert& alert = *record.mutable_alert();
  alert.set_alert_id(finding.alert_id());
  alert.set_patient_id(finding.patient_id());
  alert.set_home_id(finding.home_id());
  alert.set_rule(finding.evidence().rule());
  alert.set_severity(finding.severity());
  alert.set_status(finding.status());
  alert.set_condition(alert::v1::CONDITION_ACTIVE);
  alert.set_handling(alert::v1::HANDLING_UNACKNOWLEDGED);
  *alert.mutable_event_time() = finding.event_time();
  *alert.mutable_receive_time() = finding.receive_time();
  SetTime(now, *alert.mutable_create_time());
  *alert.mutable_reason() = finding.reason();
  *alert.mutable_evidence() = finding.evidence();
  alert.set_late(finding.late());
  alert.set_occurrences(1);
  *alert.mutable_last_occurrence_time() = finding.event_time();
  alert.set_patient_name(audience.patient_name);
  alert.set_zone(audience.zone);
  alert.set_correlation_id(finding.correlation_id());
  Note(Transition::KIND_RAISED, "", "", now, alert);
  decision.changed = true;
  if (finding.kind() == Finding::KIND_CLEAR) {
    // Its beginning never came here: told as over, and nobody is asked to act.
    alert.set_condition(alert::v1::CONDITION_CLEARED);
    alert.set_handling(alert::v1::HANDLING_CLOSED);
    SetTime(now, *alert.mutable_close_time());
    return record;
  }
  const bool fold = finding.fold() && finding.severity() < alert::v1::SEVERITY_HIGH;
  if (fold) {
    // Began and ended inside a late backlog: a line to read, not a call.
    alert.set_condition(alert::v1::CONDITION_CLEARED);
    alert.set_handling(alert::v1::HANDLING_CLOSED);
    SetTime(now, *alert.mutable_close_time());
    if (!record.steps().empty()) {
      const auto& ids = record.steps(0).caregiver_ids();
      AddTell({ids.begin(), ids.end()}, alert::v1::Update::REASON_SUMMARY, 0, now, record,
              decision);
    }
    return record;
  }
  StartChain(now, audience.default_delay, record, decision);
  return record;
}

Decision Join(const Finding& finding, absl::Time now, absl::Duration default_delay,
              AlertRecord& record) {
  Decision decision;
  if (Contains(record.finding_ids(), finding.finding_id())) return decision;
  AddBounded(finding.finding_id(), kMaxFindings, *record.mutable_finding_ids());
  decision.changed = true;
  switch (finding.kind()) {
    case Finding::KIND_CLEAR:
      Clear(finding, now, record, decision);
      break;
    case Finding::KIND_WORSEN:
      Worsen(finding, now, default_delay, record, decision);
      break;
    default:
      if (record.alert().handling() != alert::v1::HANDLING_CLOSED)
        Repeat(finding, now, default_delay, record, decision);
      break;
  }
  return decision;
}

Decision RunStep(uint32_t step, uint32_t round, absl::Time now, absl::Duration default_delay,
                 AlertRecord& record) {
  Decision decision;
  Alert& alert = *record.mutable_alert();
  if (round != record.round() || !record.has_next_step_time() ||
      alert.handling() != alert::v1::HANDLING_UNACKNOWLEDGED || step <= alert.step() ||
      (alert.condition() == alert::v1::CONDITION_CLEARED && !record.latching())) {
    // Said again on a repeated job: the operators' finding is idempotent, its loss is not.
    decision.unanswered = alert.unanswered() && round == record.round();
    return decision;
  }
  decision.changed = true;
  const int next = NextStep(record, static_cast<int>(alert.step()) + 1);
  if (next > record.steps_size()) {
    alert.set_unanswered(true);
    decision.unanswered = true;
    Note(Transition::KIND_UNANSWERED, "", "", now, alert);
    StopChain(record);
    // Whoever is there after all: everybody once more.
    AddTell(Everybody(record), alert::v1::Update::REASON_NOTIFY,
            static_cast<uint32_t>(record.steps_size()) + 1, now, record, decision);
    return decision;
  }
  Note(Transition::KIND_ESCALATED, "", "", now, alert);
  TellStep(next, now, record, decision);
  ScheduleAfter(next, now, default_delay, record);
  return decision;
}

absl::StatusOr<Decision> Acknowledge(const Actor& actor, absl::Time now, AlertRecord& record) {
  Decision decision;
  Alert& alert = *record.mutable_alert();
  if (!actor.request_id.empty() && Contains(record.request_ids(), actor.request_id))
    return decision;
  if (alert.handling() == alert::v1::HANDLING_CLOSED)
    return absl::FailedPreconditionError("the alert is closed");
  if (alert.handling() == alert::v1::HANDLING_ACKNOWLEDGED &&
      alert.acknowledged_by() == actor.caregiver_id) {
    return decision;
  }
  if (!actor.request_id.empty())
    AddBounded(actor.request_id, kMaxRequests, *record.mutable_request_ids());
  decision.changed = true;
  alert.set_handling(alert::v1::HANDLING_ACKNOWLEDGED);
  alert.set_acknowledged_by(actor.caregiver_id);
  SetTime(now, *alert.mutable_acknowledge_time());
  Note(Transition::KIND_ACKNOWLEDGED, actor.caregiver_id, actor.client, now, alert);
  StopChain(record);
  for (auto& delivery : *alert.mutable_deliveries()) {
    if (delivery.state() == alert::v1::DELIVERY_STATE_QUEUED)
      delivery.set_state(alert::v1::DELIVERY_STATE_CANCELLED);
  }
  TellChange(now, record, decision);
  return decision;
}

absl::StatusOr<Decision> Resolve(const Actor& actor, alert::v1::Outcome outcome,
                                 const std::string& note, absl::Time now, AlertRecord& record) {
  Decision decision;
  Alert& alert = *record.mutable_alert();
  if (outcome == alert::v1::OUTCOME_UNSPECIFIED)
    return absl::InvalidArgumentError("outcome: say what it turned out to be");
  if (!actor.request_id.empty() && Contains(record.request_ids(), actor.request_id))
    return decision;
  if (alert.handling() == alert::v1::HANDLING_CLOSED) {
    if (alert.outcome() == outcome) return decision;
    if (alert.outcome() != alert::v1::OUTCOME_UNSPECIFIED)
      return absl::FailedPreconditionError("the alert is closed with another outcome");
  }
  if (!actor.request_id.empty())
    AddBounded(actor.request_id, kMaxRequests, *record.mutable_request_ids());
  decision.changed = true;
  alert.set_handling(alert::v1::HANDLING_CLOSED);
  alert.set_outcome(outcome);
  alert.set_note(note);
  alert.set_closed_by(actor.caregiver_id);
  SetTime(now, *alert.mutable_close_time());
  Note(Transition::KIND_CLOSED, actor.caregiver_id, actor.client, now, alert);
  StopChain(record);
  TellChange(now, record, decision);
  return decision;
}

bool RecordReceipt(const std::string& caregiver_id, uint64_t version,
                   alert::v1::DeliveryState state, absl::Time now, AlertRecord& record) {
  if (state != alert::v1::DELIVERY_STATE_DELIVERED && state != alert::v1::DELIVERY_STATE_SEEN)
    return false;
  bool changed = false;
  for (auto& delivery : *record.mutable_alert()->mutable_deliveries()) {
    if (delivery.caregiver_id() != caregiver_id || delivery.version() > version) continue;
    const bool later =
        delivery.state() < state || delivery.state() == alert::v1::DELIVERY_STATE_CANCELLED;
    if (!later) continue;
    delivery.set_state(state);
    SetTime(now, *delivery.mutable_update_time());
    changed = true;
  }
  return changed;
}

bool IsWanted(const store::v1::Tell& tell, const AlertRecord& record) {
  if (tell.reason() != alert::v1::Update::REASON_NOTIFY) return true;
  return record.alert().handling() == alert::v1::HANDLING_UNACKNOWLEDGED;
}

bool IsJoinable(const AlertRecord& record) {
  if (record.alert().handling() == alert::v1::HANDLING_CLOSED) return false;
  return record.latching() || record.alert().condition() == alert::v1::CONDITION_ACTIVE;
}

bool MaySee(const AlertRecord& record, const std::string& caregiver_id) {
  return std::any_of(
      record.members().begin(), record.members().end(),
      [&](const care::v1::Member& member) { return member.caregiver_id() == caregiver_id; });
}

}  // namespace veille::notifier
