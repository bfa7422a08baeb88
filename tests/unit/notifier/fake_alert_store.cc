#include "tests/unit/notifier/fake_alert_store.h"

#include <algorithm>
#include <tuple>

#include "services/notifier/core/alert_life.h"
#include "services/notifier/core/answers.h"
#include "services/notifier/core/chain.h"
#include "services/notifier/core/channels.h"

namespace veille::notifier {
namespace {

using store::v1::AlertRecord;

std::string TimerOf(const AlertRecord* record) {
  if (record == nullptr || DueTime(*record) == nullptr) return "";
  store::v1::Job job;
  job.set_alert_id(record->alert().alert_id());
  job.mutable_escalate()->set_step(record->alert().step() + 1);
  job.mutable_escalate()->set_round(record->round());
  return job.SerializeAsString();
}

std::string FieldOf(const std::string& home, const std::string& patient, const std::string& key) {
  return home + "|" + patient + "|" + key;
}

}  // namespace

int FakeAlertStore::Queue(Entry entry) {
  queue_[++last_entry_] = std::move(entry);
  return last_entry_;
}

absl::Time FakeAlertStore::NextTimer() const {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& [job, due] : timers_) next = std::min(next, due);
  return next;
}

void FakeAlertStore::MoveDue(absl::Time now) {
  for (auto at = timers_.begin(); at != timers_.end();) {
    if (at->second > now) {
      ++at;
      continue;
    }
    store::v1::Job job;
    job.ParseFromString(at->first);
    Queue({std::nullopt, std::move(job)});
    at = timers_.erase(at);
  }
}

const AlertRecord* FakeAlertStore::Newest(const std::string& home_id) const {
  for (auto id = order_.rbegin(); id != order_.rend(); ++id)
    if (alerts_.at(*id).alert().home_id() == home_id) return &alerts_.at(*id);
  return nullptr;
}

absl::StatusOr<Found> FakeAlertStore::Find(const store::v1::Finding& finding) {
  Found found;
  if (const auto at = alerts_.find(finding.alert_id()); at != alerts_.end())
    found.named = at->second;
  const auto open =
      open_.find(FieldOf(finding.home_id(), finding.patient_id(), finding.rule_key()));
  if (open != open_.end() && open->second != finding.alert_id())
    found.open = alerts_.at(open->second);
  return found;
}

absl::StatusOr<AlertRecord> FakeAlertStore::Get(const std::string& alert_id) {
  const auto at = alerts_.find(alert_id);
  if (at == alerts_.end()) return absl::NotFoundError("there is no such alert");
  return at->second;
}

absl::StatusOr<std::vector<std::string>> FakeAlertStore::Store(const AlertChange& change) {
  const AlertRecord& after = *change.after;
  const std::string& id = after.alert().alert_id();
  const auto stored = alerts_.find(id);
  const uint64_t version = stored == alerts_.end() ? 0 : stored->second.stored_version();
  if (version != (change.before == nullptr ? 0 : change.before->stored_version()))
    return absl::AbortedError("another version is stored");
  const std::string field =
      FieldOf(after.alert().home_id(), after.alert().patient_id(), after.rule_key());
  const auto open = open_.find(field);
  if (IsJoinable(after)) {
    if (open != open_.end() && open->second != id)
      return absl::AbortedError("another alert is open");
    open_[field] = id;
  } else if (open != open_.end() && open->second == id) {
    open_.erase(open);
  }
  if (stored == alerts_.end()) order_.push_back(id);
  timers_.erase(TimerOf(change.before));
  alerts_[id] = after;
  if (const std::string timer = TimerOf(&after); !timer.empty())
    timers_[timer] = absl::FromUnixMillis(absl::ToUnixMillis(ToTime(*DueTime(after))));
  std::vector<std::string> entries;
  for (const store::v1::Tell& tell : change.tells) {
    store::v1::Job job;
    job.set_alert_id(id);
    *job.mutable_tell() = tell;
    entries.push_back(std::to_string(Queue({std::nullopt, std::move(job)})));
  }
  for (const store::v1::Send& send : change.sends) {
    store::v1::Job job;
    job.set_alert_id(id);
    *job.mutable_send() = send;
    if (RouteOf(send).delay_s() > 0) {
      timers_[job.SerializeAsString()] = DueTime(send);
    } else {
      Queue({std::nullopt, std::move(job)});
    }
  }
  if (!change.done_entry.empty()) DoneSoon("", change.done_entry);
  return entries;
}

absl::Status FakeAlertStore::Done(const std::string& home_id, const std::string& entry) {
  DoneSoon(home_id, entry);
  return absl::OkStatus();
}

void FakeAlertStore::DoneSoon(const std::string&, const std::string& entry) {
  queue_.erase(std::stoi(entry));
}

void FakeAlertStore::SentSoon(const std::string& alert_id, const std::string& entry,
                              uint64_t version, absl::Time now) {
  DoneSoon("", entry);
  RecordSent(version, now, alerts_.at(alert_id));
}

absl::StatusOr<std::set<std::string>> FakeAlertStore::CountCalls(
    const std::vector<std::string>& caregiver_ids, const std::string& alert_id, uint64_t version,
    absl::Time now) {
  std::set<std::string> quiet;
  for (const std::string& id : caregiver_ids) {
    auto& [counted, too_many] = counted_[id + "|" + alert_id];
    if (counted != version) {
      auto& [begin, calls] = calls_[id];
      if (calls == 0 || now - begin >= absl::Minutes(10))
        std::tie(begin, calls) = std::pair(now, 0);
      counted = version;
      too_many = ++calls > quiet_calls;
    }
    if (too_many) quiet.insert(id);
  }
  return quiet;
}

absl::StatusOr<int> FakeAlertStore::Deliver(const std::vector<std::string>& caregiver_ids,
                                            const alert::v1::Update& update,
                                            uint64_t told_version) {
  if (dies_before_telling) return absl::CancelledError("killed");
  const uint64_t version = update.alert().version();
  int reached = 0;
  bool newer = false;
  for (const std::string& id : caregiver_ids) {
    auto& [shown, told] = shown_told_[id + "|" + update.alert().alert_id()];
    if (update.reason() == alert::v1::Update::REASON_CHANGED) {
      if (version <= shown) continue;
    } else {
      if (told_version <= told) continue;
      if (version < shown) {
        newer = true;
        continue;
      }
      told = told_version;
    }
    shown = version;
    ++reached;
    on_deliver(id, update);
  }
  if (newer) return absl::AbortedError("a newer version was delivered");
  return reached;
}

absl::Status FakeAlertStore::Enqueue(const store::v1::Finding& finding) {
  Queue({finding, std::nullopt});
  return absl::OkStatus();
}

absl::StatusOr<bool> FakeAlertStore::Lease(const std::string&, const std::string& entry,
                                           const store::v1::Job& job, absl::Time due) {
  if (queue_.erase(std::stoi(entry)) == 0) return false;
  timers_[job.SerializeAsString()] = due;
  return true;
}

absl::Status FakeAlertStore::ReplaceTimer(const std::string&, const store::v1::Job& waiting,
                                          const store::v1::Job* next, absl::Time due) {
  if (timers_.erase(waiting.SerializeAsString()) == 0) return absl::OkStatus();
  if (next != nullptr) timers_[next->SerializeAsString()] = due;
  return absl::OkStatus();
}

absl::StatusOr<bool> FakeAlertStore::IsGone(const std::string& caregiver_id,
                                            const std::string& address) {
  return gone_.count(caregiver_id + "|" + address) > 0;
}

absl::Status FakeAlertStore::SetGone(const std::string& caregiver_id, const std::string& address) {
  gone_.insert(caregiver_id + "|" + address);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<AlertRecord>> FakeAlertStore::OpenAlerts(const std::string& home_id) {
  std::vector<AlertRecord> open;
  for (const std::string& id : order_) {
    const alert::v1::Alert& alert = alerts_.at(id).alert();
    if (alert.home_id() == home_id && alert.handling() != alert::v1::HANDLING_CLOSED)
      open.push_back(alerts_.at(id));
  }
  return open;
}

absl::StatusOr<std::vector<AlertRecord>> FakeAlertStore::Alerts(const std::string& home_id,
                                                                const std::optional<ListPosition>&,
                                                                int limit) {
  std::vector<AlertRecord> records;
  for (auto id = order_.rbegin(); id != order_.rend(); ++id) {
    if (alerts_.at(*id).alert().home_id() == home_id &&
        records.size() < static_cast<std::size_t>(limit))
      records.push_back(alerts_.at(*id));
  }
  return records;
}

absl::StatusOr<store::v1::CircleState> FakeAlertStore::GetCircle(const std::string& home_id) {
  return circles_[home_id];
}

absl::Status FakeAlertStore::PutCircle(const std::string& home_id, uint64_t before,
                                       const store::v1::CircleState& state) {
  if (circles_[home_id].stored_version() != before)
    return absl::AbortedError("another version is stored");
  circles_[home_id] = state;
  return absl::OkStatus();
}

absl::StatusOr<InboxPosition> FakeAlertStore::Position(const std::string&, uint64_t) {
  return InboxPosition{};
}

absl::Status FakeAlertStore::Renew(const std::string&, const std::string&) {
  return absl::OkStatus();
}

void FakeAlertStore::NoteAddressSoon(const std::string& caregiver_id, const std::string& address,
                                     bool works) {
  const std::string name = caregiver_id + "/" + address;
  if (works) {
    failed_.erase(name);
  } else {
    failed_.insert(name);
  }
}

}  // namespace veille::notifier
