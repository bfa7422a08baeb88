// A clock that is wrong makes every night window wrong: its events were re-dated, and somebody must
// mend it.

#include "services/detector/core/rules/urgent.h"
#include "services/domain/care_plan.h"

namespace veille::detector {

void OnClockQuality(Context& context, int source, const event::v1::Event* wrong) {
  if (source < 0) return;
  const care::v1::ClockSkewRule& rule = context.plan.care_plan(0).clock_skew();
  auto& state = *context.state.record().mutable_sources(source);
  if ((wrong != nullptr) == !state.skew_alert_id().empty() || !domain::IsEnabled(rule)) return;
  Conclusion conclusion;
  conclusion.rule = &rule;
  conclusion.rule_key = "CLOCK_SKEW/" + state.source_id();
  conclusion.severity = alert::v1::SEVERITY_TECHNICAL;
  conclusion.opening = state.source_id();
  conclusion.event_us = context.receive_us;
  conclusion.decide_us = context.receive_us;
  conclusion.alert_id = state.skew_alert_id();
  conclusion.reason = {"Une horloge est fausse ; ses heures ont été corrigées à la réception",
                       "A clock is wrong; its times were corrected at receipt"};
  if (wrong == nullptr) {
    conclusion.kind = store::v1::Finding::KIND_CLEAR;
    conclusion.reason = {"L'horloge est juste de nouveau", "The clock is right again"};
  }
  conclusion.observations.push_back({context.receive_us, context.receive_us,
                                     wrong == nullptr ? "" : wrong->device_id(),
                                     conclusion.reason});
  const std::string alert_id = Conclude(context, std::move(conclusion));
  state.set_skew_alert_id(wrong == nullptr ? "" : alert_id);
}

}  // namespace veille::detector
