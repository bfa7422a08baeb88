// A fall that a detector in the room saw: a floor mat, a radar. It cannot ask the person, and takes
// a dog or somebody who kneels for a fall now and then.
//
//   nobody moves elsewhere in the home for a minute → HIGH
//   somebody does, goes through the exit door, lies down or walks → MEDIUM, when the minute is over
//   no living sensor would see it, or it may be somebody else → HIGH at once
// What was seen is told also when contact is lost. What the detector confirms, calls off or takes
// back itself is told at once.

#include <algorithm>
#include <utility>

#include "services/detector/core/rules/urgent.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

// A radar reports a moment late, and the person was elsewhere a moment before.
constexpr int64_t kSettledUs = 5'000'000;
constexpr double kStepsOfWalking = 10;

const care::v1::RoomFallRule& RuleOf(const HomePlan& plan, int device) {
  return plan.care_plan(plan.device(device).patient).room_fall();
}

alert::v1::Severity MovedSeverity(const care::v1::RoomFallRule& rule) {
  return rule.has_moved_severity() ? rule.moved_severity() : alert::v1::SEVERITY_MEDIUM;
}

bool LivesAlone(const HomePlan& plan, int device) {
  return plan.home().patients_size() == 1 &&
         plan.care_plan(plan.device(device).patient).household() != care::v1::HOUSEHOLD_WITH_SPOUSE;
}

bool IsElsewhere(const HomePlan& plan, int detector, int other) {
  const uint16_t here = plan.device(detector).room;
  const uint16_t there = plan.device(other).room;
  return here != 0 && there != 0 && there != here;
}

// Whoever moves elsewhere is the person, and would be seen.
bool WouldSeeElsewhere(const Context& context, int detector, int64_t at_us) {
  if (!LivesAlone(context.plan, detector)) return false;
  for (std::size_t i = 0; i < context.plan.devices().size(); ++i) {
    const auto device = static_cast<int>(i);
    if (context.plan.devices()[i].role == care::v1::ROLE_MOTION &&
        IsElsewhere(context.plan, detector, device) && IsAlive(context, device, at_us)) {
      return true;
    }
  }
  return false;
}

Sentence Seen(const HomePlan& plan, int detector) {
  const std::string room = RoomOf(plan, detector);
  return {"Chute détectée par le capteur de la pièce (" + room + ")",
          "Fall detected by the sensor in the room (" + room + ")"};
}

Sentence operator+(Sentence text, const Sentence& more) {
  text.fr += more.fr;
  text.en += more.en;
  return text;
}

// Without waiting: there is nothing that could change it.
void TellAtOnce(Context& context, int detector, const event::v1::Event& event,
                alert::v1::Severity severity, const Sentence& more) {
  Conclusion conclusion = UrgentConclusion(context, detector, event, RuleOf(context.plan, detector),
                                           Seen(context.plan, detector) + more);
  conclusion.severity = severity;
  if (event.test()) MarkTest("ROOM_FALL", conclusion);
  Conclude(context, std::move(conclusion));
}

void Disarm(Context& context, int detector) {
  context.state.record().mutable_devices(detector)->clear_room_fall();
}

// What was waited for is over, or contact was lost.
void Tell(Context& context, int detector, bool confirmed) {
  const store::v1::RoomFallState& fall = context.state.record().devices(detector).room_fall();
  const DevicePlan& device = context.plan.device(detector);
  const care::v1::RoomFallRule& rule = RuleOf(context.plan, detector);
  const std::string at = WallClock(context.plan, fall.fell_us());
  const std::string waited = std::to_string((fall.due_us() - fall.fell_us()) / 1000000) + " s";
  Sentence reason = Seen(context.plan, detector) + Sentence{" à " + at, " at " + at};
  if (fall.moved()) {
    reason = reason + Sentence{" ; quelqu'un se déplace ailleurs dans le logement",
                               "; somebody is moving elsewhere in the home"};
  } else if (!confirmed) {
    reason = reason + Sentence{", non confirmée : contact perdu avec le domicile",
                               ", not confirmed: contact lost with the home"};
  } else if (WouldSeeElsewhere(context, detector, fall.due_us())) {
    reason = reason + Sentence{", aucun mouvement ailleurs pendant " + waited,
                               ", no movement elsewhere for " + waited};
  } else {
    reason = reason + Sentence{" ; les autres capteurs ne répondent plus",
                               "; the other sensors do not answer"};
  }
  Conclusion conclusion;
  conclusion.rule = &rule;
  conclusion.patient = device.patient;
  conclusion.latching = true;
  conclusion.severity = fall.moved() ? MovedSeverity(rule) : alert::v1::SEVERITY_HIGH;
  conclusion.opening = device.id + '\n' + std::to_string(fall.sequence());
  conclusion.event_us = fall.fell_us();
  conclusion.opening_receive_us = fall.receive_us();
  conclusion.decide_us = fall.due_us();
  conclusion.observations.push_back(
      {fall.fell_us(), fall.receive_us(), device.id, Seen(context.plan, detector)});
  conclusion.observations.push_back({fall.due_us(), 0, "", reason});
  conclusion.reason = std::move(reason);
  const bool moved = fall.moved();
  Disarm(context, detector);
  Conclude(context, std::move(conclusion));
  // What the person's own wearable made suspect is told with this.
  if (!moved) CloseFalls(context, device.patient, false);
}

// True when the signal shows somebody on their feet, or in a known place.
bool ShowsMovement(const Context& context, int detector, const Signal& seen) {
  if ((kDoorEdges & Of(seen.kind)) != 0) return seen.kind == SignalKind::kDoorOpen;
  if (seen.kind == SignalKind::kSteps) return seen.value >= kStepsOfWalking;
  // In a bed or on a seat, also in this room.
  if (seen.kind == SignalKind::kUseBegan) {
    const care::v1::Role role = context.plan.device(seen.device).role;
    if (role == care::v1::ROLE_BED || role == care::v1::ROLE_SEAT) return true;
  }
  return IsElsewhere(context.plan, detector, seen.device);
}

void OnSignal(Context& context, const Signal& seen) {
  for (const int detector : context.plan.room_fall_detectors()) {
    const auto& fall = context.state.record().devices(detector).room_fall();
    // Steps were walked before they are reported.
    const auto span_us =
        static_cast<int64_t>(seen.kind == SignalKind::kSteps ? seen.value_2 * 1e6 : 0.0);
    if (fall.fell_us() == 0 || seen.time_us - span_us <= fall.fell_us() + kSettledUs ||
        seen.time_us > fall.due_us() || !LivesAlone(context.plan, detector)) {
      continue;
    }
    if (ShowsMovement(context, detector, seen))
      context.state.record().mutable_devices(detector)->mutable_room_fall()->set_moved(true);
  }
}

// Of the armed ones, the detector that is told first; −1 for none.
int First(const HomePlan& plan, const HomeState& state) {
  int first = -1;
  int64_t due = kNever;
  for (const int detector : plan.room_fall_detectors()) {
    const auto& fall = state.record().devices(detector).room_fall();
    if (fall.fell_us() == 0 || fall.due_us() >= due) continue;
    first = detector;
    due = fall.due_us();
  }
  return first;
}

int64_t Deadline(const Context& context, int64_t) {
  const int first = First(context.plan, context.state);
  return first < 0 ? kNever : context.state.record().devices(first).room_fall().due_us();
}

void OnDeadline(Context& context, int64_t) {
  Tell(context, First(context.plan, context.state), true);
}

int64_t TickOf(const HomePlan& plan, const HomeState& state, int detector) {
  const auto& fall = state.record().devices(detector).room_fall();
  if (fall.fell_us() == 0) return kNever;
  return std::max(fall.due_us(), fall.receive_us()) +
         domain::MicrosOr(RuleOf(plan, detector), "contact_grace");
}

void OnTick(Context& context, int64_t tick_us) {
  for (const int detector : context.plan.room_fall_detectors())
    if (tick_us >= TickOf(context.plan, context.state, detector)) Tell(context, detector, false);
}

int64_t NextTick(const HomePlan& plan, const HomeState& state) {
  int64_t next = kNever;
  for (const int detector : plan.room_fall_detectors())
    next = std::min(next, TickOf(plan, state, detector));
  return next;
}

// Detected, and nothing more is known.
void OnDetected(Context& context, int detector, const event::v1::Event& event) {
  const int64_t fell_us = EventMicros(event);
  const int64_t still_us = domain::MicrosOr(RuleOf(context.plan, detector), "stillness");
  const DevicePlan& device = context.plan.device(detector);
  const bool bound =
      fell_us >= device.bind_us && (device.unbind_us == 0 || fell_us < device.unbind_us);
  if (event.test() || event.has_unreadable() || !bound || still_us == 0 ||
      !WouldSeeElsewhere(context, detector, fell_us)) {
    TellAtOnce(context, detector, event, alert::v1::SEVERITY_HIGH, {});
    if (event.test()) return;
    Disarm(context, detector);
    return CloseFalls(context, device.patient, false);
  }
  auto& fall = *context.state.record().mutable_devices(detector)->mutable_room_fall();
  // It sees still what it saw.
  if (fall.fell_us() != 0) return;
  fall.set_fell_us(fell_us);
  fall.set_receive_us(context.receive_us);
  fall.set_sequence(event.device_sequence());
  fall.set_due_us(fell_us + still_us);
}

}  // namespace

void OnRoomFall(Context& context, int device, const event::v1::Event& event) {
  const care::v1::RoomFallRule& rule = RuleOf(context.plan, device);
  if (!domain::IsEnabled(rule)) return;
  const int patient = context.plan.device(device).patient;
  switch (event.fall().verdict()) {
    case event::v1::Fall::VERDICT_CONFIRMED:
      TellAtOnce(context, device, event, alert::v1::SEVERITY_HIGH,
                 {", confirmée par celui-ci", ", confirmed by it"});
      if (event.test()) return;
      Disarm(context, device);
      return CloseFalls(context, patient, false);
    case event::v1::Fall::VERDICT_CANCELLED:
      TellAtOnce(context, device, event, MovedSeverity(rule),
                 {", alarme annulée", ", alarm cancelled"});
      if (!event.test()) Disarm(context, device);
      return;
    case event::v1::Fall::VERDICT_RECOVERED:
      TellAtOnce(context, device, event, alert::v1::SEVERITY_LOW,
                 {", la personne s'est relevée", ", the person is up again"});
      if (event.test()) return;
      Disarm(context, device);
      return CloseFalls(context, patient, true);
    default:
      return OnDetected(context, device, event);
  }
}

const Rule kRoomFall = {
    .wants = kSignsOfLife | kDoorEdges | Of(SignalKind::kSteps),
    .on_signal = OnSignal,
    .deadline = Deadline,
    .on_deadline = OnDeadline,
    .on_tick = OnTick,
    .server_deadline = NextTick,
};

}  // namespace veille::detector
