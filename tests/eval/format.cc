#include "tests/eval/format.h"

#include <algorithm>

#include "absl/strings/str_format.h"

#include "tests/eval/statistics.h"

namespace veille::eval {

std::string Share(int64_t part, int64_t whole) {
  if (whole == 0) return "-";
  const Interval interval = Wilson(part, whole);
  return absl::StrFormat("%.3f [%.3f, %.3f]",
                         static_cast<double>(part) / static_cast<double>(whole), interval.low,
                         interval.high);
}

std::string Rate(int64_t count, double units) {
  if (units <= 0) return "-";
  return absl::StrFormat("%.2f (below %.2f)", static_cast<double>(count) / units,
                         PoissonUpper(count) / units);
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

std::string RateBar(int64_t count, double units, double target) {
  if (units <= 0) return "<td></td>";
  const double rate = static_cast<double>(count) / units;
  const double bound = PoissonUpper(count) / units;
  const auto x = [&](double value) { return std::min(200.0, 50 * value / target); };
  return absl::StrFormat(
      "<td><svg width='210' height='16'><rect width='%.1f' height='12' y='2' fill='%s'/>"
      "<line x1='%.1f' x2='%.1f' y1='8' y2='8' stroke='#000' stroke-width='2'/>"
      "<line x1='50' x2='50' y1='0' y2='16' stroke='#06c' stroke-width='2'/></svg>"
      " %.2f <small>%d; below %.2f</small></td>",
      x(rate), rate > target ? "#c64" : "#4a7", x(rate), x(bound), rate, count, bound);
}

}  // namespace veille::eval
