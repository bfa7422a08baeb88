#include "common/time/weekly_window.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace veille {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr uint8_t kEveryDay = 0x7f;

// −1 when it is none.
int DayOf(absl::string_view name) {
  const auto* found =
      std::find(kDays.begin(), kDays.end(), std::string_view(name.data(), name.size()));
  return found == kDays.end() ? -1 : static_cast<int>(found - kDays.begin());
}

absl::Status Unreadable(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" names no days: write Mon, Tue-Thu or Sat,Sun"));
}

absl::StatusOr<uint8_t> ParseDays(absl::string_view text) {
  int days = 0;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::pair<absl::string_view, absl::string_view> ends =
        absl::StrSplit(part, absl::MaxSplits('-', 1));
    const int first = DayOf(ends.first);
    const int last = part.find('-') == absl::string_view::npos ? first : DayOf(ends.second);
    if (first < 0 || last < 0) return Unreadable(text);
    for (int day = first;; day = (day + 1) % 7) {
      days |= 1 << day;
      if (day == last) break;
    }
  }
  return static_cast<uint8_t>(days);
}

}  // namespace

absl::StatusOr<WeeklyWindow> ParseWeeklyWindow(std::string_view text) {
  WeeklyWindow window;
  const auto space = text.rfind(' ');
  if (space != std::string_view::npos) {
    const absl::StatusOr<uint8_t> days = ParseDays(absl::string_view(text.data(), space));
    if (!days.ok()) return days.status();
    window.weekdays = *days;
    text.remove_prefix(space + 1);
  }
  const absl::StatusOr<LocalWindow> hours = ParseLocalWindow(text);
  if (!hours.ok()) return hours.status();
  window.hours = *hours;
  return window;
}

bool InWeeklyWindow(absl::Time at, const absl::TimeZone& zone, const WeeklyWindow& window) {
  if (!InWindow(at, zone, window.hours)) return false;
  if (window.weekdays == kEveryDay) return true;
  const absl::CivilSecond now = zone.At(at).cs;
  int day = static_cast<int>(absl::GetWeekday(now));  // absl counts from Monday.
  const bool crosses = window.hours.from_minutes > window.hours.to_minutes;
  const int minutes = now.hour() * 60 + now.minute();
  if (crosses && minutes < window.hours.to_minutes) day = (day + 6) % 7;
  return (window.weekdays >> day & 1) != 0;
}

absl::Time NextWeeklyEdge(absl::Time at, const absl::TimeZone& zone, const WeeklyWindow& window) {
  if (window.hours.from_minutes != window.hours.to_minutes)
    return NextWindowEdge(at, zone, window.hours);
  if (window.weekdays == kEveryDay) return absl::InfiniteFuture();
  return absl::FromCivil(absl::ToCivilDay(at, zone) + 1, zone);
}

bool InWeeklyWindow(int minute_of_week, const WeeklyWindow& window) {
  constexpr int kDay = 24 * 60;
  const int from = window.hours.from_minutes, to = window.hours.to_minutes;
  const int minute = minute_of_week % kDay;
  int day = minute_of_week / kDay;
  if (from < to && (minute < from || minute >= to)) return false;
  if (from > to && minute < from) {
    if (minute >= to) return false;
    day = (day + 6) % 7;
  }
  return (window.weekdays >> day & 1) != 0;
}

}  // namespace veille
