// Plays a recording through a link, at the pace of a clock.

#ifndef SERVICES_HUB_PLAYER_H_
#define SERVICES_HUB_PLAYER_H_

#include <cstdint>
#include <functional>

#include "common/time/clock.h"
#include "services/domain/recordings/recording.h"
#include "services/hub/hub_link.h"

namespace veille::hub {

struct PlayResult {
  uint64_t events = 0;
  uint64_t batches = 0;
  bool stopped = false;  // Before the end of the recording.
  absl::Status status;   // OK when everything that was sent is acknowledged.
};

// `recording` is on the clock's time already. Null clock: as fast as it goes. `stop` is asked
// often.
PlayResult Play(const domain::Recording& recording, const Clock* clock, HubLink& link,
                const std::function<bool()>& stop);

}  // namespace veille::hub

#endif  // SERVICES_HUB_PLAYER_H_
