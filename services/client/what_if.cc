#include "services/client/what_if.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/timestamp.h"

namespace veille::client {
namespace {

using store::v1::Finding;

// Another figure moves the opening event of one situation by so much at most.
constexpr absl::Duration kSameSituation = absl::Minutes(10);

std::vector<Told> Join(const std::vector<Finding>& findings) {
  std::vector<Told> told;
  std::map<std::string, std::size_t> by_alert;
  for (const Finding& finding : findings) {
    if (finding.kind() == Finding::KIND_CLEAR) continue;
    const auto [at, is_new] = by_alert.emplace(finding.alert_id(), told.size());
    if (is_new) {
      told.push_back({finding.rule_key(), finding.patient_id(), finding.alert_id(),
                      ToTime(finding.event_time()), ToTime(finding.decide_time()),
                      finding.severity(), finding.reason()});
      continue;
    }
    Told& alert = told[at->second];
    if (finding.severity() <= alert.severity) continue;
    alert.severity = finding.severity();
    alert.reason = finding.reason();
  }
  return told;
}

bool SameSituation(const Told& a, const Told& b) {
  return a.rule_key == b.rule_key && a.patient_id == b.patient_id &&
         absl::AbsDuration(a.event_time - b.event_time) <= kSameSituation;
}

absl::Time When(const Difference& difference) {
  return difference.kind == Difference::Kind::kGoes ? difference.before.event_time
                                                    : difference.after.event_time;
}

}  // namespace

std::vector<Difference> Compare(const std::vector<Finding>& before,
                                const std::vector<Finding>& after) {
  std::vector<Told> olds = Join(before);
  std::vector<Told> news = Join(after);
  std::vector<Difference> differences;
  const auto pair_up = [&](auto is_same) {
    for (auto old = olds.begin(); old != olds.end();) {
      const auto same = std::find_if(news.begin(), news.end(),
                                     [&](const Told& other) { return is_same(*old, other); });
      if (same == news.end()) {
        ++old;
        continue;
      }
      if (old->severity != same->severity || old->decide_time != same->decide_time)
        differences.push_back({Difference::Kind::kChanges, std::move(*old), std::move(*same)});
      news.erase(same);
      old = olds.erase(old);
    }
  };
  pair_up([](const Told& a, const Told& b) { return a.alert_id == b.alert_id; });
  pair_up(SameSituation);
  for (Told& old : olds) differences.push_back({Difference::Kind::kGoes, std::move(old), {}});
  for (Told& told : news) differences.push_back({Difference::Kind::kComes, {}, std::move(told)});
  std::stable_sort(differences.begin(), differences.end(),
                   [](const Difference& a, const Difference& b) { return When(a) < When(b); });
  return differences;
}

}  // namespace veille::client
