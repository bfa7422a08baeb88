// What the notifier's rounds look at beside alerts, and where they keep what they have told: the
// port that Redis implements and tests fake. Calls block for a round trip.

#ifndef SERVICES_NOTIFIER_APP_UPKEEP_STORE_H_
#define SERVICES_NOTIFIER_APP_UPKEEP_STORE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/store/v1/upkeep.pb.h"

namespace veille::notifier {

class UpkeepStore {
 public:
  virtual ~UpkeepStore() = default;
  // True while this notifier, of several, goes round: for so long in real time, then it must hold
  // it again.
  virtual absl::StatusOr<bool> Hold(absl::Duration real) = 0;
  // Empty when nothing was told.
  virtual absl::StatusOr<store::v1::UpkeepState> LoadUpkeep() = 0;
  virtual absl::Status SaveUpkeep(const store::v1::UpkeepState& state) = 0;

  // By the server's clock.
  struct Owners {
    absl::Time now;
    // When the owner of each partition last renewed its lease; InfinitePast when none ever has.
    std::vector<absl::Time> kept;
  };
  virtual absl::StatusOr<Owners> PartitionOwners() = 0;

  struct Reach {
    // Since a client of the caregiver watched, by the server's clock; of one who never has, since
    // this was asked for first.
    absl::Duration unseen;
    std::set<std::string> failed;  // Digests of addresses that are gone or have failed for good.
  };
  virtual absl::StatusOr<Reach> ReachOf(const std::string& caregiver_id) = 0;

  struct Backlog {
    std::map<int, int64_t> pending;  // Alerts by the step that they wait for.
    int64_t dead_letters = 0;
  };
  virtual absl::StatusOr<Backlog> CountBacklog() = 0;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_UPKEEP_STORE_H_
