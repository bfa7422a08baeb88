#include "services/gateway/core/batch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

#include "veille/event/v1/event.pb.h"

#include "common/base/scratch_arena.h"
#include "common/base/timestamp.h"
#include "services/gateway/core/validate.h"

namespace veille::gateway {
namespace {

using event::v1::Event;
using event::v1::EventBatch;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

// Of a malformed event; enough to see what it was.
constexpr std::size_t kMaxQuarantinedBytes = 64 << 10;

// A batch of 500 discrete events, parsed.
constexpr std::size_t kScratchBytes = 128 << 10;

// Without an uptime, a hub with a wrong clock is taken to have been up for a day.
constexpr absl::Duration kAssumedUptime = absl::Hours(24);

// 2000-01-01.
constexpr absl::Time kEarliest = absl::FromUnixSeconds(946684800);
constexpr int64_t kLatestSeconds = 253402300799;  // 9999-12-31, protobuf's own end.

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

// The field number of the observation, known or not, in the wire form of an event; 0: none is seen.
uint32_t ObservationIn(const std::string& event) {
  CodedInputStream in(reinterpret_cast<const uint8_t*>(event.data()),
                      static_cast<int>(event.size()));
  while (const uint32_t tag = in.ReadTag()) {
    const int field = WireFormatLite::GetTagFieldNumber(tag);
    if (IsObservation(field)) return static_cast<uint32_t>(field);
    if (!WireFormatLite::SkipField(&in, tag)) return 0;
  }
  return 0;
}

// Leaves the place of the event, so that rules know that something was there, and what.
void MakeUnreadable(const Violation& violation, uint32_t observation, absl::Time receive_time,
                    Event& event) {
  const std::string device = IsId(event.device_id()) ? event.device_id() : "unknown";
  const google::protobuf::Timestamp claimed = event.event_time();
  const bool dated = claimed.seconds() > 0 && claimed.seconds() <= kLatestSeconds &&
                     claimed.nanos() >= 0 && claimed.nanos() <= 999'999'999;
  const bool test = event.test();
  event.Clear();
  event.set_device_id(device);
  event.set_test(test);
  SetExactTime(dated ? ToTime(claimed) : receive_time, *event.mutable_event_time());
  event.mutable_unreadable()->set_field(violation.field);
  event.mutable_unreadable()->set_observation(observation);
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
  std::optional<absl::Duration> monotonic;
  if (event.has_monotonic()) {
    monotonic =
        absl::Seconds(event.monotonic().seconds()) + absl::Nanoseconds(event.monotonic().nanos());
  }
  const HubClock::Dated dated = clock.Date(ToTime(event.event_time()), monotonic);
  if (!dated.redated && !dated.at_receipt) return changed;
  *event.mutable_claimed_time() = event.event_time();
  SetExactTime(dated.time, *event.mutable_event_time());
  event.set_clock_quality(dated.redated ? event::v1::CLOCK_QUALITY_REDATED
                                        : event::v1::CLOCK_QUALITY_AT_RECEIPT);
  return true;
}

// Judges the events of one batch, one by one.
class BatchReader {
 public:
  BatchReader(hub::v1::Lane lane, uint64_t sequence, const HubClock& clock, PreparedBatch& prepared)
      : lane_(lane), sequence_(sequence), clock_(clock), prepared_(prepared) {}

  // True when the event was changed.
  bool Judge(int index, Event& event) {
    bool changed = false;
    if (const auto violation = FindViolation(event)) {
      std::string content = event.SerializeAsString();
      const uint32_t observation = ObservationIn(content);
      PutAside(index, *violation, std::move(content));
      MakeUnreadable(*violation, observation, clock_.receive_time(), event);
      changed = true;
    } else if (HasUnknownObservation(event)) {
      ++prepared_.unknown;
    }
    if (!Redate(clock_, event)) return changed;
    if (event.clock_quality() != event::v1::CLOCK_QUALITY_UNSPECIFIED) ++prepared_.redated;
    return true;
  }

  // A batch that cannot be read as one: what can be read of it, event by event. One that cannot is
  // put aside alone; where even the events' borders are lost, the rest goes with it.
  void ReadOneByOne(const std::string& bytes, EventBatch& batch) {
    constexpr uint32_t kEvent = WireFormatLite::MakeTag(EventBatch::kEventsFieldNumber,
                                                        WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
    CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                        static_cast<int>(bytes.size()));
    int whole = 0;
    while (const uint32_t tag = in.ReadTag()) {
      std::string one;
      uint32_t size = 0;
      const bool read = tag == kEvent
                            ? in.ReadVarint32(&size) && in.ReadString(&one, static_cast<int>(size))
                            : WireFormatLite::SkipField(&in, tag);
      if (!read || batch.events_size() == kMaxEventsPerBatch) break;
      if (tag == kEvent) {
        const int index = batch.events_size();
        JudgeOne(std::move(one), index, *batch.add_events());
      }
      whole = in.CurrentPosition();
    }
    if (whole == static_cast<int>(bytes.size())) return;
    PutAside(-1, {"events", "is not a veille.event.v1.EventBatch"},
             bytes.substr(static_cast<std::size_t>(whole)));
  }

  void PutAside(int index, const Violation& violation, std::string content) {
    prepared_.refused.push_back(Refuse(lane_, sequence_, index, violation, std::move(content)));
  }

 private:
  void JudgeOne(std::string bytes, int index, Event& event) {
    if (event.ParseFromString(bytes)) {
      Judge(index, event);
      return;
    }
    // What was parsed before the fault may still say which device it was, and when.
    const Violation violation{"event",
                              "is not a veille.event.v1.Event, or has text that is not UTF-8"};
    const uint32_t observation = ObservationIn(bytes);
    PutAside(index, violation, std::move(bytes));
    MakeUnreadable(violation, observation, clock_.receive_time(), event);
    Redate(clock_, event);
  }

  const hub::v1::Lane lane_;
  const uint64_t sequence_;
  const HubClock& clock_;
  PreparedBatch& prepared_;
};

}  // namespace

HubClock::HubClock(const SendTimes& times, absl::Time receive_time) : receive_time_(receive_time) {
  if (times.same_run) uptime_ = times.uptime;
  if (times.send_time.has_value()) measured_error_ = receive_time - *times.send_time;
  // What the clock says in this run tells nothing about events of another.
  if (times.send_time.has_value() && times.same_run) {
    if (absl::AbsDuration(measured_error_) > kMaxSkew) {
      error_ = measured_error_;
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

HubClock::Dated HubClock::Date(absl::Time claimed, std::optional<absl::Duration> monotonic) const {
  // A reading from after the sending belongs to no run that is known here.
  if (monotonic.has_value() && uptime_.has_value() && *monotonic <= *uptime_) {
    const absl::Time seen = receive_time_ - (*uptime_ - *monotonic);
    if (absl::AbsDuration(claimed - seen) <= kMaxSkew) return {claimed, false, false};
    if (seen >= kEarliest) return {seen, true, false};
  }
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
  BelievedSeconds believed{absl::ToUnixSeconds(kEarliest),
                           absl::ToUnixSeconds(receive_time_ + kMaxSkew) - 1};
  if (uptime_.has_value()) {
    // Whole seconds of both may be off by one either way: only what is well inside is taken here.
    const absl::Time boot = receive_time_ - *uptime_;
    believed.first_boot = absl::ToUnixSeconds(boot - kMaxSkew) + 2;
    believed.last_boot = absl::ToUnixSeconds(boot + kMaxSkew) - 2;
  }
  return believed;
}

PreparedBatch PrepareBatch(hub::v1::Lane lane, uint64_t sequence, std::string events,
                           const HubClock& clock) {
  PreparedBatch prepared;
  if (const auto count = CountSoundEvents(events, clock.Believed())) {
    prepared.event_count = *count;
    prepared.events = std::move(events);
    return prepared;
  }
  BatchReader reader(lane, sequence, clock, prepared);
  if (events.size() > kMaxBatchBytes) {
    const Violation violation{
        "events", absl::StrFormat("%d bytes; at most %d", events.size(), kMaxBatchBytes)};
    reader.PutAside(-1, violation, std::move(events));
    return prepared;
  }
  // Reused by the thread: parsing then allocates nothing in the usual case.
  static thread_local ScratchArena scratch(kScratchBytes);
  scratch.Forget();
  auto* batch = &scratch.Make<EventBatch>();
  if (!batch->ParseFromString(events)) {
    batch->Clear();
    reader.ReadOneByOne(events, *batch);
    prepared.event_count = batch->events_size();
    prepared.events = batch->SerializeAsString();
    return prepared;
  }
  if (batch->events_size() > kMaxEventsPerBatch) {
    const Violation violation{"events", absl::StrFormat("%d events; at most %d",
                                                        batch->events_size(), kMaxEventsPerBatch)};
    reader.PutAside(-1, violation, std::move(events));
    return prepared;
  }
  bool changed = false;
  for (int i = 0; i < batch->events_size(); ++i)
    changed = reader.Judge(i, *batch->mutable_events(i)) || changed;
  prepared.event_count = batch->events_size();
  prepared.events = changed ? batch->SerializeAsString() : std::move(events);
  return prepared;
}

}  // namespace veille::gateway
