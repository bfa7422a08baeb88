#include "services/notifier/core/channel_health.h"

namespace veille::notifier {
namespace {

// A provider that restarts is back by then, and every send is tried again anyhow.
constexpr int kFailures = 3;
constexpr absl::Duration kPatience = absl::Seconds(30);

}  // namespace

ChannelHealth::Change ChannelHealth::Note(bool worked, absl::Time now) {
  if (worked) {
    const bool was_down = down_;
    down_ = false;
    failures_ = 0;
    return was_down ? Change::kUp : Change::kNone;
  }
  if (failures_++ == 0) since_ = now;
  if (down_ || failures_ < kFailures || now - since_ < kPatience) return Change::kNone;
  down_ = true;
  return Change::kDown;
}

}  // namespace veille::notifier
