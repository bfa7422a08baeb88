#include "services/notifier/core/late_summary.h"

#include <algorithm>
#include <string>

#include "common/base/digest.h"
#include "services/notifier/core/chain.h"

namespace veille::notifier {
namespace {

using alert::v1::Alert;
using alert::v1::Transition;
using store::v1::AlertRecord;
using store::v1::Finding;

constexpr char kRule[] = "LATE_SUMMARY";
constexpr int kMaxLines = 64;
// A backlog's findings come within seconds of one another. Ended at the latest after a few
// minutes, so that a hub which loses contact again and again does not put its summary off for ever.
constexpr absl::Duration kQuiet = absl::Seconds(30);
constexpr absl::Duration kLongest = absl::Minutes(5);

void SetReason(Alert& alert) {
  const std::string count = std::to_string(alert.occurrences());
  const bool one = alert.occurrences() == 1;
  alert.mutable_reason()->set_fr(
      one ? "Retour après une coupure : un événement commencé et terminé entre-temps"
          : "Retour après une coupure : " + count +
                " événements commencés et terminés entre-temps");
  alert.mutable_reason()->set_en(one ? "Back after a gap: one thing began and ended meanwhile"
                                     : "Back after a gap: " + count +
                                           " things began and ended meanwhile");
}

void SetTimer(absl::Time now, AlertRecord& record) {
  const absl::Time last = ToTime(record.alert().create_time()) + kLongest;
  SetTime(std::min(now + kQuiet, last), *record.mutable_next_step_time());
}

}  // namespace

bool IsFolded(const Finding& finding) {
  return finding.fold() && finding.severity() < alert::v1::SEVERITY_HIGH && !finding.latching();
}

Finding SummaryLine(const Finding& folded) {
  Finding line = folded;
  line.set_rule_key(kRule);
  line.set_alert_id(folded.home_id() + "." +
                    Sha256Hex16(std::string(kRule) + '\n' + folded.finding_id()));
  line.set_severity(alert::v1::SEVERITY_LOW);
  auto& evidence = *line.mutable_evidence();
  evidence.Clear();
  evidence.set_rule(kRule);
  evidence.set_rule_version(1);
  auto& seen = *evidence.add_observations();
  *seen.mutable_event_time() = folded.event_time();
  *seen.mutable_receive_time() = folded.receive_time();
  if (!folded.evidence().observations().empty())
    seen.set_device_id(folded.evidence().observations(0).device_id());
  *seen.mutable_text() = folded.reason();
  return line;
}

void BeginSummary(absl::Time now, AlertRecord& record) {
  record.set_gathering(true);
  record.mutable_alert()->set_late(true);
  SetReason(*record.mutable_alert());
  SetTimer(now, record);
}

void AddToSummary(const Finding& line, absl::Time now, AlertRecord& record) {
  Alert& alert = *record.mutable_alert();
  alert.set_occurrences(alert.occurrences() + 1);
  if (ToTime(line.event_time()) < ToTime(alert.event_time()))
    *alert.mutable_event_time() = line.event_time();
  if (ToTime(line.event_time()) > ToTime(alert.last_occurrence_time()))
    *alert.mutable_last_occurrence_time() = line.event_time();
  auto& lines = *alert.mutable_evidence()->mutable_observations();
  for (const auto& observation : line.evidence().observations())
    if (lines.size() < kMaxLines) *lines.Add() = observation;
  SetReason(alert);
  SetTimer(now, record);
}

void EndSummary(absl::Time now, AlertRecord& record) {
  Alert& alert = *record.mutable_alert();
  record.clear_gathering();
  auto& lines = *alert.mutable_evidence()->mutable_observations();
  std::stable_sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) {
    return ToTime(a.event_time()) < ToTime(b.event_time());
  });
  alert.set_condition(alert::v1::CONDITION_CLEARED);
  alert.set_handling(alert::v1::HANDLING_CLOSED);
  SetTime(now, *alert.mutable_close_time());
  StopChain(now, record);
  Note(Transition::KIND_CLEARED, now, alert);
}

}  // namespace veille::notifier
