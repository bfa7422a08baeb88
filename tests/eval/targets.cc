#include "tests/eval/targets.h"

#include <map>

#include "absl/strings/str_format.h"

#include "tests/eval/alerts.h"
#include "tests/eval/format.h"

namespace veille::eval {
namespace {

constexpr double kInjectedFound = 0.95;
constexpr double kPatternSensitivity = 0.95, kPatternSpecificity = 0.98;
constexpr double kLostFound = 0.9, kFalselyLost = 0.05;
constexpr double kUrgentAWeek = 1;
constexpr double kElderlyAnHour = 0.5, kYoungAnHour = 2;
constexpr double kElderlySpecificity = 0.98;
constexpr double kSoftFound = 0.9;

double Part(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

class Table {
 public:
  void AtLeast(const std::string& what, double target, int64_t part, int64_t whole) {
    if (whole == 0) return;
    rows_.push_back({what, absl::StrFormat("at least %.2f", target), Share(part, whole),
                     Part(part, whole) >= target});
  }
  void LessThan(const std::string& what, double target, int64_t part, int64_t whole) {
    if (whole == 0) return;
    rows_.push_back({what, absl::StrFormat("less than %.2f", target), Share(part, whole),
                     Part(part, whole) < target});
  }
  void AtMost(const std::string& what, double target, int64_t count, double units) {
    if (units <= 0) return;
    rows_.push_back({what, absl::StrFormat("at most %g", target), Rate(count, units),
                     static_cast<double>(count) <= target * units});
  }
  void None(const std::string& what, int64_t count, int64_t among, const std::string& of) {
    if (among == 0) return;
    rows_.push_back({what, "none", absl::StrFormat("%d in %d %s", count, among, of), count == 0});
  }
  std::vector<TargetRow> Take() { return std::move(rows_); }

 private:
  std::vector<TargetRow> rows_;
};

void AddFalls(const FallResults& falls, Table& table) {
  std::map<std::string, FallCounts> all, elderly, groups;
  std::map<std::string, double> targets;
  for (const ClipVerdict& clip : falls.clips) {
    if (!clip.held_out) continue;
    const std::string key = clip.set + ", " + clip.position;
    targets[key] = clip.position == "wrist" ? 0.95 : 0.97;
    all[key].Add(clip);
    if (clip.group == "elderly") elderly[key].Add(clip);
    groups[clip.group].Add(clip);
  }
  for (const auto& [key, counts] : all) {
    table.AtLeast("falls found: " + key, targets[key], counts.tp, counts.tp + counts.fn);
    table.AtLeast("activities not taken for falls: " + key, targets[key], counts.tn,
                  counts.tn + counts.fp);
    table.AtLeast("falls made soft, found: " + key, kSoftFound, counts.soft, counts.tp + counts.fn);
  }
  for (const auto& [key, counts] : elderly) {
    table.AtLeast("activities of the elderly: " + key, kElderlySpecificity, counts.tn,
                  counts.tn + counts.fp);
  }
  for (const auto& [group, counts] : groups) {
    if (group != "elderly" && group != "young") continue;
    table.AtMost("suspected falsely an hour, " + group,
                 group == "young" ? kYoungAnHour : kElderlyAnHour, counts.false_suspected,
                 counts.wear_hours);
  }
}

void AddHomes(const Report& report, Table& table) {
  for (const HomeVerdict& home : report.homes) {
    table.AtMost("HIGH and MEDIUM a home-week: " + home.home, kUrgentAWeek, home.Urgent(),
                 home.Weeks());
  }
  struct Sum {
    int64_t injected = 0, found = 0;
  };
  std::map<std::string, Sum> sums;
  for (const InjectedVerdict& verdict : report.injected) {
    sums[verdict.what].injected += verdict.injected;
    sums[verdict.what].found += verdict.found;
  }
  for (const auto& [what, sum] : sums)
    table.AtLeast("injected, found: " + what, kInjectedFound, sum.found, sum.injected);
  for (const Pattern pattern : kPatterns) {
    if (pattern == Pattern::kRandom && !IsRule(PatternRule(pattern))) continue;
    const PatternCounts counts = CountPattern(report.patterns, pattern);
    table.AtLeast("rooms, told rightly: " + PatternName(pattern), kPatternSensitivity, counts.tp,
                  counts.tp + counts.fn);
    table.AtLeast("rooms, not told wrongly: " + PatternName(pattern), kPatternSpecificity,
                  counts.tn, counts.tn + counts.fp);
  }
}

void AddWalks(const Report& report, Table& table) {
  for (const WalkSetVerdict& walks : report.walks) {
    table.LessThan("walks told as disorientation: " + walks.set, kFalselyLost, walks.held_out_told,
                   walks.held_out);
    table.None("flaps at an edge 50 m beside: " + walks.set, walks.flaps, walks.fenced, "walks");
  }
  for (const MadeVerdict& made : report.made_walks) {
    const std::string name = made.pattern + ", made of " + made.set;
    if (made.pattern == PatternName(Pattern::kDirect)) {
      table.LessThan("walks told as disorientation: " + name, kFalselyLost, made.told, made.made);
    } else {
      table.AtLeast("disorientation found: " + name, kLostFound, made.told, made.made);
    }
  }
}

}  // namespace

std::vector<TargetRow> CompareWithTargets(const Report& report) {
  Table table;
  AddFalls(report.falls, table);
  AddHomes(report, table);
  AddWalks(report, table);
  return table.Take();
}

std::string TargetsText(const std::vector<TargetRow>& rows) {
  if (rows.empty()) return "";
  std::string out = "\nTargets, and what was counted (95 % interval or bound)\n";
  for (const TargetRow& row : rows) {
    out += absl::StrFormat("  %-6s  %-62s %-16s %s\n", row.met ? "met" : "MISSED", row.what,
                           row.target, row.figure);
  }
  return out;
}

std::string TargetsHtml(const std::vector<TargetRow>& rows) {
  if (rows.empty()) return "";
  std::string out =
      "<h2>Targets</h2><table><tr><th></th><th>what</th><th>target</th><th>counted, with its 95 % "
      "interval or bound</th></tr>";
  for (const TargetRow& row : rows) {
    out += absl::StrFormat("<tr><td style='color:%s'>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>",
                           row.met ? "#080" : "#b00", row.met ? "met" : "missed", Escape(row.what),
                           row.target, row.figure);
  }
  return out + "</table>";
}

}  // namespace veille::eval
