#include "tests/eval/report_injected.h"

#include <map>

#include "absl/strings/str_format.h"

#include "tests/eval/alerts.h"
#include "tests/eval/format.h"
#include "tests/eval/statistics.h"

namespace veille::eval {
namespace {

constexpr double kTargetPerWeek = 1;

std::string RuleNote(const InjectedVerdict& verdict) {
  return verdict.is_rule ? "" : "no such rule in this version";
}

// What "direct" stands for: see CountPattern().
std::string PatternTitle(Pattern pattern) {
  if (pattern != Pattern::kDirect) return PatternName(pattern);
  return IsRule(PatternRule(Pattern::kRandom)) ? "direct" : "direct or random";
}

bool IsJudged(Pattern pattern) {
  return pattern != Pattern::kRandom || IsRule(PatternRule(Pattern::kRandom));
}

std::string TableText(const std::vector<InjectedVerdict>& injected) {
  std::string out =
      "\nInjected into the recorded homes. Target: 0.95 found. False: alerts of the same rule "
      "elsewhere in the same recordings.\n";
  out += absl::StrFormat("  %-16s %-20s %-16s %8s %5s  %-21s  %-18s %s\n", "home", "what", "rule",
                         "injected", "found", "share", "median, p95 min", "false a week");
  struct Sum {
    int64_t injected = 0, found = 0;
  };
  std::map<std::string, Sum> sums;
  for (const InjectedVerdict& verdict : injected) {
    sums[verdict.what].injected += verdict.injected;
    sums[verdict.what].found += verdict.found;
    if (verdict.injected == 0) {
      out += absl::StrFormat("  %-16s %-20s has no place for it in this home\n", verdict.home,
                             verdict.what);
      continue;
    }
    out +=
        absl::StrFormat("  %-16s %-20s %-16s %8d %5d  %-21s  %5.1f, %5.1f       %s %s\n",
                        verdict.home, verdict.what, verdict.rule, verdict.injected, verdict.found,
                        Share(verdict.found, verdict.injected),
                        Quantile(verdict.delays_s, 0.5) / 60, Quantile(verdict.delays_s, 0.95) / 60,
                        Rate(verdict.false_alerts, verdict.days / 7), RuleNote(verdict));
  }
  for (const auto& [what, sum] : sums) {
    out += absl::StrFormat("  %-16s %-20s %-16s %8d %5d  %s\n", "all homes", what, "", sum.injected,
                           sum.found, Share(sum.found, sum.injected));
  }
  return out;
}

std::string ConfusionText(const std::vector<PatternVerdict>& patterns) {
  std::string out =
      "\nSequences of rooms with the recording's own timing, each in a home of its own. Targets: "
      "sensitivity 0.95, specificity 0.98.\n";
  for (const PatternVerdict& verdict : patterns) {
    for (const auto& [truth, told] : verdict.told) {
      out += absl::StrFormat("  %-16s %-10s told as:", verdict.home, truth);
      for (const auto& [as, count] : told) out += absl::StrFormat("  %s %d", as, count);
      out += "\n";
    }
  }
  for (const Pattern pattern : kPatterns) {
    if (!IsJudged(pattern)) continue;
    const PatternCounts counts = CountPattern(patterns, pattern);
    out += absl::StrFormat("  all homes: %-18s sensitivity %s, specificity %s\n",
                           PatternTitle(pattern), Share(counts.tp, counts.tp + counts.fn),
                           Share(counts.tn, counts.tn + counts.fp));
  }
  return out;
}

}  // namespace

std::string InjectedText(const std::vector<InjectedVerdict>& injected,
                         const std::vector<PatternVerdict>& patterns) {
  return (injected.empty() ? "" : TableText(injected)) +
         (patterns.empty() ? "" : ConfusionText(patterns));
}

std::string InjectedJson(const std::vector<InjectedVerdict>& injected) {
  return JoinJson(injected, [](const InjectedVerdict& verdict) {
    return absl::StrFormat(
        "{\"home\":%s,\"what\":%s,\"rule\":%s,\"injected\":%d,\"found\":%d,\"false_alerts\":%d,"
        "\"days\":%.17g}",
        Quote(verdict.home), Quote(verdict.what), Quote(verdict.rule), verdict.injected,
        verdict.found, verdict.false_alerts, verdict.days);
  });
}

std::string PatternsJson(const std::vector<PatternVerdict>& patterns) {
  return JoinJson(patterns, [](const PatternVerdict& verdict) {
    std::string rows;
    for (const auto& [truth, told] : verdict.told) {
      std::string counts;
      for (const auto& [as, count] : told)
        counts += absl::StrFormat("%s%s:%d", counts.empty() ? "" : ",", Quote(as), count);
      rows += (rows.empty() ? "" : ",") + Quote(truth) + ":{" + counts + "}";
    }
    return "{\"home\":" + Quote(verdict.home) + ",\"told\":{" + rows + "}}";
  });
}

std::string InjectedHtml(const std::vector<InjectedVerdict>& injected,
                         const std::vector<PatternVerdict>& patterns) {
  std::string out;
  if (!injected.empty()) {
    out +=
        "<h2>Injected into the recorded homes</h2><table><tr><th>home</th><th>what</th><th>found"
        "</th><th>the same rule elsewhere, a week</th></tr>";
    for (const InjectedVerdict& verdict : injected) {
      if (verdict.injected == 0) continue;
      out += "<tr><td>" + Escape(verdict.home) + "</td><td>" + verdict.what + ", " + verdict.rule +
             " " + RuleNote(verdict) + "</td>" + Bar(verdict.found, verdict.injected) +
             RateBar(verdict.false_alerts, verdict.days / 7, kTargetPerWeek) + "</tr>";
    }
    out += "</table>";
  }
  if (!patterns.empty()) {
    out +=
        "<h2>Patterns of travel through rooms</h2><table><tr><th>pattern</th><th>sensitivity</th>"
        "<th>specificity</th></tr>";
    for (const Pattern pattern : kPatterns) {
      if (!IsJudged(pattern)) continue;
      const PatternCounts counts = CountPattern(patterns, pattern);
      out += "<tr><td>" + PatternTitle(pattern) + "</td>" + Bar(counts.tp, counts.tp + counts.fn) +
             Bar(counts.tn, counts.tn + counts.fp) + "</tr>";
    }
    out += "</table>";
  }
  return out;
}

}  // namespace veille::eval
