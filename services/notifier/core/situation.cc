#include "services/notifier/core/situation.h"

#include <algorithm>
#include <map>

#include "services/notifier/core/alert_life.h"
#include "services/notifier/core/chain.h"

namespace veille::notifier {
namespace {

using alert::v1::Line;
using store::v1::AlertRecord;
using store::v1::Finding;

constexpr int kMaxLines = 200;
// What comes later than this after the rest is a situation of its own: of one that nobody has
// taken, and of one that somebody is at.
constexpr absl::Duration kOpenFor = absl::Hours(12), kTakenFor = absl::Hours(2);
// A grid fails in many homes within seconds; their hubs notice within a minute.
constexpr absl::Duration kGather = absl::Seconds(60), kLongest = absl::Minutes(5);
constexpr int kManyHomes = 3;

std::string Base(const std::string& rule_key) { return rule_key.substr(0, rule_key.find('/')); }

bool IsRecent(const Finding& finding, const AlertRecord& record) {
  const bool taken = record.alert().handling() == alert::v1::HANDLING_ACKNOWLEDGED;
  absl::Time last = ToTime(record.alert().last_occurrence_time());
  for (const Line& line : record.alert().lines()) last = std::max(last, ToTime(line.event_time()));
  return ToTime(finding.event_time()) - last <= (taken ? kTakenFor : kOpenFor);
}

bool Leads(const AlertRecord& record, const Finding& finding) {
  const alert::v1::Alert& alert = record.alert();
  const Situation situation = SituationOf(finding.rule_key());
  if (SituationOf(record.rule_key()) != situation || !IsJoinable(record)) return false;
  switch (situation) {
    case Situation::kOnTheFloor:
      return alert.patient_id() == finding.patient_id() &&
             alert.severity() == alert::v1::SEVERITY_HIGH &&
             record.rule_key() != finding.rule_key() && IsRecent(finding, record);
    case Situation::kOutOfContact:
      return Base(record.rule_key()) == "HUB_OFFLINE" &&
             Base(finding.rule_key()) != "HUB_OFFLINE" &&
             finding.severity() == alert::v1::SEVERITY_TECHNICAL &&
             alert.condition() == alert::v1::CONDITION_ACTIVE;
    case Situation::kPowerCuts:
      return true;
    case Situation::kNone:
      return false;
  }
  return false;
}

Line* FindLine(const std::string& alert_id, AlertRecord& record) {
  for (Line& line : *record.mutable_alert()->mutable_lines())
    if (line.alert_id() == alert_id) return &line;
  return nullptr;
}

void SetPowerCutReason(AlertRecord& record) {
  const std::string count = std::to_string(record.alert().lines_size());
  alert::v1::Text& reason = *record.mutable_alert()->mutable_reason();
  reason.set_fr("Coupure de courant dans " + count + " logements");
  reason.set_en("Power cut in " + count + " homes");
}

}  // namespace

Situation SituationOf(const std::string& rule_key) {
  static const auto* const situations =
      new std::map<std::string, Situation>{{"FALL", Situation::kOnTheFloor},
                                           {"DEVICE_FALL", Situation::kOnTheFloor},
                                           {"ROOM_FALL", Situation::kOnTheFloor},
                                           {"LONG_LIE", Situation::kOnTheFloor},
                                           {"INACTIVITY", Situation::kOnTheFloor},
                                           {"HUB_OFFLINE", Situation::kOutOfContact},
                                           {"SENSORS_SILENT", Situation::kOutOfContact},
                                           {"BATHROOM_LONG", Situation::kOnTheFloor},
                                           {"NO_MORNING", Situation::kOnTheFloor},
                                           {"SENSOR_SILENT", Situation::kOutOfContact},
                                           {"POWER_CUTS", Situation::kPowerCuts}};
  const auto at = situations->find(Base(rule_key));
  return at == situations->end() ? Situation::kNone : at->second;
}

const AlertRecord* LeaderFor(const Finding& finding, const std::vector<AlertRecord>& open) {
  for (const AlertRecord& record : open) {
    const auto& lines = record.alert().lines();
    if (record.alert().alert_id() != finding.alert_id() &&
        std::any_of(lines.begin(), lines.end(),
                    [&](const Line& line) { return line.alert_id() == finding.alert_id(); })) {
      return &record;
    }
  }
  if (finding.kind() == Finding::KIND_CLEAR) return nullptr;
  for (const AlertRecord& record : open)
    if (record.alert().alert_id() != finding.alert_id() && Leads(record, finding)) return &record;
  return nullptr;
}

bool IsLine(const Finding& finding, const AlertRecord& record) {
  if (finding.alert_id() == record.alert().alert_id()) return false;
  return finding.rule_key() != record.rule_key() ||
         SituationOf(finding.rule_key()) == Situation::kPowerCuts;
}

void PutLine(const Finding& finding, AlertRecord& record) {
  Line* line = FindLine(finding.alert_id(), record);
  if (line == nullptr) {
    if (record.alert().lines_size() == kMaxLines) return;
    line = record.mutable_alert()->add_lines();
    line->set_alert_id(finding.alert_id());
    *line->mutable_event_time() = finding.event_time();
  }
  line->set_rule(finding.evidence().rule());
  const auto& parameters = finding.evidence().parameters();
  const auto home = parameters.find("home");
  line->set_home_id(home == parameters.end() ? finding.home_id() : home->second);
  line->set_severity(finding.severity());
  line->set_condition(alert::v1::CONDITION_ACTIVE);
  *line->mutable_reason() = finding.reason();
}

void EndLine(const std::string& alert_id, AlertRecord& record) {
  if (Line* line = FindLine(alert_id, record)) line->set_condition(alert::v1::CONDITION_CLEARED);
}

const Line* ActiveLine(const AlertRecord& record) {
  for (const Line& line : record.alert().lines())
    if (line.condition() == alert::v1::CONDITION_ACTIVE) return &line;
  return nullptr;
}

void BeginPowerCuts(const Finding& finding, absl::Time now, AlertRecord& record) {
  record.set_gathering(true);
  PutLine(finding, record);
  AddPowerCut(now, record);
}

void AddPowerCut(absl::Time now, AlertRecord& record) {
  SetPowerCutReason(record);
  if (!record.gathering()) return;
  const absl::Time last = ToTime(record.alert().create_time()) + kLongest;
  SetTime(std::min(now + kGather, last), *record.mutable_next_step_time());
}

bool EndGatheringPowerCuts(AlertRecord& record) {
  record.clear_gathering();
  return record.alert().lines_size() >= kManyHomes;
}

}  // namespace veille::notifier
