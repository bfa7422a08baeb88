// The person did not get up this morning: nobody moved about, and nobody went out.
//
// Up is who moves about for ten minutes outside bedroom and bathroom, or is seen anywhere in the
// hour before the judgement: turning over in bed, and a visit to the bathroom at five, are not.
// Judged at the end of the plan's window until ten mornings are learnt (as MEDIUM only where the
// plan names the window: late risers are many); then an hour after the latest usual getting up (p95
// of the last 28), not beyond the cap. Not while the person is out; a bed in use says where the
// person is, not that all is well.

#include <algorithm>
#include <optional>
#include <vector>

#include "services/detector/core/rules/rules.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

// Of fewer than ten the 95 % quantile says nothing. Kept until the home's baselines know more.
constexpr int kLeastMornings = 10, kMostMornings = 28;
constexpr int64_t kMinuteUs = 60'000'000;
// Movement for so long, with no longer pause than this, is of somebody who is up.
constexpr int64_t kStirUs = 10 * kMinuteUs, kPauseUs = 20 * kMinuteUs;
// Who was seen so shortly before is not missing.
constexpr int64_t kJustSeenUs = 60 * kMinuteUs;
// Nobody is missed before this hour after the window's beginning, whatever was learnt.
constexpr int64_t kEarliestUs = 180 * kMinuteUs;

// Minutes from the window's beginning to this wall clock.
uint32_t MinuteOf(const HomePlan& plan, int64_t time_us) {
  const auto civil = absl::ToCivilMinute(absl::FromUnixMicros(time_us), plan.zone());
  const int minute = static_cast<int>(civil.hour()) * 60 + civil.minute();
  return static_cast<uint32_t>((minute - plan.living.morning.window.from_minutes + 1440) % 1440);
}

// By the home's baselines, for a day of this kind.
std::optional<int64_t> UsualByHabit(const Context& context) {
  const Baselines* baselines = context.state.baselines();
  if (baselines == nullptr) return std::nullopt;
  const int64_t begin_us = context.state.record().living().morning().begin_us();
  const auto day = absl::ToCivilDay(absl::FromUnixMicros(begin_us), context.plan.zone());
  const auto weekday = absl::GetWeekday(day);
  const auto waking =
      baselines->Waking(weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday);
  if (!waking.has_value()) return std::nullopt;
  const int64_t from = context.plan.living.morning.window.from_minutes;
  return (absl::ToInt64Minutes(*waking) - from + 1440) % 1440;
}

// In minutes from the window's beginning; −1 until enough mornings are known.
int64_t UsualLatest(const Context& context) {
  const auto& state = context.state.record().living().morning();
  if (const auto usual = UsualByHabit(context); usual.has_value()) return *usual;
  if (state.minutes_size() < kLeastMornings) return -1;
  std::vector<uint32_t> minutes(state.minutes().begin(), state.minutes().end());
  std::sort(minutes.begin(), minutes.end());
  return minutes[(minutes.size() * 95 + 99) / 100 - 1];
}

// The instant at which the wall clock is so many minutes after the beginning of the window.
int64_t AtMinute(const HomePlan& plan, int64_t begin_us, int64_t minutes) {
  const auto begin = absl::ToCivilMinute(absl::FromUnixMicros(begin_us), plan.zone());
  return absl::ToUnixMicros(absl::FromCivil(begin + minutes, plan.zone()));
}

// By what is learnt so far.
void SetDeadline(Context& context) {
  const HomePlan& plan = context.plan;
  auto& state = *context.state.record().mutable_living()->mutable_morning();
  const MorningFigures& figures = plan.living.morning;
  const absl::Time end =
      NextWindowEdge(absl::FromUnixMicros(state.begin_us()), plan.zone(), figures.window);
  const int64_t latest = absl::ToUnixMicros(end) + figures.cap_us;
  int64_t deadline = absl::ToUnixMicros(end);
  if (const int64_t usual = UsualLatest(context); usual >= 0) {
    const int64_t learnt = AtMinute(plan, state.begin_us(), usual) + figures.margin_us;
    deadline = std::clamp(learnt, std::min(state.begin_us() + kEarliestUs, latest), latest);
  }
  state.set_deadline_us(deadline);
}

void PrepareNext(Context& context, int64_t after_us) {
  const HomePlan& plan = context.plan;
  auto& state = *context.state.record().mutable_living()->mutable_morning();
  const MorningFigures& figures = plan.living.morning;
  absl::Time begin = absl::FromUnixMicros(after_us);
  if (InWindow(begin, plan.zone(), figures.window))
    begin = NextWindowEdge(begin, plan.zone(), figures.window);
  begin = NextWindowEdge(begin, plan.zone(), figures.window);
  state.set_up(false);
  state.set_stir_us(0);
  state.set_stirred_us(0);
  if (begin == absl::InfiniteFuture()) return state.set_deadline_us(kNever);
  state.set_begin_us(absl::ToUnixMicros(begin));
  SetDeadline(context);
}

void Learn(Context& context, uint32_t minute) {
  auto& state = *context.state.record().mutable_living()->mutable_morning();
  auto& today = *context.state.record().mutable_today();
  const auto from = static_cast<uint32_t>(context.plan.living.morning.window.from_minutes);
  if (today.waking_minutes() == 0) today.set_waking_minutes((from + minute) % 1440);
  auto& minutes = *state.mutable_minutes();
  if (minutes.size() >= kMostMornings) minutes.erase(minutes.begin());
  minutes.Add(minute);
}

Conclusion About(const Context& context, int64_t at_us) {
  const auto& state = context.state.record().living().morning();
  Conclusion conclusion;
  conclusion.rule = &context.plan.care_plan(0).no_morning();
  const bool sure = context.plan.living.morning.named || UsualLatest(context) >= 0;
  conclusion.severity = sure ? alert::v1::SEVERITY_MEDIUM : alert::v1::SEVERITY_LOW;
  conclusion.event_us = at_us;
  conclusion.opening_receive_us = at_us;
  conclusion.decide_us = at_us;
  conclusion.alert_id = state.alert_id();
  return conclusion;
}

void Clear(Context& context, const Signal& seen) {
  auto& state = *context.state.record().mutable_living()->mutable_morning();
  Conclusion conclusion = About(context, seen.time_us);
  conclusion.kind = store::v1::Finding::KIND_CLEAR;
  conclusion.opening_receive_us = seen.receive_us;
  const std::string at = WallClock(context.plan, seen.time_us);
  conclusion.reason = {"Vue à " + at, "Seen at " + at};
  conclusion.observations.push_back(
      {seen.time_us, seen.receive_us, context.plan.device(seen.device).id, conclusion.reason});
  Conclude(context, std::move(conclusion));
  state.clear_alert_id();
  // Up later than ever is learnt as well, or a late riser would be missed for ever.
  const MorningFigures& figures = context.plan.living.morning;
  const auto latest = static_cast<uint32_t>(
      (figures.window.to_minutes - figures.window.from_minutes + 1440) % 1440 +
      figures.cap_us / kMinuteUs);
  Learn(context, std::min(MinuteOf(context.plan, seen.time_us), latest));
  if (seen.time_us < state.begin_us()) SetDeadline(context);
}

void OnSignal(Context& context, const Signal& seen) {
  if (!context.plan.living.morning.enabled) return;
  auto& state = *context.state.record().mutable_living()->mutable_morning();
  if (state.deadline_us() == 0) PrepareNext(context, seen.time_us);
  const bool inside = seen.sign_of_life;
  const bool news = seen.time_us > context.state.record().presence_us();
  if (inside && news && !state.alert_id().empty()) Clear(context, seen);
  if (state.up() || seen.time_us < state.begin_us()) return;
  // Who goes out is up, though not to be learnt from: it may be the way home. What could not be
  // read may have been a sign of life.
  if (!inside) return state.set_up(true);
  const RoomKind room = context.plan.device(seen.device).room_kind;
  if (room == RoomKind::kBedroom || room == RoomKind::kBathroom) return;
  if (state.stir_us() == 0 || seen.time_us > state.stirred_us() + kPauseUs)
    state.set_stir_us(seen.time_us);
  state.set_stirred_us(std::max(state.stirred_us(), seen.time_us));
  if (seen.time_us < state.stir_us() + kStirUs) return;
  state.set_up(true);
  Learn(context, MinuteOf(context.plan, state.stir_us()));
}

int64_t Deadline(const Context& context, int64_t) {
  const auto& state = context.state.record().living().morning();
  if (!context.plan.living.morning.enabled || state.deadline_us() == 0) return kNever;
  return state.deadline_us();
}

void Tell(Context& context, int64_t deadline_us) {
  const int64_t last_us = context.state.record().presence_us();
  auto& state = *context.state.record().mutable_living()->mutable_morning();
  Conclusion conclusion = About(context, deadline_us);
  const std::string at = WallClock(context.plan, deadline_us);
  const std::string last = WallClock(context.plan, last_us);
  conclusion.reason = {"Pas encore levée ce matin à " + at + ", dernier signe à " + last,
                       "Not up this morning by " + at + ", last sign at " + last};
  if (const int64_t usual = UsualLatest(context); usual >= 0) {
    const std::string known =
        WallClock(context.plan, AtMinute(context.plan, state.begin_us(), usual));
    conclusion.reason.fr += " ; d'habitude levée au plus tard à " + known;
    conclusion.reason.en += "; usually up by " + known;
  }
  conclusion.observations.push_back(
      {last_us, 0, "", {"Dernier signe d'activité", "Last sign of activity"}});
  conclusion.observations.push_back({deadline_us, 0, "", conclusion.reason});
  state.set_alert_id(Conclude(context, std::move(conclusion)));
}

void OnDeadline(Context& context, int64_t deadline_us) {
  const auto& record = context.state.record();
  auto& state = *context.state.record().mutable_living()->mutable_morning();
  const bool missed =
      !state.up() && state.alert_id().empty() && !IsOut(record) && record.presence_us() != 0 &&
      record.presence_us() + kJustSeenUs <= deadline_us && SensorsAlive(context, deadline_us);
  if (missed) Tell(context, deadline_us);
  // Just up.
  if (!state.up() && state.stirred_us() + kJustSeenUs > deadline_us)
    Learn(context, MinuteOf(context.plan, state.stir_us()));
  PrepareNext(context, deadline_us);
}

}  // namespace

const Rule kNoMorning = {
    .wants = kSignsOfLife | kDoorEdges | Of(SignalKind::kLeft) | Of(SignalKind::kUnclear),
    .on_signal = OnSignal,
    .deadline = Deadline,
    .on_deadline = OnDeadline,
    .proof = Proof::kSilence,
};

}  // namespace veille::detector
