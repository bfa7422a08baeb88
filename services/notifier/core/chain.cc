#include "services/notifier/core/chain.h"

#include <algorithm>
#include <set>

#include "common/time/local_time.h"

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

// Recorded before it is sent, so that an acknowledgement knows whom to cancel.
void AddDelivery(const std::string& caregiver_id, uint32_t step, absl::Time now, Alert& alert) {
  if (alert.deliveries_size() == kMaxDeliveries) alert.mutable_deliveries()->DeleteSubrange(0, 1);
  auto& delivery = *alert.add_deliveries();
  delivery.set_caregiver_id(caregiver_id);
  delivery.set_step(step);
  delivery.set_version(alert.version());
  delivery.set_state(alert::v1::DELIVERY_STATE_QUEUED);
  delivery.set_channel("stream");
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

// Whether the step takes the alert at this hour of the person's day. A window or a zone that cannot
// be read keeps nobody from being told.
bool Takes(const care::v1::EscalationStep& step, absl::Time now, const Alert& alert) {
  if (step.min_severity() > alert.severity()) return false;
  if (step.window().empty()) return true;
  const auto window = ParseLocalWindow(step.window());
  const auto zone = LoadZone(alert.zone());
  return !window.ok() || !zone.ok() || InWindow(now, *zone, *window);
}

// The first step from `from` (1-based) that takes the alert now; one past the last if none.
int NextStep(const AlertRecord& record, int from, absl::Time now) {
  while (from <= record.steps_size() && !Takes(record.steps(from - 1), now, record.alert())) ++from;
  return from;
}

// When the step after `step` is due.
void ScheduleAfter(int step, absl::Time now, absl::Duration default_delay, AlertRecord& record) {
  if (!Climbs(record.alert())) return StopChain(now, record);
  const int next = NextStep(record, step + 1, now);
  absl::Duration delay = default_delay;
  if (next <= record.steps_size() && record.steps(next - 1).has_delay())
    delay = absl::Seconds(record.steps(next - 1).delay().seconds());
  record.clear_expire_time();
  SetTime(now + delay, *record.mutable_next_step_time());
}

void TellStep(int step, absl::Time now, AlertRecord& record, Decision& decision) {
  const auto& ids = record.steps(step - 1).caregiver_ids();
  record.mutable_alert()->set_step(static_cast<uint32_t>(step));
  AddTell({ids.begin(), ids.end()}, Update::REASON_NOTIFY, static_cast<uint32_t>(step), now, record,
          decision);
}

}  // namespace

void SetTime(absl::Time time, google::protobuf::Timestamp& stamp) {
  const int64_t micros = absl::ToUnixMicros(time);
  stamp.set_seconds(micros / 1000000);
  stamp.set_nanos(static_cast<int32_t>(micros % 1000000) * 1000);
}

absl::Time ToTime(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
}

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

void StartChain(absl::Time now, absl::Duration default_delay, AlertRecord& record,
                Decision& decision) {
  const int first = NextStep(record, 1, now);
  if (first > record.steps_size()) {
    decision.untold = true;
    record.mutable_alert()->set_step(static_cast<uint32_t>(record.steps_size()));
    return TellEverybody(now, default_delay, record, decision);
  }
  TellStep(first, now, record, decision);
  ScheduleAfter(first, now, default_delay, record);
}

void Climb(absl::Time now, absl::Duration default_delay, AlertRecord& record, Decision& decision) {
  Alert& alert = *record.mutable_alert();
  const int next = NextStep(record, static_cast<int>(alert.step()) + 1, now);
  if (next <= record.steps_size()) {
    Note(Transition::KIND_ESCALATED, now, alert);
    TellStep(next, now, record, decision);
    return ScheduleAfter(next, now, default_delay, record);
  }
  alert.set_unanswered(true);
  decision.unanswered = true;
  Note(Transition::KIND_UNANSWERED, now, alert);
  StopChain(now, record);
  // Whoever is there after all.
  AddTell(Everybody(record), Update::REASON_NOTIFY, static_cast<uint32_t>(record.steps_size()) + 1,
          now, record, decision);
}

void TellEverybody(absl::Time now, absl::Duration default_delay, AlertRecord& record,
                   Decision& decision) {
  const uint32_t step = std::max(record.alert().step(), 1U);
  const std::vector<std::string> everybody = Everybody(record);
  if (everybody.empty()) {
    decision.untold = true;
    return StopChain(now, record);
  }
  AddTell(everybody, Update::REASON_NOTIFY, step, now, record, decision);
  ScheduleAfter(static_cast<int>(step), now, default_delay, record);
}

void StopChain(absl::Time now, AlertRecord& record) {
  record.clear_next_step_time();
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

void TellSummary(absl::Time now, AlertRecord& record, Decision& decision) {
  std::vector<std::string> readers = Everybody(record);
  if (!record.steps().empty()) {
    const auto& first = record.steps(0).caregiver_ids();
    readers = {first.begin(), first.end()};
  }
  decision.untold = readers.empty();
  AddTell(readers, Update::REASON_SUMMARY, 0, now, record, decision);
}

bool IsWanted(const store::v1::Tell& tell, const AlertRecord& record) {
  if (tell.reason() != Update::REASON_NOTIFY) return true;
  return record.alert().handling() == alert::v1::HANDLING_UNACKNOWLEDGED;
}

}  // namespace veille::notifier
