#include "services/detector/adapters/redis_log_source.h"

#include <utility>

#include "services/domain/keys.h"

namespace veille::detector {
namespace {

// An entry is a gateway's group of up to 512 KiB: a few of them a read keep memory bounded.
constexpr int kEntriesPerRead = 64;

LogRead ToLogRead(redis::StreamBatch batch) {
  LogRead read;
  auto owner = std::make_shared<redis::StreamBatch>(std::move(batch));
  for (const redis::StreamEntry& entry : owner->entries()) {
    uint32_t index = 0;
    for (std::size_t i = 0; i + 1 < entry.fields.size(); i += 2) {
      if (entry.fields[i].str() != "e") continue;
      read.envelopes.push_back({{entry.id.ms, entry.id.seq, ++index}, entry.fields[i + 1].str()});
    }
  }
  read.last_entry = {owner->last_id().ms, owner->last_id().seq, 0};
  read.owner = std::move(owner);
  return read;
}

}  // namespace

RedisLogSource::RedisLogSource(const redis::Endpoint& endpoint)
    : reader_([&endpoint] {
        redis::StreamReader::Options options;
        options.endpoint = endpoint;
        options.name = "detector-log";
        return options;
      }()) {}

void RedisLogSource::Open(int partition, const Position& after,
                          std::function<void(absl::StatusOr<LogRead>)> on_read) {
  redis::StreamReader::Subscription subscription;
  subscription.key = domain::LogKey(partition);
  // The entry itself is read again when some of its envelopes are still to be judged: reading
  // begins behind the id before it.
  subscription.after = {after.ms, after.seq};
  if (after.seq > 0) {
    subscription.after.seq = after.seq - 1;
  } else if (after.ms > 0) {
    subscription.after = {after.ms - 1, ~uint64_t{0}};
  }
  subscription.count = kEntriesPerRead;
  reader_.Subscribe(std::move(subscription),
                    [on_read = std::move(on_read)](absl::StatusOr<redis::StreamBatch> batch) {
                      if (!batch.ok()) return on_read(batch.status());
                      on_read(ToLogRead(*std::move(batch)));
                    });
}

void RedisLogSource::Resume(int partition, const Position& last_entry) {
  reader_.Resume(domain::LogKey(partition), {last_entry.ms, last_entry.seq});
}

void RedisLogSource::Close(int partition) { reader_.Unsubscribe(domain::LogKey(partition)); }

}  // namespace veille::detector
