#include "common/redis/stream_id.h"

#include <charconv>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace veille::redis {
namespace {

bool ParseNumber(std::string_view text, uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string StreamId::ToString() const { return absl::StrCat(ms, "-", seq); }

StreamId StreamId::Next() const {
  if (seq < std::numeric_limits<uint64_t>::max()) return {ms, seq + 1};
  if (ms < std::numeric_limits<uint64_t>::max()) return {ms + 1, 0};
  return *this;
}

absl::StatusOr<StreamId> ParseStreamId(std::string_view text) {
  const std::size_t dash = text.find('-');
  StreamId id;
  if (!ParseNumber(text.substr(0, dash), id.ms) ||
      (dash != std::string_view::npos && !ParseNumber(text.substr(dash + 1), id.seq))) {
    return absl::InvalidArgumentError(
        absl::StrFormat("\"%s\" is not a stream id: want <ms>-<seq>", text.substr(0, 64)));
  }
  return id;
}

}  // namespace veille::redis
