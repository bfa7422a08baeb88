// The quick look at a batch: nearly every batch of a home in order is plainly sound, and is then
// passed on byte for byte without being taken apart.
//
// It reads the wire form once, allocates nothing, and says yes only when FindViolation() finds
// nothing in any event and no time has to be changed. Everything unusual (other observations than
// motion and acceleration, fields that are unknown or repeated, times that are not believed) is
// left to the careful look of PrepareBatch(). Pure; thread safe.

#ifndef SERVICES_GATEWAY_CORE_SOUND_BATCH_H_
#define SERVICES_GATEWAY_CORE_SOUND_BATCH_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace veille::gateway {

// Unix seconds, both included, within which an event's time is kept as it is.
struct BelievedSeconds {
  int64_t first = 0;
  int64_t last = -1;
  // The same for the time less the event's reading of the monotonic clock, where it has one.
  int64_t first_boot = std::numeric_limits<int64_t>::min();
  int64_t last_boot = std::numeric_limits<int64_t>::max();
};

// How many events the serialized veille.event.v1.EventBatch has, when all are plainly sound;
// nothing when the batch needs the careful look.
std::optional<int> CountSoundEvents(std::string_view events, const BelievedSeconds& believed);

}  // namespace veille::gateway

#endif  // SERVICES_GATEWAY_CORE_SOUND_BATCH_H_
