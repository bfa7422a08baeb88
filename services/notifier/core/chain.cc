#include "services/notifier/core/chain.h"

#include <algorithm>

#include "common/base/timestamp.h"
#include "common/time/local_time.h"
#include "common/time/weekly_window.h"

namespace veille::notifier {
namespace {

using alert::v1::Alert;
using alert::v1::Transition;
using alert::v1::Update;
using store::v1::AlertRecord;

constexpr int kMaxTransitions = 64;
constexpr int kMaxDeliveries = 256;
// What nobody has closed for a week neither joins nor pages anybody months later.
constexpr absl::Duration kMaxAge = absl::Hours(7 * 24);
// Timers are kept in milliseconds, rounded down.
constexpr absl::Duration kTimerSlack = absl::Seconds(1);
// The same, where a second would be early: also what two replicas' clocks may be apart.
constexpr absl::Duration kStepSlack = absl::Milliseconds(50);

// Recorded before it is sent, so that an acknowledgement knows whom to cancel.
void AddDelivery(const std::string& caregiver_id, uint32_t step, absl::Time now, Alert& alert) {
  if (alert.deliveries_size() == kMaxDeliveries) alert.mutable_deliveries()->DeleteSubrange(0, 1);
  auto& delivery = *alert.add_deliveries();
  delivery.set_caregiver_id(caregiver_id);
  delivery.set_step(step);
  delivery.set_version(alert.version());
  delivery.set_state(alert::v1::DELIVERY_STATE_QUEUED);
  delivery.set_channel(kStream);
  SetTime(now, *delivery.mutable_update_time());
}

void AddTell(const std::vector<std::string>& caregivers, Update::Reason reason, uint32_t step,
             absl::Time now, AlertRecord& record, Decision& decision) {
  if (caregivers.empty()) return;
  store::v1::Tell tell;
  tell.set_version(record.alert().version());
  tell.set_reason(reason);
  tell.set_step(step);
  for (const std::string& id : caregivers) {
    tell.add_caregiver_ids(id);
    if (reason != Update::REASON_CHANGED) AddDelivery(id, step, now, *record.mutable_alert());
  }
  decision.tells.push_back(std::move(tell));
}

std::vector<std::string> Everybody(const AlertRecord& record) {
  std::vector<std::string> ids;
  for (const auto& member : record.members()) ids.push_back(member.caregiver_id());
  return ids;
}

bool Climbs(const Alert& alert) { return alert.severity() >= alert::v1::SEVERITY_MEDIUM; }

// An emergency that nobody has taken is never closed for its age.
bool MayExpire(const AlertRecord& record) {
  const Alert& alert = record.alert();
  if (alert.handling() == alert::v1::HANDLING_ACKNOWLEDGED) return true;
  return alert.handling() == alert::v1::HANDLING_UNACKNOWLEDGED &&
         alert.severity() < alert::v1::SEVERITY_HIGH && !record.latching();
}

// A window or a zone that cannot be read keeps nobody from being told.
bool IsOpen(const care::v1::EscalationStep& step, absl::Time now, const Alert& alert) {
  if (step.window().empty()) return true;
  const auto window = ParseWeeklyWindow(step.window());
  const auto zone = LoadZone(alert.zone());
  return !window.ok() || !zone.ok() || InWeeklyWindow(now, *zone, *window);
}

bool IsSnoozing(const std::string& id, const Moment& at, const Alert& alert) {
  return alert.severity() < alert::v1::SEVERITY_HIGH && at.snoozing.count(id) > 0;
}

enum class Snoozes { kHeeded, kIgnored };

// Whom the step tells now, each once.
std::vector<std::string> TargetsOf(const care::v1::EscalationStep& step, const Moment& at,
                                   Snoozes snoozes, const AlertRecord& record) {
  std::vector<std::string> ids(step.caregiver_ids().begin(), step.caregiver_ids().end());
  if (step.on_duty()) ids.insert(ids.end(), at.on_duty.begin(), at.on_duty.end());
  for (const auto& member : record.members()) {
    const auto& wanted = step.relations();
    if (std::find(wanted.begin(), wanted.end(), member.relation()) != wanted.end())
      ids.push_back(member.caregiver_id());
  }
  std::vector<std::string> targets;
  for (const std::string& id : ids) {
    if (snoozes == Snoozes::kHeeded && IsSnoozing(id, at, record.alert())) continue;
    if (std::find(targets.begin(), targets.end(), id) == targets.end()) targets.push_back(id);
  }
  return targets;
}

// The first step from `from` (1-based) that has somebody to tell now; one past the last if none.
int NextStep(const AlertRecord& record, int from, const Moment& at,
             Snoozes snoozes = Snoozes::kHeeded) {
  for (; from <= record.steps_size(); ++from) {
    const care::v1::EscalationStep& step = record.steps(from - 1);
    if (step.min_severity() > record.alert().severity() || !IsOpen(step, at.now, record.alert()))
      continue;
    if (!TargetsOf(step, at, snoozes, record).empty()) break;
  }
  return from;
}

// Only devices on the stream give receipts. From other channels nothing better than the provider's
// word ever comes: waiting for more would hurry every chain whose people have no such device.
bool IsReached(const AlertRecord& record) {
  const auto& deliveries = record.alert().deliveries();
  return std::any_of(deliveries.begin(), deliveries.end(), [&](const auto& delivery) {
    if (delivery.version() != record.step_version()) return false;
    return delivery.state() == alert::v1::DELIVERY_STATE_DELIVERED ||
           delivery.state() == alert::v1::DELIVERY_STATE_SEEN ||
           (delivery.state() == alert::v1::DELIVERY_STATE_SENT && delivery.channel() != kStream);
  });
}

// When the step after `step`, which has just run, is due. A step that ran before its place moves
// none of the later ones.
void ScheduleAfter(int step, const Moment& at, AlertRecord& record) {
  const absl::Time place =
      record.has_place_time() ? std::max(at.now, ToTime(record.place_time())) : at.now;
  StopChain(at.now, record);
  if (!Climbs(record.alert())) return;
  const int next = NextStep(record, step + 1, at);
  const bool last = next > record.steps_size();
  absl::Duration delay = at.default_delay;
  if (!last && record.steps(next - 1).has_delay())
    delay = absl::Seconds(record.steps(next - 1).delay().seconds());
  record.clear_expire_time();
  SetTime(place + delay, *record.mutable_place_time());
  absl::Time due = place + delay;
  if (record.alert().severity() == alert::v1::SEVERITY_HIGH && !last)
    due = std::min(due, at.now + at.receipt_within);
  SetTime(due, *record.mutable_next_step_time());
}

void TellStep(int step, const Moment& at, Snoozes snoozes, AlertRecord& record,
              Decision& decision) {
  const std::vector<std::string> ids = TargetsOf(record.steps(step - 1), at, snoozes, record);
  record.mutable_alert()->set_step(static_cast<uint32_t>(step));
  record.set_step_version(record.alert().version());
  record.clear_asked();
  if (record.steps(step - 1).acknowledgement() == care::v1::EscalationStep::ACKNOWLEDGEMENT_ALL) {
    for (const std::string& id : ids) record.add_asked(id);
  }
  AddTell(ids, Update::REASON_NOTIFY, static_cast<uint32_t>(step), at.now, record, decision);
}

}  // namespace

Transition& Note(Transition::Kind kind, absl::Time now, Alert& alert) {
  alert.set_version(alert.version() + 1);
  SetTime(now, *alert.mutable_update_time());
  // The first transition is how it began: it stays.
  if (alert.transitions_size() == kMaxTransitions)
    alert.mutable_transitions()->DeleteSubrange(1, 1);
  Transition& transition = *alert.add_transitions();
  transition.set_kind(kind);
  transition.set_version(alert.version());
  SetTime(now, *transition.mutable_time());
  return transition;
}

void StartChain(const Moment& at, AlertRecord& record, Decision& decision) {
  record.clear_place_time();
  record.clear_repeated();
  Snoozes snoozes = Snoozes::kHeeded;
  int first = NextStep(record, 1, at, snoozes);
  if (first > record.steps_size()) {
    // Those who would rather not hear of it are better than nobody.
    snoozes = Snoozes::kIgnored;
    first = NextStep(record, 1, at, snoozes);
  }
  if (first > record.steps_size()) {
    decision.untold = true;
    record.mutable_alert()->set_step(static_cast<uint32_t>(record.steps_size()));
    return TellEverybody(at, record, decision);
  }
  TellStep(first, at, snoozes, record, decision);
  ScheduleAfter(first, at, record);
}

void Climb(const Moment& at, AlertRecord& record, Decision& decision) {
  Alert& alert = *record.mutable_alert();
  int next = NextStep(record, static_cast<int>(alert.step()) + 1, at);
  if (next > record.steps_size() && record.repeated() < record.repeats()) {
    next = NextStep(record, 1, at);
    if (next <= record.steps_size()) {
      record.set_repeated(record.repeated() + 1);
      record.set_round(record.round() + 1);
    }
  }
  if (next <= record.steps_size()) {
    Note(Transition::KIND_ESCALATED, at.now, alert);
    TellStep(next, at, Snoozes::kHeeded, record, decision);
    return ScheduleAfter(next, at, record);
  }
  alert.set_unanswered(true);
  decision.unanswered = true;
  Note(Transition::KIND_UNANSWERED, at.now, alert);
  StopChain(at.now, record);
  record.clear_asked();
  // Whoever is there after all.
  AddTell(Everybody(record), Update::REASON_NOTIFY, static_cast<uint32_t>(record.steps_size()) + 1,
          at.now, record, decision);
}

void TellEverybody(const Moment& at, AlertRecord& record, Decision& decision) {
  const uint32_t step = std::max(record.alert().step(), 1U);
  const std::vector<std::string> everybody = Everybody(record);
  record.clear_place_time();
  record.clear_asked();
  if (everybody.empty()) {
    decision.untold = true;
    return StopChain(at.now, record);
  }
  record.set_step_version(record.alert().version());
  AddTell(everybody, Update::REASON_NOTIFY, step, at.now, record, decision);
  ScheduleAfter(static_cast<int>(step), at, record);
}

void TellSuccessors(const Moment& at, AlertRecord& record, Decision& decision) {
  Alert& alert = *record.mutable_alert();
  const auto step = static_cast<int>(alert.step());
  if (alert.handling() != alert::v1::HANDLING_UNACKNOWLEDGED || !record.has_next_step_time() ||
      step < 1 || step > record.steps_size() || !record.steps(step - 1).on_duty()) {
    return;
  }
  std::vector<std::string> successors;
  for (const std::string& id : at.on_duty) {
    const auto& deliveries = alert.deliveries();
    const bool told = std::any_of(deliveries.begin(), deliveries.end(), [&](const auto& delivery) {
      return delivery.caregiver_id() == id && delivery.step() == alert.step();
    });
    if (!told && !IsSnoozing(id, at, alert)) successors.push_back(id);
  }
  if (successors.empty()) return;
  decision.changed = true;
  Note(Transition::KIND_ESCALATED, at.now, alert);
  AddTell(successors, Update::REASON_NOTIFY, alert.step(), at.now, record, decision);
}

void KeepPlace(AlertRecord& record) {
  if (record.has_next_step_time() && record.has_place_time() && IsReached(record))
    *record.mutable_next_step_time() = record.place_time();
}

bool IsDue(absl::Time now, const AlertRecord& record) {
  return record.has_next_step_time() && now + kStepSlack >= ToTime(record.next_step_time());
}

std::vector<std::string> StillAsked(const AlertRecord& record) {
  const auto& accepted = record.alert().accepted_by();
  std::vector<std::string> missing;
  for (const std::string& id : record.asked())
    if (std::find(accepted.begin(), accepted.end(), id) == accepted.end()) missing.push_back(id);
  return missing;
}

void StopChain(absl::Time now, AlertRecord& record) {
  record.clear_next_step_time();
  record.clear_place_time();
  record.clear_expire_time();
  if (MayExpire(record)) SetTime(now + kMaxAge, *record.mutable_expire_time());
}

void CancelChain(absl::Time now, AlertRecord& record) {
  StopChain(now, record);
  for (auto& delivery : *record.mutable_alert()->mutable_deliveries()) {
    if (delivery.state() == alert::v1::DELIVERY_STATE_QUEUED ||
        delivery.state() == alert::v1::DELIVERY_STATE_FAILED_TEMPORARY) {
      delivery.set_state(alert::v1::DELIVERY_STATE_CANCELLED);
    }
  }
}

const google::protobuf::Timestamp* DueTime(const AlertRecord& record) {
  if (record.has_next_step_time()) return &record.next_step_time();
  return record.has_expire_time() ? &record.expire_time() : nullptr;
}

uint32_t PendingStep(const AlertRecord& record) {
  return record.has_next_step_time() ? record.alert().step() + 1 : 0;
}

bool MaybeExpire(absl::Time now, AlertRecord& record, Decision& decision) {
  if (!record.has_expire_time() || now + kTimerSlack < ToTime(record.expire_time())) return false;
  Alert& alert = *record.mutable_alert();
  alert.set_handling(alert::v1::HANDLING_CLOSED);
  SetTime(now, *alert.mutable_close_time());
  Note(Transition::KIND_CLOSED, now, alert);
  StopChain(now, record);
  decision.changed = true;
  TellChange(now, record, decision);
  return true;
}

void TellChange(absl::Time now, AlertRecord& record, Decision& decision) {
  std::set<std::string> told;
  for (const auto& delivery : record.alert().deliveries()) told.insert(delivery.caregiver_id());
  AddTell({told.begin(), told.end()}, Update::REASON_CHANGED, 0, now, record, decision);
}

void TellSummary(const Moment& at, AlertRecord& record, Decision& decision) {
  std::vector<std::string> readers;
  if (!record.steps().empty()) readers = TargetsOf(record.steps(0), at, Snoozes::kIgnored, record);
  if (readers.empty()) readers = Everybody(record);
  decision.untold = readers.empty();
  AddTell(readers, Update::REASON_SUMMARY, 0, at.now, record, decision);
}

std::vector<std::string> WouldTell(const Moment& at, const AlertRecord& record) {
  std::vector<std::string> told;
  for (const care::v1::EscalationStep& step : record.steps()) {
    if (step.min_severity() > record.alert().severity() || !IsOpen(step, at.now, record.alert()))
      continue;
    for (std::string& id : TargetsOf(step, at, Snoozes::kIgnored, record))
      if (std::find(told.begin(), told.end(), id) == told.end()) told.push_back(std::move(id));
  }
  return told;
}

bool MayBeQuiet(const store::v1::Tell& tell, const AlertRecord& record) {
  return tell.reason() == Update::REASON_NOTIFY &&
         record.alert().severity() < alert::v1::SEVERITY_HIGH && !record.alert().unanswered();
}

bool IsWanted(const store::v1::Tell& tell, const AlertRecord& record) {
  if (tell.reason() != Update::REASON_NOTIFY) return true;
  return record.alert().handling() == alert::v1::HANDLING_UNACKNOWLEDGED;
}

}  // namespace veille::notifier
