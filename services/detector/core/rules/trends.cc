// Slow changes: each week's sums of visits to the bathroom at night, of minutes with movement at
// night, of outings and of steps, against the mean of the four weeks before. Told when a week is
// over, and cleared by a week that is as usual again.

#include <algorithm>
#include <cmath>

#include "services/detector/core/rules/rules.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

constexpr int kWeeksBefore = 4;
constexpr int64_t kMinuteUs = 60'000'000;
// The same visit, and less than an outing.
constexpr int64_t kVisitUs = 10 * kMinuteUs, kLeastOutingUs = 10 * kMinuteUs;

// A habit: its sum in a week, and the mean below which chance alone changes it by half.
struct Habit {
  uint32_t (store::v1::WeekState::*sum)() const;
  bool rises;  // Told when it rises; else when it falls.
  double least_mean;
  const char* key;
  const char* fr;
  const char* en;
};
constexpr Habit kTracked[] = {
    {&store::v1::WeekState::visits, true, 5, "VISITS", "passages nocturnes aux toilettes",
     "visits to the bathroom at night"},
    {&store::v1::WeekState::stirs, true, 30, "NIGHT", "minutes d'activité la nuit",
     "minutes of activity at night"},
    {&store::v1::WeekState::outings, false, 5, "OUTINGS", "sorties", "outings"},
    {&store::v1::WeekState::steps, false, 3500, "STEPS", "pas", "steps"},
};
constexpr int kHabitCount = 4;

void BeginWeek(const HomePlan& plan, int64_t at_us, store::v1::TrendState& state) {
  const auto day = absl::ToCivilDay(absl::FromUnixMicros(at_us), plan.zone());
  state.set_begin_us(absl::ToUnixMicros(absl::FromCivil(day, plan.zone())));
  auto& weeks = *state.mutable_weeks();
  if (weeks.size() <= kWeeksBefore) weeks.Add();
  // The oldest becomes the new one.
  for (int i = weeks.size() - 1; i > 0; --i) weeks.SwapElements(i, i - 1);
  weeks.Mutable(0)->Clear();
}

int64_t EndOf(const HomePlan& plan, const store::v1::TrendState& state) {
  const auto day = absl::ToCivilDay(absl::FromUnixMicros(state.begin_us()), plan.zone());
  return absl::ToUnixMicros(absl::FromCivil(day + 7, plan.zone()));
}

void OnSignal(Context& context, const Signal& seen) {
  const TrendFigures& figures = context.plan.living.trend;
  if (!figures.enabled) return;
  const auto& record = context.state.record();
  auto& state = *context.state.record().mutable_living()->mutable_trend();
  if (state.begin_us() == 0) BeginWeek(context.plan, seen.time_us, state);
  // Sent again, or late: perhaps counted already.
  if (seen.time_us < record.released_us()) return;
  auto& week = *state.mutable_weeks(0);
  if (seen.kind == SignalKind::kSteps) {
    if (seen.value > 0 && seen.value < 1e6)
      week.set_steps(week.steps() + static_cast<uint32_t>(seen.value));
    return;
  }
  const int64_t left = record.wandering().away().left_us();
  if (IsOut(record) && left != 0 && seen.time_us >= left + kLeastOutingUs &&
      seen.time_us > record.door_us() + kDoorwayUs) {
    week.set_outings(week.outings() + 1);
  }
  if (seen.time_us / kMinuteUs == state.stir_us() / kMinuteUs) return;
  if (!InWindow(absl::FromUnixMicros(seen.time_us), context.plan.zone(), figures.window)) return;
  state.set_stir_us(seen.time_us);
  week.set_stirs(week.stirs() + 1);
  const DevicePlan& device = context.plan.device(seen.device);
  if (device.room_kind != RoomKind::kBathroom) return;
  if (seen.time_us > state.visit_us() + kVisitUs) week.set_visits(week.visits() + 1);
  state.set_visit_us(seen.time_us);
}

int64_t Deadline(const Context& context, int64_t by_us) {
  const auto& state = context.state.record().living().trend();
  if (!context.plan.living.trend.enabled || state.begin_us() == 0) return kNever;
  constexpr int64_t kSixDaysUs = 6LL * 24 * 3600 * 1000000;
  if (by_us < state.begin_us() + kSixDaysUs) return state.begin_us() + kSixDaysUs;
  return EndOf(context.plan, state);
}

void Conclude(Context& context, const Habit& habit, int64_t at_us, double mean, bool ends,
              std::string& alert_id) {
  const auto& state = context.state.record().living().trend();
  const care::v1::TrendsRule& rule = context.plan.care_plan(0).trends();
  Conclusion conclusion;
  conclusion.rule = &rule;
  conclusion.rule_key = std::string("TREND/") + habit.key;
  conclusion.severity = SeverityOr(rule, alert::v1::SEVERITY_LOW);
  conclusion.opening = habit.key;
  conclusion.event_us = at_us;
  conclusion.opening_receive_us = at_us;
  conclusion.decide_us = at_us;
  conclusion.alert_id = alert_id;
  if (ends) conclusion.kind = store::v1::Finding::KIND_CLEAR;
  const std::string sum = std::to_string((state.weeks(0).*habit.sum)());
  const std::string usual = std::to_string(std::lround(mean));
  conclusion.reason = {
      sum + " " + habit.fr + " cette semaine, contre " + usual + " en moyenne les quatre d'avant",
      sum + " " + habit.en + " this week, against " + usual + " a week in the four before"};
  conclusion.observations.push_back({at_us, 0, "", conclusion.reason});
  alert_id = detector::Conclude(context, std::move(conclusion));
  if (ends) alert_id.clear();
}

void OnDeadline(Context& context, int64_t deadline_us) {
  const TrendFigures& figures = context.plan.living.trend;
  auto& state = *context.state.record().mutable_living()->mutable_trend();
  // Out for the whole week, or sensors that saw nothing: no week to compare.
  const bool known = state.weeks_size() > kWeeksBefore && SensorsAlive(context, deadline_us);
  while (state.alert_ids_size() < kHabitCount) state.add_alert_ids();
  for (int i = 0; known && i < kHabitCount; ++i) {
    const Habit& habit = kTracked[i];
    double mean = 0;
    for (int week = 1; week <= kWeeksBefore; ++week)
      mean += static_cast<double>((state.weeks(week).*habit.sum)()) / kWeeksBefore;
    const double sum = (state.weeks(0).*habit.sum)();
    const bool changed =
        mean >= habit.least_mean && (habit.rises ? sum >= mean * (1 + figures.rise / 100)
                                                 : sum <= mean * (1 - figures.decline / 100));
    std::string& alert_id = *state.mutable_alert_ids(i);
    if (changed == alert_id.empty())
      Conclude(context, habit, deadline_us, mean, !changed, alert_id);
  }
  BeginWeek(context.plan, deadline_us, state);
}

}  // namespace

const Rule kTrends = {
    .wants = kSignsOfLife | Of(SignalKind::kSteps),
    .on_signal = OnSignal,
    .deadline = Deadline,
    .on_deadline = OnDeadline,
    .proof = Proof::kSilence,
};

}  // namespace veille::detector
