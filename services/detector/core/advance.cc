#include "services/detector/core/advance.h"

#include <algorithm>
#include <array>

#include "services/detector/core/circumstances.h"
#include "services/detector/core/rule_table.h"
#include "services/detector/core/rules/rules.h"
#include "services/detector/core/rules/urgent.h"

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

// A source whose watermark leaps by more was away, and perhaps deaf: five heartbeats.
constexpr int64_t kAwayUs = 300'000'000;

// Protobuf's own range, so that nothing that stands in a log can overflow.
constexpr int64_t kMaxSeconds = 253402300799;

int64_t Micros(const google::protobuf::Timestamp& stamp) {
  return std::clamp<int64_t>(stamp.seconds(), 0, kMaxSeconds) * 1000000 + stamp.nanos() / 1000;
}

bool IsBound(const DevicePlan& device, int64_t at_us) {
  return at_us >= device.bind_us && (device.unbind_us == 0 || at_us < device.unbind_us);
}

// The same press, sent again by another way. Devices count, so that distances are short.
bool IsRepeated(store::v1::DeviceState& state, uint64_t sequence) {
  if (sequence == 0) return false;
  auto& steps = *state.mutable_sequence_steps();
  uint64_t newest = 0;  // Distances wrap around.
  for (const int64_t step : steps) {
    newest += static_cast<uint64_t>(step);
    if (newest == sequence) return true;
  }
  if (steps.size() >= kKeptSequences) {
    steps.Set(1, static_cast<int64_t>(static_cast<uint64_t>(steps.Get(0)) +
                                      static_cast<uint64_t>(steps.Get(1))));
    steps.erase(steps.begin());
  }
  steps.Add(static_cast<int64_t>(sequence - newest));
  return false;
}

// True when the device itself spoke, and could be understood.
bool Speaks(const Event& event) {
  if (event.has_device_status()) {
    // The hub speaks of a device that it cannot reach.
    return event.device_status().kind() != event::v1::DeviceStatus::KIND_CHECK_IN_FAILED;
  }
  return !event.has_unreadable();
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
    NoteClockError(source);
    if (batch != nullptr) {
      OnClocks(context_, source, *batch);
      for (const Event& event : batch->events()) Take(event);
    }
    MoveWatermark(source);
    Run();
  }

  void OnHeartbeat() {
    const int source = Heard();
    NoteClockError(source);
    MoveWatermark(source);
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
      for (const Rule* rule : AllRules())
        if (rule->on_tick != nullptr) rule->on_tick(context_, tick);
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
      if (Speaks(event)) {
        BeforeDeviceSpeaks(context_, device, time_us);
        NoteWord(context_, device, time_us);
        state.set_heard_us(context_.receive_us);
        OnDeviceSpoke(context_, device, time_us);
      }
    }
    switch (ObservationOf(event)) {
      case Event::kPersonalEmergency:
        return OnPersonalEmergency(context_, device, event);
      case Event::kFall:
        return OnDeviceFall(context_, device, event);
      case Event::kSmoke:
      case Event::kCarbonMonoxide:
      case Event::kWater:
      case Event::kGas:
        return OnHazard(context_, device, event);
      case Event::kPromptAnswer:
        if (event.prompt_answer().answer() == event::v1::PromptAnswer::ANSWER_HELP)
          OnHelpAnswer(context_, device, event);
        OnFallAnswer(context_, event);
        break;
      default:
        break;
    }
    if (device < 0) return;
    const DevicePlan& plan = context_.plan.device(device);
    if (!IsBound(plan, time_us)) return;
    if (event.observation_case() == Event::kAcceleration)
      return OnAcceleration(context_, device, event);
    if (event.observation_case() == Event::kBattery) return OnBattery(context_, device, event);
    if (event.has_unreadable()) {
      if (IsWitness(plan, device, time_us))
        Enqueue(event, SignalKind::kUnclear, 0, device, time_us);
      return;
    }
    for (int part = 0; part < PartsOf(event); ++part) {
      const SignalKind kind = KindOf(plan, event, part);
      if (kind == SignalKind::kFix && !MayUsePosition(context_, plan.patient, time_us)) return;
      if (kind != SignalKind::kNothing) Enqueue(event, kind, part, device, time_us);
    }
  }

  // Something was there, so silence proves nothing; but a sensor that has said nothing readable for
  // as long as its check-ins allow is no witness of anything.
  bool IsWitness(const DevicePlan& plan, int device, int64_t time_us) const {
    return plan.presence && IsAlive(context_, device, time_us);
  }

  void Enqueue(const Event& event, SignalKind kind, int part, int device, int64_t time_us) {
    auto& record = state_.record();
    auto& pending = *record.mutable_pending();
    if (pending.size() >= kMaxPending) Run();
    PendingEvent& added = *pending.Add();
    added.set_time_us(time_us);
    added.set_receive_us(context_.receive_us);
    added.set_device(static_cast<uint32_t>(device));
    Fill(context_.plan.device(device), event, part, kind, added);
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

  // The gateway says it with all that the source sends, where it is worth a mark.
  void NoteClockError(int source) {
    if (source < 0) return;
    auto& state = *state_.record().mutable_sources(source);
    const int64_t seconds =
        std::clamp<int64_t>(envelope_.clock_error().seconds(), -kMaxSeconds, kMaxSeconds);
    if (state.clock_error_us() != seconds * 1000000) state.set_clock_error_us(seconds * 1000000);
  }

  void MoveWatermark(int source) {
    if (source < 0 || !envelope_.has_watermark()) return;
    auto& state = *state_.record().mutable_sources(source);
    const int64_t watermark = std::min(Micros(envelope_.watermark()), context_.receive_us);
    if (state.watermark_us() != 0 && watermark - state.watermark_us() > kAwayUs)
      state.set_resumed_us(watermark);
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
    if (record.presence_us() == 0 && frontier != 0) {
      // Silence counts from the first that we know of a home, not from behind its first events: or
      // a door in its first batch would pass for one that somebody came in by since.
      record.set_presence_us(
          record.pending_size() == 0 ? frontier : std::min(frontier, record.pending(0).time_us()));
    }
    const bool full = record.pending_size() >= kMaxPending;
    int released = 0;
    AskAll();
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

  void AskAgain(std::size_t index) {
    const Rule& rule = *AllRules()[index];
    deadlines_[index] = rule.deadline == nullptr ? kNever : rule.deadline(context_, 0);
  }

  void AskAll() {
    for (std::size_t i = 0; i < AllRules().size(); ++i) AskAgain(i);
  }

  // The rule whose deadline is the earliest of those that have passed before the next event; −1 for
  // none. A trigger that was seen is judged as soon as a later event shows that time has passed;
  // silence only as far as the watermarks reach.
  int Earliest(int64_t frontier, int64_t before) const {
    int earliest = -1;
    int64_t at = kNever;
    for (std::size_t i = 0; i < AllRules().size(); ++i) {
      if (deadlines_[i] >= at) continue;
      const bool silence = AllRules()[i]->proof == Proof::kSilence;
      const int64_t limit = silence ? std::min(frontier, before) : before;
      const bool passed = before == kNever ? deadlines_[i] <= frontier
                                           : deadlines_[i] < before && deadlines_[i] <= limit;
      if (!passed) continue;
      earliest = static_cast<int>(i);
      at = deadlines_[i];
    }
    return earliest;
  }

  bool PassDeadline(int64_t frontier, int64_t before) {
    while (true) {
      const int found = Earliest(frontier, before);
      if (found < 0) return false;
      const auto index = static_cast<std::size_t>(found);
      const Rule& rule = *AllRules()[index];
      const int64_t deadline = rule.deadline(context_, std::min(frontier, before));
      if (deadline == deadlines_[index]) {
        rule.on_deadline(context_, deadline);
        AskAll();
        return true;
      }
      deadlines_[index] = deadline;  // It was asked before only roughly.
    }
  }

  // A contact that says once more what is known, or that comes out of turn, is no news: old news
  // must not turn the door back. Where the state is not known, an edge was missed.
  bool IsNews(const Signal& door) const {
    const auto& record = state_.record();
    const bool repeated =
        door.kind == SignalKind::kDoorStillOpen || door.kind == SignalKind::kDoorStillClosed;
    if (repeated && door.opens_door() == (record.devices(door.device).open_us() != 0)) return false;
    return door.opens_door() || door.time_us >= record.door_us();
  }

  void Release(const PendingEvent& event) {
    auto& record = state_.record();
    record.set_released_us(std::max(record.released_us(), event.time_us()));
    const Signal signal = SignalOf(event);
    const bool door = (kDoorEdges & Of(signal.kind)) != 0;
    if (door && !IsNews(signal)) return;
    for (const Rule* rule : AllRules())
      if (signal.In(rule->wants)) rule->on_signal(context_, signal);
    if (door || signal.kind == SignalKind::kLeft)
      record.set_door_us(std::max(record.door_us(), signal.time_us));
    for (std::size_t i = 0; i < AllRules().size(); ++i)
      if (signal.In(AllRules()[i]->wants)) AskAgain(i);
  }

  HomeState& state_;
  Context context_;
  const store::v1::Envelope& envelope_;
  // When each rule wants to judge next.
  std::array<int64_t, kMostRules> deadlines_{};
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
  int64_t next = OfflineServerDeadline(plan, state);
  for (const Rule* rule : AllRules())
    if (rule->server_deadline != nullptr) next = std::min(next, rule->server_deadline(plan, state));
  if (state.record().held_size() > 0)
    next = std::min(next, state.record().held_receive_us() + kMaxHeldUs);
  return next == kNever ? absl::InfiniteFuture() : absl::FromUnixMicros(next);
}

}  // namespace veille::detector
