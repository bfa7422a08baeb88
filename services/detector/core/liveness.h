// Whether silence proves anything: sensors that would have spoken, and the person's whereabouts.
//
// Pure.

#ifndef SERVICES_DETECTOR_CORE_LIVENESS_H_
#define SERVICES_DETECTOR_CORE_LIVENESS_H_

#include <cstdint>

#include "services/detector/core/coverage.h"
#include "services/detector/core/findings.h"

namespace veille::detector {

// A device's last readable word stands for it this long where it has no check-in contract.
inline constexpr int64_t kAssumedAliveUs = 24LL * 3600 * 1000000;

// A person near the door makes the last motion a moment after it moves: only later movement is
// inside.
inline constexpr int64_t kDoorwayUs = 5'000'000;

// After so long with nothing but the exit door, a door that moves is somebody who comes home.
inline constexpr int64_t kGoneUs = 900'000'000;

// The device spoke, readably, at this instant of event time. In order, but for what came late.
void NoteWord(Context& context, int device, int64_t time_us);

// The device had spoken, readably, within twice its check-in contract: as of `at_us`, whatever it
// said later. Remembered as far back as its last silence but one.
bool IsAlive(const Context& context, int device, int64_t at_us);

// Some sensor of signs of life is alive.
bool SensorsAlive(const Context& context, int64_t at_us);

// What the living sensors see.
Coverage AliveCoverage(const Context& context, int64_t at_us);

// The last that was seen of the person is the exit door.
bool IsOut(const store::v1::HomeState& record);

// The same, and for so long that the door which moves now is a return.
bool WasOut(const store::v1::HomeState& record, int64_t at_us);

// In a bed or on a seat that is in use and alive: a known place, where one may be still.
bool IsOccupied(const Context& context, int64_t at_us);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_LIVENESS_H_
