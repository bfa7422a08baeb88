#include "services/detector/core/liveness.h"

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

bool IsOut(const store::v1::HomeState& record) {
  return record.door_us() != 0 && record.presence_us() <= record.door_us() + kDoorwayUs;
}

}  // namespace veille::detector
