#include "tests/eval/report_walks.h"

#include "absl/strings/str_format.h"

#include "tests/eval/alerts.h"
#include "tests/eval/format.h"
#include "tests/eval/statistics.h"

namespace veille::eval {
namespace {

constexpr char kNoRule[] = " (this version has no rule DISORIENTATION)";
constexpr std::size_t kNamed = 10;

// "a, b and 3 more".
std::string Named(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < kNamed; ++i)
    out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamed) out += absl::StrFormat(" and %d more", names.size() - kNamed);
  return out;
}

std::string SetText(const WalkSetVerdict& walks) {
  std::string out = absl::StrFormat("\n  %s: %d recordings, %.1f hours with fixes, %d bad lines\n",
                                    walks.set, walks.recordings, walks.hours, walks.bad_lines);
  out +=
      absl::StrFormat("    disorientation alerts: %d, an hour: %s\n", walks.disorientation_alerts,
                      Rate(walks.disorientation_alerts, walks.hours));
  for (const auto& [truth, found] : walks.by_truth) {
    out += absl::StrFormat("    said to be %s: %d, told as disorientation: %s\n", truth,
                           found.first, Share(found.second, found.first));
  }
  out += absl::StrFormat("    exits from 500 m around the start: %d\n", walks.geofence_exits);
  out += absl::StrFormat("    edge 50 m beside the walk: %d walks, %d flaps%s\n", walks.fenced,
                         walks.flaps, walks.flaps == 0 ? "" : "  ABOVE THE TARGET");
  if (!walks.flapping.empty()) out += "      " + Named(walks.flapping) + "\n";
  if (!walks.unreadable.empty()) out += "    not judged: " + Named(walks.unreadable) + "\n";
  return out;
}

}  // namespace

std::string WalksText(const std::vector<WalkSetVerdict>& walks,
                      const std::vector<MadeVerdict>& made) {
  if (walks.empty()) return "";
  std::string out =
      "\nWalks: nobody in them is lost, so every disorientation alert is false. Targets: less than "
      "5 % of walks,\nno flap at an edge that runs 50 m beside the walk.\n";
  for (const WalkSetVerdict& set : walks) out += SetText(set);
  if (made.empty()) return out;
  out +=
      "\nWalks that were made of these (their timing, speed and errors on another way), 10 min "
      "purposeful and 20 min lost; direct: 30 min purposeful.\nTargets: 0.9 found, less than 5 % "
      "of direct ones told." +
      std::string(IsRule("DISORIENTATION") ? "" : kNoRule) + "\n";
  out += absl::StrFormat("  %-18s %-10s %5s  %-21s  %s\n", "set", "pattern", "made", "told",
                         "told before lost; minutes to the telling, median and p95");
  for (const MadeVerdict& verdict : made) {
    out += absl::StrFormat("  %-18s %-10s %5d  %-21s  %d; %.1f, %.1f\n", verdict.set,
                           verdict.pattern, verdict.made, Share(verdict.told, verdict.made),
                           verdict.told_before, Quantile(verdict.delays_s, 0.5) / 60,
                           Quantile(verdict.delays_s, 0.95) / 60);
  }
  return out;
}

std::string WalksJson(const std::vector<WalkSetVerdict>& walks) {
  return JoinJson(walks, [](const WalkSetVerdict& walk) {
    return absl::StrFormat(
        "{\"set\":%s,\"recordings\":%d,\"hours\":%.17g,\"disorientation_alerts\":%d,"
        "\"geofence_exits\":%d,\"flaps\":%d}",
        Quote(walk.set), walk.recordings, walk.hours, walk.disorientation_alerts,
        walk.geofence_exits, walk.flaps);
  });
}

std::string MadeWalksJson(const std::vector<MadeVerdict>& made) {
  return JoinJson(made, [](const MadeVerdict& verdict) {
    return absl::StrFormat("{\"set\":%s,\"pattern\":%s,\"made\":%d,\"told\":%d,\"told_before\":%d}",
                           Quote(verdict.set), Quote(verdict.pattern), verdict.made, verdict.told,
                           verdict.told_before);
  });
}

std::string WalksHtml(const std::vector<WalkSetVerdict>& walks,
                      const std::vector<MadeVerdict>& made) {
  if (walks.empty()) return "";
  std::string out =
      "<h2>Walks</h2><table><tr><th>set</th><th>hours</th><th>walks told as disorientation, all "
      "falsely</th><th>exits, 500 m around the start</th><th>flaps, edge 50 m beside</th></tr>";
  for (const WalkSetVerdict& walk : walks) {
    int64_t found = 0;
    for (const auto& [truth, counts] : walk.by_truth) found += counts.second;
    out += absl::StrFormat("<tr><td>%s</td><td>%.1f</td>%s<td>%d</td><td>%d in %d walks</td></tr>",
                           Escape(walk.set), walk.hours, Bar(found, walk.recordings),
                           walk.geofence_exits, walk.flaps, walk.fenced);
  }
  out += "</table>";
  if (made.empty()) return out;
  out += "<h3>Walks made of these: told as disorientation" +
         std::string(IsRule("DISORIENTATION") ? "" : kNoRule) +
         "</h3><table><tr><th>set</th><th>pattern</th><th>told</th></tr>";
  for (const MadeVerdict& verdict : made) {
    out += "<tr><td>" + Escape(verdict.set) + "</td><td>" + verdict.pattern +
           (verdict.pattern == "direct" ? " (none should be)" : "") + "</td>" +
           Bar(verdict.told, verdict.made) + "</tr>";
  }
  return out + "</table>";
}

}  // namespace veille::eval
