// A fall from acceleration is told when the person has lain still or is not up after a while, and
// also when the wearable falls silent right after an impact and a change of posture: that is a
// trigger seen, not a silence. Getting up again is told, too; lying for an hour is told anew.

#include <algorithm>

#include "absl/strings/str_format.h"

#include "services/detector/core/rules/urgent.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

// Two missed heartbeats.
constexpr int64_t kGraceUs = 120'000'000;

Conclusion About(const Context& context, int device, int64_t impact_us, int64_t decide_us) {
  const DevicePlan& plan = context.plan.devices()[static_cast<std::size_t>(device)];
  Conclusion conclusion;
  conclusion.rule = &context.plan.care_plan(plan.patient).fall();
  conclusion.patient = plan.patient;
  conclusion.opening = plan.id;
  conclusion.event_us = impact_us;
  conclusion.decide_us = decide_us;
  return conclusion;
}

void Tell(Context& context, Conclusion conclusion, Sentence impact) {
  conclusion.observations.push_back(
      {conclusion.event_us, context.receive_us, conclusion.opening, std::move(impact)});
  conclusion.observations.push_back({conclusion.decide_us, 0, "", conclusion.reason});
  Conclude(context, std::move(conclusion));
}

void TellEvent(Context& context, int device, const FallEvent& fall) {
  Conclusion conclusion = About(context, device, fall.impact_us, fall.decide_us);
  const std::string at = WallClock(context.plan, fall.impact_us);
  switch (fall.kind) {
    case FallEvent::Kind::kSuspected:
      return;
    case FallEvent::Kind::kFallen:
      conclusion.latching = true;
      conclusion.reason =
          fall.still ? Sentence{"Chute probable à " + at + ", la personne ne bouge plus",
                                "Probable fall at " + at + ", the person has not moved since"}
                     : Sentence{"Chute probable à " + at + ", la personne ne s'est pas relevée",
                                "Probable fall at " + at + ", the person is not up again"};
      break;
    case FallEvent::Kind::kLongLie:
      conclusion.latching = true;
      conclusion.rule_key = "LONG_LIE";
      conclusion.reason = {"Chute à " + at + " : toujours pas relevée une heure après",
                           "Fall at " + at + ": still not up, long after"};
      break;
    case FallEvent::Kind::kRecovered:
      conclusion.rule_key = "FALL_RECOVERED";
      conclusion.severity = alert::v1::SEVERITY_LOW;
      conclusion.reason = {"Chute probable à " + at + ", la personne s'est relevée",
                           "Probable fall at " + at + ", the person is up again"};
      break;
  }
  Tell(
      context, std::move(conclusion),
      {absl::StrFormat("Choc de %.1f g, corps incliné de %.0f°", fall.peak_g, fall.angle_degrees),
       absl::StrFormat("Impact of %.1f g, body turned by %.0f°", fall.peak_g, fall.angle_degrees)});
}

}  // namespace

void OnAcceleration(Context& context, int device, const event::v1::Event& event) {
  const DevicePlan& plan = context.plan.devices()[static_cast<std::size_t>(device)];
  if (plan.fall < 0) return;
  const event::v1::Acceleration& acceleration = event.acceleration();
  static thread_local std::vector<FallEvent> events;
  events.clear();
  context.state.fall(plan.fall).Feed(plan.fall_config, EventMicros(event), acceleration.rate_hz(),
                                     acceleration.samples_mg(), events);
  if (events.empty() || !domain::IsEnabled(context.plan.care_plan(plan.patient).fall())) return;
  for (const FallEvent& fall : events) TellEvent(context, device, fall);
}

void DisarmFalls(Context& context, int patient) {
  for (const DevicePlan& plan : context.plan.devices())
    if (plan.fall >= 0 && plan.patient == patient) context.state.fall(plan.fall).Disarm();
}

void OnFallTick(Context& context, int64_t tick_us) {
  for (std::size_t i = 0; i < context.plan.devices().size(); ++i) {
    const DevicePlan& plan = context.plan.devices()[i];
    if (plan.fall < 0) continue;
    FallDetector& detector = context.state.fall(plan.fall);
    const int64_t deadline = detector.PendingDeadline();
    const int64_t heard = context.state.record().devices(static_cast<int>(i)).heard_us();
    if (deadline == 0 || tick_us < std::max(deadline, heard) + kGraceUs) continue;
    const int64_t impact = detector.PendingImpact();
    detector.Disarm();
    if (!domain::IsEnabled(context.plan.care_plan(plan.patient).fall())) continue;
    Conclusion conclusion = About(context, static_cast<int>(i), impact, deadline);
    conclusion.latching = true;
    const std::string at = WallClock(context.plan, impact);
    conclusion.reason = {"Chute probable à " + at + ", non confirmée : contact perdu",
                         "Probable fall at " + at + ", not confirmed: contact lost"};
    Tell(context, std::move(conclusion),
         {"Choc, puis changement de posture", "Impact, then another posture"});
  }
}

int64_t FallServerDeadline(const HomePlan& plan, const HomeState& state) {
  int64_t next = kNever;
  for (std::size_t i = 0; i < plan.devices().size(); ++i) {
    if (plan.devices()[i].fall < 0) continue;
    const int64_t deadline = state.fall(plan.devices()[i].fall).PendingDeadline();
    if (deadline == 0) continue;
    const int64_t heard = state.record().devices(static_cast<int>(i)).heard_us();
    next = std::min(next, std::max(deadline, heard) + kGraceUs);
  }
  return next;
}

}  // namespace veille::detector
