#include "services/hub/player.h"

#include <algorithm>

namespace veille::hub {
namespace {

constexpr int kMaxEvents = 400;
constexpr std::size_t kMaxBytes = 256 << 10;
// The watermark moves at least this often, in world time; the contract asks for 60 s.
constexpr absl::Duration kHeartbeat = absl::Seconds(20);
constexpr absl::Duration kDrain = absl::Seconds(60);
// Somebody who stops it does not want to wait for a gateway that is gone.
constexpr absl::Duration kDrainWhenStopped = absl::Seconds(3), kLook = absl::Milliseconds(200);

absl::Time TimeOf(const event::v1::Event& event) {
  return absl::FromUnixSeconds(event.event_time().seconds()) +
         absl::Nanoseconds(event.event_time().nanos());
}

// When a device has seen all of an event: acceleration is known when its last sample is.
absl::Time DoneAt(const event::v1::Event& event) {
  if (!event.has_acceleration()) return TimeOf(event);
  const double samples = static_cast<double>(event.acceleration().samples_mg().size()) / 6;
  return TimeOf(event) +
         absl::Seconds(samples / static_cast<double>(event.acceleration().rate_hz()));
}

absl::Status DrainUnlessStopped(HubLink& link, const std::function<bool()>& stop) {
  absl::Status status;
  for (absl::Duration waited; waited < kDrain && !stop(); waited += kLook) {
    status = link.Drain(kLook);
    if (!absl::IsDeadlineExceeded(status)) return status;
  }
  return stop() ? link.Drain(kDrainWhenStopped) : status;
}

}  // namespace

PlayResult Play(const domain::Recording& recording, const Clock* clock, HubLink& link,
                const std::function<bool()>& stop) {
  PlayResult result;
  std::size_t next = 0;
  absl::Time last_watermark = absl::InfinitePast();
  const auto& events = recording.events;
  while (!stop() && link.status().ok()) {
    const absl::Time now = clock == nullptr ? absl::InfiniteFuture() : clock->Now();
    event::v1::EventBatch urgent, bulk;
    std::size_t bytes = 0;
    while (next < events.size() && DoneAt(events[next]) <= now && bulk.events_size() < kMaxEvents &&
           bytes < kMaxBytes) {
      event::v1::EventBatch& into = domain::IsUrgent(events[next]) ? urgent : bulk;
      *into.add_events() = events[next];
      bytes += events[next].ByteSizeLong();
      ++next;
    }
    // Nothing before the next event is missing.
    absl::Time watermark =
        next < events.size() ? std::min(now, TimeOf(events[next])) : std::min(now, recording.end);
    if (clock == nullptr && next == events.size()) watermark = recording.end;
    for (const event::v1::EventBatch* batch : {&urgent, &bulk}) {
      if (batch->events().empty()) continue;
      link.Send(*batch, batch == &urgent, watermark);
      result.events += static_cast<uint64_t>(batch->events_size());
      ++result.batches;
    }
    if (!bulk.events().empty()) {
      last_watermark = watermark;
    } else if (watermark - last_watermark >= kHeartbeat) {
      link.Heartbeat(watermark);
      last_watermark = watermark;
    }
    if (next == events.size() && now >= recording.end) break;
    if (clock == nullptr) continue;
    const absl::Time due = next < events.size() ? DoneAt(events[next]) : recording.end;
    const absl::Duration wait = clock->ToReal(std::min(due - now, kHeartbeat));
    SleepReally(std::clamp(wait, absl::Milliseconds(1), absl::Milliseconds(200)));
  }
  result.stopped = next < events.size();
  if (!result.stopped) link.Heartbeat(recording.end);
  result.status = DrainUnlessStopped(link, stop);
  return result;
}

}  // namespace veille::hub
