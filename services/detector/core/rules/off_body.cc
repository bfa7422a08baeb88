// A wearable lies about by day and is not on its charger: nobody is protected by it.

#include "services/detector/core/rules/spell.h"

namespace veille::detector {
namespace {

// A device that is not heard is looked at again after this.
constexpr int64_t kLookAgainUs = 1800LL * 1000000;

Matter About(const Context& context, int device) {
  const DevicePlan& plan = context.plan.device(device);
  return {&context.plan.care_plan(plan.patient).off_body(), "OFF_BODY/" + plan.id, plan.id,
          plan.patient};
}

void OnSignal(Context& context, const Signal& seen) {
  const auto& figures = context.plan.installation.off_body;
  const bool off = InstallationOf(context, seen.device).has_off_body();
  if (seen.kind == SignalKind::kOffBody) {
    if (off || !figures.enabled) return;
    if (!IsCarried(context.plan.device(seen.device).role)) return;
    return BeginSpell(seen, figures.span_us,
                      *MutableInstallation(context, seen.device).mutable_off_body());
  }
  if (!off) return;
  auto& state = MutableInstallation(context, seen.device);
  const std::string at = WallClock(context.plan, seen.time_us);
  const bool worn = seen.kind == SignalKind::kWorn;
  EndSpell(context, About(context, seen.device),
           {seen.time_us,
            seen.receive_us,
            context.plan.device(seen.device).id,
            {(worn ? "Appareil porté à " : "Appareil en charge à ") + at,
             (worn ? "Device worn at " : "Device on its charger at ") + at}},
           *state.mutable_off_body());
  state.clear_off_body();
}

Next NextWearable(const Context& context) {
  Next next;
  for (const int device : context.plan.installation.worn)
    next.Offer(device, InstallationOf(context, device).off_body().ask_us());
  return next;
}

void OnDeadline(Context& context, int64_t deadline_us) {
  const auto& figures = context.plan.installation.off_body;
  const int device = NextWearable(context).device;
  auto& spell = *MutableInstallation(context, device).mutable_off_body();
  const absl::Time due =
      AfterInWindow(absl::FromUnixMicros(spell.since_us()), absl::Microseconds(figures.span_us),
                    context.plan.zone(), figures.window);
  if (due > absl::FromUnixMicros(deadline_us)) return spell.set_ask_us(absl::ToUnixMicros(due));
  // Silent, and perhaps worn again: that is SENSOR_SILENT.
  if (!IsAlive(context, device, deadline_us)) return spell.set_ask_us(deadline_us + kLookAgainUs);
  const std::string since = WallClock(context.plan, spell.since_us());
  const auto& rule = context.plan.care_plan(context.plan.device(device).patient).off_body();
  TellSpell(context, About(context, device),
            {SeverityOr(rule, alert::v1::SEVERITY_TECHNICAL),
             deadline_us,
             {"Appareil retiré", "Device taken off"},
             {"Appareil non porté depuis " + since + " (" + Lasting(figures.span_us) +
                  " de jour), pas en charge",
              "Device not worn since " + since + " (" + Lasting(figures.span_us) +
                  " of the day), not on its charger"}},
            spell);
  spell.clear_ask_us();
}

}  // namespace

const Rule kOffBody = {
    .wants = Of(SignalKind::kWorn) | Of(SignalKind::kOffBody) | Of(SignalKind::kCharging),
    .on_signal = OnSignal,
    .deadline = [](const Context& context, int64_t) { return NextWearable(context).at_us; },
    .on_deadline = OnDeadline,
    .proof = Proof::kSilence,
};

}  // namespace veille::detector
