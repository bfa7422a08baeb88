#include "services/detector/core/findings.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "common/base/digest.h"
#include "common/base/timestamp.h"
#include "services/detector/core/circumstances.h"
#include "services/domain/care_plan.h"
#include "services/domain/keys.h"

namespace veille::detector {
namespace {

using store::v1::Finding;

constexpr int kMaxHeld = 32;
constexpr int kMaxObservations = 16;

// Stands between the home and the rest, which is hexadecimal.
constexpr char kAfterHome = '.';

// Without the home.
std::string MakeAlertId(const Conclusion& conclusion, const std::string& patient_id,
                        const std::string& rule_key) {
  return Sha256Hex16(patient_id + '\n' + rule_key + '\n' + conclusion.opening + '\n' +
                     std::to_string(conclusion.event_us));
}

void SetText(const Sentence& sentence, alert::v1::Text& text) {
  text.set_fr(sentence.fr);
  text.set_en(sentence.en);
}

// How far the clock is off that dated what this device saw; 0 where it is right.
int64_t ClockErrorOf(const Context& context, const std::string& device_id) {
  const int device = context.plan.FindDevice(device_id);
  if (device < 0) return 0;
  const auto& sources = context.state.record().sources();
  const int source = context.plan.device(device).source;
  if (source >= 0) return sources.Get(source).clock_error_us();
  // Any of the home's may have brought it.
  int64_t worst = 0;
  for (const auto& each : sources)
    if (std::abs(each.clock_error_us()) > std::abs(worst)) worst = each.clock_error_us();
  return worst;
}

void AddObservations(const Context& context, const Conclusion& conclusion,
                     alert::v1::Evidence& evidence) {
  for (const Observed& observed : conclusion.observations) {
    if (evidence.observations_size() == kMaxObservations) break;
    auto* entry = evidence.add_observations();
    SetMicros(observed.event_us, *entry->mutable_event_time());
    if (observed.receive_us != 0) SetMicros(observed.receive_us, *entry->mutable_receive_time());
    entry->set_device_id(observed.device_id);
    SetText(observed.text, *entry->mutable_text());
    const int64_t error_us = ClockErrorOf(context, observed.device_id);
    if (error_us == 0) continue;
    const std::string seconds = std::to_string(std::abs(error_us) / 1000000) + " s)";
    entry->mutable_text()->mutable_fr()->append(" (horloge fausse de " + seconds);
    entry->mutable_text()->mutable_en()->append(" (by a clock that is off by " + seconds);
  }
}

}  // namespace

std::string WallClock(const HomePlan& plan, int64_t event_us) {
  return absl::FormatTime("%H:%M", absl::FromUnixMicros(event_us), plan.zone());
}

std::string WithoutHome(const std::string& home_id, const std::string& alert_id) {
  return alert_id.substr(home_id.size() + 1);
}

std::string InHome(const HomePlan& plan, const std::string& alert_id) {
  return plan.home().home_id() + kAfterHome + alert_id;
}

void FillFromPlan(const Context& context, const google::protobuf::Message& rule, int patient,
                  Finding& finding) {
  const HomePlan& plan = context.plan;
  finding.set_format(1);
  finding.set_home_id(plan.home().home_id());
  if (patient >= 0) finding.set_patient_id(plan.home().patients(patient).patient_id());
  finding.set_rule_key(domain::RuleName(rule));
  alert::v1::Evidence& evidence = *finding.mutable_evidence();
  evidence.set_rule(domain::RuleName(rule));
  evidence.set_rule_version(domain::RuleVersion(rule));
  for (auto& [name, value] : domain::ParametersInForce(rule))
    (*evidence.mutable_parameters())[name] = value;
  evidence.set_care_plan_version(plan.care_plan(std::max(patient, 0)).version());
  if (context.correlation_id != nullptr) finding.set_correlation_id(*context.correlation_id);
}

void SetDecided(const Context& context, int64_t decide_us, Finding& finding) {
  SetMicros(decide_us, *finding.mutable_decide_time());
  SetMicros(context.receive_us, *finding.mutable_receive_time());
  finding.set_finding_id(finding.alert_id() + "/" + std::to_string(finding.kind()) + "/" +
                         std::to_string(decide_us) + "/" + std::to_string(finding.severity()));
}

std::string Conclude(Context& context, Conclusion conclusion) {
  RaiseForWeather(context, conclusion);
  Finding finding;
  FillFromPlan(context, *conclusion.rule, conclusion.patient, finding);
  if (!conclusion.rule_key.empty()) finding.set_rule_key(conclusion.rule_key);
  std::string alert_id = conclusion.alert_id.empty()
                             ? MakeAlertId(conclusion, finding.patient_id(), finding.rule_key())
                             : conclusion.alert_id;
  finding.set_alert_id(InHome(context.plan, alert_id));
  finding.set_kind(conclusion.kind);
  finding.set_severity(conclusion.severity);
  const bool exercise = finding.home_id() == domain::kExerciseHome;
  finding.set_status(exercise ? alert::v1::STATUS_EXERCISE : conclusion.status);
  finding.set_latching(conclusion.latching);
  SetMicros(conclusion.event_us, *finding.mutable_event_time());
  SetDecided(context, conclusion.decide_us, finding);
  const int64_t opened =
      conclusion.opening_receive_us == 0 ? context.receive_us : conclusion.opening_receive_us;
  finding.set_late(opened - conclusion.event_us > kLateUs);
  SetText(conclusion.reason, *finding.mutable_reason());
  AddObservations(context, conclusion, *finding.mutable_evidence());

  if (Withhold(context, conclusion, finding)) return alert_id;

  store::v1::HomeState& record = context.state.record();
  if (conclusion.kind == Finding::KIND_CLEAR) {
    for (int i = 0; i < record.held_size(); ++i) {
      if (record.held(i).alert_id() != finding.alert_id()) continue;
      // Began and ended inside the backlog: one line of the summary.
      Finding folded = record.held(i);
      folded.set_fold(true);
      record.mutable_held()->DeleteSubrange(i, 1);
      context.effects.findings.push_back(std::move(folded));
      return alert_id;
    }
  }
  const bool hold = finding.late() && finding.severity() < alert::v1::SEVERITY_HIGH &&
                    conclusion.kind == Finding::KIND_RAISE && !conclusion.latching &&
                    record.held_size() < kMaxHeld;
  if (hold) {
    *record.add_held() = std::move(finding);
    record.set_held_receive_us(context.receive_us);
  } else {
    context.effects.findings.push_back(std::move(finding));
  }
  return alert_id;
}

std::string Ask(Context& context, Question question) {
  const HomePlan& plan = context.plan;
  const care::v1::Patient& patient = plan.home().patients(question.patient);
  store::v1::PromptOrder order;
  order.set_format(1);
  order.set_home_id(plan.home().home_id());
  if (question.source >= 0) order.set_source_id(plan.home().sources(question.source).source_id());
  if (context.correlation_id != nullptr) order.set_correlation_id(*context.correlation_id);
  hub::v1::Prompt& prompt = *order.mutable_prompt();
  std::string id =
      Sha256Hex16("prompt\n" + patient.patient_id() + '\n' + domain::RuleName(*question.rule) +
                  '\n' + question.opening + '\n' + std::to_string(question.event_us));
  prompt.set_prompt_id(id);
  prompt.set_device_id(std::move(question.device_id));
  prompt.set_patient_id(patient.patient_id());
  // French is the language of the first deployment, and of whoever speaks neither.
  const bool english = patient.language().rfind("en", 0) == 0;
  prompt.set_language(english ? "en" : "fr");
  prompt.set_text(english ? question.text.en : question.text.fr);
  SetMicros(context.receive_us + question.life_us, *prompt.mutable_expire_time());
  context.effects.prompts.push_back(std::move(order));
  return id;
}

void ReleaseHeld(Context& context) {
  store::v1::HomeState& record = context.state.record();
  for (Finding& finding : *record.mutable_held())
    context.effects.findings.push_back(std::move(finding));
  record.clear_held();
  record.clear_held_receive_us();
}

}  // namespace veille::detector
