// A room too hot or too cold for too long: three levels, each with its span; the worst is told, and
// it is over when the room is clearly back within the first. Each room by itself.

#include <algorithm>
#include <cmath>

#include "services/detector/core/rules/spell.h"

namespace veille::detector {
namespace {

constexpr int kLevels = 3;
// A sensor that is not heard is looked at again after this.
constexpr int64_t kLookAgainUs = 1800LL * 1000000;

// What is the same for heat and cold but for the sign.
struct Side {
  const ClimateFigures& figures;
  const google::protobuf::Message& rule;
  alert::v1::Severity first;
  const char* key;
  bool hot;
  // By how much a temperature is beyond a level, °C.
  double Beyond(double celsius, int level) const {
    const double limit = figures.celsius[static_cast<std::size_t>(level)];
    return hot ? celsius - limit : limit - celsius;
  }
  int64_t Span(int level) const { return figures.span_us[static_cast<std::size_t>(level)]; }
  alert::v1::Severity SeverityOf(int level) const {
    constexpr alert::v1::Severity kUsual[kLevels] = {
        alert::v1::SEVERITY_LOW, alert::v1::SEVERITY_MEDIUM, alert::v1::SEVERITY_HIGH};
    return level == 0 ? first : std::max(first, kUsual[level]);
  }
  const store::v1::ExtremeState& Of(const store::v1::InstallationState& state) const {
    return hot ? state.climate().hot() : state.climate().cold();
  }
  store::v1::ExtremeState& Mutable(store::v1::InstallationState& state) const {
    return hot ? *state.mutable_climate()->mutable_hot() : *state.mutable_climate()->mutable_cold();
  }
  void Forget(store::v1::InstallationState& state) const {
    hot ? state.mutable_climate()->clear_hot() : state.mutable_climate()->clear_cold();
    if (!state.climate().has_hot() && !state.climate().has_cold()) state.clear_climate();
  }
};

Side Hot(const HomePlan& plan) {
  const care::v1::RoomHotRule& rule = plan.care_plan(0).room_hot();
  return {plan.dwelling.hot, rule, SeverityOr(rule, alert::v1::SEVERITY_LOW), "ROOM_HOT/", true};
}
Side Cold(const HomePlan& plan) {
  const care::v1::RoomColdRule& rule = plan.care_plan(0).room_cold();
  return {plan.dwelling.cold, rule, SeverityOr(rule, alert::v1::SEVERITY_LOW), "ROOM_COLD/", false};
}

Matter About(const Context& context, const Side& side, int device) {
  const std::string& id = context.plan.device(device).id;
  return {&side.rule, side.key + id, id, 0};
}

// When the first level that is worse than what was told is due; sets `level`.
int64_t NextDue(const Side& side, const store::v1::ExtremeState& state, int& level) {
  int64_t due = 0;
  for (int i = 0; i < kLevels; ++i) {
    const int64_t since = state.since_us(i);
    if (since == 0 || side.SeverityOf(i) <= state.spell().told()) continue;
    const int64_t at = since + side.Span(i);
    // Of two at one instant the worse.
    if (due != 0 && at > due) continue;
    due = at;
    level = i;
  }
  return due;
}

void TellLevel(Context& context, const Side& side, int device, int level, int64_t decide_us) {
  auto& state = side.Mutable(MutableInstallation(context, device));
  auto& spell = *state.mutable_spell();
  const std::string room = RoomOf(context.plan, device);
  const Sentence now = Figure(state.celsius(), 1);
  const Sentence limit = Figure(side.figures.celsius[static_cast<std::size_t>(level)], 0);
  const std::string since = WallClock(context.plan, state.since_us(level));
  const Sentence words =
      side.hot ? Sentence{"plus de ", "above "} : Sentence{"moins de ", "below "};
  TellSpell(context, About(context, side, device),
            {side.SeverityOf(level),
             decide_us,
             side.hot ? Sentence{"La pièce est trop chaude", "The room is too hot"}
                      : Sentence{"La pièce est trop froide", "The room is too cold"},
             {room + " : " + now.fr + " °C, " + words.fr + limit.fr + " °C depuis " + since,
              room + ": " + now.en + " °C, " + words.en + limit.en + " °C since " + since}},
            spell);
}

// Tells what is due by now, the worst only.
void TellDue(Context& context, const Side& side, int device, int64_t by_us, int64_t decide_us) {
  auto& state = side.Mutable(MutableInstallation(context, device));
  int level = 0, worst = -1;
  for (int i = 0; i < kLevels; ++i) {
    const bool due = state.since_us(i) != 0 && state.since_us(i) + side.Span(i) <= by_us &&
                     side.SeverityOf(i) > state.spell().told();
    if (due) worst = i;
  }
  if (worst >= 0) TellLevel(context, side, device, worst, decide_us);
  state.mutable_spell()->set_ask_us(NextDue(side, state, level));
}

void OnSide(Context& context, const Side& side, const Signal& seen) {
  const bool begun =
      side.Of(context.state.record().devices(seen.device).installation()).since_us_size() > 0;
  if (!side.figures.enabled || (!begun && side.Beyond(seen.value, 0) <= 0)) return;
  auto& installation = MutableInstallation(context, seen.device);
  auto& state = side.Mutable(installation);
  if (side.Beyond(seen.value, 0) <= -side.figures.hysteresis) {
    const Sentence now = Figure(seen.value, 1);
    const std::string room = RoomOf(context.plan, seen.device);
    EndSpell(context, About(context, side, seen.device),
             {seen.time_us,
              seen.receive_us,
              context.plan.device(seen.device).id,
              {room + " : de nouveau " + now.fr + " °C", room + ": " + now.en + " °C again"}},
             *state.mutable_spell());
    return side.Forget(installation);
  }
  while (state.since_us_size() < kLevels) state.add_since_us(0);
  for (int i = 0; i < kLevels; ++i) {
    const double beyond = side.Beyond(seen.value, i);
    if (beyond > 0 && state.since_us(i) == 0) state.set_since_us(i, seen.time_us);
    if (beyond <= -side.figures.hysteresis) state.set_since_us(i, 0);
  }
  state.set_celsius(seen.value);
  auto& spell = *state.mutable_spell();
  if (spell.since_us() == 0) {
    spell.set_since_us(seen.time_us);
    spell.set_receive_us(seen.receive_us);
  }
  TellDue(context, side, seen.device, seen.time_us, seen.time_us);
}

void OnTemperature(Context& context, const Side& side, const Signal& seen) {
  const auto& climates = context.plan.dwelling.climates;
  if (std::isnan(seen.value)) return;
  if (std::find(climates.begin(), climates.end(), seen.device) == climates.end()) return;
  OnSide(context, side, seen);
}

Next NextRoom(const Context& context, const Side& side) {
  Next next;
  if (!side.figures.enabled) return next;
  for (const int device : context.plan.dwelling.climates)
    next.Offer(device,
               side.Of(context.state.record().devices(device).installation()).spell().ask_us());
  return next;
}

void OnDeadline(Context& context, const Side& side, int64_t deadline_us) {
  const int device = NextRoom(context, side).device;
  if (IsAlive(context, device, deadline_us))
    return TellDue(context, side, device, deadline_us, deadline_us);
  side.Mutable(MutableInstallation(context, device))
      .mutable_spell()
      ->set_ask_us(deadline_us + kLookAgainUs);
}

}  // namespace

const Rule kRoomHot = {
    .wants = Of(SignalKind::kTemperature),
    .on_signal = [](Context& context,
                    const Signal& seen) { OnTemperature(context, Hot(context.plan), seen); },
    .deadline = [](const Context& context,
                   int64_t) { return NextRoom(context, Hot(context.plan)).at_us; },
    .on_deadline = [](Context& context,
                      int64_t at_us) { OnDeadline(context, Hot(context.plan), at_us); },
    .proof = Proof::kSilence,
};

const Rule kRoomCold = {
    .wants = Of(SignalKind::kTemperature),
    .on_signal = [](Context& context,
                    const Signal& seen) { OnTemperature(context, Cold(context.plan), seen); },
    .deadline = [](const Context& context,
                   int64_t) { return NextRoom(context, Cold(context.plan)).at_us; },
    .on_deadline = [](Context& context,
                      int64_t at_us) { OnDeadline(context, Cold(context.plan), at_us); },
    .proof = Proof::kSilence,
};

}  // namespace veille::detector
