// The hub is silent. Judged by the service's own ticks: they are log entries, so a replay agrees.

#include <algorithm>

#include "services/detector/core/rules/rules.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

constexpr uint32_t kLevels = 3;

int64_t Silence(const OfflineFigures& figures, uint32_t level) {
  switch (level) {
    case 1:
      return figures.technical_us;
    case 2:
      return figures.medium_us;
    case 3:
      return figures.high_risk ? figures.high_us : kNever;
    default:
      return kNever;
  }
}

alert::v1::Severity SeverityOf(uint32_t level) {
  return level == 1   ? alert::v1::SEVERITY_TECHNICAL
         : level == 2 ? alert::v1::SEVERITY_MEDIUM
                      : alert::v1::SEVERITY_HIGH;
}

Conclusion About(const Context& context, const store::v1::SourceState& state, int64_t decide_us) {
  Conclusion conclusion;
  conclusion.rule = &context.plan.care_plan(0).hub_offline();
  conclusion.rule_key = "HUB_OFFLINE/" + state.source_id();
  conclusion.opening = state.source_id();
  conclusion.event_us = state.contact_us();
  conclusion.opening_receive_us = state.contact_us();
  conclusion.decide_us = decide_us;
  conclusion.alert_id = state.alert_id();
  return conclusion;
}

}  // namespace

void OnContact(Context& context, int source) {
  auto& state = *context.state.record().mutable_sources(source);
  if (state.offline_level() != 0) {
    Conclusion conclusion = About(context, state, context.receive_us);
    conclusion.kind = store::v1::Finding::KIND_CLEAR;
    conclusion.severity = SeverityOf(state.offline_level());
    const std::string at = WallClock(context.plan, context.receive_us);
    conclusion.reason = {"Contact rétabli à " + at, "Contact restored at " + at};
    conclusion.observations.push_back(
        {context.receive_us, context.receive_us, state.source_id(), conclusion.reason});
    Conclude(context, std::move(conclusion));
    state.set_offline_level(0);
    state.clear_alert_id();
  }
  state.set_contact_us(std::max(state.contact_us(), context.receive_us));
}

void OnOfflineTick(Context& context, int64_t tick_us) {
  const OfflineFigures& figures = context.plan.offline;
  for (auto& state : *context.state.record().mutable_sources()) {
    // Registered but never heard: the silence counts from the first tick.
    if (state.contact_us() == 0) state.set_contact_us(tick_us);
    if (!figures.enabled) continue;
    while (state.offline_level() < kLevels) {
      const uint32_t level = state.offline_level() + 1;
      const int64_t silence = Silence(figures, level);
      if (silence == kNever || tick_us < state.contact_us() + silence) break;
      Conclusion conclusion = About(context, state, state.contact_us() + silence);
      conclusion.severity = SeverityOf(level);
      if (level > 1) conclusion.kind = store::v1::Finding::KIND_WORSEN;
      const std::string at = WallClock(context.plan, state.contact_us());
      conclusion.reason = {"Plus de contact avec le boîtier du domicile depuis " + at,
                           "No contact with the home's hub since " + at};
      conclusion.observations.push_back(
          {state.contact_us(), 0, state.source_id(), {"Dernier contact", "Last contact"}});
      state.set_alert_id(Conclude(context, std::move(conclusion)));
      state.set_offline_level(level);
    }
  }
}

int64_t OfflineServerDeadline(const HomePlan& plan, const HomeState& state) {
  int64_t next = kNever;
  for (const auto& source : state.record().sources()) {
    if (source.contact_us() == 0) return 0;
    if (!plan.offline.enabled) continue;
    const int64_t silence = Silence(plan.offline, source.offline_level() + 1);
    if (silence != kNever) next = std::min(next, source.contact_us() + silence);
  }
  return next;
}

}  // namespace veille::detector
