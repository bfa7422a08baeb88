// Nobody used the kitchen at a meal time: LOW; at two in a row MEDIUM. Only where living sensors
// would see it (motion in the kitchen, or several doors of fridge and cupboards), and not of who
// was out for a while at that time, and may have eaten there.

#include <algorithm>

#include "services/detector/core/rules/rules.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

bool IsKitchen(const DevicePlan& device) {
  return device.room_kind == RoomKind::kKitchen || device.role == care::v1::ROLE_FRIDGE_DOOR;
}

// The meal time that begins next after an instant.
void PrepareNext(const HomePlan& plan, int64_t after_us, store::v1::MealState& state) {
  const absl::Time after = absl::FromUnixMicros(after_us);
  state.set_eaten(false);
  state.set_deadline_us(kNever);
  for (const LocalWindow& window : {plan.living.meal.lunch, plan.living.meal.dinner}) {
    absl::Time begin = after;
    if (InWindow(begin, plan.zone(), window)) begin = NextWindowEdge(begin, plan.zone(), window);
    begin = NextWindowEdge(begin, plan.zone(), window);
    const absl::Time end = NextWindowEdge(begin, plan.zone(), window);
    if (end == absl::InfiniteFuture() || absl::ToUnixMicros(end) >= state.deadline_us()) continue;
    state.set_begin_us(absl::ToUnixMicros(begin));
    state.set_deadline_us(absl::ToUnixMicros(end));
  }
}

Conclusion About(const Context& context, int64_t decide_us) {
  const auto& state = context.state.record().living().meal();
  const care::v1::MealMissedRule& rule = context.plan.care_plan(0).meal_missed();
  const auto one = SeverityOr(rule, alert::v1::SEVERITY_LOW);
  Conclusion conclusion;
  conclusion.rule = &rule;
  conclusion.severity = state.missed() > 1 ? std::max(one, alert::v1::SEVERITY_MEDIUM) : one;
  conclusion.alert_id = state.alert_id();
  conclusion.event_us = decide_us;
  conclusion.opening_receive_us = decide_us;
  conclusion.decide_us = decide_us;
  return conclusion;
}

void OnMeal(Context& context, const Signal& seen) {
  auto& state = *context.state.record().mutable_living()->mutable_meal();
  if (seen.time_us >= state.begin_us()) state.set_eaten(true);
  // Sent again, or late: the next will show it.
  if (seen.time_us < context.state.record().released_us()) return;
  if (!state.alert_id().empty()) {
    Conclusion conclusion = About(context, seen.time_us);
    conclusion.kind = store::v1::Finding::KIND_CLEAR;
    conclusion.opening_receive_us = seen.receive_us;
    const std::string at = WallClock(context.plan, seen.time_us);
    conclusion.reason = {"Dans la cuisine à " + at, "In the kitchen at " + at};
    conclusion.observations.push_back(
        {seen.time_us, seen.receive_us, context.plan.device(seen.device).id, conclusion.reason});
    Conclude(context, std::move(conclusion));
    state.clear_alert_id();
  }
  state.set_missed(0);
}

void OnSignal(Context& context, const Signal& seen) {
  if (!context.plan.living.meal.enabled || !context.plan.sees_kitchen()) return;
  const auto& record = context.state.record();
  auto& state = *context.state.record().mutable_living()->mutable_meal();
  if (state.deadline_us() == 0) PrepareNext(context.plan, seen.time_us, state);
  const DevicePlan& device = context.plan.device(seen.device);
  if (seen.sign_of_life && IsKitchen(device)) return OnMeal(context, seen);
  if (seen.time_us < state.begin_us()) return;
  // What could not be read may have been the kitchen.
  if (seen.kind == SignalKind::kUnclear) return state.set_eaten(true);
  const int64_t left = record.wandering().away().left_us();
  const int64_t out_us = seen.time_us - std::max(left, state.begin_us());
  if (IsOut(record) && left != 0 && out_us >= context.plan.living.meal.out_us)
    state.set_eaten(true);
}

int64_t Deadline(const Context& context, int64_t) {
  const auto& state = context.state.record().living().meal();
  if (!context.plan.living.meal.enabled || state.deadline_us() == 0) return kNever;
  return state.deadline_us();
}

void Tell(Context& context, int64_t deadline_us) {
  auto& state = *context.state.record().mutable_living()->mutable_meal();
  state.set_missed(state.missed() + 1);
  Conclusion conclusion = About(context, deadline_us);
  if (!state.alert_id().empty()) conclusion.kind = store::v1::Finding::KIND_WORSEN;
  const std::string from = WallClock(context.plan, state.begin_us());
  const std::string to = WallClock(context.plan, deadline_us);
  conclusion.reason = {"Cuisine inutilisée de " + from + " à " + to,
                       "Kitchen not used from " + from + " to " + to};
  if (state.missed() > 1) {
    const std::string meals = std::to_string(state.missed());
    conclusion.reason.fr += " ; " + meals + " repas de suite";
    conclusion.reason.en += "; " + meals + " meals in a row";
  }
  conclusion.observations.push_back(
      {state.begin_us(), 0, "", {"Début du repas", "Meal time began"}});
  conclusion.observations.push_back({deadline_us, 0, "", conclusion.reason});
  state.set_alert_id(Conclude(context, std::move(conclusion)));
}

void OnDeadline(Context& context, int64_t deadline_us) {
  const auto& record = context.state.record();
  auto& state = *context.state.record().mutable_living()->mutable_meal();
  const bool missed = !state.eaten() && !IsOut(record) && record.presence_us() != 0 &&
                      AliveCoverage(context, deadline_us).sees_kitchen();
  if (missed && state.missed() < 2) Tell(context, deadline_us);
  PrepareNext(context.plan, deadline_us, state);
}

}  // namespace

const Rule kMealMissed = {
    .wants = kSignsOfLife | Of(SignalKind::kUnclear),
    .on_signal = OnSignal,
    .deadline = Deadline,
    .on_deadline = OnDeadline,
    .proof = Proof::kSilence,
};

}  // namespace veille::detector
