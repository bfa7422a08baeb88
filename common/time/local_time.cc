#include "common/time/local_time.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_format.h"

namespace veille {
namespace {

// The instant at which the wall clock of `zone` first shows `minutes` on `day`, or jumps over it.
absl::Time EdgeOn(absl::CivilDay day, int minutes, const absl::TimeZone& zone) {
  const absl::CivilSecond wanted = absl::CivilSecond(day) + minutes * 60;
  const absl::TimeZone::TimeInfo info = zone.At(wanted);
  return info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
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

}  // namespace veille
