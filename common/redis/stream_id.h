// The id of an entry in a Redis stream, "<ms>-<seq>", ordered as Redis orders it.
#ifndef COMMON_REDIS_STREAM_ID_H_
#define COMMON_REDIS_STREAM_ID_H_

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace veille::redis {

struct StreamId {
  uint64_t ms = 0;
  uint64_t seq = 0;

  friend auto operator<=>(const StreamId&, const StreamId&) = default;

  std::string ToString() const;
  // The smallest id greater than this one; the greatest id stays itself.
  StreamId Next() const;
};

inline constexpr StreamId kStreamStart{0, 0};

// Takes "ms-seq" and "ms" (sequence 0), nothing else: "$", ">" and "-" are not ids of entries.
absl::StatusOr<StreamId> ParseStreamId(std::string_view text);

}  // namespace veille::redis

#endif  // COMMON_REDIS_STREAM_ID_H_
