#include "services/client/watch_position.h"

#include <utility>

namespace veille::client {

void WatchPosition::OnSnapshot(const alert::v1::Snapshot& snapshot) {
  // The service has lost what it had numbered, versions of alerts with it: they are given again.
  if (!incarnation_.empty() && incarnation_ != snapshot.incarnation()) shown_.clear();
  incarnation_ = snapshot.incarnation();
  sequence_ = snapshot.sequence();
  for (const auto& alert : snapshot.alerts()) {
    Shown& shown = shown_[alert.alert_id()];
    if (alert.version() > shown.version) shown = {alert.version(), 0};
  }
}

WatchPosition::Verdict WatchPosition::OnUpdate(const alert::v1::Update& update) {
  if (update.sequence() <= sequence_) return Verdict::kSeen;
  if (update.sequence() != sequence_ + 1) return Verdict::kHole;
  sequence_ = update.sequence();
  const alert::v1::Alert& alert = update.alert();
  if (shown_.size() >= kMaxShown && shown_.count(alert.alert_id()) == 0) shown_.clear();
  Shown& shown = shown_[alert.alert_id()];
  if (alert.version() < shown.version) return Verdict::kSeen;
  if (alert.version() == shown.version && update.step() <= shown.step) return Verdict::kSeen;
  shown = {alert.version(), update.step()};
  return Verdict::kShow;
}

WatchPosition::Verdict WatchPosition::OnHeartbeat(uint64_t sequence) const {
  return sequence > sequence_ ? Verdict::kHole : Verdict::kSeen;
}

void WatchPosition::Reset() {
  incarnation_.clear();
  sequence_ = 0;
}

}  // namespace veille::client
