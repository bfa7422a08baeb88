#include "tests/eval/homes.h"

#include <algorithm>
#include <filesystem>

#include "services/client/replay_engine.h"
#include "services/domain/recordings/recording.h"

namespace veille::eval {
namespace {

HomeVerdict Judge(const std::filesystem::path& folder) {
  HomeVerdict verdict;
  verdict.home = folder.filename().string();
  const auto recording = domain::OpenRecording("home:" + folder.string());
  if (!recording.ok()) {
    verdict.fault = std::string(recording.status().message());
    return verdict;
  }
  const auto findings = client::Replay(*recording, {});
  if (!findings.ok()) {
    verdict.fault = std::string(findings.status().message());
    return verdict;
  }
  verdict.days = absl::ToDoubleHours(recording->end - recording->start) / 24;
  verdict.events = recording->events.size();
  verdict.bad_lines = recording->bad_line_count;
  std::map<std::string, std::pair<std::string, alert::v1::Severity>> highest;
  for (const store::v1::Finding& finding : *findings) {
    if (finding.kind() == store::v1::Finding::KIND_CLEAR) continue;
    auto& [rule, severity] = highest[finding.alert_id()];
    rule = finding.rule_key().substr(0, finding.rule_key().find('/'));
    severity = std::max(severity, finding.severity());
  }
  for (const auto& [id, alert] : highest) {
    const std::string name = alert::v1::Severity_Name(alert.second).substr(sizeof("SEVERITY"));
    ++verdict.alerts[alert.first][name];
  }
  return verdict;
}

}  // namespace

int64_t HomeVerdict::Urgent() const {
  int64_t urgent = 0;
  for (const auto& [rule, severities] : alerts) {
    for (const auto& [severity, count] : severities)
      if (severity == "HIGH" || severity == "MEDIUM") urgent += count;
  }
  return urgent;
}

std::vector<HomeVerdict> JudgeHomes(const std::string& folder) {
  std::vector<std::filesystem::path> homes;
  std::error_code ignored;
  for (const auto& home : std::filesystem::directory_iterator(folder + "/home", ignored))
    if (std::filesystem::exists(home.path() / "events.txt")) homes.push_back(home.path());
  std::sort(homes.begin(), homes.end());
  std::vector<HomeVerdict> verdicts;
  for (const auto& home : homes) verdicts.push_back(Judge(home));
  return verdicts;
}

}  // namespace veille::eval
