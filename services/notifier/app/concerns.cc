#include "services/notifier/app/concerns.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/timestamp.h"
#include "services/notifier/app/operator_findings.h"

namespace veille::notifier {
namespace {

using store::v1::Concern;
using store::v1::Finding;

std::string KeyOf(const std::string& rule, const std::string& what) {
  return what.empty() ? rule : rule + "/" + what;
}

void SetTimes(absl::Time since, absl::Time now, Finding& finding) {
  SetTime(since, *finding.mutable_event_time());
  SetTime(now, *finding.mutable_decide_time());
  SetTime(now, *finding.mutable_receive_time());
}

Finding Tell(const std::string& rule, const Condition& condition, absl::Time now,
             Concern& concern) {
  const bool first = concern.tellings() == 0;
  if (first) SetTime(now, *concern.mutable_since_time());
  const std::string occasion = std::to_string(absl::ToUnixMillis(ToTime(concern.since_time())));
  Finding finding = MakeOperatorFinding(rule, condition.what, occasion);
  concern.set_tellings(concern.tellings() + 1);
  concern.set_alert_id(finding.alert_id());
  concern.set_told(condition.digest);
  SetTime(now, *concern.mutable_told_time());
  finding.set_finding_id(finding.alert_id() + "/" + std::to_string(concern.tellings()));
  finding.set_severity(condition.severity);
  finding.set_latching(false);
  *finding.mutable_reason() = condition.reason;
  SetTimes(ToTime(concern.since_time()), now, finding);
  return finding;
}

Finding End(const std::string& rule, const std::string& key, const alert::v1::Text& over,
            absl::Time now, const Concern& concern) {
  Finding finding = MakeOperatorFinding(rule, "", "");
  finding.set_rule_key(key);
  finding.set_alert_id(concern.alert_id());
  finding.set_finding_id(concern.alert_id() + "/over");
  finding.set_kind(Finding::KIND_CLEAR);
  finding.set_latching(false);
  *finding.mutable_reason() = over;
  SetTimes(ToTime(concern.since_time()), now, finding);
  return finding;
}

}  // namespace

std::vector<Finding> Compare(const std::string& rule, const std::vector<Condition>& holding,
                             const alert::v1::Text& over, absl::Duration again, absl::Time now,
                             store::v1::UpkeepState& state) {
  std::vector<Finding> findings;
  std::set<std::string> held;
  auto& concerns = *state.mutable_concerns();
  for (const Condition& condition : holding) {
    const std::string key = KeyOf(rule, condition.what);
    held.insert(key);
    Concern& concern = concerns[key];
    const bool known = concern.tellings() > 0 && concern.told() == condition.digest;
    if (known && now - ToTime(concern.told_time()) < again) continue;
    findings.push_back(Tell(rule, condition, now, concern));
  }
  std::set<std::string> ended;
  for (const auto& [key, concern] : concerns) {
    const bool ours = key == rule || key.rfind(rule + "/", 0) == 0;
    if (ours && held.count(key) == 0) ended.insert(key);
  }
  for (const std::string& key : ended) {
    findings.push_back(End(rule, key, over, now, concerns.at(key)));
    concerns.erase(key);
  }
  return findings;
}

}  // namespace veille::notifier
