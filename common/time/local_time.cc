#include "common/time/local_time.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_format.h"

#include "common/base/status_macros.h"

namespace veille {
namespace {

// The instant at which the wall clock of `zone` first shows `minutes` on `day`, or jumps over it.
absl::Time EdgeOn(absl::CivilDay day, int minutes, const absl::TimeZone& zone) {
  const absl::CivilSecond wanted = absl::CivilSecond(day) + minutes * 60;
  const absl::TimeZone::TimeInfo info = zone.At(wanted);
  return info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
}

constexpr int kDayMinutes = 24 * 60;

// absl::Weekday counts from Monday on, too.
int DayOf(std::string_view name) {
  constexpr std::string_view kDays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  for (int day = 0; day < 7; ++day)
    if (kDays[day] == name) return day;
  return -1;
}

// "Mon-Fri", "Sat,Sun", "Wed", "Mon,Thu-Sat". A span may pass over Sunday.
bool ParseDays(std::string_view text, std::array<bool, 7>& days) {
  days = {};
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t dash = part.find('-');
    const int first = DayOf(part.substr(0, dash));
    const int last = dash == std::string_view::npos ? first : DayOf(part.substr(dash + 1));
    if (first < 0 || last < 0) return false;
    for (int day = first;; day = (day + 1) % 7) {
      days[static_cast<std::size_t>(day)] = true;
      if (day == last) break;
    }
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

absl::Time BeginOn(absl::CivilDay day, const absl::TimeZone& zone, const WeeklyWindow& window) {
  return EdgeOn(day, window.window.from_minutes, zone);
}
absl::Time EndOn(absl::CivilDay day, const absl::TimeZone& zone, const WeeklyWindow& window) {
  const bool same_day = window.window.from_minutes < window.window.to_minutes;
  return EdgeOn(same_day ? day : day + 1, window.window.to_minutes, zone);
}

}  // namespace

absl::StatusOr<LocalWindow> ParseLocalWindow(std::string_view text) {
  int from_hour = 0, from_minute = 0, to_hour = 0, to_minute = 0, used = 0;
  const std::string copy(text);
  const int read = std::sscanf(copy.c_str(), "%2d:%2d-%2d:%2d%n", &from_hour, &from_minute,
                               &to_hour, &to_minute, &used);
  const auto valid = [](int hour, int minute) {
    return hour >= 0 && hour < 24 && minute >= 0 && minute < 60;
  };
  if (read != 4 || static_cast<std::size_t>(used) != text.size() || text.size() != 11 ||
      !valid(from_hour, from_minute) || !valid(to_hour, to_minute)) {
    return absl::InvalidArgumentError("'" + copy + "' is not a window like \"22:00-06:00\"");
  }
  return LocalWindow{from_hour * 60 + from_minute, to_hour * 60 + to_minute};
}

std::string FormatLocalWindow(const LocalWindow& window) {
  return absl::StrFormat("%02d:%02d-%02d:%02d", window.from_minutes / 60, window.from_minutes % 60,
                         window.to_minutes / 60, window.to_minutes % 60);
}

absl::StatusOr<absl::TimeZone> LoadZone(const std::string& name) {
  absl::TimeZone zone;
  if (name.empty() || !absl::LoadTimeZone(name, &zone)) {
    return absl::NotFoundError("'" + name +
                               "' is not an IANA time zone known here (is tzdata installed?)");
  }
  return zone;
}

bool InWindow(absl::Time at, const absl::TimeZone& zone, const LocalWindow& window) {
  if (window.from_minutes == window.to_minutes) return true;
  // The window of a day begins on it, or began on the day before.
  const absl::CivilDay today(absl::ToCivilSecond(at, zone));
  for (const absl::CivilDay day : {today - 1, today}) {
    const absl::Time from = EdgeOn(day, window.from_minutes, zone);
    const absl::CivilDay last = window.from_minutes < window.to_minutes ? day : day + 1;
    if (at >= from && at < EdgeOn(last, window.to_minutes, zone)) return true;
  }
  return false;
}

absl::Time NextWindowEdge(absl::Time at, const absl::TimeZone& zone, const LocalWindow& window) {
  if (window.from_minutes == window.to_minutes) return absl::InfiniteFuture();
  absl::Time next = absl::InfiniteFuture();
  const absl::CivilDay today(absl::ToCivilSecond(at, zone));
  for (const absl::CivilDay day : {today, today + 1, today + 2}) {
    for (const int minutes : {window.from_minutes, window.to_minutes}) {
      const absl::Time edge = EdgeOn(day, minutes, zone);
      if (edge > at) next = std::min(next, edge);
    }
  }
  return next;
}

absl::StatusOr<WeeklyWindow> ParseWeeklyWindow(std::string_view text) {
  WeeklyWindow weekly;
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) {
    VEILLE_ASSIGN_OR_RETURN(weekly.window, ParseLocalWindow(text));
    return weekly;
  }
  const std::size_t space = text.find(' ');
  if (!ParseDays(text.substr(0, space), weekly.days)) {
    return absl::InvalidArgumentError("'" + std::string(text) +
                                      "' does not begin with days like \"Mon-Fri\" or \"Sat,Sun\"");
  }
  if (space == std::string_view::npos) return weekly;
  VEILLE_ASSIGN_OR_RETURN(weekly.window, ParseLocalWindow(text.substr(space + 1)));
  return weekly;
}

bool InWindow(absl::Time at, const absl::TimeZone& zone, const WeeklyWindow& window) {
  const absl::CivilDay today(absl::ToCivilSecond(at, zone));
  for (const absl::CivilDay day : {today - 1, today}) {
    const bool wanted = window.days[static_cast<std::size_t>(absl::GetWeekday(day))];
    if (wanted && at >= BeginOn(day, zone, window) && at < EndOn(day, zone, window)) return true;
  }
  return false;
}

absl::Time NextWindowEdge(absl::Time at, const absl::TimeZone& zone, const WeeklyWindow& window) {
  absl::Time next = absl::InfiniteFuture();
  const absl::CivilDay today(absl::ToCivilSecond(at, zone));
  // A week and a day on both sides of today hold an edge of whatever day is wanted.
  for (absl::CivilDay day = today - 1; day <= today + 8; ++day) {
    if (!window.days[static_cast<std::size_t>(absl::GetWeekday(day))]) continue;
    for (const absl::Time edge : {BeginOn(day, zone, window), EndOn(day, zone, window)})
      if (edge > at) next = std::min(next, edge);
  }
  return next;
}

bool InWindow(int minute_of_week, const WeeklyWindow& window) {
  const int from = window.window.from_minutes, to = window.window.to_minutes;
  const int length = from < to ? to - from : to - from + kDayMinutes;
  for (int day = 0; day < 7; ++day) {
    const int begin = day * kDayMinutes + from;
    const int since = (minute_of_week - begin + 7 * kDayMinutes) % (7 * kDayMinutes);
    if (window.days[static_cast<std::size_t>(day)] && since < length) return true;
  }
  return false;
}

}  // namespace veille
