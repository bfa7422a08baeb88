// The stove is on and nobody is in the kitchen: first the person is asked, then the circle is told.
// A plate that holds its heat draws power now and then: it is off only when it drew none for a
// while. That the stove is on was seen: it is told also when contact is lost meanwhile. Where no
// sensor of the kitchen is alive, nobody can say that it is empty, and nothing is concluded.

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"

#include "services/detector/core/rules/kitchen.h"
#include "services/detector/core/rules/spell.h"

namespace veille::detector {
namespace {

using event::v1::MeterReading;

// Below the threshold by this the plate counts as cold again, °C.
constexpr double kCooled = 5;
// How long an answer is waited for.
constexpr int64_t kPromptLifeUs = 120'000'000;

Matter About(const Context& context, int device) {
  const std::string& id = context.plan.device(device).id;
  return {&context.plan.care_plan(0).stove(), "STOVE_UNATTENDED/" + id, id, 0};
}

alert::v1::Severity Severe(const HomePlan& plan) {
  return SeverityOr(plan.care_plan(0).stove(), alert::v1::SEVERITY_MEDIUM);
}

bool IsStove(const HomePlan& plan, int device) {
  const auto& stoves = plan.dwelling.stoves;
  return std::find(stoves.begin(), stoves.end(), device) != stoves.end();
}

// When the stove is judged next.
void SetAsk(const StoveFigures& figures, store::v1::StoveState& stove) {
  store::v1::Spell& alone = *stove.mutable_alone();
  int64_t ask = 0;
  if (alone.alert_id().empty())
    ask = alone.since_us() + (stove.asked() ? figures.tell_us : figures.prompt_us);
  if (stove.low_us() != 0) {
    const int64_t off = stove.low_us() + figures.hold_us;
    ask = ask == 0 ? off : std::min(ask, off);
  }
  alone.set_ask_us(ask);
}

// Somebody is with it, or it is newly on: the wait begins here.
void Attend(const StoveFigures& figures, const Signal& seen, store::v1::StoveState& stove) {
  stove.set_asked(false);
  store::v1::Spell& alone = *stove.mutable_alone();
  alone.set_since_us(seen.time_us);
  alone.set_receive_us(seen.receive_us);
  SetAsk(figures, stove);
}

void SwitchOff(Context& context, int device, const Ending& ending) {
  auto& installation = MutableInstallation(context, device);
  EndSpell(context, About(context, device), ending, *installation.mutable_stove()->mutable_alone());
  installation.clear_stove();
}

Ending OffAt(const Context& context, int device, int64_t time_us, int64_t receive_us) {
  const std::string at = WallClock(context.plan, time_us);
  return {time_us,
          receive_us,
          context.plan.device(device).id,
          {"Cuisinière éteinte à " + at, "Stove off at " + at}};
}

enum class Heat { kUnknown, kOn, kLow, kOff };

Heat HeatOf(const StoveFigures& figures, const Signal& seen) {
  switch (seen.kind) {
    case SignalKind::kMeter:
      if (seen.code != MeterReading::kElectricityW) return Heat::kUnknown;
      return seen.value > figures.on_w ? Heat::kOn : Heat::kLow;
    case SignalKind::kTemperature:
      if (seen.value > figures.on_celsius) return Heat::kOn;
      return seen.value <= figures.on_celsius - kCooled ? Heat::kLow : Heat::kUnknown;
    case SignalKind::kUseBegan:
      return Heat::kOn;
    case SignalKind::kUseEnded:
    case SignalKind::kSwitchOff:
      return Heat::kOff;
    default:
      return Heat::kUnknown;
  }
}

void OnStove(Context& context, const Signal& seen) {
  const StoveFigures& figures = context.plan.dwelling.stove;
  const Heat heat = HeatOf(figures, seen);
  const bool on = InstallationOf(context, seen.device).stove().on_us() != 0;
  if (heat == Heat::kUnknown || (!on && heat != Heat::kOn)) return;
  if (heat == Heat::kOff)
    return SwitchOff(context, seen.device,
                     OffAt(context, seen.device, seen.time_us, seen.receive_us));
  auto& stove = *MutableInstallation(context, seen.device).mutable_stove();
  if (!on) {
    stove.set_on_us(seen.time_us);
    return Attend(figures, seen, stove);
  }
  if (heat == Heat::kLow && stove.low_us() == 0) stove.set_low_us(seen.time_us);
  if (heat == Heat::kOn) stove.set_low_us(0);
  SetAsk(figures, stove);
}

void OnAttendance(Context& context, const Signal& seen) {
  for (const int device : context.plan.dwelling.stoves) {
    if (InstallationOf(context, device).stove().on_us() == 0) continue;
    auto& stove = *MutableInstallation(context, device).mutable_stove();
    if (seen.time_us <= stove.alone().since_us()) continue;
    if (!stove.alone().alert_id().empty()) {
      const std::string at = WallClock(context.plan, seen.time_us);
      const bool answer = seen.kind == SignalKind::kAnswered;
      EndSpell(context, About(context, device),
               {seen.time_us,
                seen.receive_us,
                context.plan.device(seen.device).id,
                {(answer ? "La personne a répondu à " : "Mouvement dans la cuisine à ") + at,
                 (answer ? "The person answered at " : "Movement in the kitchen at ") + at}},
               *stove.mutable_alone());
    }
    Attend(context.plan.dwelling.stove, seen, stove);
  }
}

void OnSignal(Context& context, const Signal& seen) {
  if (!context.plan.dwelling.stove.enabled || context.plan.dwelling.stoves.empty()) return;
  if (IsAttendance(context, seen)) OnAttendance(context, seen);
  if (IsStove(context.plan, seen.device)) OnStove(context, seen);
}

Next NextStove(const Context& context) {
  Next next;
  for (const int device : context.plan.dwelling.stoves)
    next.Offer(device, InstallationOf(context, device).stove().alone().ask_us());
  return next;
}

void AskPerson(Context& context, int device, store::v1::StoveState& stove) {
  const std::string since = WallClock(context.plan, stove.on_us());
  Question question;
  question.rule = &context.plan.care_plan(0).stove();
  question.opening = context.plan.device(device).id;
  question.event_us = stove.alone().since_us();
  question.life_us = kPromptLifeUs;
  question.text = {"La cuisinière est allumée depuis " + since + ". Tout va bien ?",
                   "The stove has been on since " + since + ". Is everything all right?"};
  Ask(context, std::move(question));
  stove.set_asked(true);
}

void TellAlone(Context& context, int device, int64_t decide_us, bool confirmed) {
  auto& stove = *MutableInstallation(context, device).mutable_stove();
  const std::string on = WallClock(context.plan, stove.on_us());
  const std::string since = WallClock(context.plan, stove.alone().since_us());
  const std::string lasting = Lasting(context.plan.dwelling.stove.tell_us);
  Judgement judgement{
      Severe(context.plan),
      decide_us,
      {"Dernière présence auprès de la cuisinière", "Last seen with the stove"},
      {"Cuisinière allumée depuis " + on + ", personne dans la cuisine depuis " + since + " (" +
           lasting + ")",
       "Stove on since " + on + ", nobody in the kitchen since " + since + " (" + lasting + ")"}};
  if (!confirmed) {
    judgement.reason = {
        "Cuisinière allumée depuis " + on + " ; non confirmé : contact perdu avec le domicile",
        "Stove on since " + on + "; not confirmed: contact lost with the home"};
  }
  TellSpell(context, About(context, device), std::move(judgement), *stove.mutable_alone());
  SetAsk(context.plan.dwelling.stove, stove);
}

void OnDeadline(Context& context, int64_t deadline_us) {
  const StoveFigures& figures = context.plan.dwelling.stove;
  const int device = NextStove(context).device;
  auto& stove = *MutableInstallation(context, device).mutable_stove();
  if (stove.low_us() != 0 && stove.low_us() + figures.hold_us <= deadline_us)
    return SwitchOff(context, device, OffAt(context, device, stove.low_us(), 0));
  if (!KitchenAlive(context, deadline_us))
    return stove.mutable_alone()->set_ask_us(deadline_us + kLookAgainUs);
  if (stove.asked()) return TellAlone(context, device, deadline_us, true);
  AskPerson(context, device, stove);
  SetAsk(figures, stove);
}

int64_t Unconfirmed(const HomePlan& plan, const HomeState& state, int device) {
  const auto& stove = state.record().devices(device).installation().stove();
  if (stove.on_us() == 0 || !stove.alone().alert_id().empty()) return kNever;
  const StoveFigures& figures = plan.dwelling.stove;
  return UnconfirmedAt(plan, state.record(), device, stove.alone().since_us() + figures.tell_us,
                       stove.alone().receive_us(), figures.grace_us);
}

void OnTick(Context& context, int64_t tick_us) {
  for (const int device : context.plan.dwelling.stoves) {
    if (tick_us < Unconfirmed(context.plan, context.state, device)) continue;
    const auto& stove = InstallationOf(context, device).stove();
    TellAlone(context, device, stove.alone().since_us() + context.plan.dwelling.stove.tell_us,
              false);
  }
}

int64_t NextTick(const HomePlan& plan, const HomeState& state) {
  int64_t next = kNever;
  for (const int device : plan.dwelling.stoves)
    next = std::min(next, Unconfirmed(plan, state, device));
  return next;
}

}  // namespace

const Rule kStoveUnattended = {
    .wants = kSignsOfLife | Of(SignalKind::kAnswered) | Of(SignalKind::kMeter) |
             Of(SignalKind::kTemperature) | Of(SignalKind::kUseBegan) | Of(SignalKind::kUseEnded) |
             Of(SignalKind::kSwitchOff),
    .on_signal = OnSignal,
    .deadline = [](const Context& context, int64_t) { return NextStove(context).at_us; },
    .on_deadline = OnDeadline,
    .on_tick = OnTick,
    .server_deadline = NextTick,
};

}  // namespace veille::detector
