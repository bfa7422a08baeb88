#include "services/notifier/adapters/watch_hub.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "common/base/digest.h"
#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "services/domain/keys.h"

namespace veille::notifier {
namespace {

using alert::v1::WatchAlertsResponse;

// Snapshots read Redis; a few at a time are enough for a crowd that comes back.
constexpr int kOpeners = 4;

// How often it is looked at whether the connection was lost.
constexpr absl::Duration kLook = absl::Milliseconds(500);

constexpr int kEntriesPerRead = 64;

// Into how many parts what is done to everybody in an interval is spread.
std::size_t SlotsOf(absl::Duration interval) {
  return static_cast<std::size_t>(std::clamp<int64_t>(interval / absl::Milliseconds(200), 1, 64));
}

// Redis was away: the inbox is checked again at the next look.
constexpr uint64_t kNever = ~uint64_t{0};

// Whom the caregiver may see in an emergency.
std::set<std::string> GlassesOf(const AlertDesk& desk, const std::string& id) {
  auto open = desk.OpenGlasses();
  return std::move(open[id]);
}

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
  redis::Subscriber::Options listen;
  listen.endpoint = options_.endpoint;
  listen.name = "notifier-inboxes";
  for (int partition = 0; partition < options_.partitions; ++partition)
    listen.channels.push_back(domain::InboxChannel(partition));
  subscriber_ = std::make_unique<redis::Subscriber>(
      std::move(listen), [this](std::string_view message) { OnPublished(message); });
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
  subscriber_.reset();
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
  // Known from here on, so that what comes while the snapshot is read is heard of. Sent after it,
  // it is known by its version.
  const uint64_t generation = subscriber_->generation();
  {
    MutexLock lock(mu_);
    const auto [at, made] = caregivers_.try_emplace(id);
    if (made) at->second.slot = next_slot_++;
    ++at->second.opening;
  }
  InboxPosition position;
  uint64_t after = 0;
  const std::set<std::string> onlooking = GlassesOf(desk_, id);
  const absl::Status sent = SendSnapshot(watcher, request, position, after);
  if (!sent.ok()) watcher->Refuse(sent);

  MutexLock lock(mu_);
  Caregiver& caregiver = caregivers_[id];
  --caregiver.opening;
  if (!sent.ok()) return ForgetIfAlone(id);
  const bool known = !caregiver.watchers.empty();
  if (!known) caregiver.onlooking = onlooking;
  caregiver.watchers.push_back({weak, after});
  if (known && caregiver.incarnation != position.incarnation) {
    // The others have numbers of another life.
    CheckSoon(id, caregiver);
  } else if (!known || after < caregiver.sequence) {
    // Read from the earliest place that somebody needs; each watcher knows what it has.
    caregiver.incarnation = position.incarnation;
    caregiver.sequence = known ? std::min(after, caregiver.sequence) : after;
    caregiver.entry.clear();
    if (!known) caregiver.checked_at = generation;
    const bool behind = std::max(caregiver.heard, position.sequence) > caregiver.sequence;
    if (!behind || caregiver.checking) return;
    caregiver.checking = true;
    openings_.push_back([this, id] { CatchUp(id); });
    changed_.NotifyAll();
  }
}

// What the watcher begins with, and where it is then.
absl::Status WatchHub::SendSnapshot(const std::shared_ptr<Watcher>& watcher,
                                    const alert::v1::WatchAlertsRequest& request,
                                    InboxPosition& position, uint64_t& after) {
  const std::string& id = request.caregiver_id();
  VEILLE_ASSIGN_OR_RETURN(position, store_.Position(id, request.last_sequence()));
  if (request.incarnation() == position.incarnation &&
      request.last_sequence() > position.sequence) {
    // The client has seen what Redis has lost.
    VEILLE_RETURN_IF_ERROR(store_.Renew(id, position.incarnation));
    VEILLE_ASSIGN_OR_RETURN(position, store_.Position(id, 0));
  }
  VEILLE_ASSIGN_OR_RETURN(std::vector<alert::v1::Alert> alerts,
                          desk_.Snapshot(id, request.client()));
  const bool resumes =
      request.incarnation() == position.incarnation &&
      (request.last_sequence() == position.sequence ||
       (position.first_sequence != 0 && request.last_sequence() + 1 >= position.first_sequence));
  after = resumes ? request.last_sequence() : position.sequence;
  WatchAlertsResponse message;
  FillSnapshot(position, after, std::move(alerts), *message.mutable_snapshot());
  return watcher->Deliver(std::move(message)) ? absl::OkStatus()
                                              : absl::CancelledError("the watcher is gone");
}

absl::StatusOr<WatchHub::Told> WatchHub::Read(const std::string& id, uint64_t sequence,
                                              std::string_view stored) const {
  Told told;
  told.sequence = sequence;
  told.digest = Sha256Hex16(std::string(stored));
  std::string room;
  const absl::StatusOr<std::string_view> bytes = options_.vault->Open(
      domain::InboxKey(domain::CaregiverPartitionOf(id, options_.partitions), id), stored, room);
  // Erased, or damaged; else it cannot be told now.
  if (absl::IsNotFound(bytes.status()) || absl::IsDataLoss(bytes.status())) return told;
  if (!bytes.ok()) return bytes.status();
  if (!told.update.emplace().ParseFromArray(bytes->data(), static_cast<int>(bytes->size()))) {
    told.update.reset();
    return told;
  }
  const absl::Status shown = desk_.BeforeUpdate(id, *told.update);
  if (absl::IsNotFound(shown)) told.update.reset();
  if (!shown.ok() && told.update) return shown;
  return told;
}

absl::StatusOr<std::vector<WatchHub::Told>> WatchHub::ReadInbox(const std::string& id,
                                                                uint64_t after) {
  VEILLE_ASSIGN_OR_RETURN(const std::vector<InboxEntry> entries,
                          store_.Inbox(id, after, kEntriesPerRead));
  std::vector<Told> all;
  all.reserve(entries.size());
  for (const InboxEntry& entry : entries) {
    VEILLE_ASSIGN_OR_RETURN(Told told, Read(id, entry.sequence, entry.update));
    all.push_back(std::move(told));
  }
  return all;
}

WatchHub::Caregiver* WatchHub::NextIs(const std::string& id, uint64_t sequence) {
  const auto at = caregivers_.find(id);
  if (at == caregivers_.end()) return nullptr;
  Caregiver& caregiver = at->second;
  caregiver.heard = std::max(caregiver.heard, sequence);
  if (caregiver.checking || caregiver.watchers.empty() || sequence <= caregiver.sequence)
    return nullptr;
  // Another Redis may have said so: nothing is believed before it was compared. Nor is a hole.
  if (caregiver.checked_at == subscriber_->generation() && sequence == caregiver.sequence + 1)
    return &caregiver;
  CheckSoon(id, caregiver);
  return nullptr;
}

// "<sequence> <length of the id> <id><update>", see deliver-3.lua.
void WatchHub::OnPublished(std::string_view message) {
  uint64_t sequence = 0;
  std::size_t length = 0;
  const char* const end = message.data() + message.size();
  auto parsed = std::from_chars(message.data(), end, sequence);
  if (parsed.ptr == end) return;
  parsed = std::from_chars(parsed.ptr + 1, end, length);
  if (parsed.ec != std::errc() || static_cast<std::size_t>(end - parsed.ptr) < length + 1) return;
  const std::string id(parsed.ptr + 1, length);
  const std::string_view stored(parsed.ptr + 1 + length,
                                static_cast<std::size_t>(end - parsed.ptr) - 1 - length);
  {
    MutexLock lock(mu_);
    if (NextIs(id, sequence) == nullptr) return;
  }
  absl::StatusOr<Told> told = Read(id, sequence, stored);
  MutexLock lock(mu_);
  Caregiver* const caregiver = NextIs(id, sequence);
  if (caregiver == nullptr) return;
  // It is read out of the inbox, as soon as that can be.
  if (!told.ok()) return CheckSoon(id, *caregiver);
  if (!FanOut(*caregiver, *std::move(told))) return ResynchroniseSoon(id, *caregiver);
  ForgetIfAlone(id);
}

void WatchHub::ForgetIfAlone(const std::string& id) {
  const auto at = caregivers_.find(id);
  if (at != caregivers_.end() && at->second.watchers.empty() && at->second.opening == 0)
    caregivers_.erase(at);
}

bool WatchHub::FanOut(Caregiver& caregiver, Told told) {
  const uint64_t sequence = told.sequence;
  caregiver.sequence = sequence;
  caregiver.entry = std::move(told.digest);
  if (!told.update) return false;
  WatchAlertsResponse message;
  message.mutable_update()->Swap(&*told.update);
  message.mutable_update()->set_sequence(sequence);
  const bool single = caregiver.watchers.size() == 1;
  std::erase_if(caregiver.watchers, [&](Caregiver::Entry& watching) {
    const auto watcher = watching.watcher.lock();
    if (watcher == nullptr) return true;
    if (sequence <= watching.sequence) return false;
    watching.sequence = sequence;
    return !watcher->Deliver(single ? std::move(message) : message);
  });
  return true;
}

bool WatchHub::TakeAll(Caregiver& caregiver, std::vector<Told> all) {
  for (Told& told : all) {
    if (told.sequence != caregiver.sequence + 1) return false;
    if (!FanOut(caregiver, std::move(told))) return false;
  }
  return true;
}

void WatchHub::CatchUp(const std::string& id) {
  while (true) {
    uint64_t from = 0;
    {
      MutexLock lock(mu_);
      const auto at = caregivers_.find(id);
      if (at == caregivers_.end()) return;
      from = at->second.sequence;
      at->second.heard = 0;
    }
    absl::StatusOr<std::vector<Told>> all = ReadInbox(id, from);
    {
      MutexLock lock(mu_);
      const auto at = caregivers_.find(id);
      if (at == caregivers_.end()) return;
      Caregiver& caregiver = at->second;
      if (!all.ok()) {
        VEILLE_LOG(kWarning, "cannot read an inbox").Field(all.status());
        caregiver.checking = false;
        caregiver.checked_at = kNever;
        return;
      }
      // Another watcher has come meanwhile, that needs what was before.
      if (caregiver.sequence != from) continue;
      const bool more = all->size() == kEntriesPerRead;
      if (TakeAll(caregiver, *std::move(all))) {
        if (more || caregiver.heard > caregiver.sequence) continue;
        caregiver.checking = false;
        return ForgetIfAlone(id);
      }
    }
    // Trimmed before it was read, or it cannot be read.
    return Resynchronise(id);
  }
}

void WatchHub::ResynchroniseSoon(const std::string& id, Caregiver& caregiver) {
  caregiver.checking = true;
  openings_.push_back([this, id] { Resynchronise(id); });
  changed_.NotifyAll();
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
  const uint64_t generation = subscriber_->generation();
  const absl::StatusOr<InboxPosition> position = store_.Position(id, sequence);
  bool lost = false, whole = false;
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
    const bool trimmed = sequence + 1 < position->first_sequence ||
                         (position->first_sequence == 0 && sequence < position->sequence);
    const bool same = caregiver.entry.empty() || position->entry.empty() ||
                      caregiver.entry == Sha256Hex16(position->entry);
    lost =
        caregiver.incarnation == position->incarnation && (position->sequence < sequence || !same);
    whole = !lost && !trimmed && caregiver.incarnation == position->incarnation;
    if (whole) caregiver.checked_at = generation;
    if (whole && position->sequence == caregiver.sequence &&
        caregiver.heard <= caregiver.sequence) {
      caregiver.checking = false;
      return;
    }
  }
  // What was not believed before is read.
  if (whole) return CatchUp(id);
  if (lost) {
    VEILLE_LOG(kWarning, "redis has lost what a caregiver has read; a new incarnation begins")
        .Field("caregiver", id);
    store_.Renew(id, position->incarnation).IgnoreError();
  }
  Resynchronise(id);
}

void WatchHub::Resynchronise(const std::string& id) {
  const uint64_t generation = subscriber_->generation();
  const std::set<std::string> onlooking = GlassesOf(desk_, id);
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
  // Of the emergency alone: nothing was lost.
  if (caregiver.onlooking == onlooking) resynchronised_.Add();
  caregiver.onlooking = onlooking;
  caregiver.incarnation = position->incarnation;
  caregiver.sequence = position->sequence;
  caregiver.entry.clear();
  caregiver.checked_at = generation;
  // What came meanwhile.
  caregiver.checking = true;
  openings_.push_back([this, id] { CatchUp(id); });
  changed_.NotifyAll();
}

void WatchHub::Beat() {
  // Real time: a heartbeat is about the connection, not about the world. A crowd's heartbeats and
  // checks are spread evenly over their intervals.
  const std::size_t beats = SlotsOf(options_.heartbeat), checks = SlotsOf(options_.check);
  absl::Duration next_beat = MonotonicNow(), next_check = next_beat, next_look = next_beat;
  for (std::size_t beat = 0, check = 0;;) {
    MutexLock lock(mu_);
    const absl::Duration until = std::min({next_beat, next_check, next_look});
    while (!stopping_ && MonotonicNow() < until) changed_.WaitFor(mu_, until - MonotonicNow());
    if (stopping_) return;
    const absl::Duration now = MonotonicNow();
    if (now >= next_beat) {
      BeatSlot(beat++ % beats, beats);
      next_beat = now + options_.heartbeat / beats;
    }
    if (now >= next_check) {
      CheckSlot(check++ % checks, checks);
      next_check = now + options_.check / checks;
    }
    if (now >= next_look) {
      for (auto& [id, caregiver] : caregivers_)
        if (!caregiver.watchers.empty() && caregiver.checked_at != subscriber_->generation())
          CheckSoon(id, caregiver);
      LookAtGlasses();
      next_look = now + kLook;
    }
  }
}

void WatchHub::LookAtGlasses() {
  static const std::set<std::string> kNobody;
  const auto open = desk_.OpenGlasses();
  for (auto& [id, caregiver] : caregivers_) {
    const auto at = open.find(id);
    const std::set<std::string>& now = at == open.end() ? kNobody : at->second;
    if (!caregiver.watchers.empty() && !caregiver.checking && caregiver.onlooking != now)
      ResynchroniseSoon(id, caregiver);
  }
}

void WatchHub::CheckSlot(std::size_t slot, std::size_t slots) {
  for (auto& [id, caregiver] : caregivers_)
    if (!caregiver.watchers.empty() && caregiver.slot % slots == slot) CheckSoon(id, caregiver);
}

void WatchHub::BeatSlot(std::size_t slot, std::size_t slots) {
  std::size_t count = 0;
  for (auto at = caregivers_.begin(); at != caregivers_.end();) {
    Caregiver& caregiver = at->second;
    if (caregiver.slot % slots == slot) {
      std::erase_if(caregiver.watchers, [&](Caregiver::Entry& watching) {
        const auto watcher = watching.watcher.lock();
        if (watcher == nullptr) return true;
        WatchAlertsResponse message;
        auto& beat = *message.mutable_heartbeat();
        beat.set_sequence(watching.sequence);
        SetTime(options_.clock->Now(), *beat.mutable_server_time());
        beat.mutable_interval()->set_seconds(absl::ToInt64Seconds(options_.heartbeat * 2));
        return !watcher->Deliver(std::move(message));
      });
    }
    count += caregiver.watchers.size();
    const bool alone = caregiver.watchers.empty() && caregiver.opening == 0;
    at = alone ? caregivers_.erase(at) : std::next(at);
  }
  watchers_gauge_.Set(static_cast<double>(count));
}

}  // namespace veille::notifier
