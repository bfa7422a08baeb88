// Whether silence proves anything: sensors that would have spoken, and the person's whereabouts.
//
// Pure.

#ifndef SERVICES_DETECTOR_CORE_LIVENESS_H_
#define SERVICES_DETECTOR_CORE_LIVENESS_H_

#include <cstdint>

#include "services/detector/core/findings.h"

namespace veille::detector {

// A device's last readable word stands for it this long where it has no check-in contract.
inline constexpr int64_t kAssumedAliveUs = 24LL * 3600 * 1000000;

// A person near the door makes the last motion a moment after it moves: only later movement is
// inside.
inline constexpr int64_t kDoorwayUs = 5'000'000;

// The device spoke, readably, within twice its check-in contract.
bool IsAlive(const Context& context, int device, int64_t at_us);

// Some sensor of signs of life is alive.
bool SensorsAlive(const Context& context, int64_t at_us);

// Some sensor of signs of life in this room (DevicePlan::room) is alive; false for room 0.
bool RoomAlive(const Context& context, uint16_t room, int64_t at_us);

// The last that was seen of the person is the exit door.
bool IsOut(const store::v1::HomeState& record);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_LIVENESS_H_
