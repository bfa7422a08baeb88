// A device was opened or taken down, has a fault, or is at its end: told once each, until the
// device says that it is over.

#include "services/detector/core/rules/spell.h"

namespace veille::detector {
namespace {

using event::v1::DeviceStatus;
using store::v1::InstallationState;

enum class Trouble { kTamper, kFault, kEndOfLife };

const store::v1::Spell& SpellOf(const InstallationState& state, Trouble trouble) {
  return trouble == Trouble::kTamper  ? state.tamper()
         : trouble == Trouble::kFault ? state.fault()
                                      : state.end_of_life();
}

Matter About(const Context& context, int device, Trouble trouble) {
  const std::string& id = context.plan.device(device).id;
  const char* key = trouble == Trouble::kTamper  ? "TAMPER/"
                    : trouble == Trouble::kFault ? "TAMPER/fault/"
                                                 : "TAMPER/end_of_life/";
  return {&context.plan.care_plan(0).tamper(), key + id, id, 0};
}

Sentence TextOf(Trouble trouble) {
  if (trouble == Trouble::kTamper)
    return {"Appareil ouvert ou décroché", "Device opened or taken down"};
  if (trouble == Trouble::kFault) return {"Panne d'un appareil", "A device has a fault"};
  return {"Appareil en fin de vie : à remplacer", "Device at its end: to be replaced"};
}

void Begin(Context& context, const Signal& seen, Trouble trouble) {
  if (!context.plan.installation.tamper ||
      SpellOf(InstallationOf(context, seen.device), trouble).since_us() != 0) {
    return;
  }
  InstallationState& state = MutableInstallation(context, seen.device);
  store::v1::Spell& spell = trouble == Trouble::kTamper  ? *state.mutable_tamper()
                            : trouble == Trouble::kFault ? *state.mutable_fault()
                                                         : *state.mutable_end_of_life();
  BeginSpell(seen, 0, spell);
  spell.clear_ask_us();
  Sentence text = TextOf(trouble);
  const std::string where =
      " (" + RoomOf(context.plan, seen.device) + ", " + WallClock(context.plan, seen.time_us) + ")";
  text.fr += where;
  text.en += where;
  TellSpell(context, About(context, seen.device, trouble),
            {SeverityOr(context.plan.care_plan(0).tamper(), alert::v1::SEVERITY_TECHNICAL),
             seen.time_us, text, text},
            spell);
}

void End(Context& context, const Signal& seen, Trouble trouble) {
  const store::v1::Spell& open = SpellOf(InstallationOf(context, seen.device), trouble);
  if (open.since_us() == 0 || seen.time_us < open.since_us()) return;
  InstallationState& state = MutableInstallation(context, seen.device);
  store::v1::Spell spell = open;
  const std::string at = WallClock(context.plan, seen.time_us);
  EndSpell(context, About(context, seen.device, trouble),
           {seen.time_us,
            seen.receive_us,
            context.plan.device(seen.device).id,
            {"Appareil en ordre à " + at, "Device in order at " + at}},
           spell);
  if (trouble == Trouble::kTamper) state.clear_tamper();
  if (trouble == Trouble::kFault) state.clear_fault();
  if (trouble == Trouble::kEndOfLife) state.clear_end_of_life();
}

void OnSignal(Context& context, const Signal& seen) {
  switch (seen.code) {
    case DeviceStatus::KIND_TAMPER:
      return Begin(context, seen, Trouble::kTamper);
    case DeviceStatus::KIND_FAULT:
      return Begin(context, seen, Trouble::kFault);
    case DeviceStatus::KIND_END_OF_LIFE:
      return Begin(context, seen, Trouble::kEndOfLife);
    case DeviceStatus::KIND_TAMPER_CLEARED:
      return End(context, seen, Trouble::kTamper);
    case DeviceStatus::KIND_FAULT_CLEARED:
      // A new battery or a new part mends either.
      End(context, seen, Trouble::kFault);
      return End(context, seen, Trouble::kEndOfLife);
    default:
      return;
  }
}

}  // namespace

const Rule kTamper = {
    .wants = Of(SignalKind::kStatus),
    .on_signal = OnSignal,
};

}  // namespace veille::detector
