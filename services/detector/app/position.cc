#include <cinttypes>
#include <cstdio>

#include "absl/strings/str_format.h"

#include "services/detector/app/partition_store.h"

namespace veille::detector {

std::string Position::Entry() const { return absl::StrFormat("%d-%d", ms, seq); }

std::string Position::ToString() const { return absl::StrFormat("%d-%d/%d", ms, seq, envelopes); }

absl::StatusOr<Position> Position::Parse(const std::string& text) {
  Position position;
  int used = 0;
  if (std::sscanf(text.c_str(), "%" SCNu64 "-%" SCNu64 "/%" SCNu32 "%n", &position.ms,
                  &position.seq, &position.envelopes, &used) != 3 ||
      static_cast<std::size_t>(used) != text.size()) {
    return absl::DataLossError("'" + text + "' is not a log position");
  }
  return position;
}

}  // namespace veille::detector
