#include "services/notifier/core/answers.h"

#include <algorithm>

namespace veille::notifier {
namespace {

using alert::v1::Alert;
using alert::v1::Transition;
using store::v1::AlertRecord;

constexpr int kMaxRequests = 32;

void CarryOut(const Actor& actor, AlertRecord& record) {
  if (actor.request_id.empty()) return;
  if (record.request_ids_size() == kMaxRequests) record.mutable_request_ids()->DeleteSubrange(0, 1);
  record.add_request_ids(actor.request_id);
}

Transition& NoteBy(const Actor& actor, Transition::Kind kind, absl::Time now, Alert& alert) {
  Transition& transition = Note(kind, now, alert);
  transition.set_actor(actor.caregiver_id);
  transition.set_client(actor.client);
  return transition;
}

}  // namespace

bool WasCarriedOut(const Actor& actor, const AlertRecord& record) {
  const auto& ids = record.request_ids();
  return !actor.request_id.empty() &&
         std::find(ids.begin(), ids.end(), actor.request_id) != ids.end();
}

absl::StatusOr<Decision> Acknowledge(const Actor& actor, absl::Time now, AlertRecord& record) {
  Decision decision;
  Alert& alert = *record.mutable_alert();
  if (WasCarriedOut(actor, record)) return decision;
  if (alert.handling() == alert::v1::HANDLING_CLOSED)
    return absl::FailedPreconditionError("the alert is closed");
  if (alert.handling() == alert::v1::HANDLING_ACKNOWLEDGED &&
      alert.acknowledged_by() == actor.caregiver_id) {
    return decision;
  }
  const auto& accepted = alert.accepted_by();
  const bool said =
      std::find(accepted.begin(), accepted.end(), actor.caregiver_id) != accepted.end();
  if (said && !StillAsked(record).empty()) return decision;
  CarryOut(actor, record);
  decision.changed = true;
  if (!record.asked().empty()) {
    if (!said) alert.add_accepted_by(actor.caregiver_id);
    if (!StillAsked(record).empty()) {
      // The chain goes on: who was asked beside this one may not come.
      NoteBy(actor, Transition::KIND_ACCEPTED, now, alert);
      TellChange(now, record, decision);
      return decision;
    }
  }
  alert.set_handling(alert::v1::HANDLING_ACKNOWLEDGED);
  alert.set_acknowledged_by(actor.caregiver_id);
  SetTime(now, *alert.mutable_acknowledge_time());
  NoteBy(actor, Transition::KIND_ACKNOWLEDGED, now, alert);
  CancelChain(now, record);
  TellChange(now, record, decision);
  return decision;
}

absl::StatusOr<Decision> Resolve(const Actor& actor, alert::v1::Outcome outcome,
                                 const std::string& note, absl::Time now, AlertRecord& record) {
  Decision decision;
  Alert& alert = *record.mutable_alert();
  if (outcome == alert::v1::OUTCOME_UNSPECIFIED)
    return absl::InvalidArgumentError("outcome: say what it turned out to be");
  if (WasCarriedOut(actor, record)) return decision;
  if (alert.handling() == alert::v1::HANDLING_CLOSED) {
    if (alert.outcome() == outcome) return decision;
    if (alert.outcome() != alert::v1::OUTCOME_UNSPECIFIED)
      return absl::FailedPreconditionError("the alert is closed with another outcome");
  }
  CarryOut(actor, record);
  decision.changed = true;
  alert.set_handling(alert::v1::HANDLING_CLOSED);
  alert.set_outcome(outcome);
  alert.set_note(note);
  alert.set_closed_by(actor.caregiver_id);
  SetTime(now, *alert.mutable_close_time());
  Transition& closed = NoteBy(actor, Transition::KIND_CLOSED, now, alert);
  closed.set_outcome(outcome);
  closed.set_note(note);
  CancelChain(now, record);
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
    // Whether another channel has reached the person is not known by this.
    if (delivery.channel() != kStream) continue;
    const bool later =
        delivery.state() < state || delivery.state() == alert::v1::DELIVERY_STATE_CANCELLED;
    if (!later) continue;
    delivery.set_state(state);
    SetTime(now, *delivery.mutable_update_time());
    changed = true;
  }
  if (changed) KeepPlace(record);
  return changed;
}

bool RecordSent(uint64_t version, absl::Time when, AlertRecord& record) {
  bool changed = false;
  for (auto& delivery : *record.mutable_alert()->mutable_deliveries()) {
    if (delivery.version() != version || delivery.channel() != kStream ||
        delivery.state() != alert::v1::DELIVERY_STATE_QUEUED) {
      continue;
    }
    delivery.set_state(alert::v1::DELIVERY_STATE_SENT);
    SetTime(when, *delivery.mutable_update_time());
    changed = true;
  }
  return changed;
}

}  // namespace veille::notifier
