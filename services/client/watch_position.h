// Where a watcher is in its caregiver's sequence, and which version of each alert it has shown.
// Pure.

#ifndef SERVICES_CLIENT_WATCH_POSITION_H_
#define SERVICES_CLIENT_WATCH_POSITION_H_

#include <cstdint>
#include <map>
#include <string>

#include "veille/alert/v1/alert_service.pb.h"

namespace veille::client {

class WatchPosition {
 public:
  enum class Verdict {
    kShow,  // New: show it.
    kSeen,  // Known already: pass over.
    kHole,  // Something was missed: connect anew without a position, for a snapshot.
  };

  // Takes the snapshot's incarnation, sequence and versions as the new position.
  void OnSnapshot(const alert::v1::Snapshot& snapshot);
  Verdict OnUpdate(const alert::v1::Update& update);
  // A heartbeat that names a sequence beyond ours means that updates were lost.
  Verdict OnHeartbeat(uint64_t sequence) const;
  // Forgets the place in the sequence, not what was shown.
  void Reset();

  const std::string& incarnation() const { return incarnation_; }
  uint64_t sequence() const { return sequence_; }

 private:
  // A second telling of one version (another escalation step) is worth showing.
  struct Shown {
    uint64_t version = 0;
    uint32_t step = 0;
  };
  // Closed alerts leave the map when it grows beyond this; 4,096 × ~100 bytes is nothing.
  static constexpr std::size_t kMaxShown = 4096;

  std::string incarnation_;
  uint64_t sequence_ = 0;
  std::map<std::string, Shown> shown_;
};

}  // namespace veille::client

#endif  // SERVICES_CLIENT_WATCH_POSITION_H_
