// Where accepted batches go: the port that Redis implements and tests fake.

#ifndef SERVICES_GATEWAY_APP_LOG_PORT_H_
#define SERVICES_GATEWAY_APP_LOG_PORT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

#include "veille/hub/v1/hub_gateway_service.pb.h"

namespace veille::gateway {

// What the log said to one envelope.
enum class Verdict {
  kAppended = 1,
  kDuplicate = 0,  // It is in the log already, with this content.
  kGap = -1,
  kReused = -2,  // The number is in the log with other content.
  kTooOld = -3,  // Beyond the window in which duplicates can be told.
  kStale = -4,   // Of an incarnation that is not the current one.
  kHeld = -5,    // The log was not asked: bulk is held back.
};

// One envelope on its way.
struct Envelope {
  // Of the lane's sequence; empty for heartbeats and contacts, which have none.
  std::string lane_field;
  std::string incarnation;
  uint64_t sequence = 0;
  uint64_t digest = 0;
  std::string bytes;  // A serialized veille.store.v1.Envelope.
  // Called once, on any thread, without locks held.
  absl::AnyInvocable<void(Verdict) &&> done;
};

struct LastSequences {
  uint64_t urgent = 0;
  uint64_t bulk = 0;
};

class LogPort {
 public:
  virtual ~LogPort() = default;

  // Appends in order as one entry, durably under the configured policy. The callback comes on any
  // thread, with a verdict for each. Safe to repeat: what is there already is a duplicate. The
  // envelopes stay the caller's and unchanged until the callback.
  using AppendDone = absl::AnyInvocable<void(absl::StatusOr<std::vector<Verdict>>) &&>;
  virtual void Append(hub::v1::Lane lane, int partition, const std::vector<Envelope>& envelopes,
                      AppendDone done) = 0;

  // Makes the incarnation the source's current one. FAILED_PRECONDITION for one that was replaced.
  using OpenDone = absl::AnyInvocable<void(absl::StatusOr<LastSequences>) &&>;
  virtual void OpenSource(int partition, const std::string& source_id,
                          const std::string& incarnation, OpenDone done) = 0;

  // Keeps a malformed event for operators. Not waited for: the log has its place already.
  virtual void Quarantine(int partition, std::string quarantined_event) = 0;
};

}  // namespace veille::gateway

#endif  // SERVICES_GATEWAY_APP_LOG_PORT_H_
