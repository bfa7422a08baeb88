// Judges a recording offline, with the very engine of the service: as if each event had been
// received a moment after it was seen. Pure.

#ifndef SERVICES_CLIENT_REPLAY_ENGINE_H_
#define SERVICES_CLIENT_REPLAY_ENGINE_H_

#include <vector>

#include "absl/status/statusor.h"

#include "veille/store/v1/finding.pb.h"

#include "services/domain/recordings/recording.h"

namespace veille::client {

struct ReplayOptions {
  int max_events_per_batch = 50;
  // A batch spans at most this much event time.
  absl::Duration span = absl::Seconds(10);
  // The state goes through its serialized form this often; 0: never. The findings must not change.
  int restart_every_batches = 0;
  // As the deployment's switch.
  bool vital_signs = false;
};

absl::StatusOr<std::vector<store::v1::Finding>> Replay(const domain::Recording& recording,
                                                       const ReplayOptions& options);

// Of the expected ones, those that no finding tells: of the rule, within `slack` of the time.
std::vector<domain::Expected> Missed(const domain::Recording& recording,
                                     const std::vector<store::v1::Finding>& findings,
                                     absl::Duration slack);

// How many findings of MEDIUM or more tell what is not expected; only of use where the truth is
// known.
int CountUnexpected(const domain::Recording& recording,
                    const std::vector<store::v1::Finding>& findings, absl::Duration slack);

}  // namespace veille::client

#endif  // SERVICES_CLIENT_REPLAY_ENGINE_H_
