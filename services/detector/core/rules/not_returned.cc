// Out for longer than usual, or not home after dusk. A state: the last that was seen of the person
// is the exit door.
//
// Sure of it is who goes by the plan (a longest outing or a dusk margin that it names), or by
// habit: longer than so many times the usual longest outing, or out after dusk although the person
// is usually at home then. What goes by neither is LOW, and no longer LOW after the plan's
// `unlearnt` span. Where motion sensors do not see most rooms a door may have moved and nobody
// left, or somebody be back unseen: only two days make sure there.

#include <algorithm>
#include <bitset>
#include <optional>

#include "services/detector/core/dusk.h"
#include "services/detector/core/rules/spell.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

constexpr uint32_t kLow = 1, kMedium = 2, kHigh = 3, kNotJudged = 4;
constexpr uint32_t kMostEvenings = 28, kLeastEvenings = 7;
// Usually at home after dusk: all evenings but one in ten.
constexpr uint32_t kOutOneIn = 10;
constexpr int64_t kTwoDaysUs = 48LL * 3600 * 1000000;
// Where the sun does not set.
constexpr int kNoDuskHour = 22;

struct Reason {
  int64_t at_us = kNever;
  bool dusk = false;
};
struct Deadlines {
  Reason low, medium;
};

void Sooner(int64_t at_us, bool dusk, Reason& reason) {
  if (at_us < reason.at_us) reason = {at_us, dusk};
}

int64_t DuskOf(const HomePlan& plan, absl::CivilDay day) {
  const auto dusk = SunSinks(day, plan.place(), kDuskZenith);
  const absl::Time dark =
      dusk.has_value() ? *dusk : absl::FromCivil(absl::CivilHour(day) + kNoDuskHour, plan.zone());
  return absl::ToUnixMicros(dark) + plan.wandering.not_returned.dusk_margin_us;
}

absl::CivilDay DayOf(const HomePlan& plan, int64_t at_us) {
  return absl::ToCivilDay(absl::FromUnixMicros(at_us), plan.zone());
}

int64_t NextDusk(const HomePlan& plan, int64_t after_us) {
  absl::CivilDay day = DayOf(plan, after_us);
  while (DuskOf(plan, day) <= after_us) ++day;
  return DuskOf(plan, day);
}

bool IsUsuallyHome(const store::v1::AwayState& away) {
  const std::bitset<kMostEvenings> out(away.evenings_out());
  return out.count() * kOutOneIn <= away.evenings();
}

std::optional<int64_t> UsualUs(const Context& context) {
  const Baselines* baselines = context.state.baselines();
  if (baselines == nullptr || !baselines->learnt()) return std::nullopt;
  const auto outing = baselines->Outing();
  if (!outing.has_value()) return std::nullopt;
  return absl::ToInt64Microseconds(*outing);
}

Deadlines DeadlinesOf(const Context& context) {
  const NotReturnedFigures& figures = context.plan.wandering.not_returned;
  const auto& away = context.state.record().wandering().away();
  const bool sees = context.plan.sees_person();
  Deadlines at;
  Sooner(away.left_us() + figures.longest_us, false, figures.names_longest ? at.medium : at.low);
  int64_t long_us = sees ? figures.unlearnt_us : kTwoDaysUs;
  if (const auto usual = UsualUs(context); usual.has_value()) {
    const auto own = static_cast<int64_t>(figures.factor * static_cast<double>(*usual));
    long_us = sees ? std::max(own, figures.shortest_us) : std::max(own, kTwoDaysUs);
  }
  Sooner(away.left_us() + long_us, false, at.medium);
  if (away.not_home_us() == 0) return at;
  const bool learnt = away.evenings() >= kLeastEvenings;
  if (figures.names_dusk || (learnt && sees && IsUsuallyHome(away))) {
    Sooner(away.not_home_us(), true, at.medium);
  } else if (!learnt || IsUsuallyHome(away)) {
    Sooner(away.not_home_us(), true, at.low);
  }
  return at;
}

alert::v1::Severity SeverityOf(const HomePlan& plan, uint32_t level) {
  const care::v1::NotReturnedRule& rule = plan.care_plan(0).not_returned();
  switch (level) {
    case kLow:
      return alert::v1::SEVERITY_LOW;
    case kHigh:
      return alert::v1::SEVERITY_HIGH;
    default:
      return SeverityOr(rule, alert::v1::SEVERITY_MEDIUM);
  }
}

Conclusion About(const Context& context, int64_t decide_us) {
  const auto& away = context.state.record().wandering().away();
  Conclusion conclusion;
  conclusion.rule = &context.plan.care_plan(0).not_returned();
  conclusion.severity = SeverityOf(context.plan, away.level());
  conclusion.alert_id = away.alert_id();
  conclusion.event_us = away.left_us();
  // The absence is judged now, however old its beginning: it is no late news.
  conclusion.opening_receive_us = away.left_us();
  conclusion.decide_us = decide_us;
  return conclusion;
}

void OnBack(Context& context, const Signal& seen) {
  auto& away = *context.state.record().mutable_wandering()->mutable_away();
  if (away.left_us() == 0 || seen.time_us <= context.state.record().door_us() + kDoorwayUs) return;
  if (!away.alert_id().empty()) {
    Conclusion conclusion = About(context, seen.time_us);
    conclusion.kind = store::v1::Finding::KIND_CLEAR;
    conclusion.event_us = seen.time_us;
    conclusion.opening_receive_us = seen.receive_us;
    const std::string at = WallClock(context.plan, seen.time_us);
    conclusion.reason = {"De retour, vue à l'intérieur à " + at, "Back, seen inside at " + at};
    conclusion.observations.push_back(
        {seen.time_us, seen.receive_us, context.plan.device(seen.device).id, conclusion.reason});
    Conclude(context, std::move(conclusion));
  }
  away.clear_left_us();
  away.clear_receive_us();
  away.clear_level();
  away.clear_alert_id();
  away.clear_not_home_us();
}

void OnSignal(Context& context, const Signal& seen) {
  const auto& record = context.state.record();
  auto& away = *context.state.record().mutable_wandering()->mutable_away();
  if (away.dusk_us() == 0) away.set_dusk_us(NextDusk(context.plan, seen.time_us));
  if (seen.sign_of_life) return OnBack(context, seen);
  // Seen inside after this: old news. Out already: the same absence.
  if (record.presence_us() > seen.time_us + kDoorwayUs || away.left_us() != 0) return;
  away.set_left_us(seen.time_us);
  away.set_receive_us(seen.receive_us);
  away.set_device(static_cast<uint32_t>(seen.device));
  away.set_not_home_us(std::max(DuskOf(context.plan, DayOf(context.plan, seen.time_us)),
                                seen.time_us + context.plan.wandering.not_returned.shortest_us));
}

int64_t NextTelling(const Context& context) {
  const NotReturnedFigures& figures = context.plan.wandering.not_returned;
  const auto& away = context.state.record().wandering().away();
  if (!figures.enabled || away.left_us() == 0 || away.level() >= kHigh) return kNever;
  const Deadlines at = DeadlinesOf(context);
  if (away.level() == kMedium) return at.medium.at_us + figures.worsen_us;
  return away.level() == kLow ? at.medium.at_us : std::min(at.low.at_us, at.medium.at_us);
}

int64_t Deadline(const Context& context, int64_t) {
  const auto& away = context.state.record().wandering().away();
  if (away.dusk_us() == 0) return kNever;
  return std::min(away.dusk_us(), NextTelling(context));
}

void Tell(Context& context, int64_t deadline_us) {
  auto& away = *context.state.record().mutable_wandering()->mutable_away();
  const Deadlines at = DeadlinesOf(context);
  const bool worse = away.level() != 0;
  const uint32_t level = away.level() == kMedium          ? kHigh
                         : at.medium.at_us <= deadline_us ? kMedium
                                                          : kLow;
  away.set_level(level);
  Conclusion conclusion = About(context, deadline_us);
  if (worse) conclusion.kind = store::v1::Finding::KIND_WORSEN;
  const std::string left = WallClock(context.plan, away.left_us());
  const std::string span = Lasting(deadline_us - away.left_us());
  conclusion.reason = {"Sortie à " + left + ", pas de retour vu après " + span,
                       "Went out at " + left + ", not seen back after " + span};
  if (level == kLow ? at.low.dusk : at.medium.dusk) {
    conclusion.reason.fr += " ; il fait nuit";
    conclusion.reason.en += "; it is dark";
  } else if (const auto usual = UsualUs(context); usual.has_value()) {
    const std::string most = std::to_string(*usual / 60000000);
    conclusion.reason.fr += " ; d'ordinaire dehors au plus " + most + " min";
    conclusion.reason.en += "; usually out for at most " + most + " min";
  }
  conclusion.observations.push_back({away.left_us(),
                                     away.receive_us(),
                                     context.plan.devices()[away.device()].id,
                                     {"Porte d'entrée", "Front door"}});
  conclusion.observations.push_back({deadline_us, 0, "", conclusion.reason});
  away.set_alert_id(Conclude(context, std::move(conclusion)));
}

void OnDeadline(Context& context, int64_t deadline_us) {
  auto& away = *context.state.record().mutable_wandering()->mutable_away();
  const bool alive = SensorsAlive(context, deadline_us);
  if (NextTelling(context) <= deadline_us) {
    if (alive) {
      Tell(context, deadline_us);
    } else {
      away.set_level(kNotJudged);
    }
  }
  if (away.dusk_us() > deadline_us) return;
  if (alive) {
    constexpr uint32_t kAll = (uint32_t{1} << kMostEvenings) - 1;
    away.set_evenings_out(((away.evenings_out() << 1) | (away.left_us() != 0 ? 1U : 0U)) & kAll);
    away.set_evenings(std::min(away.evenings() + 1, kMostEvenings));
  }
  away.set_dusk_us(NextDusk(context.plan, deadline_us));
}

}  // namespace

const Rule kNotReturned = {
    .wants = kSignsOfLife | kDoorEdges | Of(SignalKind::kLeft),
    .on_signal = OnSignal,
    .deadline = Deadline,
    .on_deadline = OnDeadline,
    .proof = Proof::kSilence,
};

}  // namespace veille::detector
