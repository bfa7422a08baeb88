#include "tests/eval/alerts.h"

#include <algorithm>
#include <map>

#include "veille/care/v1/care_plan.pb.h"
#include "veille/care/v1/parameter.pb.h"

#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "services/client/replay_engine.h"

namespace veille::eval {
namespace {}  // namespace

bool Alert::IsUrgent() const {
  return severity == alert::v1::SEVERITY_HIGH || severity == alert::v1::SEVERITY_MEDIUM;
}

bool Alert::IsToldWithin(absl::Time from, absl::Time until) const {
  return std::any_of(told.begin(), told.end(),
                     [&](absl::Time at) { return from <= at && at <= until; });
}

absl::StatusOr<std::vector<Alert>> AlertsOf(const domain::Recording& recording) {
  VEILLE_ASSIGN_OR_RETURN(const std::vector<store::v1::Finding> findings,
                          client::Replay(recording, {}));
  std::vector<Alert> alerts;
  std::map<std::string, std::size_t> by_id;
  for (const store::v1::Finding& finding : findings) {
    if (finding.kind() == store::v1::Finding::KIND_CLEAR) continue;
    const auto [at, is_new] = by_id.try_emplace(finding.alert_id(), alerts.size());
    if (is_new) {
      alerts.emplace_back();
      alerts.back().rule = finding.rule_key().substr(0, finding.rule_key().find('/'));
      alerts.back().reason = finding.reason().en();
    }
    Alert& alert = alerts[at->second];
    alert.severity = std::max(alert.severity, finding.severity());
    alert.began.push_back(ToTime(finding.event_time()));
    alert.told.push_back(ToTime(finding.decide_time()));
  }
  return alerts;
}

std::string SeverityName(alert::v1::Severity severity) {
  return alert::v1::Severity_Name(severity).substr(sizeof("SEVERITY"));
}

bool IsRule(const std::string& name) {
  const auto* plan = care::v1::CarePlan::descriptor();
  for (int i = 0; i < plan->field_count(); ++i) {
    const auto* message = plan->field(i)->message_type();
    if (message != nullptr && message->options().GetExtension(care::v1::rule).name() == name)
      return true;
  }
  return false;
}

}  // namespace veille::eval
