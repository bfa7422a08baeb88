// Medication: the box was not opened for a dose (first the person is asked, then the circle is
// told), or opened twice for one. A dose's time is from a little before it is due until that of the
// next.

#include <algorithm>

#include "services/detector/core/rules/spell.h"

namespace veille::detector {
namespace {

// A dispenser that is not heard is looked at again after this.
constexpr int64_t kLookAgainUs = 600LL * 1000000;
constexpr int64_t kPromptLifeUs = 600LL * 1000000;
// A dispenser whose doses are not yet followed: at once.
constexpr int64_t kAtOnce = 1;

const care::v1::DoseRule& RuleOf(const Context& context, int device) {
  return context.plan.care_plan(context.plan.device(device).patient).dose();
}

Matter About(const Context& context, int device, const char* key) {
  const DevicePlan& plan = context.plan.device(device);
  return {&RuleOf(context, device), key + plan.id, plan.id, plan.patient};
}
constexpr char kMissed[] = "DOSE_MISSED/", kTwice[] = "DOSE_DOUBLE/";

// When the first dose after `after_us` is due.
int64_t NextDue(const HomePlan& plan, const DoseFigures& figures, int64_t after_us) {
  int64_t next = kNever;
  for (const int minutes : figures.times) {
    const absl::Time at = NextWallTime(absl::FromUnixMicros(after_us), plan.zone(), minutes);
    next = std::min(next, absl::ToUnixMicros(at));
  }
  return next;
}

int64_t EndOf(const HomePlan& plan, const DoseFigures& figures, int64_t due_us) {
  return NextDue(plan, figures, due_us) - figures.early_us;
}

// When the dose is judged next.
void SetAsk(const HomePlan& plan, const DoseFigures& figures, store::v1::DoseState& dose) {
  const int64_t end = EndOf(plan, figures, dose.due_us());
  int64_t ask = end;
  if (dose.opened_us() == 0 && dose.missed().alert_id().empty())
    ask = dose.due_us() + (dose.asked() ? figures.tell_us : figures.prompt_us);
  dose.mutable_missed()->set_ask_us(std::min(ask, end));
}

Ending EndedBy(const Context& context, const Signal& seen, Sentence reason) {
  return {seen.time_us, seen.receive_us, context.plan.device(seen.device).id, std::move(reason)};
}

// The next dose's time has come; `after_us` is within it.
void Follow(Context& context, const DoseFigures& figures, int64_t due_us, int64_t now_us) {
  auto& dose = *MutableInstallation(context, figures.device).mutable_dose();
  const std::string last = WallClock(context.plan, dose.due_us());
  EndSpell(context, About(context, figures.device, kMissed),
           {now_us,
            0,
            "",
            {"Prise de " + last + " non faite ; l'heure de la suivante est venue",
             "The dose of " + last + " was not taken; the time of the next has come"}},
           *dose.mutable_missed());
  EndSpell(context, About(context, figures.device, kTwice),
           {now_us,
            0,
            "",
            {"L'heure de la prise suivante est venue", "The time of the next dose has come"}},
           *dose.mutable_twice());
  dose.Clear();
  dose.set_due_us(due_us);
  SetAsk(context.plan, figures, dose);
}

void TellTwice(Context& context, const DoseFigures& figures, const Signal& seen,
               store::v1::DoseState& dose) {
  auto& spell = *dose.mutable_twice();
  if (!spell.alert_id().empty()) return;
  BeginSpell(seen, 0, spell);
  spell.clear_ask_us();
  const std::string due = WallClock(context.plan, dose.due_us());
  const std::string first = WallClock(context.plan, dose.opened_us());
  const std::string second = WallClock(context.plan, seen.time_us);
  TellSpell(
      context, About(context, figures.device, kTwice),
      {SeverityOr(RuleOf(context, figures.device), alert::v1::SEVERITY_MEDIUM),
       seen.time_us,
       {"Pilulier ouvert de nouveau", "Dispenser opened again"},
       {"Pilulier ouvert deux fois pour la prise de " + due + " : à " + first + " et à " + second,
        "Dispenser opened twice for the dose of " + due + ": at " + first + " and at " + second}},
      spell);
}

void TellMissed(Context& context, const DoseFigures& figures, int64_t decide_us,
                int64_t receive_us) {
  auto& dose = *MutableInstallation(context, figures.device).mutable_dose();
  auto& spell = *dose.mutable_missed();
  if (!spell.alert_id().empty()) return;
  spell.set_since_us(dose.due_us());
  spell.set_receive_us(receive_us);
  const std::string due = WallClock(context.plan, dose.due_us());
  const std::string lasting = Lasting(decide_us - dose.due_us());
  TellSpell(context, About(context, figures.device, kMissed),
            {SeverityOr(RuleOf(context, figures.device), alert::v1::SEVERITY_MEDIUM),
             decide_us,
             {"Prise prévue", "Dose due"},
             {"Médicaments de " + due + " non pris : pilulier fermé après " + lasting,
              "Dose of " + due + " not taken: the dispenser was not opened within " + lasting}},
            spell);
  SetAsk(context.plan, figures, dose);
}

void OnOpening(Context& context, const DoseFigures& figures, const Signal& seen) {
  auto& dose = *MutableInstallation(context, figures.device).mutable_dose();
  // Before the first dose that is followed; or old news.
  if (seen.time_us < dose.due_us() - figures.early_us || seen.time_us < dose.last_us()) return;
  if (dose.opened_us() == 0) {
    const std::string at = WallClock(context.plan, seen.time_us);
    EndSpell(context, About(context, figures.device, kMissed),
             EndedBy(context, seen, {"Pilulier ouvert à " + at, "Dispenser opened at " + at}),
             *dose.mutable_missed());
    dose.set_opened_us(seen.time_us);
    SetAsk(context.plan, figures, dose);
  } else if (seen.time_us - dose.last_us() > figures.same_us) {
    TellTwice(context, figures, seen, dose);
  }
  dose.set_last_us(seen.time_us);
}

void OnSignal(Context& context, const Signal& seen) {
  for (const DoseFigures& figures : context.plan.dwelling.doses) {
    if (figures.device != seen.device) continue;
    const auto& dose = InstallationOf(context, seen.device).dose();
    if (dose.due_us() == 0) continue;
    if (seen.kind != SignalKind::kDoseMissed) {
      OnOpening(context, figures, seen);
    } else if (dose.opened_us() == 0 && seen.time_us >= dose.due_us()) {
      // The dispenser's own word needs no waiting.
      TellMissed(context, figures, seen.time_us, ReceiptOf(seen, dose.due_us()));
    }
  }
}

// Everything before this was judged; 0 when nothing is known.
int64_t JudgedUntil(const Context& context, int device) {
  const auto& record = context.state.record();
  const int64_t known = KnownUntil(context.plan, record, device);
  return record.pending_size() > 0 ? std::min(known, record.pending(0).time_us()) : known;
}

const DoseFigures* NextDose(const Context& context, int64_t& at_us) {
  const DoseFigures* next = nullptr;
  for (const DoseFigures& figures : context.plan.dwelling.doses) {
    const auto& dose = InstallationOf(context, figures.device).dose();
    const int64_t ask = dose.due_us() == 0 ? kAtOnce : dose.missed().ask_us();
    if (ask >= at_us || JudgedUntil(context, figures.device) == 0) continue;
    next = &figures;
    at_us = ask;
  }
  return next;
}

void OnDeadline(Context& context, int64_t deadline_us) {
  int64_t at_us = kNever;
  const DoseFigures& figures = *NextDose(context, at_us);
  auto& dose = *MutableInstallation(context, figures.device).mutable_dose();
  if (deadline_us == kAtOnce) {
    const int64_t from = JudgedUntil(context, figures.device);
    return Follow(context, figures, NextDue(context.plan, figures, from), from);
  }
  // The next one's time; or the plan has other times now.
  const bool known = NextDue(context.plan, figures, dose.due_us() - 1) == dose.due_us();
  if (!known || deadline_us >= EndOf(context.plan, figures, dose.due_us()))
    return Follow(context, figures,
                  NextDue(context.plan, figures, known ? dose.due_us() : deadline_us), deadline_us);
  // A silent dispenser may have been opened: that is SENSOR_SILENT.
  if (!IsAlive(context, figures.device, deadline_us))
    return dose.mutable_missed()->set_ask_us(
        std::min(deadline_us + kLookAgainUs, EndOf(context.plan, figures, dose.due_us())));
  if (dose.asked()) return TellMissed(context, figures, deadline_us, dose.due_us());
  const std::string due = WallClock(context.plan, dose.due_us());
  Question question;
  question.rule = &RuleOf(context, figures.device);
  question.patient = context.plan.device(figures.device).patient;
  question.opening = context.plan.device(figures.device).id;
  question.event_us = dose.due_us();
  question.life_us = kPromptLifeUs;
  question.text = {"Avez-vous pris vos médicaments de " + due + " ?",
                   "Have you taken your medication of " + due + "?"};
  Ask(context, std::move(question));
  dose.set_asked(true);
  SetAsk(context.plan, figures, dose);
}

int64_t Deadline(const Context& context, int64_t) {
  int64_t at_us = kNever;
  NextDose(context, at_us);
  return at_us;
}

}  // namespace

const Rule kDose = {
    .wants = Of(SignalKind::kDoseTaken) | Of(SignalKind::kDoseMissed) | Of(SignalKind::kOpened) |
             Of(SignalKind::kUseBegan),
    .on_signal = OnSignal,
    .deadline = Deadline,
    .on_deadline = OnDeadline,
    .proof = Proof::kSilence,
};

}  // namespace veille::detector
