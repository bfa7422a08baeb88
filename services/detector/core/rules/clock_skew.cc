// A clock that is wrong makes every night window wrong, and somebody must mend it.
//
// The gateway says how far the source's clock is off where that is more than 30 s, which findings
// say beside what it dated. What is off by more than 5 min it dates anew.

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "common/base/timestamp.h"
#include "services/detector/core/rules/urgent.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

// The gateway dates anew from here on, whatever the plan's limit is.
constexpr int64_t kRedatedUs = 300'000'000;

// The first event that was dated anew by more than the limit; null for none.
const event::v1::Event* FindRedated(const event::v1::EventBatch& batch, int64_t limit_us) {
  for (const event::v1::Event& event : batch.events()) {
    if (event.clock_quality() == event::v1::CLOCK_QUALITY_UNSPECIFIED) continue;
    const bool known = event.has_claimed_time();
    if (!known || absl::AbsDuration(ToTime(event.event_time()) - ToTime(event.claimed_time())) >
                      absl::Microseconds(limit_us)) {
      return &event;
    }
  }
  return nullptr;
}

Sentence Wrong(int64_t error_us) {
  if (error_us == 0 || std::abs(error_us) > kRedatedUs)
    return {"Une horloge est fausse ; ses heures ont été corrigées à la réception",
            "A clock is wrong; its times were corrected at receipt"};
  const std::string seconds = std::to_string(std::abs(error_us) / 1000000) + " s";
  const bool slow = error_us > 0;
  return {"L'horloge du boîtier " + std::string(slow ? "retarde de " : "avance de ") + seconds,
          "The hub's clock is " + seconds + (slow ? " slow" : " fast")};
}

}  // namespace

void OnClocks(Context& context, int source, const event::v1::EventBatch& batch) {
  if (source < 0 || batch.events().empty()) return;
  const care::v1::ClockSkewRule& rule = context.plan.care_plan(0).clock_skew();
  auto& state = *context.state.record().mutable_sources(source);
  const int64_t error_us = state.clock_error_us();
  const bool dated = std::any_of(batch.events().begin(), batch.events().end(), [](const auto& e) {
    return e.clock_quality() != event::v1::CLOCK_QUALITY_UNSPECIFIED;
  });
  // All is well, as nearly always.
  if (!dated && error_us == 0 && state.skew_alert_id().empty()) return;
  const int64_t limit_us = absl::ToInt64Microseconds(domain::DurationOr(rule, "limit"));
  const event::v1::Event* redated = dated ? FindRedated(batch, limit_us) : nullptr;
  const bool wrong = redated != nullptr || std::abs(error_us) > limit_us;
  if (wrong == !state.skew_alert_id().empty() || !domain::IsEnabled(rule)) return;
  Conclusion conclusion;
  conclusion.rule = &rule;
  conclusion.rule_key = "CLOCK_SKEW/" + state.source_id();
  conclusion.severity = alert::v1::SEVERITY_TECHNICAL;
  conclusion.opening = state.source_id();
  conclusion.event_us = context.receive_us;
  conclusion.decide_us = context.receive_us;
  conclusion.alert_id = state.skew_alert_id();
  conclusion.reason = Wrong(error_us);
  if (!wrong) {
    conclusion.kind = store::v1::Finding::KIND_CLEAR;
    conclusion.reason = {"L'horloge est juste de nouveau", "The clock is right again"};
  }
  conclusion.observations.push_back({context.receive_us, context.receive_us,
                                     redated == nullptr ? "" : redated->device_id(),
                                     conclusion.reason});
  const std::string alert_id = Conclude(context, std::move(conclusion));
  state.set_skew_alert_id(wrong ? alert_id : "");
}

}  // namespace veille::detector
