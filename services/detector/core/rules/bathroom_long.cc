// In the bathroom, and seen nowhere else for long. Only where motion sensors in several other rooms
// would see who comes out, while they are alive, and not while a bed or seat is in use. An exit
// door that opens ends it: then nobody can say who is where.
//
// The entry is a trigger that was seen: where contact is lost meanwhile, it is told as not
// confirmed.

#include <algorithm>
#include <optional>

#include "services/detector/core/rules/rules.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

constexpr uint32_t kMedium = 1, kHigh = 2, kNotJudged = 3;
// Longer than usual (p95) by so much, where that is more than the plan's patience; at most twice
// it.
constexpr double kUsualRatio = 1.5;

bool IsThere(const store::v1::BathroomState& stay) { return stay.since_us() != 0; }

bool IsNight(const HomePlan& plan, int64_t at_us) {
  return InWindow(absl::FromUnixMicros(at_us), plan.zone(), plan.living.bathroom.window);
}

std::optional<absl::Duration> UsualStay(const HomePlan& plan, const HomeState& state) {
  const Baselines* baselines = state.baselines();
  if (baselines == nullptr || !baselines->learnt()) return std::nullopt;
  return baselines->BathroomStay(IsNight(plan, state.record().living().bathroom().since_us()));
}

// When the stay has lasted for long.
int64_t LongEnough(const HomePlan& plan, const HomeState& state) {
  const BathroomFigures& figures = plan.living.bathroom;
  const int64_t since = state.record().living().bathroom().since_us();
  const int64_t patience = IsNight(plan, since) ? figures.night_us : figures.day_us;
  const auto usual = UsualStay(plan, state);
  if (!usual.has_value()) return since + patience;
  return since +
         std::clamp(absl::ToInt64Microseconds(*usual * kUsualRatio), patience, 2 * patience);
}

Conclusion About(const Context& context, int64_t decide_us) {
  const store::v1::BathroomState& stay = context.state.record().living().bathroom();
  const care::v1::BathroomLongRule& rule = context.plan.care_plan(0).bathroom_long();
  Conclusion conclusion;
  conclusion.rule = &rule;
  conclusion.alert_id = stay.alert_id();
  conclusion.event_us = stay.since_us();
  conclusion.opening_receive_us = stay.receive_us();
  conclusion.decide_us = decide_us;
  conclusion.severity =
      stay.level() == kHigh ? alert::v1::SEVERITY_HIGH : alert::v1::SEVERITY_MEDIUM;
  return conclusion;
}

void End(Context& context, const Signal& seen) {
  auto& stay = *context.state.record().mutable_living()->mutable_bathroom();
  if (!stay.alert_id().empty()) {
    Conclusion conclusion = About(context, seen.time_us);
    conclusion.kind = store::v1::Finding::KIND_CLEAR;
    const std::string at = WallClock(context.plan, seen.time_us);
    conclusion.reason = {"Sortie de la salle de bain à " + at, "Out of the bathroom at " + at};
    conclusion.observations.push_back(
        {seen.time_us, seen.receive_us, context.plan.device(seen.device).id, conclusion.reason});
    Conclude(context, std::move(conclusion));
  }
  stay.Clear();
}

void OnSignal(Context& context, const Signal& seen) {
  if (!context.plan.living.bathroom.enabled || !context.plan.sees_bathroom() ||
      context.plan.home().patients_size() != 1) {
    return;
  }
  auto& record = context.state.record();
  const auto& stay = record.living().bathroom();
  if (seen.kind == SignalKind::kUnclear) {
    // Perhaps seen elsewhere: what was told stays.
    if (IsThere(stay) && stay.alert_id().empty())
      record.mutable_living()->mutable_bathroom()->set_level(kNotJudged);
    return;
  }
  const DevicePlan& device = context.plan.device(seen.device);
  const bool there = seen.sign_of_life && device.room_kind == RoomKind::kBathroom;
  if (!there) {
    if (IsThere(stay) && seen.time_us >= stay.since_us()) End(context, seen);
    return;
  }
  // Seen elsewhere after this: old news.
  if (IsThere(stay) || seen.time_us < record.presence_us()) return;
  if (IsOccupied(context, seen.time_us)) return;
  auto& begun = *record.mutable_living()->mutable_bathroom();
  begun.set_since_us(seen.time_us);
  begun.set_receive_us(seen.receive_us);
  begun.set_device(static_cast<uint32_t>(seen.device));
}

int64_t Deadline(const Context& context, int64_t by_us) {
  const auto& stay = context.state.record().living().bathroom();
  if (!IsThere(stay) || stay.level() >= kHigh) return kNever;
  const BathroomFigures& figures = context.plan.living.bathroom;
  const int64_t least = stay.since_us() + std::min(figures.night_us, figures.day_us);
  if (by_us < least && stay.level() == 0) return least;
  const int64_t medium = LongEnough(context.plan, context.state);
  return stay.level() == kMedium ? std::max(medium, stay.since_us() + figures.high_us) : medium;
}

void Tell(Context& context, int64_t deadline_us, bool confirmed) {
  auto& stay = *context.state.record().mutable_living()->mutable_bathroom();
  const bool worse = stay.level() == kMedium;
  stay.set_level(worse ? kHigh : kMedium);
  Conclusion conclusion = About(context, deadline_us);
  if (worse) conclusion.kind = store::v1::Finding::KIND_WORSEN;
  const std::string at = WallClock(context.plan, stay.since_us());
  const auto minutes = std::to_string((deadline_us - stay.since_us()) / 60000000);
  conclusion.reason = {
      "Dans la salle de bain depuis " + at + ", pas ressortie après " + minutes + " min",
      "In the bathroom since " + at + ", not out after " + minutes + " min"};
  if (const auto usual = UsualStay(context.plan, context.state); usual.has_value()) {
    const auto most = std::to_string(absl::ToInt64Minutes(*usual));
    conclusion.reason.fr += " ; d'ordinaire au plus " + most + " min";
    conclusion.reason.en += "; usually at most " + most + " min";
  }
  if (!confirmed) {
    conclusion.reason = {
        "Dans la salle de bain depuis " + at + " ; non confirmé : contact perdu avec le domicile",
        "In the bathroom since " + at + "; not confirmed: contact lost with the home"};
  }
  conclusion.observations.push_back({stay.since_us(),
                                     stay.receive_us(),
                                     context.plan.devices()[stay.device()].id,
                                     {"Vue dans la salle de bain", "Seen in the bathroom"}});
  conclusion.observations.push_back({deadline_us, 0, "", conclusion.reason});
  stay.set_alert_id(Conclude(context, std::move(conclusion)));
}

void OnDeadline(Context& context, int64_t deadline_us) {
  auto& stay = *context.state.record().mutable_living()->mutable_bathroom();
  // What was told already grows worse all the same.
  if (stay.level() != kMedium && !AliveCoverage(context, deadline_us).sees_bathroom())
    return stay.set_level(kNotJudged);
  Tell(context, deadline_us, true);
}

// The tick at which a stay is told although contact is lost.
int64_t NextTick(const HomePlan& plan, const HomeState& state) {
  const auto& stay = state.record().living().bathroom();
  if (!IsThere(stay) || stay.level() != 0) return kNever;
  return std::max(LongEnough(plan, state), stay.receive_us()) + plan.living.bathroom.grace_us;
}

void OnTick(Context& context, int64_t tick_us) {
  if (tick_us >= NextTick(context.plan, context.state))
    Tell(context, LongEnough(context.plan, context.state), false);
}

}  // namespace

const Rule kBathroomLong = {
    .wants = kSignsOfLife | kDoorEdges | Of(SignalKind::kLeft) | Of(SignalKind::kUnclear),
    .on_signal = OnSignal,
    .deadline = Deadline,
    .on_deadline = OnDeadline,
    .on_tick = OnTick,
    .server_deadline = NextTick,
};

}  // namespace veille::detector
