// Wall-clock windows such as 22:00-06:00 in a person's own zone, right on both nights of the year
// on which clocks change. Pure; thread safe.
//
// A window's edge that falls into the skipped hour counts as the end of the skip; one that falls
// into the repeated hour counts at its first occurrence.

#ifndef COMMON_TIME_LOCAL_TIME_H_
#define COMMON_TIME_LOCAL_TIME_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace veille {

// Minutes after midnight of the wall clock. from == to is the whole day; from > to crosses
// midnight.
struct LocalWindow {
  int from_minutes = 0;
  int to_minutes = 0;
  friend bool operator==(const LocalWindow&, const LocalWindow&) = default;
};

// "22:00-06:00". INVALID_ARGUMENT says what is wrong.
absl::StatusOr<LocalWindow> ParseLocalWindow(std::string_view text);
std::string FormatLocalWindow(const LocalWindow& window);

// An IANA zone. NOT_FOUND when the system does not have it (is tzdata installed?).
absl::StatusOr<absl::TimeZone> LoadZone(const std::string& name);

bool InWindow(absl::Time at, const absl::TimeZone& zone, const LocalWindow& window);

// The first instant after `at` at which InWindow() changes; InfiniteFuture for the whole day.
// Between `at` and it, the answer stays the same: cache it rather than asking a zone for every
// event.
absl::Time NextWindowEdge(absl::Time at, const absl::TimeZone& zone, const LocalWindow& window);

}  // namespace veille

#endif  // COMMON_TIME_LOCAL_TIME_H_
