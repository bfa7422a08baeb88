#include "services/notifier/adapters/watch_hub.h"

#include <algorithm>
#include <utility>

#include "common/base/digest.h"
#include "common/log/log.h"
#include "services/domain/keys.h"

namespace veille::notifier {
namespace {

using alert::v1::WatchAlertsResponse;

// Snapshots read Redis; a few at a time are enough for a crowd that comes back.
constexpr int kOpeners = 4;

// How often the reader's connections are looked at.
constexpr absl::Duration kLook = absl::Milliseconds(500);

// Redis was away: the inbox is checked again at the next look.
constexpr uint64_t kNever = ~uint64_t{0};

void FillSnapshot(const InboxPosition& position, uint64_t sequence,
                  std::vector<alert::v1::Alert> alerts, alert::v1::Snapshot& snapshot) {
  snapshot.set_incarnation(position.incarnation);
  snapshot.set_sequence(sequence);
  for (alert::v1::Alert& alert : alerts) *snapshot.add_alerts() = std::move(alert);
}

}  // namespace

WatchHub::WatchHub(WatchOptions options, AlertDesk& desk, AlertStore& store,
                   metrics::Registry& metrics)
    : options_(std::move(options)),
      desk_(desk),
      store_(store),
      watchers_gauge_(metrics.NewGauge("veille_notifier_watchers", "Open watches.")),
      resynchronised_(metrics.NewCounter("veille_notifier_resynchronised_total",
                                         "Caregivers whose watchers got a new snapshot because "
                                         "numbers were lost.")) {
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

std::string WatchHub::KeyOf(const std::string& id) const {
  return domain::InboxKey(domain::CaregiverPartitionOf(id, options_.partitions), id);
}

void WatchHub::Open(const std::weak_ptr<Watcher>& weak,
                    const alert::v1::WatchAlertsRequest& request) {
  const auto watcher = weak.lock();
  if (watcher == nullptr) return;
  const std::string& id = request.caregiver_id();
  if (absl::Status admitted = desk_.Admit(id); !admitted.ok()) return watcher->Refuse(admitted);
  // The place first: what comes while the snapshot is read is sent after it, and known by its
  // version.
  const uint64_t reconnects = reader_->reconnects();
  absl::StatusOr<InboxPosition> position = store_.Position(id, request.last_sequence());
  if (position.ok() && request.incarnation() == position->incarnation &&
      request.last_sequence() > position->sequence) {
    // The client has seen what Redis has lost.
    absl::Status renewed = store_.Renew(id, position->incarnation);
    position = renewed.ok() ? store_.Position(id, 0) : std::move(renewed);
  }
  if (!position.ok()) return watcher->Refuse(position.status());
  absl::StatusOr<std::vector<alert::v1::Alert>> alerts = desk_.Snapshot(id, request.client());
  if (!alerts.ok()) return watcher->Refuse(alerts.status());

  const bool resumes =
      request.incarnation() == position->incarnation &&
      (request.last_sequence() == position->sequence ||
       (position->first_sequence != 0 && request.last_sequence() + 1 >= position->first_sequence));
  const uint64_t after = resumes ? request.last_sequence() : position->sequence;
  WatchAlertsResponse message;
  FillSnapshot(*position, after, *std::move(alerts), *message.mutable_snapshot());
  if (!watcher->Deliver(message)) return;

  MutexLock lock(mu_);
  Caregiver& caregiver = caregivers_[id];
  const bool known = !caregiver.watchers.empty();
  caregiver.watchers.push_back({weak, after});
  if (known && caregiver.incarnation != position->incarnation) {
    // The others have numbers of another life.
    CheckSoon(id, caregiver);
  } else if (!known || after < caregiver.sequence) {
    // Read again from the earliest place that somebody needs; each watcher knows what it has.
    caregiver.incarnation = position->incarnation;
    caregiver.sequence = known ? std::min(after, caregiver.sequence) : after;
    caregiver.entry.clear();
    caregiver.checked_at = reconnects;
    Subscribe(id, caregiver.sequence);
  }
}

void WatchHub::Subscribe(const std::string& id, uint64_t after) {
  redis::StreamReader::Subscription subscription;
  subscription.key = KeyOf(id);
  subscription.after = {after, 0};
  subscription.count = 64;
  reader_->Subscribe(std::move(subscription), [this, id](absl::StatusOr<redis::StreamBatch> batch) {
    OnInbox(id, std::move(batch));
  });
}

// Without the lock: a key may have to be fetched.
absl::StatusOr<std::vector<WatchHub::Told>> WatchHub::ReadAll(
    const std::string& id, const redis::StreamBatch& batch) const {
  const std::string key = KeyOf(id);
  std::vector<Told> all;
  all.reserve(batch.entries().size());
  for (const redis::StreamEntry& entry : batch.entries()) {
    const std::string_view stored = entry.Field("u");
    Told& told = all.emplace_back();
    told.id = entry.id;
    told.digest = Sha256Hex16(std::string(stored));
    const absl::StatusOr<std::string> bytes = options_.vault->Open(key, stored);
    // Erased, or damaged; else it cannot be told now.
    if (!bytes.ok() && !absl::IsNotFound(bytes.status()) && !absl::IsDataLoss(bytes.status()))
      return bytes.status();
    if (bytes.ok() && !told.update.emplace().ParseFromString(*bytes)) told.update.reset();
  }
  return all;
}

void WatchHub::OnInbox(const std::string& id, absl::StatusOr<redis::StreamBatch> batch) {
  absl::StatusOr<std::vector<Told>> all =
      batch.ok() ? ReadAll(id, *batch) : absl::StatusOr<std::vector<Told>>(batch.status());
  MutexLock lock(mu_);
  const auto at = caregivers_.find(id);
  if (at == caregivers_.end() || at->second.checking) return;
  Caregiver& caregiver = at->second;
  if (!all.ok()) {
    VEILLE_LOG(kWarning, "cannot read an inbox").Field(all.status());
    return reader_->Resume(KeyOf(id), {caregiver.sequence, 0});
  }
  // Another Redis may have answered: nothing is believed before it was compared.
  if (caregiver.checked_at != reader_->reconnects()) return CheckSoon(id, caregiver);
  for (Told& told : *all) {
    if (told.id.ms <= caregiver.sequence) continue;
    // Trimmed before it was read.
    if (told.id.ms != caregiver.sequence + 1) return CheckSoon(id, caregiver);
    if (FanOut(caregiver, told)) continue;
    caregiver.checking = true;
    openings_.push_back([this, id] { Resynchronise(id); });
    changed_.NotifyAll();
    return;
  }
  if (caregiver.watchers.empty()) {
    reader_->Unsubscribe(KeyOf(id));
    caregivers_.erase(at);
    return;
  }
  reader_->Resume(KeyOf(id), {caregiver.sequence, 0});
}

bool WatchHub::FanOut(Caregiver& caregiver, Told& told) {
  const uint64_t sequence = told.id.ms;
  caregiver.sequence = sequence;
  caregiver.entry = std::move(told.digest);
  if (!told.update) return false;
  WatchAlertsResponse message;
  message.mutable_update()->Swap(&*told.update);
  message.mutable_update()->set_sequence(sequence);
  std::erase_if(caregiver.watchers, [&](Caregiver::Entry& watching) {
    const auto watcher = watching.watcher.lock();
    if (watcher == nullptr) return true;
    if (sequence <= watching.sequence) return false;
    watching.sequence = sequence;
    return !watcher->Deliver(message);
  });
  return true;
}

void WatchHub::CheckSoon(const std::string& id, Caregiver& caregiver) {
  if (caregiver.checking) return;
  caregiver.checking = true;
  openings_.push_back([this, id] { Check(id); });
  changed_.NotifyAll();
}

void WatchHub::Check(const std::string& id) {
  uint64_t sequence = 0;
  {
    MutexLock lock(mu_);
    const auto at = caregivers_.find(id);
    if (at == caregivers_.end()) return;
    sequence = at->second.sequence;
  }
  const uint64_t reconnects = reader_->reconnects();
  const absl::StatusOr<InboxPosition> position = store_.Position(id, sequence);
  bool lost = false;
  {
    MutexLock lock(mu_);
    const auto at = caregivers_.find(id);
    if (at == caregivers_.end()) return;
    Caregiver& caregiver = at->second;
    if (!position.ok()) {
      caregiver.checking = false;
      caregiver.checked_at = kNever;
      return;
    }
    const bool trimmed = sequence + 1 < position->first_sequence;
    const bool same = caregiver.entry.empty() || position->entry.empty() ||
                      caregiver.entry == Sha256Hex16(position->entry);
    lost =
        caregiver.incarnation == position->incarnation && (position->sequence < sequence || !same);
    if (!lost && !trimmed && caregiver.incarnation == position->incarnation) {
      caregiver.checking = false;
      caregiver.checked_at = reconnects;
      // What was not believed before is read again.
      return reader_->Resume(KeyOf(id), {caregiver.sequence, 0});
    }
  }
  if (lost) {
    VEILLE_LOG(kWarning, "redis has lost what a caregiver has read; a new incarnation begins")
        .Field("caregiver", id);
    store_.Renew(id, position->incarnation).IgnoreError();
  }
  Resynchronise(id);
}

void WatchHub::Resynchronise(const std::string& id) {
  const uint64_t reconnects = reader_->reconnects();
  const absl::StatusOr<InboxPosition> position = store_.Position(id, 0);
  absl::StatusOr<std::vector<alert::v1::Alert>> alerts = desk_.Snapshot(id);
  MutexLock lock(mu_);
  const auto at = caregivers_.find(id);
  if (at == caregivers_.end()) return;
  Caregiver& caregiver = at->second;
  caregiver.checking = false;
  caregiver.checked_at = kNever;
  if (!position.ok() || !alerts.ok()) return;
  WatchAlertsResponse message;
  FillSnapshot(*position, position->sequence, *std::move(alerts), *message.mutable_snapshot());
  std::erase_if(caregiver.watchers, [&](Caregiver::Entry& watching) {
    const auto watcher = watching.watcher.lock();
    watching.sequence = position->sequence;
    return watcher == nullptr || !watcher->Deliver(message);
  });
  resynchronised_.Add();
  caregiver.incarnation = position->incarnation;
  caregiver.sequence = position->sequence;
  caregiver.entry.clear();
  caregiver.checked_at = reconnects;
  Subscribe(id, caregiver.sequence);
}

void WatchHub::Beat() {
  // Real time: a heartbeat is about the connection, not about the world.
  absl::Duration next = MonotonicNow() + options_.heartbeat;
  absl::Duration next_check = MonotonicNow() + options_.check;
  while (true) {
    MutexLock lock(mu_);
    const absl::Duration until = std::min(next, MonotonicNow() + kLook);
    while (!stopping_ && MonotonicNow() < until) changed_.WaitFor(mu_, until - MonotonicNow());
    if (stopping_) return;
    const bool all = MonotonicNow() >= next_check;
    if (all) next_check = MonotonicNow() + options_.check;
    for (auto& [id, caregiver] : caregivers_)
      if (all || caregiver.checked_at != reader_->reconnects()) CheckSoon(id, caregiver);
    if (MonotonicNow() < next) continue;
    next = MonotonicNow() + options_.heartbeat;
    BeatAll();
  }
}

void WatchHub::BeatAll() {
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
      reader_->Unsubscribe(KeyOf(at->first));
      at = caregivers_.erase(at);
    } else {
      ++at;
    }
  }
  watchers_gauge_.Set(static_cast<double>(count));
}

}  // namespace veille::notifier
