#include "services/detector/core/muted.h"

#include <algorithm>

#include "common/base/timestamp.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

using store::v1::Finding;
using store::v1::MutedFinding;

void KeepObservations(const Finding& finding, int64_t event_us, MutedFinding& muted) {
  for (const alert::v1::Observation& seen : finding.evidence().observations()) {
    store::v1::MutedObservation& kept = *muted.add_observations();
    const int64_t seen_us = absl::ToUnixMicros(ToTime(seen.event_time()));
    kept.set_after_us(seen_us - event_us);
    if (seen.has_receive_time())
      kept.set_delay_us(absl::ToUnixMicros(ToTime(seen.receive_time())) - seen_us);
    kept.set_device_id(seen.device_id());
    // What was seen last is mostly the conclusion itself.
    const bool is_reason =
        seen.text().fr() == finding.reason().fr() && seen.text().en() == finding.reason().en();
    if (!is_reason) *kept.mutable_text() = seen.text();
  }
}

}  // namespace

void Keep(const Conclusion& conclusion, const Finding& finding, MutedFinding& muted) {
  muted.set_patient(static_cast<uint32_t>(std::max(conclusion.patient, 0)));
  muted.set_installation(conclusion.patient < 0);
  muted.set_rule(domain::RuleNumber(*conclusion.rule));
  const bool named = finding.rule_key() != domain::RuleName(*conclusion.rule);
  muted.set_rule_key(named ? finding.rule_key() : "");
  muted.set_alert_id(WithoutHome(finding.home_id(), finding.alert_id()));
  muted.set_severity(finding.severity());
  muted.set_status(finding.status());
  muted.set_latching(finding.latching());
  muted.set_late(finding.late());
  muted.set_event_us(conclusion.event_us);
  *muted.mutable_reason() = finding.reason();
  muted.clear_observations();
  KeepObservations(finding, conclusion.event_us, muted);
}

const google::protobuf::Message* RuleOf(const HomePlan& plan, const MutedFinding& muted) {
  return domain::RuleByNumber(plan.care_plan(static_cast<int>(muted.patient())), muted.rule());
}

Finding Recall(const Context& context, const MutedFinding& muted,
               const google::protobuf::Message& rule, Finding::Kind kind, int64_t at_us) {
  const int patient = muted.installation() ? -1 : static_cast<int>(muted.patient());
  Finding finding;
  FillFromPlan(context, rule, patient, finding);
  if (!muted.rule_key().empty()) finding.set_rule_key(muted.rule_key());
  finding.set_alert_id(InHome(context.plan, muted.alert_id()));
  finding.set_kind(kind);
  finding.set_severity(muted.severity());
  finding.set_status(muted.status());
  finding.set_latching(muted.latching());
  finding.set_late(muted.late());
  SetMicros(muted.event_us(), *finding.mutable_event_time());
  SetDecided(context, at_us, finding);
  *finding.mutable_reason() = muted.reason();
  for (const store::v1::MutedObservation& kept : muted.observations()) {
    alert::v1::Observation& seen = *finding.mutable_evidence()->add_observations();
    const int64_t seen_us = muted.event_us() + kept.after_us();
    SetMicros(seen_us, *seen.mutable_event_time());
    if (kept.has_delay_us()) SetMicros(seen_us + kept.delay_us(), *seen.mutable_receive_time());
    seen.set_device_id(kept.device_id());
    *seen.mutable_text() = kept.has_text() ? kept.text() : muted.reason();
  }
  return finding;
}

}  // namespace veille::detector
