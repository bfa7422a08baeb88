// Where log entries come from: the port that Redis' stream reader implements.

#ifndef SERVICES_DETECTOR_APP_LOG_SOURCE_H_
#define SERVICES_DETECTOR_APP_LOG_SOURCE_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"

#include "services/detector/app/partition_store.h"

namespace veille::detector {

// Entries of one read, in order. `owner` keeps the bytes alive.
struct LogRead {
  std::shared_ptr<const void> owner;
  std::vector<LogEnvelope> envelopes;
  Position last_entry;
};

class LogSource {
 public:
  virtual ~LogSource() = default;
  // Reads entries after `after`; `on_read` comes on any thread, once for each Resume().
  virtual void Open(int partition, const Position& after,
                    std::function<void(absl::StatusOr<LogRead>)> on_read) = 0;
  // The last read has been dealt with: read on.
  virtual void Resume(int partition, const Position& last_entry) = 0;
  virtual void Close(int partition) = 0;
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_APP_LOG_SOURCE_H_
