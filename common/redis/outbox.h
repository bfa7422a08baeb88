// The commands of one connection, from the queue to their reply: keeps the bytes as they go out,
// and the callbacks in the order in which replies come. Pure: no I/O, no clock, no lock.
//
// Each command is unwritten, then in flight (its last byte was written), then answered. When the
// connection is lost, in-flight commands have an unknown outcome, and a command that was written in
// part was certainly not executed: it is written again from its start. Internal to common/redis.
#ifndef COMMON_REDIS_OUTBOX_H_
#define COMMON_REDIS_OUTBOX_H_

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

#include "common/redis/client.h"

namespace veille::redis {

struct LoadedScript {
  Script script;
  std::string sha;  // 40 lower-case hex digits.
};

struct QueuedCommand {
  Client::Callback done;
  const LoadedScript* script = nullptr;  // Null of a plain command.
  std::size_t end = 0;                   // Where its bytes end within the chunk.
  absl::Duration deadline;               // To be written by, on the owner's clock.
  bool skipped = false;                  // Expired among others that are in flight.
};

// What was queued while the owner was busy, in one piece.
struct Chunk {
  std::string bytes{};
  std::vector<QueuedCommand> commands{};
};

class Outbox {
 public:
  struct Finished {
    Client::Callback done;
    const LoadedScript* script = nullptr;
    std::size_t bytes = 0;
  };

  void Add(Chunk chunk);
  // An emptied chunk whose memory can be used again.
  Chunk Recycle();

  bool empty() const { return unwritten_ == 0 && in_flight_ == 0; }
  bool all_written() const { return unwritten_ == 0; }
  std::size_t in_flight() const { return in_flight_; }

  // The next bytes to write, "" when there are none or `max_in_flight` commands are unanswered.
  std::string_view Unwritten(std::size_t max_in_flight) const;
  // So many of those were written.
  void Wrote(std::size_t bytes);

  // The command that the next reply is for; nothing when no reply is due. `wire` is what was sent,
  // valid until the next call.
  std::optional<Finished> Answer(std::string_view* wire);

  // The connection is gone: takes out what is in flight.
  std::vector<Finished> Lost();
  // Takes out unwritten commands whose deadline has come.
  std::vector<Finished> Expire(absl::Duration now);
  // Takes out everything.
  std::vector<Finished> Clear();
  // When the first unwritten command expires.
  std::optional<absl::Duration> NextDeadline() const;

 private:
  struct Sending {
    Chunk chunk;
    std::size_t written = 0;   // Bytes.
    std::size_t sent = 0;      // Commands whose last byte was written, or skipped.
    std::size_t answered = 0;  // Commands at the front that are done with.

    std::size_t Begin(std::size_t index) const {
      return index == 0 ? 0 : chunk.commands[index - 1].end;
    }
    bool all_sent() const { return sent == chunk.commands.size(); }
  };
  Finished Take(Sending& sending, std::size_t index);
  void DropAnswered();

  std::deque<Sending> chunks_;
  std::size_t unwritten_ = 0;  // Commands.
  std::size_t in_flight_ = 0;  // Commands.
  Chunk spare_;
};

}  // namespace veille::redis

#endif  // COMMON_REDIS_OUTBOX_H_
