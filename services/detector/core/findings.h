// Making findings and prompts: ids that are functions of what was seen, evidence, sentences,
// lateness.

#ifndef SERVICES_DETECTOR_CORE_FINDINGS_H_
#define SERVICES_DETECTOR_CORE_FINDINGS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "veille/store/v1/finding.pb.h"
#include "veille/store/v1/prompt.pb.h"

#include "services/detector/core/home_plan.h"
#include "services/detector/core/home_state.h"

namespace veille::detector {

// What Advance() concludes, in order.
struct Effects {
  std::vector<store::v1::Finding> findings;
  std::vector<store::v1::PromptOrder> prompts;
  // The home's baselines have learnt: they are to be kept with the next commit.
  bool baselines_changed = false;
  bool empty() const { return findings.empty() && prompts.empty(); }
  void Clear() {
    findings.clear();
    prompts.clear();
    baselines_changed = false;
  }
};

// News is late when it was more than this old at its receipt.
inline constexpr int64_t kLateUs = 600'000'000;

// What one call of Advance() works with.
struct Context {
  const HomePlan& plan;
  HomeState& state;
  Effects& effects;
  // When the gateway had the input; the tick's time for ticks.
  int64_t receive_us = 0;
  const std::string* correlation_id = nullptr;
};

struct Sentence {
  std::string fr, en;
};

struct Observed {
  int64_t event_us = 0;
  int64_t receive_us = 0;  // 0: a deadline.
  std::string device_id;
  Sentence text;
};

// One conclusion, before it is a finding.
struct Conclusion {
  const google::protobuf::Message* rule = nullptr;  // Of the care plan: name, version, parameters.
  std::string rule_key;                             // Defaults to the rule's name.
  int patient = 0;                                  // −1: concerns the installation.
  store::v1::Finding::Kind kind = store::v1::Finding::KIND_RAISE;
  alert::v1::Severity severity = alert::v1::SEVERITY_HIGH;
  alert::v1::Status status = alert::v1::STATUS_ACTUAL;
  bool latching = false;
  std::string alert_id;            // Of Conclude(); empty: made from `opening` and `event_us`.
  std::string opening;             // What tells two openings at one instant apart: device, number.
  int64_t event_us = 0;            // When the situation began.
  int64_t opening_receive_us = 0;  // When that was received; 0: now.
  int64_t decide_us = 0;
  Sentence reason;
  std::vector<Observed> observations;
};

// Adds the finding to the effects (or holds it back: late, below HIGH, and perhaps over already)
// and returns the alert's id, without the home.
std::string Conclude(Context& context, Conclusion conclusion);

// A question to the person, before it is a prompt.
struct Question {
  const google::protobuf::Message* rule = nullptr;  // Who asks.
  int patient = 0;
  std::string opening;    // As of the conclusion that depends on the answer.
  int64_t event_us = 0;   // When the situation began.
  std::string device_id;  // To speak through; empty: the hub chooses.
  int source = -1;        // −1: every hub and phone of the home.
  int64_t life_us = 0;    // How long an answer is waited for.
  Sentence text;
};

// Adds the prompt to the effects and returns its id. It expires `life_us` after the gateway had the
// input that made the rule ask: what is judged again later, or comes out of a backlog that was read
// late, does not ask about what is long past.
std::string Ask(Context& context, Question question);

// What the plan knows of a finding by this rule: the home, the person (−1: none), versions and the
// parameters in force.
void FillFromPlan(const Context& context, const google::protobuf::Message& rule, int patient,
                  store::v1::Finding& finding);
// When it was decided, and the id that follows from it, the alert, the kind and the severity.
void SetDecided(const Context& context, int64_t decide_us, store::v1::Finding& finding);

// An alert's id begins with its home. What the engine remembers of a home leaves that out.
std::string WithoutHome(const std::string& home_id, const std::string& alert_id);
std::string InHome(const HomePlan& plan, const std::string& alert_id);

// Ends held findings: told as they are once the backlog is over.
void ReleaseHeld(Context& context);

// The care plan's severity where it names one.
template <typename Rule>
alert::v1::Severity SeverityOr(const Rule& rule, alert::v1::Severity normal) {
  return rule.has_severity() ? rule.severity() : normal;
}

// "02:14" on the person's clock.
std::string WallClock(const HomePlan& plan, int64_t event_us);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_FINDINGS_H_
