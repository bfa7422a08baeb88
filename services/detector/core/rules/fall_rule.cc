// A fall from acceleration is told when the person has lain still, and also when the wearable falls
// silent right after an impact and a change of posture: that is a trigger seen, not a silence.

#include <algorithm>

#include "absl/strings/str_format.h"

#include "services/detector/core/rules/urgent.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

// Two missed heartbeats.
constexpr int64_t kGraceUs = 120'000'000;

void Tell(Context& context, int device, int64_t impact_us, int64_t decide_us, float peak_g,
          float angle_degrees, bool confirmed) {
  const DevicePlan& plan = context.plan.devices()[static_cast<std::size_t>(device)];
  const care::v1::FallRule& rule = context.plan.care_plan(plan.patient).fall();
  Conclusion conclusion;
  conclusion.rule = &rule;
  conclusion.patient = plan.patient;
  conclusion.latching = true;
  conclusion.opening = plan.id;
  conclusion.event_us = impact_us;
  conclusion.decide_us = decide_us;
  const std::string at = WallClock(context.plan, impact_us);
  conclusion.reason = {"Chute probable à " + at + ", la personne ne bouge plus",
                       "Probable fall at " + at + ", the person has not moved since"};
  if (!confirmed) {
    conclusion.reason = {"Chute probable à " + at + ", non confirmée : contact perdu",
                         "Probable fall at " + at + ", not confirmed: contact lost"};
  }
  Sentence impact{absl::StrFormat("Choc de %.1f g, corps incliné de %.0f°", peak_g, angle_degrees),
                  absl::StrFormat("Impact of %.1f g, body turned by %.0f°", peak_g, angle_degrees)};
  if (peak_g == 0) impact = {"Choc, puis changement de posture", "Impact, then another posture"};
  conclusion.observations.push_back({impact_us, context.receive_us, plan.id, std::move(impact)});
  conclusion.observations.push_back({decide_us, 0, "", conclusion.reason});
  Conclude(context, std::move(conclusion));
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
  for (const FallEvent& fall : events) {
    if (fall.kind != FallEvent::Kind::kFallen) continue;
    Tell(context, device, fall.impact_us, fall.decide_us, fall.peak_g, fall.angle_degrees, true);
  }
}

namespace {

void OnTick(Context& context, int64_t tick_us) {
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
    Tell(context, static_cast<int>(i), impact, deadline, 0, 0, false);
  }
}

int64_t NextTick(const HomePlan& plan, const HomeState& state) {
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

}  // namespace

const Rule kFall = {.on_tick = OnTick, .server_deadline = NextTick};

}  // namespace veille::detector
