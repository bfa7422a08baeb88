// The mains failed: for a while (POWER_CUT, of the home), and the hub runs on its battery
// (HUB_ON_BATTERY, of each hub). A hub that says so shows both, and one message tells them: the one
// that is due first. Where another device says that the power is back and the hub does not, it is
// the hub alone. Both were seen, so they are told also when contact is lost, as it will be when the
// box to the network has no power either.

#include <algorithm>

#include "services/detector/core/rules/spell.h"

namespace veille::detector {
namespace {

using event::v1::DeviceStatus;

Matter Cut(const Context& context) {
  return {&context.plan.care_plan(0).power_cut(), "",
          context.state.record().dwelling().power_cut_device_id(), 0};
}

Matter Battery(const Context& context, int hub) {
  const std::string& id = context.plan.device(hub).id;
  return {&context.plan.care_plan(0).hub_on_battery(), "HUB_ON_BATTERY/" + id, id, 0};
}

bool IsTold(const store::v1::Spell& spell) { return !spell.alert_id().empty(); }

// A hub on its battery was told: it is the same cut.
bool IsToldOfHub(const Context& context) {
  const auto& hubs = context.plan.installation.hubs;
  return std::any_of(hubs.begin(), hubs.end(),
                     [&](int hub) { return IsTold(InstallationOf(context, hub).on_battery()); });
}

// Of the sentence that tells of the cut.
Sentence AlsoOnBattery(const Context& context) {
  const auto& hubs = context.plan.installation.hubs;
  const bool any = std::any_of(hubs.begin(), hubs.end(), [&](int hub) {
    return InstallationOf(context, hub).on_battery().since_us() != 0;
  });
  return any ? Sentence{" ; le boîtier du domicile fonctionne sur batterie",
                        "; the home's hub runs on its battery"}
             : Sentence{};
}

Sentence Unconfirmed(Sentence reason, bool confirmed) {
  if (confirmed) return reason;
  reason.fr += " ; contact perdu depuis";
  reason.en += "; contact lost since";
  return reason;
}

void TellCut(Context& context, int64_t decide_us, bool confirmed) {
  auto& spell = *context.state.record().mutable_dwelling()->mutable_power_cut();
  if (IsToldOfHub(context)) return spell.clear_ask_us();
  const std::string since = WallClock(context.plan, spell.since_us());
  const Sentence hub = AlsoOnBattery(context);
  TellSpell(context, Cut(context),
            {SeverityOr(context.plan.care_plan(0).power_cut(), alert::v1::SEVERITY_TECHNICAL),
             decide_us,
             {"Secteur coupé", "Mains lost"},
             Unconfirmed({"Coupure de courant depuis " + since + hub.fr,
                          "Power cut since " + since + hub.en},
                         confirmed)},
            spell);
  spell.clear_ask_us();
}

void TellBattery(Context& context, int hub, int64_t decide_us, bool confirmed) {
  auto& spell = *MutableInstallation(context, hub).mutable_on_battery();
  if (IsTold(context.state.record().dwelling().power_cut())) return spell.clear_ask_us();
  const std::string since = WallClock(context.plan, spell.since_us());
  TellSpell(context, Battery(context, hub),
            {SeverityOr(context.plan.care_plan(0).hub_on_battery(), alert::v1::SEVERITY_TECHNICAL),
             decide_us,
             {"Le boîtier n'est plus alimenté", "The hub lost its power"},
             Unconfirmed({"Le boîtier du domicile fonctionne sur batterie depuis " + since,
                          "The home's hub runs on its battery since " + since},
                         confirmed)},
            spell);
  spell.clear_ask_us();
}

Ending Restored(const Context& context, const Signal& seen) {
  const std::string at = WallClock(context.plan, seen.time_us);
  return {seen.time_us,
          seen.receive_us,
          context.plan.device(seen.device).id,
          {"Courant rétabli à " + at, "Power restored at " + at}};
}

void OnCut(Context& context, const Signal& seen) {
  const PowerFigures& figures = context.plan.dwelling.power_cut;
  auto& record = context.state.record();
  if (seen.code == DeviceStatus::KIND_MAINS_LOST && figures.enabled) {
    auto& dwelling = *record.mutable_dwelling();
    if (dwelling.power_cut().since_us() != 0) return;
    dwelling.set_power_cut_device_id(context.plan.device(seen.device).id);
    BeginSpell(seen, figures.span_us, *dwelling.mutable_power_cut());
  } else if (seen.code == DeviceStatus::KIND_MAINS_RESTORED &&
             record.dwelling().power_cut().since_us() != 0) {
    auto& dwelling = *record.mutable_dwelling();
    EndSpell(context, Cut(context), Restored(context, seen), *dwelling.mutable_power_cut());
    dwelling.clear_power_cut();
    dwelling.clear_power_cut_device_id();
  }
}

int64_t CutDeadline(const Context& context, int64_t) {
  const auto& spell = context.state.record().dwelling().power_cut();
  return spell.ask_us() == 0 ? kNever : spell.ask_us();
}

int64_t CutTick(const HomePlan& plan, const HomeState& state) {
  const auto& spell = state.record().dwelling().power_cut();
  if (spell.ask_us() == 0) return kNever;
  return UnconfirmedAt(plan, state.record(),
                       plan.FindDevice(state.record().dwelling().power_cut_device_id()),
                       spell.ask_us(), spell.receive_us(), plan.dwelling.power_cut.grace_us);
}

void OnCutTick(Context& context, int64_t tick_us) {
  if (tick_us >= CutTick(context.plan, context.state))
    TellCut(context, context.state.record().dwelling().power_cut().ask_us(), false);
}

// The cut that stood for the hubs' is over, and they have not said so: theirs may be another.
void OnPowerElsewhere(Context& context, const Signal& seen) {
  for (const int hub : context.plan.installation.hubs) {
    const store::v1::Spell& spell = InstallationOf(context, hub).on_battery();
    if (spell.since_us() == 0 || spell.ask_us() != 0 || IsTold(spell)) continue;
    MutableInstallation(context, hub)
        .mutable_on_battery()
        ->set_ask_us(seen.time_us + context.plan.installation.on_battery.span_us);
  }
}

void OnHub(Context& context, const Signal& seen) {
  const auto& figures = context.plan.installation.on_battery;
  const bool hub = context.plan.device(seen.device).role == care::v1::ROLE_HUB;
  if (hub && seen.code == DeviceStatus::KIND_MAINS_LOST && figures.enabled) {
    BeginSpell(seen, figures.span_us,
               *MutableInstallation(context, seen.device).mutable_on_battery());
  } else if (hub && seen.code == DeviceStatus::KIND_MAINS_RESTORED &&
             InstallationOf(context, seen.device).has_on_battery()) {
    auto& installation = MutableInstallation(context, seen.device);
    EndSpell(context, Battery(context, seen.device), Restored(context, seen),
             *installation.mutable_on_battery());
    installation.clear_on_battery();
  }
  if (seen.code == DeviceStatus::KIND_MAINS_RESTORED) OnPowerElsewhere(context, seen);
}

Next NextHub(const Context& context) {
  Next next;
  for (const int hub : context.plan.installation.hubs)
    next.Offer(hub, InstallationOf(context, hub).on_battery().ask_us());
  return next;
}

int64_t HubTick(const HomePlan& plan, const HomeState& state, int hub) {
  const auto& spell = state.record().devices(hub).installation().on_battery();
  if (spell.ask_us() == 0) return kNever;
  return UnconfirmedAt(plan, state.record(), hub, spell.ask_us(), spell.receive_us(),
                       plan.installation.on_battery.grace_us);
}

void OnHubTick(Context& context, int64_t tick_us) {
  for (const int hub : context.plan.installation.hubs) {
    if (tick_us >= HubTick(context.plan, context.state, hub))
      TellBattery(context, hub, InstallationOf(context, hub).on_battery().ask_us(), false);
  }
}

int64_t NextHubTick(const HomePlan& plan, const HomeState& state) {
  int64_t next = kNever;
  for (const int hub : plan.installation.hubs) next = std::min(next, HubTick(plan, state, hub));
  return next;
}

}  // namespace

const Rule kPowerCut = {
    .wants = Of(SignalKind::kStatus),
    .on_signal = OnCut,
    .deadline = CutDeadline,
    .on_deadline = [](Context& context, int64_t at_us) { TellCut(context, at_us, true); },
    .on_tick = OnCutTick,
    .server_deadline = CutTick,
};

const Rule kHubOnBattery = {
    .wants = Of(SignalKind::kStatus),
    .on_signal = OnHub,
    .deadline = [](const Context& context, int64_t) { return NextHub(context).at_us; },
    .on_deadline =
        [](Context& context, int64_t at_us) {
          TellBattery(context, NextHub(context).device, at_us, true);
        },
    .on_tick = OnHubTick,
    .server_deadline = NextHubTick,
};

}  // namespace veille::detector
