#include "tests/eval/report_homes.h"

#include "absl/strings/str_format.h"

#include "common/time/local_time.h"
#include "tests/eval/format.h"

namespace veille::eval {
namespace {

// HIGH and MEDIUM alerts a home-week.
constexpr double kTarget = 1;

std::string LocalTime(absl::Time at, const std::string& zone_name) {
  const auto zone = LoadZone(zone_name);
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", at, zone.ok() ? *zone : absl::UTCTimeZone());
}

std::string HomeText(const HomeVerdict& home) {
  std::string out = absl::StrFormat("\n  %s: ", home.home);
  if (!home.fault.empty()) return out + "not judged: " + home.fault + "\n";
  out += absl::StrFormat(
      "%.1f days, %d events, %d bad lines; HIGH and MEDIUM a week: %s%s\n", home.days, home.events,
      home.bad_lines, Rate(home.Urgent(), home.Weeks()),
      static_cast<double>(home.Urgent()) > kTarget * home.Weeks() ? "  ABOVE THE TARGET" : "");
  for (const std::string& line : home.examples_of_bad_lines) out += "    bad line: " + line + "\n";
  for (const auto& [rule, severities] : home.ByRule()) {
    for (const auto& [severity, count] : severities) {
      out += absl::StrFormat("    %-26s %-10s %5d  a week: %s\n", rule, severity, count,
                             Rate(count, home.Weeks()));
    }
  }
  for (const auto& [alert, activity] : home.told) {
    if (!alert.IsUrgent()) continue;
    out += absl::StrFormat("      %s  %-20s %-6s  %s%s\n", LocalTime(alert.told.front(), home.zone),
                           alert.rule, SeverityName(alert.severity), alert.reason,
                           activity.empty() ? "" : " (doing: " + activity + ")");
  }
  return out;
}

std::string HomeJson(const HomeVerdict& home) {
  std::string alerts;
  for (const auto& [rule, severities] : home.ByRule()) {
    std::string counts;
    for (const auto& [severity, count] : severities)
      counts += absl::StrFormat("%s%s:%d", counts.empty() ? "" : ",", Quote(severity), count);
    alerts += (alerts.empty() ? "" : ",") + Quote(rule) + ":{" + counts + "}";
  }
  return absl::StrFormat("{\"home\":%s,\"days\":%.17g,\"alerts\":{%s}%s}", Quote(home.home),
                         home.days, alerts,
                         home.fault.empty() ? "" : ",\"fault\":" + Quote(home.fault));
}

}  // namespace

std::string HomesText(const std::vector<HomeVerdict>& homes) {
  if (homes.empty()) return "";
  std::string out =
      "\nHomes: what the default plan tells of people who need no help: every line is a false "
      "alarm.\nTarget: at most 1 HIGH or MEDIUM alert a home-week.\n";
  for (const HomeVerdict& home : homes) out += HomeText(home);
  return out;
}

std::string HomesJson(const std::vector<HomeVerdict>& homes) { return JoinJson(homes, HomeJson); }

std::string HomesHtml(const std::vector<HomeVerdict>& homes) {
  if (homes.empty()) return "";
  std::string out =
      "<h2>Homes: false alarms</h2><p>Alerts of the default plan, a home-week; the residents are "
      "healthy, so every alert is false. The blue mark is the target for HIGH and MEDIUM "
      "together.</p><table><tr><th>home, rule</th><th>a week</th></tr>";
  for (const HomeVerdict& home : homes) {
    if (!home.fault.empty()) {
      out += "<tr><td>" + Escape(home.home) + "</td><td>not judged: " + Escape(home.fault) +
             "</td></tr>";
      continue;
    }
    out += absl::StrFormat("<tr><th>%s, %.1f days: HIGH and MEDIUM</th>%s</tr>", Escape(home.home),
                           home.days, RateBar(home.Urgent(), home.Weeks(), kTarget));
    for (const auto& [rule, severities] : home.ByRule()) {
      for (const auto& [severity, count] : severities) {
        out += "<tr><td>" + Escape(rule) + " " + severity + "</td>" +
               RateBar(count, home.Weeks(), kTarget) + "</tr>";
      }
    }
  }
  return out + "</table>";
}

}  // namespace veille::eval
