// What a partition's owner keeps in Redis: the port that the adapter implements and tests fake.

#ifndef SERVICES_DETECTOR_APP_PARTITION_STORE_H_
#define SERVICES_DETECTOR_APP_PARTITION_STORE_H_

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace veille::detector {

// A place in the log: an entry, and how many of its envelopes are behind us.
struct Position {
  uint64_t ms = 0;
  uint64_t seq = 0;
  uint32_t envelopes = 0;
  // What the compiler writes here compares with a literal 0, which clang-tidy 14 takes for ours.
  // NOLINTNEXTLINE(modernize-use-nullptr)
  friend auto operator<=>(const Position&, const Position&) = default;

  std::string Entry() const;     // "ms-seq": the log's own id of the entry.
  std::string ToString() const;  // "ms-seq/envelopes"
  static absl::StatusOr<Position> Parse(const std::string& text);
};

// One envelope as it stands in the log. The bytes live as long as the batch that it came with.
struct LogEnvelope {
  Position position;  // Behind it.
  std::string_view bytes;
};

struct Lease {
  uint64_t epoch = 0;
  int64_t last_tick_ms = 0;  // 0: never ticked.
};

struct StoredHome {
  std::string a, b;       // Two generations, serialized store.v1.Checkpoint; may be damaged.
  std::string position;   // As the commit script compares it.
  std::string registry;   // The registry entry in force.
  std::string baselines;  // What is usual in the home; "" while nothing was learnt.
  // The home's key was destroyed: what was stored cannot be read and is not missed.
  bool erased = false;
};

struct StoredPartition {
  std::map<std::string, StoredHome> homes;
  Position progress;
  // The crash mark: where takeovers began to repeat, how often, and the entry that was being
  // judged (a position, as text; "" for none).
  std::string takeover_from;
  int takeovers = 0;
  std::string inflight_entry;
};

struct HomeCommit {
  std::string home_id;
  std::string expected_position;
  std::string position;
  char generation = 'a';
  std::string checkpoint;
  std::string registry;   // Empty when unchanged.
  std::string baselines;  // Empty when unchanged.
  std::vector<std::string> findings;
  std::vector<std::string> prompts;
};

class PartitionStore {
 public:
  virtual ~PartitionStore() = default;
  using Done = absl::AnyInvocable<void(absl::Status) &&>;  // On any thread.

  // These block for a round trip; they are for taking over, not for the event path.
  // NOT_FOUND when another instance holds the lease.
  virtual absl::StatusOr<Lease> Acquire(int partition) = 0;
  virtual absl::StatusOr<StoredPartition> Load(int partition) = 0;
  virtual absl::Status MarkTakeover(int partition, const std::string& from, int takeovers) = 0;
  // Before judging an envelope in careful mode; "" after it.
  virtual absl::Status MarkInflight(int partition, const std::string& position) = 0;
  virtual absl::Status Quarantine(int partition, const std::string& content) = 0;
  // Gives the lease back, and with it the crash mark: who can say goodbye was not brought down.
  virtual void Release(int partition, uint64_t epoch) = 0;

  // ABORTED when the lease is another's, or a position is not the expected one.
  virtual void Commit(int partition, uint64_t epoch, std::vector<HomeCommit> homes,
                      const Position* progress, Done done) = 0;
  virtual void AppendOwned(int partition, uint64_t epoch, int64_t tick_ms,
                           std::vector<std::string> envelopes, Done done) = 0;
  virtual void Renew(int partition, uint64_t epoch, Done done) = 0;
  // Drops entries before `position` that are also older than the log's minimal age.
  virtual void Trim(int partition, const Position& position) = 0;
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_APP_PARTITION_STORE_H_
