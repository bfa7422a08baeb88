#include "services/detector/core/liveness.h"

#include <algorithm>

#include "services/detector/core/coverage.h"

namespace veille::detector {

bool IsAlive(const Context& context, int device, int64_t at_us) {
  const DevicePlan& plan = context.plan.devices()[static_cast<std::size_t>(device)];
  const int64_t seen = context.state.record().devices(device).seen_us();
  const int64_t patience = plan.check_in_us > 0 ? 2 * plan.check_in_us : kAssumedAliveUs;
  return seen != 0 && at_us - seen <= patience;
}

bool SensorsAlive(const Context& context, int64_t at_us) {
  for (std::size_t i = 0; i < context.plan.devices().size(); ++i) {
    if (context.plan.devices()[i].presence && IsAlive(context, static_cast<int>(i), at_us))
      return true;
  }
  return false;
}

bool RoomAlive(const Context& context, uint16_t room, int64_t at_us) {
  if (room == 0) return false;
  for (std::size_t i = 0; i < context.plan.devices().size(); ++i) {
    const DevicePlan& device = context.plan.devices()[i];
    if (device.presence && device.room == room && IsAlive(context, static_cast<int>(i), at_us))
      return true;
  }
  return false;
}

Coverage AliveCoverage(const Context& context, int64_t at_us) {
  return CoverageOf(context.plan.devices(), [&](std::size_t device) {
    return IsAlive(context, static_cast<int>(device), at_us);
  });
}

bool IsOut(const store::v1::HomeState& record) {
  return record.door_us() != 0 && record.presence_us() <= record.door_us() + kDoorwayUs;
}

bool WasOut(const store::v1::HomeState& record, int64_t at_us) {
  // Not since the door last moved: it moves for the return, too, and more than once.
  const int64_t left = record.wandering().away().left_us();
  return IsOut(record) && left != 0 && left + kGoneUs <= at_us;
}

bool IsOccupied(const Context& context, int64_t at_us) {
  const auto& occupied = context.state.record().living().occupied();
  return std::any_of(occupied.begin(), occupied.end(), [&](const auto& place) {
    return IsAlive(context, static_cast<int>(place.device()), at_us);
  });
}

}  // namespace veille::detector
