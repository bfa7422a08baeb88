#include "tests/eval/report.h"

#include <functional>
#include <set>

#include "absl/strings/str_format.h"

#include "tests/eval/statistics.h"

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

int CountSubjects(const FallResults& falls, bool held_out_too) {
  std::set<std::string> subjects;
  for (const ClipVerdict& clip : falls.clips)
    if (held_out_too || !clip.held_out) subjects.insert(clip.set + kSeparator + clip.subject);
  return static_cast<int>(subjects.size());
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

std::string Share(int64_t part, int64_t whole) {
  if (whole == 0) return "-";
  const Interval interval = Wilson(part, whole);
  return absl::StrFormat("%.3f [%.3f, %.3f]",
                         static_cast<double>(part) / static_cast<double>(whole), interval.low,
                         interval.high);
}

std::string PerHour(const FallCounts& counts) {
  if (counts.wear_hours <= 0) return "-";
  return absl::StrFormat("%.2f (below %.2f)",
                         static_cast<double>(counts.false_suspected) / counts.wear_hours,
                         PoissonUpper(counts.false_suspected) / counts.wear_hours);
}

void AddFallTable(const std::string& title, const Groups& groups, std::string& out) {
  if (groups.empty()) return;
  out += "\n" + title + "\n";
  out += absl::StrFormat("  %-44s %5s %5s %5s %5s  %-21s  %-21s  %-21s  %-9s  %s\n", "", "tp", "fn",
                         "fp", "tn", "sensitivity", "specificity", "soft falls", "confirmed",
                         "suspected/hour");
  for (const auto& [key, counts] : groups) {
    std::string name;
    for (const std::string& part : Split(key)) name += (name.empty() ? "" : " / ") + part;
    out += absl::StrFormat(
        "  %-44s %5d %5d %5d %5d  %-21s  %-21s  %-21s  %-9d  %s\n", name, counts.tp, counts.fn,
        counts.fp, counts.tn, Share(counts.tp, counts.tp + counts.fn),
        Share(counts.tn, counts.tn + counts.fp), Share(counts.soft, counts.tp + counts.fn),
        counts.confirmed, PerHour(counts));
  }
}

std::string Quote(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += absl::StrFormat("\\u%04x", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string Escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

template <typename List, typename Write>
std::string JoinJson(const List& list, const Write& write) {
  std::string out;
  for (const auto& entry : list) {
    if (!out.empty()) out += ",";
    out += write(entry);
  }
  return "[" + out + "]";
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

std::string HomeJson(const HomeVerdict& home) {
  std::string alerts;
  for (const auto& [rule, severities] : home.alerts) {
    std::string counts;
    for (const auto& [severity, count] : severities)
      counts += absl::StrFormat("%s%s:%d", counts.empty() ? "" : ",", Quote(severity), count);
    alerts += (alerts.empty() ? "" : ",") + Quote(rule) + ":{" + counts + "}";
  }
  return absl::StrFormat("{\"home\":%s,\"days\":%.17g,\"alerts\":{%s}%s}", Quote(home.home),
                         home.days, alerts,
                         home.fault.empty() ? "" : ",\"fault\":" + Quote(home.fault));
}

// One bar with its interval, for a share from 0 to 1.
std::string Bar(int64_t part, int64_t whole) {
  if (whole == 0) return "<td></td>";
  const Interval interval = Wilson(part, whole);
  const double share = static_cast<double>(part) / static_cast<double>(whole);
  return absl::StrFormat(
      "<td><svg width='210' height='16'><rect width='%.1f' height='12' y='2' fill='#4a7'/>"
      "<line x1='%.1f' x2='%.1f' y1='8' y2='8' stroke='#000' stroke-width='2'/></svg>"
      " %.3f <small>%d of %d</small></td>",
      200 * share, 200 * interval.low, 200 * interval.high, share, part, whole);
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
           PerHour(counts) + "</td></tr>";
  }
  return out + "</table>";
}

std::string HomesHtml(const std::vector<HomeVerdict>& homes) {
  if (homes.empty()) return "";
  std::string out = "<h2>Alerts in homes of healthy people</h2><table>";
  for (const HomeVerdict& home : homes) {
    out += absl::StrFormat("<tr><th colspan='2'>%s, %.1f days %s</th></tr>", Escape(home.home),
                           home.days, Escape(home.fault));
    for (const auto& [rule, severities] : home.alerts) {
      for (const auto& [severity, count] : severities) {
        const double weekly = static_cast<double>(count) * 7 / home.days;
        out += absl::StrFormat(
            "<tr><td>%s %s</td><td><svg width='210' height='16'><rect width='%.1f' height='12' "
            "y='2' fill='#c64'/></svg> %d, %.2f a week</td></tr>",
            rule, severity, std::min(200.0, 20 * weekly), count, weekly);
      }
    }
  }
  return out + "</table>";
}

}  // namespace

std::string ToText(const Report& report) {
  std::string out = "Recordings of " + report.folder + "\n" +
                    "Falls are acted onto mats, walks and homes are of people without dementia: "
                    "these figures are of the laboratory, not of the product.\n";
  const FallResults& falls = report.falls;
  if (!falls.clips.empty()) {
    out += absl::StrFormat("Falls: thresholds were chosen on %d of %d subjects.\n",
                           CountSubjects(falls, false), CountSubjects(falls, true));
  }
  AddFallTable("Falls: set / position / group, subjects on whom nothing was tuned",
               GroupBy(falls, true, RowKey), out);
  AddFallTable("Falls: all subjects, those that thresholds were chosen on included",
               GroupBy(falls, false, RowKey), out);
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
  for (const HomeVerdict& home : report.homes) {
    out +=
        absl::StrFormat("\n\nHome %s: %.1f days, %d events, %d bad lines%s", home.home, home.days,
                        home.events, home.bad_lines, home.fault.empty() ? "" : ": " + home.fault);
    if (home.days > 0) {
      out += absl::StrFormat("; HIGH and MEDIUM: %.2f a week",
                             static_cast<double>(home.Urgent()) * 7 / home.days);
    }
    for (const auto& [rule, severities] : home.alerts) {
      for (const auto& [severity, count] : severities) {
        out += absl::StrFormat("\n  %-24s %-10s %5d  %.3f a day", rule, severity, count,
                               static_cast<double>(count) / home.days);
      }
    }
  }
  for (const WalkSetVerdict& walk : report.walks) {
    out += absl::StrFormat(
        "\n\nWalks %s: %d (%d unreadable), %.1f hours; disorientation %d, exits from 500 m around "
        "the start %d, flaps at an edge 50 m beside %d",
        walk.set, walk.recordings, walk.unreadable, walk.hours, walk.disorientation_alerts,
        walk.geofence_exits, walk.flaps);
    for (const auto& [truth, found] : walk.by_truth) {
      out += absl::StrFormat("\n  said to be %s: %d, with a disorientation alert %s", truth,
                             found.first, Share(found.second, found.first));
    }
  }
  return out + "\n";
}

std::string ToJson(const Report& report) {
  return "{\"falls\":" + FallsJson(GroupBy(report.falls, false, RowKey)) +
         ",\"falls_held_out\":" + FallsJson(GroupBy(report.falls, true, RowKey)) +
         ",\"homes\":" + JoinJson(report.homes, HomeJson) + ",\"gps\":" +
         JoinJson(report.walks,
                  [](const WalkSetVerdict& walk) {
                    return absl::StrFormat(
                        "{\"set\":%s,\"recordings\":%d,\"hours\":%.17g,\"disorientation_alerts\":"
                        "%d,\"geofence_exits\":%d,\"flaps\":%d}",
                        Quote(walk.set), walk.recordings, walk.hours, walk.disorientation_alerts,
                        walk.geofence_exits, walk.flaps);
                  }) +
         "}\n";
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
  out +=
      FallsHtml("Falls: subjects on whom nothing was tuned", GroupBy(report.falls, true, RowKey));
  out += FallsHtml("Falls: all subjects", GroupBy(report.falls, false, RowKey));
  out += FallsHtml("Falls by activity", GroupBy(report.falls, false, [](const ClipVerdict& clip) {
                     return clip.set + kSeparator + clip.activity;
                   }));
  out += HomesHtml(report.homes);
  if (!report.walks.empty())
    out +=
        "<h2>Walks</h2><table><tr><th>set</th><th>walks with a "
        "disorientation alert</th><th>flaps at an edge 50 m beside</th></tr>";
  for (const WalkSetVerdict& walk : report.walks) {
    int64_t found = 0;
    for (const auto& [truth, counts] : walk.by_truth) found += counts.second;
    out += "<tr><td>" + Escape(walk.set) + "</td>" + Bar(found, walk.recordings) +
           absl::StrFormat("<td>%d</td></tr>", walk.flaps);
  }
  return out + (report.walks.empty() ? "" : "</table>") + "\n";
}

}  // namespace veille::eval
