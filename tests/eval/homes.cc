#include "tests/eval/homes.h"

#include <algorithm>
#include <filesystem>

#include "common/time/local_time.h"
#include "services/domain/recordings/csv.h"
#include "services/domain/recordings/readers.h"

namespace veille::eval {
namespace {

constexpr std::size_t kExamples = 3;

struct Label {
  absl::Time from, until;
  std::string activity;
};

bool ParseWallClock(const std::string& text, const absl::TimeZone& zone, absl::Time* at) {
  std::string error;
  return absl::ParseTime("%Y-%m-%d %H:%M:%E*S", text, zone, at, &error);
}

// A home need not have labels, nor all of them good.
std::vector<Label> ReadLabels(const std::string& path, const std::string& zone_name) {
  std::vector<Label> labels;
  const auto zone = LoadZone(zone_name);
  if (!zone.ok()) return labels;
  domain::ReadReport report;
  const auto read = domain::ReadCsv(path, {{"start", "end", "activity"}, {}}, report,
                                    [&](const domain::CsvRow& row) {
                                      Label label;
                                      if (!ParseWallClock(row.Text("start"), *zone, &label.from) ||
                                          !ParseWallClock(row.Text("end"), *zone, &label.until))
                                        return;
                                      label.activity = row.Text("activity");
                                      labels.push_back(label);
                                    });
  read.IgnoreError();
  return labels;
}

std::string ActivityAt(absl::Time at, const std::vector<Label>& labels) {
  for (const Label& label : labels)
    if (label.from <= at && at <= label.until) return label.activity;
  return "";
}

HomeVerdict Judge(const std::string& folder, const RecordedHome& home) {
  HomeVerdict verdict;
  verdict.home = home.name;
  if (!home.recording.ok()) {
    verdict.fault = std::string(home.recording.status().message());
    return verdict;
  }
  const domain::Recording& recording = *home.recording;
  verdict.zone = recording.home.zone();
  verdict.days = absl::ToDoubleHours(recording.end - recording.start) / 24;
  verdict.events = recording.events.size();
  verdict.bad_lines = recording.bad_line_count;
  for (const std::string& line : recording.bad_lines)
    if (verdict.examples_of_bad_lines.size() < kExamples)
      verdict.examples_of_bad_lines.push_back(line);
  const auto alerts = AlertsOf(recording);
  if (!alerts.ok()) {
    verdict.fault = std::string(alerts.status().message());
    return verdict;
  }
  const auto labels =
      ReadLabels(folder + "/home/" + home.name + "/labels.csv", recording.home.zone());
  for (const Alert& alert : *alerts)
    verdict.told.emplace_back(alert, ActivityAt(alert.told.front(), labels));
  return verdict;
}

}  // namespace

std::vector<RecordedHome> ReadHomes(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code ignored;
  for (const auto& home : std::filesystem::directory_iterator(folder + "/home", ignored))
    if (home.is_directory(ignored)) paths.push_back(home.path());
  std::sort(paths.begin(), paths.end());
  std::vector<RecordedHome> homes;
  for (const auto& path : paths)
    homes.push_back({path.filename().string(), domain::ReadHome(path.string())});
  return homes;
}

std::map<std::string, std::map<std::string, int64_t>> HomeVerdict::ByRule() const {
  std::map<std::string, std::map<std::string, int64_t>> counts;
  for (const auto& [alert, activity] : told) ++counts[alert.rule][SeverityName(alert.severity)];
  return counts;
}

int64_t HomeVerdict::Urgent() const {
  return std::count_if(told.begin(), told.end(), [](const auto& t) { return t.first.IsUrgent(); });
}

int64_t HomeVerdict::Urgent(const std::string& rule) const {
  return std::count_if(told.begin(), told.end(),
                       [&](const auto& t) { return t.first.IsUrgent() && t.first.rule == rule; });
}

std::vector<HomeVerdict> JudgeHomes(const std::string& folder,
                                    const std::vector<RecordedHome>& homes) {
  std::vector<HomeVerdict> verdicts;
  for (const RecordedHome& home : homes) verdicts.push_back(Judge(folder, home));
  return verdicts;
}

}  // namespace veille::eval
