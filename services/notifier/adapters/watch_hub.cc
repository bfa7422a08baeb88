#include "services/notifier/adapters/watch_hub.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "services/domain/keys.h"

namespace veille::notifier {
namespace {

using alert::v1::WatchAlertsResponse;

// Snapshots read Redis; a few at a time are enough for a crowd that comes back.
constexpr int kOpeners = 4;

void SetTime(absl::Time time, google::protobuf::Timestamp& stamp) {
  stamp.set_seconds(absl::ToUnixSeconds(time));
}

}  // namespace

WatchHub::WatchHub(WatchOptions options, AlertDesk& desk, AlertStore& store,
                   metrics::Registry& metrics)
    : options_(std::move(options)),
      desk_(desk),
      store_(store),
      watchers_gauge_(metrics.NewGauge("veille_notifier_watchers", "Open watches.")) {
  redis::StreamReader::Options reader;
  reader.endpoint = options_.endpoint;
  reader.name = "notifier-inbox";
  reader_ = std::make_unique<redis::StreamReader>(std::move(reader));
  for (int i = 0; i < kOpeners; ++i) openers_.emplace_back("watch-open", [this] { RunOpener(); });
  beater_ = Worker("watch-beat", [this] { Beat(); });
}

WatchHub::~WatchHub() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  openers_.clear();
  beater_.Join();
  reader_.reset();
}

void WatchHub::Add(std::weak_ptr<Watcher> watcher, const alert::v1::WatchAlertsRequest& request) {
  MutexLock lock(mu_);
  openings_.push_back([this, watcher = std::move(watcher), request] { Open(watcher, request); });
  changed_.NotifyAll();
}

void WatchHub::RunOpener() {
  while (true) {
    std::function<void()> opening;
    {
      MutexLock lock(mu_);
      while (openings_.empty() && !stopping_) changed_.Wait(mu_);
      if (stopping_) return;
      opening = std::move(openings_.front());
      openings_.pop_front();
    }
    opening();
  }
}

void WatchHub::Open(const std::weak_ptr<Watcher>& weak,
                    const alert::v1::WatchAlertsRequest& request) {
  const auto watcher = weak.lock();
  if (watcher == nullptr) return;
  const std::string& id = request.caregiver_id();
  if (absl::Status admitted = desk_.Admit(id); !admitted.ok()) return watcher->Refuse(admitted);
  // The place first: what comes while the snapshot is read is sent after it, and known by its
  // version.
  const absl::StatusOr<InboxPosition> position = store_.Position(id);
  if (!position.ok()) return watcher->Refuse(position.status());
  absl::StatusOr<std::vector<alert::v1::Alert>> alerts = desk_.Snapshot(id);
  if (!alerts.ok()) return watcher->Refuse(alerts.status());

  const bool resumes =
      request.incarnation() == position->incarnation &&
      request.last_sequence() <= position->sequence &&
      (request.last_sequence() == position->sequence ||
       (position->first_sequence != 0 && request.last_sequence() + 1 >= position->first_sequence));
  const uint64_t after = resumes ? request.last_sequence() : position->sequence;
  WatchAlertsResponse message;
  alert::v1::Snapshot& snapshot = *message.mutable_snapshot();
  snapshot.set_incarnation(position->incarnation);
  snapshot.set_sequence(after);
  for (alert::v1::Alert& alert : *alerts) *snapshot.add_alerts() = std::move(alert);
  if (!watcher->Deliver(message)) return;

  MutexLock lock(mu_);
  Caregiver& caregiver = caregivers_[id];
  const bool known = !caregiver.watchers.empty() && caregiver.incarnation == position->incarnation;
  caregiver.watchers.push_back({weak, after});
  // Read again from the earliest place that somebody needs; each watcher knows what it has.
  if (!known || after < caregiver.sequence) {
    caregiver.incarnation = position->incarnation;
    caregiver.sequence = known ? std::min(after, caregiver.sequence) : after;
    Subscribe(id, caregiver.sequence);
  }
}

void WatchHub::Subscribe(const std::string& id, uint64_t after) {
  redis::StreamReader::Subscription subscription;
  subscription.key = domain::InboxKey(domain::CaregiverPartitionOf(id, options_.partitions), id);
  subscription.after = {after, 0};
  subscription.count = 64;
  reader_->Subscribe(std::move(subscription), [this, id](absl::StatusOr<redis::StreamBatch> batch) {
    OnInbox(id, std::move(batch));
  });
}

void WatchHub::OnInbox(const std::string& id, absl::StatusOr<redis::StreamBatch> batch) {
  MutexLock lock(mu_);
  const auto at = caregivers_.find(id);
  if (at == caregivers_.end()) return;
  Caregiver& caregiver = at->second;
  const std::string key =
      domain::InboxKey(domain::CaregiverPartitionOf(id, options_.partitions), id);
  if (!batch.ok()) {
    VEILLE_LOG(kWarning, "cannot read an inbox").Field(batch.status());
    reader_->Resume(key, {caregiver.sequence, 0});
    return;
  }
  for (const redis::StreamEntry& entry : batch->entries()) {
    WatchAlertsResponse message;
    const std::string_view bytes = entry.Field("u");
    if (!message.mutable_update()->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
      continue;
    message.mutable_update()->set_sequence(entry.id.ms);
    caregiver.sequence = entry.id.ms;
    std::erase_if(caregiver.watchers, [&](Caregiver::Entry& watching) {
      const auto watcher = watching.watcher.lock();
      if (watcher == nullptr) return true;
      if (entry.id.ms <= watching.sequence) return false;
      watching.sequence = entry.id.ms;
      return !watcher->Deliver(message);
    });
  }
  if (caregiver.watchers.empty()) {
    reader_->Unsubscribe(key);
    caregivers_.erase(at);
    return;
  }
  reader_->Resume(key, batch->last_id());
}

void WatchHub::Beat() {
  // Real time: a heartbeat is about the connection, not about the world.
  absl::Duration next = MonotonicNow() + options_.heartbeat;
  while (true) {
    MutexLock lock(mu_);
    while (!stopping_ && MonotonicNow() < next) changed_.WaitFor(mu_, next - MonotonicNow());
    if (stopping_) return;
    next = MonotonicNow() + options_.heartbeat;
    std::size_t count = 0;
    for (auto at = caregivers_.begin(); at != caregivers_.end();) {
      Caregiver& caregiver = at->second;
      std::erase_if(caregiver.watchers, [&](Caregiver::Entry& watching) {
        const auto watcher = watching.watcher.lock();
        if (watcher == nullptr) return true;
        WatchAlertsResponse message;
        auto& beat = *message.mutable_heartbeat();
        beat.set_sequence(watching.sequence);
        SetTime(options_.clock->Now(), *beat.mutable_server_time());
        beat.mutable_interval()->set_seconds(absl::ToInt64Seconds(options_.heartbeat * 2));
        return !watcher->Deliver(message);
      });
      count += caregiver.watchers.size();
      if (caregiver.watchers.empty()) {
        reader_->Unsubscribe(domain::InboxKey(
            domain::CaregiverPartitionOf(at->first, options_.partitions), at->first));
        at = caregivers_.erase(at);
      } else {
        ++at;
      }
    }
    watchers_gauge_.Set(static_cast<double>(count));
  }
}

}  // namespace veille::notifier
