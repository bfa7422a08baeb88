#include "services/detector/core/advance.h"

#include <algorithm>

#include "services/detector/core/rules/rules.h"

namespace veille::detector {
namespace {

using event::v1::Event;
using store::v1::PendingEvent;

// Discrete events of different devices wait this long, in event time, to be put in order.
constexpr int64_t kReorderUs = 2'000'000;
constexpr int kMaxPending = 1024;
constexpr int kKeptSequences = 8;
// A late finding that is held for the end of its backlog is told after this, whatever comes.
constexpr int64_t kMaxHeldUs = 120'000'000;

// The engine's own kinds of discrete events.
constexpr uint32_t kNothing = 0, kPresence = 1, kDoorOpen = 2, kDoorClosed = 3, kFix = 4;

// Protobuf's own range, so that nothing that stands in a log can overflow.
constexpr int64_t kMaxSeconds = 253402300799;

int64_t Micros(const google::protobuf::Timestamp& stamp) {
  return std::clamp<int64_t>(stamp.seconds(), 0, kMaxSeconds) * 1000000 + stamp.nanos() / 1000;
}

bool IsBound(const DevicePlan& device, int64_t at_us) {
  return at_us >= device.bind_us && (device.unbind_us == 0 || at_us < device.unbind_us);
}

// The same press, sent again by another way.
bool IsRepeated(store::v1::DeviceState& state, uint64_t sequence) {
  if (sequence == 0) return false;
  auto& kept = *state.mutable_sequences();
  if (std::find(kept.begin(), kept.end(), sequence) != kept.end()) return true;
  if (kept.size() == kKeptSequences) {
    std::rotate(kept.begin(), kept.begin() + 1, kept.end());
    kept.RemoveLast();
  }
  kept.Add(sequence);
  return false;
}

// What a discrete event means to the rules; 0 for nothing.
uint32_t KindOf(const DevicePlan& device, const Event& event) {
  switch (event.observation_case()) {
    case Event::kContact: {
      const bool open = event.contact().state() == event::v1::Contact::STATE_OPEN;
      if (device.role == care::v1::ROLE_EXIT_DOOR) return open ? kDoorOpen : kDoorClosed;
      return device.presence ? kPresence : kNothing;
    }
    case Event::kMotion:
      return device.presence && event.motion().state() != event::v1::Motion::STATE_CLEARED
                 ? kPresence
                 : kNothing;
    case Event::kUsage:
      // Leaving a bed or ending a use is as much a sign of life as beginning it.
      return device.presence && event.usage().kind() <= event::v1::Usage::KIND_ENDED ? kPresence
                                                                                     : kNothing;
    case Event::kSwitchState:
    case Event::kDosage:
    case Event::kEnuresis:
      return device.presence ? kPresence : kNothing;
    case Event::kPropertyExit:
      return event.property_exit().kind() == event::v1::PropertyExit::KIND_OCCUPANT_RETURN
                 ? kPresence
                 : kNothing;
    case Event::kLocation:
      return kFix;
    default:
      return kNothing;
  }
}

// Keeps what is removed for the next events, which DeleteSubrange() would free.
void RemoveFirst(int count, google::protobuf::RepeatedPtrField<PendingEvent>& events) {
  for (int i = count; i < events.size(); ++i) events.SwapElements(i - count, i);
  for (int i = 0; i < count; ++i) events.RemoveLast();
}

class Engine {
 public:
  Engine(const HomePlan& plan, HomeState& state, const store::v1::Envelope& envelope,
         Effects& effects)
      : state_(state),
        context_{plan, state, effects, Micros(envelope.receive_time()),
                 envelope.correlation_id().empty() ? nullptr : &envelope.correlation_id()},
        envelope_(envelope) {}

  void OnBatch(const event::v1::EventBatch* batch) {
    const int source = Heard();
    bool wrong_clock = false;
    if (batch != nullptr) {
      for (const Event& event : batch->events()) {
        if (event.clock_quality() != event::v1::CLOCK_QUALITY_UNSPECIFIED && !wrong_clock) {
          wrong_clock = true;
          OnClockQuality(context_, source, &event);
        }
        Take(event);
      }
      if (!wrong_clock && batch->events_size() > 0) OnClockQuality(context_, source, nullptr);
    }
    MoveWatermark(source);
    Run();
  }

  void OnHeartbeat() {
    MoveWatermark(Heard());
    Run();
  }

  void OnContactChange(bool connected) {
    if (connected) Heard();
  }

  void OnTick(bool resumed) {
    auto& record = state_.record();
    const int64_t tick = context_.receive_us;
    if (resumed) {
      // Our own downtime is not the homes' silence: it begins to count now.
      for (auto& source : *record.mutable_sources())
        if (source.contact_us() != 0) source.set_contact_us(std::max(source.contact_us(), tick));
    }
    OnOfflineTick(context_, tick);
    // After our own downtime the hubs get time to hand over what they kept.
    if (!resumed) {
      OnNightExitTick(context_, tick);
      OnFallTick(context_, tick);
    }
    if (record.held_size() > 0 && tick >= record.held_receive_us() + kMaxHeldUs)
      ReleaseHeld(context_);
    record.set_tick_us(tick);
  }

 private:
  int Heard() {
    const int source = context_.plan.FindSource(envelope_.source_id());
    if (source >= 0) OnContact(context_, source);
    return source;
  }

  void Take(const Event& event) {
    const int device = context_.plan.FindDevice(event.device_id());
    const int64_t time_us = Micros(event.event_time());
    if (device >= 0) {
      auto& state = *state_.record().mutable_devices(device);
      if (IsRepeated(state, event.device_sequence())) return;
      state.set_seen_us(std::max(state.seen_us(), time_us));
      state.set_heard_us(context_.receive_us);
    }
    switch (event.observation_case()) {
      case Event::kPersonalEmergency:
        return OnPersonalEmergency(context_, device, event);
      case Event::kFall:
        return OnDeviceFall(context_, device, event);
      case Event::kSmoke:
      case Event::kCarbonMonoxide:
      case Event::kWater:
      case Event::kGas:
        return OnHazard(context_, device, event);
      default:
        break;
    }
    if (device < 0) return;
    const DevicePlan& plan = context_.plan.devices()[static_cast<std::size_t>(device)];
    if (!IsBound(plan, time_us)) return;
    if (event.observation_case() == Event::kAcceleration)
      return OnAcceleration(context_, device, event);
    if (event.observation_case() == Event::kBattery) return OnBattery(context_, device, event);
    const uint32_t kind = KindOf(plan, event);
    if (kind != kNothing) Enqueue(event, kind, device, time_us);
  }

  void Enqueue(const Event& event, uint32_t kind, int device, int64_t time_us) {
    auto& record = state_.record();
    auto& pending = *record.mutable_pending();
    if (pending.size() >= kMaxPending) Run();
    PendingEvent& added = *pending.Add();
    added.set_time_us(time_us);
    added.set_receive_us(context_.receive_us);
    added.set_device(static_cast<uint32_t>(device));
    added.set_kind(kind);
    if (kind == kFix) {
      added.set_latitude_degrees(event.location().latitude_degrees());
      added.set_longitude_degrees(event.location().longitude_degrees());
      added.set_accuracy_m(event.location().accuracy_m());
    }
    // By time, then device, so that the order does not depend on which hub was faster.
    for (int i = pending.size() - 1; i > 0; --i) {
      const PendingEvent& before = pending.Get(i - 1);
      const PendingEvent& here = pending.Get(i);
      if (before.time_us() < here.time_us() ||
          (before.time_us() == here.time_us() && before.device() <= here.device())) {
        break;
      }
      pending.SwapElements(i - 1, i);
    }
    record.set_newest_us(std::max(record.newest_us(), time_us));
  }

  void MoveWatermark(int source) {
    if (source < 0 || !envelope_.has_watermark()) return;
    auto& state = *state_.record().mutable_sources(source);
    const int64_t watermark = std::min(Micros(envelope_.watermark()), context_.receive_us);
    state.set_watermark_us(std::max(state.watermark_us(), watermark));
  }

  // Up to here everything that the home's own sensors saw has been sent. A phone goes out with the
  // person: its silence says nothing about the home.
  int64_t Frontier() const {
    int64_t frontier = kNever;
    const auto& sources = context_.plan.home().sources();
    for (int i = 0; i < sources.size(); ++i) {
      const int64_t watermark = state_.record().sources(i).watermark_us();
      const bool phone = sources.Get(i).kind() == care::v1::Source::KIND_PHONE;
      if (watermark == 0 || (phone && sources.size() > 1)) continue;
      frontier = std::min(frontier, watermark);
    }
    return frontier == kNever ? 0 : frontier;
  }

  // Releases events and passes deadlines, in the order of event time.
  void Run() {
    auto& record = state_.record();
    const int64_t frontier = Frontier();
    if (record.presence_us() == 0 && frontier != 0) record.set_presence_us(frontier);
    const bool full = record.pending_size() >= kMaxPending;
    int released = 0;
    while (true) {
      const PendingEvent* next =
          released < record.pending_size() ? &record.pending(released) : nullptr;
      if (next != nullptr && !full && next->time_us() > frontier &&
          next->time_us() > record.newest_us() - kReorderUs) {
        next = nullptr;
      }
      const int64_t before = next == nullptr ? kNever : next->time_us();
      if (PassDeadline(frontier, before)) continue;
      if (next == nullptr) break;
      Release(*next);
      ++released;
    }
    RemoveFirst(released, *record.mutable_pending());
    if (record.held_size() > 0 && frontier >= context_.receive_us - kLateUs) ReleaseHeld(context_);
  }

  // The earliest deadline before the next event, if there is one. A trigger that was seen is judged
  // as soon as a later event shows that time has passed; silence only as far as the watermarks
  // reach.
  bool PassDeadline(int64_t frontier, int64_t before) {
    int door = -1;
    const int64_t night_exit = NightExitDeadline(state_);
    const int64_t left_open = DoorLeftOpenDeadline(context_, &door);
    int64_t inactivity = InactivityDeadline(context_, std::min(frontier, before));
    if (inactivity > frontier) inactivity = kNever;
    const auto reached = [&](int64_t deadline) {
      return deadline != kNever && (before == kNever ? deadline <= frontier : deadline < before);
    };
    const int64_t earliest = std::min({night_exit, left_open, inactivity});
    if (earliest == kNever) return false;
    if (night_exit == earliest && reached(night_exit)) {
      OnNightExitDeadline(context_);
      return true;
    }
    if (left_open == earliest && reached(left_open)) {
      OnDoorLeftOpenDeadline(context_, door, left_open);
      return true;
    }
    if (reached(inactivity)) {
      OnInactivityDeadline(context_, inactivity);
      return true;
    }
    return false;
  }

  void Release(const PendingEvent& event) {
    auto& record = state_.record();
    record.set_released_us(std::max(record.released_us(), event.time_us()));
    const Seen seen{static_cast<int>(event.device()), event.time_us(), event.receive_us()};
    switch (event.kind()) {
      case kPresence:
        OnPresenceForNightExit(context_, seen);
        OnPresenceForInactivity(context_, seen);
        return;
      case kDoorOpen:
      case kDoorClosed: {
        const bool open = event.kind() == kDoorOpen;
        // A contact that comes out of turn is old news: it must not turn the door back.
        if (event.time_us() < record.door_us() && !open) return;
        OnExitDoorForLeftOpen(context_, seen, open);
        OnExitDoorForNightExit(context_, seen, open);
        return;
      }
      case kFix:
        return OnFix(context_, seen, event.latitude_degrees(), event.longitude_degrees(),
                     static_cast<double>(event.accuracy_m()));
      default:
        return;
    }
  }

  HomeState& state_;
  Context context_;
  const store::v1::Envelope& envelope_;
};

}  // namespace

void Advance(const HomePlan& plan, HomeState& state, const store::v1::Envelope& envelope,
             const event::v1::EventBatch* batch, Effects& effects) {
  Engine engine(plan, state, envelope, effects);
  switch (envelope.kind_case()) {
    case store::v1::Envelope::kBatch:
      return engine.OnBatch(batch);
    case store::v1::Envelope::kHeartbeat:
      return engine.OnHeartbeat();
    case store::v1::Envelope::kContact:
      return engine.OnContactChange(envelope.contact().connected());
    case store::v1::Envelope::kTick:
      return engine.OnTick(envelope.tick().resumed());
    case store::v1::Envelope::kHome:
      return state.Adapt(plan);
    case store::v1::Envelope::KIND_NOT_SET:
      return;
  }
}

absl::Time NextServerDeadline(const HomePlan& plan, const HomeState& state) {
  int64_t next = std::min({NightExitServerDeadline(plan, state), FallServerDeadline(plan, state),
                           OfflineServerDeadline(plan, state)});
  if (state.record().held_size() > 0)
    next = std::min(next, state.record().held_receive_us() + kMaxHeldUs);
  return next == kNever ? absl::InfiniteFuture() : absl::FromUnixMicros(next);
}

}  // namespace veille::detector
