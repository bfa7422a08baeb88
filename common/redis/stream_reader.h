// Reads many Redis streams with blocking XREAD or XREADGROUP on one thread: a connection a key (one
// XREAD a slot, as Redis Cluster asks), all of them polled together.
//
// Back-pressure: after a batch or an error was handed over, a key is not read again before
// Resume(). A block that ends with nothing is asked again without a word. A lost connection is made
// anew with back-off and reading goes on after the last id that the consumer gave to Resume():
// plain reads neither skip nor repeat. In a group, entries that were on their way when the
// connection broke stay pending for the consumer: claim them (XAUTOCLAIM, or XREADGROUP with id 0).
//
// All functions may be called from any thread, the callback included. Callbacks run on the reader's
// thread, must not block, and may still be running when Unsubscribe() returns.
#ifndef COMMON_REDIS_STREAM_READER_H_
#define COMMON_REDIS_STREAM_READER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "common/redis/endpoint.h"
#include "common/redis/reply.h"
#include "common/redis/stream_id.h"

namespace veille::redis {

// Views into the reply of the batch that it came with.
struct StreamEntry {
  std::string_view key{};  // The stream that XREAD or XREADGROUP found it in.
  StreamId id{};
  ReplyView fields{};  // name, value, name, value… Nil when the entry was deleted while pending.

  // The value of the field, or "".
  std::string_view Field(std::string_view name) const;
};

// Entries in order. Moves keep the views valid.
class StreamBatch {
 public:
  // Reads the reply of XREAD and XREADGROUP, of one stream after the other; DATA_LOSS when it has
  // another shape.
  static absl::StatusOr<StreamBatch> FromXread(Reply reply);
  // The same of XRANGE and of XAUTOCLAIM; these may be empty.
  static absl::StatusOr<StreamBatch> FromXrange(Reply reply);
  static absl::StatusOr<StreamBatch> FromXautoclaim(Reply reply);

  const std::vector<StreamEntry>& entries() const { return entries_; }
  StreamId last_id() const { return entries_.empty() ? StreamId{} : entries_.back().id; }

 private:
  Reply reply_;
  std::vector<StreamEntry> entries_;
};

class StreamReader {
 public:
  using Callback = std::function<void(absl::StatusOr<StreamBatch>)>;

  struct Options {
    Endpoint endpoint{};
    std::string name = "veille-reader";
    absl::Duration connect_timeout = absl::Seconds(2);
    absl::Duration reply_timeout = absl::Seconds(5);  // Beyond the block: the connection is dead.
    absl::Duration backoff_min = absl::Milliseconds(20);
    absl::Duration backoff_max = absl::Seconds(1);
  };
  struct Subscription {
    std::string key{};
    StreamId after{};  // Entries greater than this; not used in a group, which knows its own.
    int count = 100;   // Of each stream.
    absl::Duration block = absl::Seconds(5);
    std::string group{};  // When set: XREADGROUP as `consumer`.
    std::string consumer{};
    // In a group: streams that are read together with `key`, on one connection and in one batch.
    // The subscription is known by `key`. In a Redis Cluster all of them must be in one slot.
    std::vector<std::string> also{};
  };

  explicit StreamReader(Options options);
  // Ends reading. No callback runs after it.
  ~StreamReader();
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  // Reads at once. A key that is subscribed already starts anew with the new terms.
  void Subscribe(Subscription subscription, Callback callback);
  void Subscribe(std::string key, StreamId after, int count, absl::Duration block,
                 Callback callback) {
    Subscribe({.key = std::move(key), .after = after, .count = count, .block = block},
              std::move(callback));
  }
  void Unsubscribe(std::string_view key);
  // Reads on after `last_id`. Without a batch or error handed over before it, it moves the position
  // of the read in progress when that is lost, and else does nothing.
  void Resume(std::string_view key, StreamId last_id);

  // How often a connection was lost or refused, over all keys.
  uint64_t reconnects() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace veille::redis

#endif  // COMMON_REDIS_STREAM_READER_H_
