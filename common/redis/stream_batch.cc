#include <utility>

#include "absl/strings/str_cat.h"

#include "common/base/status_macros.h"
#include "common/redis/stream_reader.h"

namespace veille::redis {
namespace {

absl::Status ShapeError(const Reply& reply) {
  return absl::DataLossError(
      absl::StrCat("not the entries of a redis stream: ", reply.ToDebugString().substr(0, 256)));
}

absl::Status AddEntries(const Reply& reply, std::string_view key, ReplyView list,
                        std::vector<StreamEntry>& entries) {
  entries.reserve(entries.size() + list.size());
  for (const ReplyView item : list.elements()) {
    // XAUTOCLAIM of Redis 6 gives nil for an entry that was deleted.
    if (item.IsNil()) continue;
    const auto id = ParseStreamId(item[0].str());
    if (!id.ok() || item.size() != 2 || item[1].size() % 2 != 0) return ShapeError(reply);
    entries.push_back({.key = key, .id = *id, .fields = item[1]});
  }
  return absl::OkStatus();
}

}  // namespace

std::string_view StreamEntry::Field(std::string_view name) const {
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].str() == name) return fields[i + 1].str();
  }
  return {};
}

absl::StatusOr<StreamBatch> StreamBatch::FromXread(Reply reply) {
  if (reply.size() == 0) return ShapeError(reply);
  StreamBatch batch;
  for (const ReplyView stream : reply.elements()) {
    if (stream.size() != 2) return ShapeError(reply);
    VEILLE_RETURN_IF_ERROR(AddEntries(reply, stream[0].str(), stream[1], batch.entries_));
  }
  batch.reply_ = std::move(reply);
  return batch;
}

absl::StatusOr<StreamBatch> StreamBatch::FromXrange(Reply reply) {
  if (!reply.IsArray()) return ShapeError(reply);
  StreamBatch batch;
  VEILLE_RETURN_IF_ERROR(AddEntries(reply, {}, reply, batch.entries_));
  batch.reply_ = std::move(reply);
  return batch;
}

absl::StatusOr<StreamBatch> StreamBatch::FromXautoclaim(Reply reply) {
  if (reply.size() < 2 || !reply[1].IsArray()) return ShapeError(reply);
  StreamBatch batch;
  VEILLE_RETURN_IF_ERROR(AddEntries(reply, {}, reply[1], batch.entries_));
  batch.reply_ = std::move(reply);
  return batch;
}

}  // namespace veille::redis
