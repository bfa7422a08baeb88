#include "services/gateway/core/batch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

#include "veille/event/v1/event.pb.h"

#include "common/base/scratch_arena.h"
#include "services/gateway/core/validate.h"

namespace veille::gateway {
namespace {

using event::v1::Event;
using event::v1::EventBatch;

// Of a malformed event; enough to see what it was.
constexpr std::size_t kMaxQuarantinedBytes = 64 << 10;

// A batch of 500 discrete events, parsed.
constexpr std::size_t kScratchBytes = 128 << 10;

// Without an uptime, a hub with a wrong clock is taken to have been up for a day.
constexpr absl::Duration kAssumedUptime = absl::Hours(24);

// 2000-01-01.
constexpr absl::Time kEarliest = absl::FromUnixSeconds(946684800);

absl::Time ToTime(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
}

void SetTime(absl::Time time, google::protobuf::Timestamp& stamp) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  stamp.set_seconds(seconds);
  stamp.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

PreparedBatch::Refused Refuse(hub::v1::Lane lane, uint64_t sequence, int index,
                              const Violation& violation, std::string content) {
  PreparedBatch::Refused refused;
  refused.rejection.set_lane(lane);
  refused.rejection.set_sequence(sequence);
  refused.rejection.set_event_index(index);
  refused.rejection.set_field(index < 0 ? violation.field
                                        : absl::StrFormat("events[%d].", index) + violation.field);
  refused.rejection.set_description(violation.description);
  content.resize(std::min(content.size(), kMaxQuarantinedBytes));
  refused.content = std::move(content);
  return refused;
}

// Leaves the place of the event, so that rules know that something was there.
void MakeUnreadable(const Violation& violation, absl::Time when, Event& event) {
  const std::string device = IsId(event.device_id()) ? event.device_id() : "unknown";
  event.Clear();
  event.set_device_id(device);
  SetTime(when, *event.mutable_event_time());
  event.mutable_unreadable()->set_field(violation.field);
}

// True when the event was changed.
bool Redate(const HubClock& clock, Event& event) {
  bool changed = false;
  // Only the gateway says these.
  if (event.clock_quality() != event::v1::CLOCK_QUALITY_UNSPECIFIED || event.has_claimed_time()) {
    event.clear_clock_quality();
    event.clear_claimed_time();
    changed = true;
  }
  const HubClock::Dated dated = clock.Date(ToTime(event.event_time()));
  if (!dated.redated && !dated.at_receipt) return changed;
  *event.mutable_claimed_time() = event.event_time();
  SetTime(dated.time, *event.mutable_event_time());
  event.set_clock_quality(dated.redated ? event::v1::CLOCK_QUALITY_REDATED
                                        : event::v1::CLOCK_QUALITY_AT_RECEIPT);
  return true;
}

}  // namespace

HubClock::HubClock(const SendTimes& times, absl::Time receive_time) : receive_time_(receive_time) {
  if (times.send_time.has_value()) {
    const absl::Duration error = receive_time - *times.send_time;
    if (absl::AbsDuration(error) > kMaxSkew) {
      error_ = error;
      wrong_from_ = *times.send_time - times.uptime.value_or(kAssumedUptime) - kMaxSkew;
      wrong_to_ = *times.send_time + kMaxSkew;
    }
  }
  if (!times.watermark.has_value()) return;
  const Dated dated = Date(*times.watermark);
  // A promise about 1970 by a clock that nothing is known of promises nothing.
  if (*times.watermark < kEarliest && !dated.redated) return;
  watermark_ = std::min(dated.time, receive_time);
}

HubClock::Dated HubClock::Date(absl::Time claimed) const {
  if (error_ != absl::ZeroDuration() && claimed >= wrong_from_ && claimed <= wrong_to_)
    return {std::min(claimed + error_, receive_time_), true, false};
  // Ahead of us, or from before there were hubs (a clock without a battery), and nothing to shift
  // by.
  if (claimed > receive_time_ + kMaxSkew || claimed < kEarliest)
    return {receive_time_, false, true};
  return {claimed, false, false};
}

BelievedSeconds HubClock::Believed() const {
  if (error_ != absl::ZeroDuration()) return {};
  return {absl::ToUnixSeconds(kEarliest), absl::ToUnixSeconds(receive_time_ + kMaxSkew) - 1};
}

PreparedBatch PrepareBatch(hub::v1::Lane lane, uint64_t sequence, std::string events,
                           const HubClock& clock) {
  PreparedBatch prepared;
  if (const auto count = CountSoundEvents(events, clock.Believed())) {
    prepared.event_count = *count;
    prepared.events = std::move(events);
    return prepared;
  }
  // Reused by the thread: parsing then allocates nothing in the usual case.
  static thread_local ScratchArena scratch(kScratchBytes);
  scratch.Forget();
  auto* batch = &scratch.Make<EventBatch>();
  if (events.size() > kMaxBatchBytes || !batch->ParseFromString(events) ||
      batch->events_size() > kMaxEventsPerBatch) {
    const Violation violation{
        "events",
        events.size() > kMaxBatchBytes
            ? absl::StrFormat("%d bytes; at most %d", events.size(), kMaxBatchBytes)
        : batch->events_size() > kMaxEventsPerBatch
            ? absl::StrFormat("%d events; at most %d", batch->events_size(), kMaxEventsPerBatch)
            : std::string("is not a veille.event.v1.EventBatch")};
    prepared.refused.push_back(Refuse(lane, sequence, -1, violation, std::move(events)));
    return prepared;
  }
  prepared.event_count = batch->events_size();
  bool changed = false;
  for (int i = 0; i < batch->events_size(); ++i) {
    Event& event = *batch->mutable_events(i);
    if (const auto violation = FindViolation(event)) {
      prepared.refused.push_back(Refuse(lane, sequence, i, *violation, event.SerializeAsString()));
      const bool dated = event.has_event_time() && event.event_time().seconds() > 0 &&
                         event.event_time().seconds() < 253402300800;
      MakeUnreadable(*violation, dated ? ToTime(event.event_time()) : absl::UnixEpoch(), event);
      changed = true;
    }
    if (Redate(clock, event)) {
      changed = true;
      if (event.clock_quality() != event::v1::CLOCK_QUALITY_UNSPECIFIED) ++prepared.redated;
    }
  }
  prepared.events = changed ? batch->SerializeAsString() : std::move(events);
  return prepared;
}

}  // namespace veille::gateway
