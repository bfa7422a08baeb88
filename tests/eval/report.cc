#include "tests/eval/report.h"

#include <functional>

#include "absl/strings/str_format.h"

#include "tests/eval/format.h"
#include "tests/eval/report_homes.h"
#include "tests/eval/report_injected.h"
#include "tests/eval/report_walks.h"
#include "tests/eval/statistics.h"
#include "tests/eval/targets.h"

namespace veille::eval {
namespace {

using Groups = std::map<std::string, FallCounts>;
using KeyOf = std::function<std::string(const ClipVerdict&)>;

constexpr char kSeparator = '\t';

Groups GroupBy(const FallResults& falls, bool held_out_only, const KeyOf& key) {
  Groups groups;
  for (const ClipVerdict& clip : falls.clips)
    if (clip.held_out || !held_out_only) groups[key(clip)].Add(clip);
  return groups;
}

std::string RowKey(const ClipVerdict& clip) {
  return clip.set + kSeparator + clip.position + kSeparator + clip.group;
}

std::vector<std::string> Split(const std::string& key) {
  std::vector<std::string> parts{""};
  for (const char c : key) {
    if (c == kSeparator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// Suspicions in recordings without a fall.
std::string FalseAlarms(const FallCounts& counts) {
  if (counts.wear_hours <= 0) return "-";
  return Rate(counts.false_suspected, counts.wear_hours) +
         absl::StrFormat(", a wear-day %.1f",
                         24 * static_cast<double>(counts.false_suspected) / counts.wear_hours);
}

void AddFallTable(const std::string& title, const Groups& groups, std::string& out) {
  if (groups.empty()) return;
  out += "\n" + title + "\n";
  out += absl::StrFormat("  %-44s %5s %5s %5s %5s  %-21s  %-21s  %-21s  %s\n", "", "tp", "fn", "fp",
                         "tn", "sensitivity", "specificity", "soft falls", "suspected an hour");
  for (const auto& [key, counts] : groups) {
    std::string name;
    for (const std::string& part : Split(key)) name += (name.empty() ? "" : " / ") + part;
    out += absl::StrFormat("  %-44s %5d %5d %5d %5d  %-21s  %-21s  %-21s  %s\n", name, counts.tp,
                           counts.fn, counts.fp, counts.tn, Share(counts.tp, counts.tp + counts.fn),
                           Share(counts.tn, counts.tn + counts.fp),
                           Share(counts.soft, counts.tp + counts.fn), FalseAlarms(counts));
  }
}

std::string FallsJson(const Groups& groups) {
  return JoinJson(groups, [](const auto& group) {
    const auto parts = Split(group.first);
    const FallCounts& counts = group.second;
    return absl::StrFormat(
        "{\"set\":%s,\"position\":%s,\"group\":%s,\"tp\":%d,\"fn\":%d,\"fp\":%d,\"tn\":%d,"
        "\"wear_hours\":%.17g,\"suspected\":%d,\"confirmed\":%d,\"soft_tp\":%d}",
        Quote(parts[0]), Quote(parts[1]), Quote(parts[2]), counts.tp, counts.fn, counts.fp,
        counts.tn, counts.wear_hours, counts.false_suspected, counts.confirmed, counts.soft);
  });
}

std::string FallsHtml(const std::string& title, const Groups& groups) {
  if (groups.empty()) return "";
  std::string out = "<h2>" + title +
                    "</h2><table><tr><th>set, position, group</th><th>sensitivity</th>"
                    "<th>specificity</th><th>soft falls found</th><th>suspected an hour</th></tr>";
  for (const auto& [key, counts] : groups) {
    std::string name;
    for (const std::string& part : Split(key)) name += (name.empty() ? "" : ", ") + part;
    const int64_t falls = counts.tp + counts.fn;
    out += "<tr><td>" + Escape(name) + "</td>" + Bar(counts.tp, falls) +
           Bar(counts.tn, counts.tn + counts.fp) + Bar(counts.soft, falls) + "<td>" +
           FalseAlarms(counts) + "</td></tr>";
  }
  return out + "</table>";
}

}  // namespace

std::string ToText(const Report& report) {
  std::string out = "Recordings of " + report.folder + "\n" +
                    "Falls are acted onto mats, walks and homes are of people without dementia: "
                    "these figures are of the laboratory, not of the product.\n";
  out += TargetsText(CompareWithTargets(report));
  const FallResults& falls = report.falls;
  AddFallTable("Falls: set / position / group, subjects on whom nothing was tuned",
               GroupBy(falls, true, RowKey), out);
  AddFallTable("Falls: all subjects, those that thresholds were chosen on included",
               GroupBy(falls, false, RowKey), out);
  AddFallTable(
      "By position and age group",
      GroupBy(falls, false,
              [](const ClipVerdict& clip) { return clip.position + kSeparator + clip.group; }),
      out);
  AddFallTable("By activity",
               GroupBy(falls, false,
                       [](const ClipVerdict& clip) {
                         return clip.set + kSeparator + clip.position + kSeparator + clip.activity;
                       }),
               out);
  AddFallTable("By subject",
               GroupBy(falls, false,
                       [](const ClipVerdict& clip) {
                         return clip.set + kSeparator + clip.subject + kSeparator + clip.group;
                       }),
               out);
  for (const auto& [key, counts] : GroupBy(falls, false, RowKey)) {
    if (counts.delays_s.empty()) continue;
    out += absl::StrFormat("\n%s: from the labelled onset to SUSPECTED: median %.1f s, p95 %.1f s",
                           Split(key)[0], Quantile(counts.delays_s, 0.5),
                           Quantile(counts.delays_s, 0.95));
  }
  for (const std::string& fault : falls.unreadable) out += "\nunreadable: " + fault;
  out += HomesText(report.homes);
  out += InjectedText(report.injected, report.patterns);
  out += WalksText(report.walks, report.made_walks);
  return out + "\n";
}

std::string ToJson(const Report& report) {
  return "{\"falls\":" + FallsJson(GroupBy(report.falls, false, RowKey)) +
         ",\"falls_held_out\":" + FallsJson(GroupBy(report.falls, true, RowKey)) +
         ",\"homes\":" + HomesJson(report.homes) + ",\"gps\":" + WalksJson(report.walks) +
         ",\"injected\":" + InjectedJson(report.injected) +
         ",\"patterns\":" + PatternsJson(report.patterns) +
         ",\"gps_made\":" + MadeWalksJson(report.made_walks) + "}\n";
}

std::string ToHtml(const Report& report) {
  std::string out =
      "<!doctype html><meta charset='utf-8'><title>Veille: evaluation</title><style>body{font:"
      "14px sans-serif;margin:2em}td,th{padding:2px 12px;text-align:left}</style><h1>Recordings "
      "of " +
      Escape(report.folder) +
      "</h1><p>Falls are acted onto mats, walks and homes are of people "
      "without dementia: these figures are of the laboratory, not of the product. A bar is the "
      "share, the line its 95 % interval.</p>";
  out += TargetsHtml(CompareWithTargets(report));
  out +=
      FallsHtml("Falls: subjects on whom nothing was tuned", GroupBy(report.falls, true, RowKey));
  out += FallsHtml("Falls: all subjects", GroupBy(report.falls, false, RowKey));
  out += FallsHtml("Falls by activity", GroupBy(report.falls, false, [](const ClipVerdict& clip) {
                     return clip.set + kSeparator + clip.activity;
                   }));
  out += FallsHtml("Falls by age group", GroupBy(report.falls, false, [](const ClipVerdict& clip) {
                     return clip.position + kSeparator + clip.group;
                   }));
  out += FallsHtml("Falls by subject", GroupBy(report.falls, false, [](const ClipVerdict& clip) {
                     return clip.set + kSeparator + clip.subject + kSeparator + clip.group;
                   }));
  out += HomesHtml(report.homes);
  out += InjectedHtml(report.injected, report.patterns);
  return out + WalksHtml(report.walks, report.made_walks) + "\n";
}

}  // namespace veille::eval
