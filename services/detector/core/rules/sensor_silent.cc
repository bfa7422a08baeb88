// A sensor has not checked in for twice its contract, or the hub cannot reach it. Judged as far as
// its own source says that everything was sent: a silent hub is HUB_OFFLINE, and says nothing of
// its sensors, and may not have heard them: after it they get their time again. What the person
// carries is out of reach when they are out. A word that comes before its silence could be judged
// does not hide it: that is told, and over.

#include <algorithm>

#include "services/detector/core/rules/spell.h"

namespace veille::detector {
namespace {

// Of a device that was never heard and is not waited for yet: at once.
constexpr int64_t kAtOnce = 1;

Matter About(const Context& context, int device) {
  const std::string& id = context.plan.device(device).id;
  return {&context.plan.care_plan(0).sensor_silent(), "SENSOR_SILENT/" + id, id, 0};
}

int64_t Patience(const HomePlan& plan, int device) {
  const auto contract = static_cast<double>(plan.device(device).check_in_us);
  return static_cast<int64_t>(contract * plan.installation.sensor_silent.check_ins);
}

// Its last word, or since when it is waited for; 0: not yet.
int64_t LastWord(const Context& context, int device) {
  const auto& state = context.state.record().devices(device);
  const DevicePlan& plan = context.plan.device(device);
  if (state.seen_us() != 0) return std::max(state.seen_us(), plan.bind_us);
  const int64_t waited = state.installation().waited_us();
  return waited == 0 ? 0 : std::max(waited, plan.bind_us);
}

// When the hub, or one of those that may speak for it, was last away.
int64_t ResumedOf(const Context& context, int device) {
  const auto& sources = context.state.record().sources();
  const int own = context.plan.device(device).source;
  if (own >= 0) return sources.Get(own).resumed_us();
  int64_t resumed = 0;
  for (const auto& source : sources) resumed = std::max(resumed, source.resumed_us());
  return resumed;
}

bool IsOutOfReach(const Context& context, const DevicePlan& device) {
  const bool by_phone = device.source >= 0 && context.plan.home().sources(device.source).kind() ==
                                                  care::v1::Source::KIND_PHONE;
  return IsCarried(device.role) && !by_phone && IsOut(context.state.record());
}

// When the silence that it broke was due; kNever where it spoke in time.
int64_t GapDue(const Context& context, int device) {
  const auto& state = InstallationOf(context, device);
  if (state.gap_to_us() == 0) return kNever;
  const int64_t from = std::max(state.gap_from_us(), ResumedOf(context, device));
  const int64_t due = from + Patience(context.plan, device);
  return due < state.gap_to_us() ? due : kNever;
}

void ClearGap(store::v1::InstallationState& state) {
  state.clear_gap_from_us();
  state.clear_gap_to_us();
}

// A word out of turn, by another lane: it was not silent, or not so long.
void FillGap(int64_t time_us, int64_t patience_us, store::v1::InstallationState& state) {
  if (time_us <= state.gap_from_us() || time_us >= state.gap_to_us()) return;
  if (state.gap_to_us() - time_us > patience_us) return state.set_gap_from_us(time_us);
  if (time_us - state.gap_from_us() > patience_us) return state.set_gap_to_us(time_us);
  ClearGap(state);
}

// `known`: how far its source says that everything was sent.
int64_t DueOf(const Context& context, int device, int64_t known) {
  const DevicePlan& plan = context.plan.device(device);
  const auto& state = context.state.record().devices(device).installation();
  if (state.silent().told() != alert::v1::SEVERITY_UNSPECIFIED) return kNever;
  if (known == 0 || known < plan.bind_us || (plan.unbind_us != 0 && known >= plan.unbind_us))
    return kNever;
  int64_t due = kNever;
  if (state.failed_us() != 0)
    due = state.failed_us() + context.plan.installation.sensor_silent.failed_grace_us;
  if (plan.check_in_us > 0) {
    const int64_t word = LastWord(context, device);
    const int64_t from = std::max(word, ResumedOf(context, device));
    due = word == 0 ? kAtOnce : std::min(due, from + Patience(context.plan, device));
    due = std::min(due, GapDue(context, device));
  }
  return due > known || IsOutOfReach(context, plan) ? kNever : due;
}

Next NextSensor(const Context& context) {
  Next next;
  if (!context.plan.installation.sensor_silent.enabled) return next;
  // The same for all devices that any hub may speak for.
  const int64_t by_any = KnownUntil(context.plan, context.state.record(), -1);
  for (std::size_t i = 0; i < context.plan.devices().size(); ++i) {
    const auto device = static_cast<int>(i);
    const int own = context.plan.devices()[i].source;
    const int64_t due = DueOf(
        context, device, own < 0 ? by_any : context.state.record().sources(own).watermark_us());
    if (due != kNever) next.Offer(device, due);
  }
  return next;
}

void TellAlive(Context& context, int device, int64_t time_us) {
  auto& state = MutableInstallation(context, device);
  const std::string at = WallClock(context.plan, time_us);
  EndSpell(context, About(context, device),
           {time_us,
            context.receive_us,
            context.plan.device(device).id,
            {"Le capteur donne de nouveau signe de vie (" + at + ")",
             "The sensor checks in again (" + at + ")"}},
           *state.mutable_silent());
  state.clear_silent();
}

void OnDeadline(Context& context, int64_t deadline_us) {
  const int device = NextSensor(context).device;
  auto& state = MutableInstallation(context, device);
  if (deadline_us == kAtOnce)
    return state.set_waited_us(KnownUntil(context.plan, context.state.record(), device));
  auto& spell = *state.mutable_silent();
  const bool gap = deadline_us == GapDue(context, device);
  const bool never = context.state.record().devices(device).seen_us() == 0;
  const bool failed = state.failed_us() != 0;
  int64_t since = gap ? state.gap_from_us() : LastWord(context, device);
  if (since == 0) since = state.failed_us();
  spell.set_since_us(since);
  spell.set_receive_us(since);  // A silence is judged when it is due: no late news.
  const std::string at = WallClock(context.plan, since);
  const std::string name =
      RoomOf(context.plan, device) + " (" + context.plan.device(device).id + ")";
  Sentence reason{"Le capteur " + name + " ne donne plus signe de vie depuis " + at,
                  "The sensor " + name + " has not checked in since " + at};
  if (never)
    reason = {"Le capteur " + name + " n'a jamais donné signe de vie",
              "The sensor " + name + " has never checked in"};
  if (failed) {
    reason.fr += " ; le boîtier ne peut le joindre";
    reason.en += "; the hub cannot reach it";
  }
  const auto& rule = context.plan.care_plan(0).sensor_silent();
  TellSpell(context, About(context, device),
            {SeverityOr(rule, alert::v1::SEVERITY_TECHNICAL), deadline_us,
             never ? Sentence{"Attendu depuis", "Waited for since"}
                   : Sentence{"Dernier signe de vie", "Last word"},
             std::move(reason)},
            spell);
  if (!gap) return;
  TellAlive(context, device, state.gap_to_us());
  ClearGap(state);
}

void OnSignal(Context& context, const Signal& seen) {
  if (seen.code != event::v1::DeviceStatus::KIND_CHECK_IN_FAILED) return;
  // It spoke since.
  if (context.state.record().devices(seen.device).seen_us() > seen.time_us) return;
  auto& state = MutableInstallation(context, seen.device);
  if (state.failed_us() == 0) state.set_failed_us(seen.time_us);
}

}  // namespace

void BeforeDeviceSpeaks(Context& context, int device, int64_t time_us) {
  const DevicePlan& plan = context.plan.device(device);
  if (plan.check_in_us == 0 || !context.plan.installation.sensor_silent.enabled) return;
  const int64_t patience = Patience(context.plan, device);
  const int64_t word = LastWord(context, device);
  const auto& state = InstallationOf(context, device);
  if (state.gap_to_us() != 0) {
    // What is known that far was judged.
    if (KnownUntil(context.plan, context.state.record(), device) >= state.gap_to_us()) {
      ClearGap(MutableInstallation(context, device));
    } else {
      FillGap(time_us, patience, MutableInstallation(context, device));
    }
  }
  const bool told = state.silent().told() != alert::v1::SEVERITY_UNSPECIFIED;
  if (word == 0 || told || state.gap_to_us() != 0 || time_us - word <= patience) return;
  if (IsOutOfReach(context, plan)) return;
  auto& mine = MutableInstallation(context, device);
  mine.set_gap_from_us(word);
  mine.set_gap_to_us(time_us);
}

void OnDeviceSpoke(Context& context, int device, int64_t time_us) {
  const auto& record = context.state.record().devices(device);
  if (!record.has_installation()) return;
  auto& state = MutableInstallation(context, device);
  state.clear_waited_us();
  if (time_us > state.failed_us()) state.clear_failed_us();
  if (!state.has_silent()) return;
  // What it said long ago came late: it is silent still.
  const DevicePlan& plan = context.plan.device(device);
  const int64_t known = KnownUntil(context.plan, context.state.record(), device);
  if (plan.check_in_us > 0 && record.seen_us() + Patience(context.plan, device) <= known) return;
  TellAlive(context, device, time_us);
}

bool IsToldSilent(const Context& context, int device) {
  return !InstallationOf(context, device).silent().alert_id().empty();
}

const Rule kSensorSilent = {
    .wants = Of(SignalKind::kStatus),
    .on_signal = OnSignal,
    .deadline = [](const Context& context, int64_t) { return NextSensor(context).at_us; },
    .on_deadline = OnDeadline,
};

}  // namespace veille::detector
