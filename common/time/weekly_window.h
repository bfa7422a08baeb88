// Windows of a week such as "Mon-Fri 14:00-16:00" in a person's own zone. Pure; thread safe.
//
// A window that crosses midnight belongs to the day on which it begins.

#ifndef COMMON_TIME_WEEKLY_WINDOW_H_
#define COMMON_TIME_WEEKLY_WINDOW_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "common/time/local_time.h"

namespace veille {

struct WeeklyWindow {
  uint8_t weekdays = 0x7f;  // Bit 0: Monday.
  LocalWindow hours;
  friend bool operator==(const WeeklyWindow&, const WeeklyWindow&) = default;
};

// Days (Mon Tue Wed Thu Fri Sat Sun, single, "Mon-Fri", "Sat,Sun"; none: every day), then hours as
// in ParseLocalWindow(). INVALID_ARGUMENT says what is wrong.
absl::StatusOr<WeeklyWindow> ParseWeeklyWindow(std::string_view text);

bool InWeeklyWindow(absl::Time at, const absl::TimeZone& zone, const WeeklyWindow& window);

// The first instant after `at` at which InWeeklyWindow() may change; InfiniteFuture when it never
// does.
absl::Time NextWeeklyEdge(absl::Time at, const absl::TimeZone& zone, const WeeklyWindow& window);

// Whether the window holds at a minute of the wall clock's week, 0 to 10,079, from Monday 00:00 on.
bool InWeeklyWindow(int minute_of_week, const WeeklyWindow& window);

}  // namespace veille

#endif  // COMMON_TIME_WEEKLY_WINDOW_H_
