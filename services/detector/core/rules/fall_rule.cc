// Falls from acceleration: the dialogue between a suspicion and what is told.
//
//   suspected → asked, where a hub can speak and the news is fresh → no answer: HIGH; "I am all
//               right": MEDIUM; help: an SOS, which sos.cc tells
//             → not asked → lay still for 30 s: HIGH; not up in 5 min, where posture is known: HIGH
//             → up again, or the arm moves on as ever: nothing was told, and nothing is
//   told      → up again: FALL_RECOVERED, LOW; an hour later still not: LONG_LIE, HIGH
// A suspicion is a trigger that was seen: when contact is lost, ticks tell it as not confirmed.
// Somebody who moves elsewhere in the home, or a bed or seat that came into use with the blow,
// lowers HIGH to MEDIUM; it is told all the same, and the long lie after it.

#include <algorithm>
#include <optional>

#include "absl/strings/str_format.h"

#include "services/detector/core/rules/rules.h"
#include "services/detector/core/rules/urgent.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

using Stage = FallDialogue::Stage;

// A suspicion older than this at its receipt is no longer asked about.
constexpr int64_t kFreshUs = 20'000'000;
// An answer of the last moment may still be on its way.
constexpr int64_t kAnswerGraceUs = 3'000'000;
// From the suspicion to the last moment for an answer, however late a hub begins to speak.
constexpr int64_t kLongestAnswerUs = 60'000'000;
// Things and helpers fall with the person: only what moves later than this after the impact counts.
constexpr int64_t kSettledUs = 5'000'000;
constexpr double kStepsOfRecovery = 10;
// A seat feels who drops onto it as soon as the arm does.
constexpr int64_t kWithBlowUs = 3'000'000;

FallDetector& DetectorOf(Context& context, int device) {
  return context.state.fall(context.plan.device(device).fall);
}

const care::v1::FallRule& RuleOf(const HomePlan& plan, const DevicePlan& device) {
  return plan.care_plan(device.patient).fall();
}

Observed ImpactOf(const DevicePlan& wearer, const FallEvent& fall, int64_t heard_us) {
  return {
      fall.impact_us,
      heard_us,
      wearer.id,
      {absl::StrFormat("Choc de %.1f g, corps tourné de %.0f°", fall.peak_g, fall.angle_degrees),
       absl::StrFormat("Impact of %.1f g, turned by %.0f°", fall.peak_g, fall.angle_degrees)}};
}

// `fall` is the suspicion, or what was concluded of it.
void Tell(Context& context, int device, const FallEvent& fall, alert::v1::Severity severity,
          int64_t decide_us, const std::string& rule_key, Sentence reason) {
  const DevicePlan& plan = context.plan.device(device);
  const int64_t heard_us = DetectorOf(context, device).dialogue.heard_us;
  Conclusion conclusion;
  conclusion.rule = &RuleOf(context.plan, plan);
  conclusion.rule_key = rule_key;
  conclusion.patient = plan.patient;
  conclusion.opening = plan.id;
  conclusion.latching = true;
  conclusion.severity = severity;
  conclusion.event_us = fall.impact_us;
  conclusion.opening_receive_us = heard_us;
  conclusion.decide_us = decide_us;
  const std::string at = WallClock(context.plan, fall.impact_us);
  conclusion.reason = {"Chute probable à " + at + reason.fr, "Probable fall at " + at + reason.en};
  conclusion.observations.push_back(ImpactOf(plan, fall, heard_us));
  conclusion.observations.push_back({decide_us, 0, "", conclusion.reason});
  Conclude(context, std::move(conclusion));
}

// A person who lives alone sat or lay down hard. A place that was in use before proves nothing: a
// bed's mat may let go of who fell out of it a minute later.
bool SatDown(const Context& context, const DevicePlan& wearer, int64_t impact_us, int64_t at_us) {
  if (context.plan.home().patients_size() > 1 ||
      context.plan.care_plan(wearer.patient).household() == care::v1::HOUSEHOLD_WITH_SPOUSE) {
    return false;
  }
  const auto& occupied = context.state.record().living().occupied();
  return std::any_of(occupied.begin(), occupied.end(), [&](const auto& place) {
    return place.since_us() >= impact_us - kWithBlowUs &&
           IsAlive(context, static_cast<int>(place.device()), at_us);
  });
}

void TellFall(Context& context, int device, int64_t decide_us, Sentence reason) {
  FallDetector& detector = DetectorOf(context, device);
  const DevicePlan& wearer = context.plan.device(device);
  auto severity = alert::v1::SEVERITY_HIGH;
  if (detector.dialogue.others_moved) {
    severity = alert::v1::SEVERITY_MEDIUM;
    reason.fr += " ; quelqu'un se déplace dans le logement";
    reason.en += "; somebody is moving about the home";
  } else if (SatDown(context, wearer, detector.suspicion().impact_us, decide_us)) {
    severity = alert::v1::SEVERITY_MEDIUM;
    reason.fr += " ; un lit ou un siège vient d'être occupé";
    reason.en += "; a bed or a seat has just come into use";
  }
  detector.dialogue.stage = Stage::kTold;
  detector.SetTold();
  Tell(context, device, detector.suspicion(), severity, decide_us, "", std::move(reason));
}

void TellUnanswered(Context& context, int device, int64_t decide_us) {
  TellFall(context, device, decide_us,
           {", la personne n'a pas répondu", ", the person did not answer"});
}

void TellStill(Context& context, int device, int64_t decide_us) {
  TellFall(context, device, decide_us,
           {", la personne ne bouge plus", ", the person has not moved since"});
}

void TellRecovered(Context& context, int device, const FallEvent& fall) {
  Tell(context, device, fall, alert::v1::SEVERITY_LOW, fall.decide_us, "FALL_RECOVERED",
       {", la personne s'est relevée", ", the person is up again"});
}

void TellLongLie(Context& context, int device, const FallEvent& fall, int64_t decide_us,
                 bool heard) {
  Tell(context, device, fall, alert::v1::SEVERITY_HIGH, decide_us, "LONG_LIE",
       heard ? Sentence{", toujours pas relevée longtemps après", ", still not up long after"}
             : Sentence{", aucune nouvelle depuis longtemps", ", no news for long since"});
}

// The source that can speak to the wearer: −1 for any of several hubs; none where there is no hub,
// or where the wearable is out with a phone.
std::optional<int> HubOf(const Context& context, const DevicePlan& device) {
  const auto is_hub = [&](int source) {
    return context.plan.home().sources(source).kind() != care::v1::Source::KIND_PHONE;
  };
  const auto is_silent = [&](int source) {
    return context.state.record().sources(source).offline_level() > 0;
  };
  if (device.source >= 0) {
    if (!is_hub(device.source) || is_silent(device.source)) return std::nullopt;
    return device.source;
  }
  std::optional<int> found;
  for (int i = 0; i < context.plan.home().sources_size(); ++i)
    if (is_hub(i) && !is_silent(i)) found = found ? -1 : i;
  return found;
}

void OnSuspected(Context& context, int device, const FallEvent& fall) {
  const DevicePlan& plan = context.plan.device(device);
  FallDialogue& dialogue = DetectorOf(context, device).dialogue;
  const int32_t room = dialogue.room_before;
  dialogue = {};
  dialogue.room_before = room;
  dialogue.heard_us = context.receive_us;
  dialogue.stage = Stage::kUnasked;
  const std::optional<int> hub = HubOf(context, plan);
  if (!hub || context.receive_us - fall.decide_us > kFreshUs) return;
  Question question;
  question.rule = &RuleOf(context.plan, plan);
  question.patient = plan.patient;
  question.opening = plan.id;
  question.event_us = fall.impact_us;
  question.source = *hub;
  question.life_us = plan.fall_config.answer_us;
  question.text = {"Êtes-vous tombé ? Tout va bien ?", "Did you fall? Are you all right?"};
  dialogue.SetPrompt(Ask(context, std::move(question)));
  dialogue.stage = Stage::kAsked;
  dialogue.answer_by_us = context.receive_us + plan.fall_config.answer_us;
}

void OnFallEvent(Context& context, int device, const FallEvent& fall) {
  FallDialogue& dialogue = DetectorOf(context, device).dialogue;
  switch (fall.kind) {
    case FallEvent::Kind::kSuspected:
      return OnSuspected(context, device, fall);
    case FallEvent::Kind::kStill:
      dialogue.still = true;
      if (dialogue.stage == Stage::kUnasked) TellStill(context, device, fall.decide_us);
      return;
    case FallEvent::Kind::kNotUp:
      if (!dialogue.IsOpen()) return;
      return TellFall(context, device, fall.decide_us,
                      {", la personne ne s'est pas relevée", ", the person is not up again"});
    case FallEvent::Kind::kUp:
      if (dialogue.stage == Stage::kTold || dialogue.stage == Stage::kFine)
        TellRecovered(context, device, fall);
      dialogue.stage = Stage::kNone;
      return;
    case FallEvent::Kind::kGivenUp:
      dialogue.stage = Stage::kNone;
      return;
    case FallEvent::Kind::kLongLie:
      return TellLongLie(context, device, fall, fall.decide_us, true);
  }
}

// The wearables of the home that stream, where falls are judged.
template <typename Visit>
void ForEachWearer(const HomePlan& plan, const HomeState& state, Visit visit) {
  for (std::size_t i = 0; i < plan.devices().size(); ++i) {
    const DevicePlan& device = plan.devices()[i];
    if (device.fall < 0 || state.fall(device.fall).empty()) continue;
    if (domain::IsEnabled(RuleOf(plan, device))) visit(static_cast<int>(i), device);
  }
}

void OnFine(Context& context, int device, int64_t time_us) {
  FallDetector& detector = DetectorOf(context, device);
  const DevicePlan& plan = context.plan.device(device);
  const care::v1::FallRule& rule = RuleOf(context.plan, plan);
  detector.dialogue.stage = Stage::kFine;
  detector.SetAnsweredFine();
  Tell(context, device, detector.suspicion(),
       rule.has_cancelled_severity() ? rule.cancelled_severity() : alert::v1::SEVERITY_MEDIUM,
       time_us, "",
       {", la personne a répondu que tout va bien", ", the person answered that all is well"});
}

// Steps that a wearable or phone counted itself.
void OnSteps(Context& context, const Signal& seen) {
  const int patient = context.plan.device(seen.device).patient;
  const auto span_us = static_cast<int64_t>(seen.value_2 * 1e6);
  if (seen.value < kStepsOfRecovery || span_us <= 0) return;
  ForEachWearer(context.plan, context.state, [&](int device, const DevicePlan& plan) {
    FallDetector& detector = DetectorOf(context, device);
    if (plan.patient != patient || detector.dialogue.stage == Stage::kNone ||
        !detector.IsFollowing() || seen.time_us - span_us < detector.suspicion().impact_us) {
      return;
    }
    FallEvent up = detector.suspicion();
    up.kind = FallEvent::Kind::kUp;
    up.decide_us = seen.time_us;
    OnFallEvent(context, device, up);
    detector.Forget();
  });
}

void OnSignal(Context& context, const Signal& seen) {
  if (seen.kind == SignalKind::kSteps) return OnSteps(context, seen);
  const DevicePlan& sensor = context.plan.device(seen.device);
  const bool door = (kDoorEdges & Of(seen.kind)) != 0;
  ForEachWearer(context.plan, context.state, [&](int device, const DevicePlan&) {
    FallDetector& detector = DetectorOf(context, device);
    FallDialogue& dialogue = detector.dialogue;
    if (!dialogue.IsOpen() || seen.time_us <= detector.suspicion().impact_us) {
      if (sensor.room != 0) dialogue.room_before = sensor.room;
      return;
    }
    // In a home of several, somebody else's movement says nothing about this one.
    if (context.plan.home().patients_size() > 1 ||
        seen.time_us <= detector.suspicion().impact_us + kSettledUs) {
      return;
    }
    if (dialogue.room_before == 0) dialogue.room_before = sensor.room;
    if (door || (sensor.room != 0 && sensor.room != dialogue.room_before))
      dialogue.others_moved = true;
  });
}

int64_t Deadline(const Context& context, int64_t) {
  int64_t next = kNever;
  ForEachWearer(context.plan, context.state, [&](int, const DevicePlan& plan) {
    const HomeState& state = context.state;
    const FallDialogue& dialogue = state.fall(plan.fall).dialogue;
    if (dialogue.stage == Stage::kAsked)
      next = std::min(next, dialogue.answer_by_us + kAnswerGraceUs);
  });
  return next;
}

void OnDeadline(Context& context, int64_t deadline_us) {
  ForEachWearer(context.plan, context.state, [&](int device, const DevicePlan&) {
    const FallDialogue& dialogue = DetectorOf(context, device).dialogue;
    if (dialogue.stage == Stage::kAsked && dialogue.answer_by_us + kAnswerGraceUs <= deadline_us)
      TellUnanswered(context, device, dialogue.answer_by_us);
  });
}

// When the service's ticks judge the wearer: nothing was heard that could.
int64_t TickDeadline(const HomePlan& plan, const HomeState& state, int device) {
  const DevicePlan& wearer = plan.device(device);
  const FallDetector& detector = state.fall(wearer.fall);
  const FallConfig& config = wearer.fall_config;
  const int64_t impact = detector.suspicion().impact_us;
  const int64_t heard = state.record().devices(device).heard_us();
  switch (detector.dialogue.stage) {
    case Stage::kAsked:
      return detector.dialogue.answer_by_us + kContactGraceUs;
    case Stage::kUnasked:
      return std::max(impact + config.stillness_us, heard) + kContactGraceUs;
    case Stage::kTold:
      if (!detector.IsTold()) return kNever;
      return std::max(impact + config.long_lie_us, heard) + kContactGraceUs;
    default:
      return kNever;
  }
}

void OnTick(Context& context, int64_t tick_us) {
  ForEachWearer(context.plan, context.state, [&](int device, const DevicePlan& plan) {
    if (tick_us < TickDeadline(context.plan, context.state, device)) return;
    FallDetector& detector = DetectorOf(context, device);
    const FallDialogue& dialogue = detector.dialogue;
    if (dialogue.stage == Stage::kTold) {
      const int64_t decide_us = detector.suspicion().impact_us + plan.fall_config.long_lie_us;
      detector.SetLongLie();
      return TellLongLie(context, device, detector.suspicion(), decide_us, false);
    }
    const int64_t decide_us = dialogue.stage == Stage::kAsked
                                  ? dialogue.answer_by_us
                                  : detector.suspicion().impact_us + plan.fall_config.stillness_us;
    TellFall(context, device, decide_us,
             {", non confirmée : contact perdu", ", not confirmed: contact lost"});
  });
}

int64_t NextTick(const HomePlan& plan, const HomeState& state) {
  int64_t next = kNever;
  ForEachWearer(plan, state, [&](int device, const DevicePlan&) {
    next = std::min(next, TickDeadline(plan, state, device));
  });
  return next;
}

}  // namespace

void OnAcceleration(Context& context, int device, const event::v1::Event& event) {
  const DevicePlan& plan = context.plan.device(device);
  if (plan.fall < 0) return;
  const event::v1::Acceleration& acceleration = event.acceleration();
  static thread_local std::vector<FallEvent> events;
  events.clear();
  FallDetector& detector = context.state.fall(plan.fall);
  detector.Feed(plan.fall_config, EventMicros(event), acceleration.rate_hz(),
                acceleration.samples_mg(), events);
  if (!events.empty() && domain::IsEnabled(RuleOf(context.plan, plan)))
    for (const FallEvent& fall : events) OnFallEvent(context, device, fall);
  // Time has passed, also where another source's silence holds the deadlines up.
  const FallDialogue& dialogue = detector.dialogue;
  if (dialogue.stage == Stage::kAsked &&
      detector.newest_us() >= dialogue.answer_by_us + kAnswerGraceUs) {
    TellUnanswered(context, device, dialogue.answer_by_us);
  }
}

void OnFallAnswer(Context& context, const event::v1::Event& event) {
  if (event.test()) return;
  const event::v1::PromptAnswer& answer = event.prompt_answer();
  ForEachWearer(context.plan, context.state, [&](int device, const DevicePlan& plan) {
    FallDetector& detector = DetectorOf(context, device);
    FallDialogue& dialogue = detector.dialogue;
    if (!dialogue.IsOpen() || !dialogue.IsPrompt(answer.prompt_id())) return;
    const int64_t time_us = EventMicros(event);
    switch (answer.answer()) {
      case event::v1::PromptAnswer::ANSWER_FINE:
        return OnFine(context, device, time_us);
      case event::v1::PromptAnswer::ANSWER_HELP:
        // Nobody hears of a call where the plan has none: the fall is told all the same.
        if (!domain::IsEnabled(context.plan.care_plan(plan.patient).sos())) {
          return TellFall(context, device, time_us,
                          {", la personne demande de l'aide", ", the person asks for help"});
        }
        dialogue.stage = Stage::kTold;
        return detector.SetTold();
      case event::v1::PromptAnswer::ANSWER_NONE:
        return TellUnanswered(context, device, time_us);
      case event::v1::PromptAnswer::ANSWER_PENDING:
        dialogue.stage = Stage::kAsked;
        dialogue.shown = true;
        dialogue.answer_by_us = std::min(
            std::max(dialogue.answer_by_us, context.receive_us + plan.fall_config.answer_us),
            dialogue.heard_us + kLongestAnswerUs);
        return;
      case event::v1::PromptAnswer::ANSWER_UNDELIVERED:
        // Another hub may show it.
        if (dialogue.shown) return;
        dialogue.stage = Stage::kUnasked;
        if (dialogue.still) TellStill(context, device, time_us);
        return;
      default:
        return;
    }
  });
}

std::optional<AskedFall> FallOfPrompt(Context& context, const std::string& prompt_id) {
  std::optional<AskedFall> asked;
  ForEachWearer(context.plan, context.state, [&](int device, const DevicePlan& plan) {
    const FallDetector& detector = DetectorOf(context, device);
    const FallDialogue& dialogue = detector.dialogue;
    if (dialogue.stage != Stage::kNone && dialogue.IsPrompt(prompt_id))
      asked = AskedFall{plan.patient, ImpactOf(plan, detector.suspicion(), dialogue.heard_us)};
  });
  return asked;
}

void CloseFalls(Context& context, int patient, bool up) {
  ForEachWearer(context.plan, context.state, [&](int device, const DevicePlan& plan) {
    FallDetector& detector = DetectorOf(context, device);
    if (plan.patient != patient || !detector.dialogue.IsOpen()) return;
    detector.dialogue.stage = up ? Stage::kNone : Stage::kTold;
    if (up) {
      detector.Forget();
    } else {
      detector.SetTold();
    }
  });
}

const Rule kFall = {
    .wants = kSignsOfLife | kDoorEdges | Of(SignalKind::kSteps),
    .on_signal = OnSignal,
    .deadline = Deadline,
    .on_deadline = OnDeadline,
    .on_tick = OnTick,
    .server_deadline = NextTick,
};

}  // namespace veille::detector
