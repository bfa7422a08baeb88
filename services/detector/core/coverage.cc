#include "services/detector/core/coverage.h"

#include <set>

namespace veille::detector {

Coverage CoverageOf(const std::vector<DevicePlan>& devices,
                    const std::function<bool(std::size_t)>& counts) {
  Coverage coverage;
  // A sensor whose room is not said stands for one of its own.
  std::set<std::size_t> rooms, motion_rooms, stay_rooms;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const DevicePlan& device = devices[i];
    const bool exit_door = device.role == care::v1::ROLE_EXIT_DOOR;
    if (!device.presence && !exit_door) continue;
    const std::size_t room = device.room != 0 ? device.room : (std::size_t{1} << 16) + i;
    if (device.room != 0 || !exit_door) rooms.insert(room);
    if (!device.presence || !counts(i)) continue;
    const bool motion = device.role == care::v1::ROLE_MOTION;
    if (motion) motion_rooms.insert(room);
    if (motion || device.role == care::v1::ROLE_BED || device.role == care::v1::ROLE_SEAT)
      stay_rooms.insert(room);
    if (motion && device.room_kind == RoomKind::kBathroom) coverage.bathroom_motion = true;
    const bool kitchen = device.room_kind == RoomKind::kKitchen;
    if (kitchen && motion) coverage.kitchen_motion = true;
    if (kitchen || device.role == care::v1::ROLE_FRIDGE_DOOR) ++coverage.kitchen;
  }
  coverage.rooms = static_cast<int>(rooms.size());
  coverage.stay_rooms = static_cast<int>(stay_rooms.size());
  coverage.motion_rooms = static_cast<int>(motion_rooms.size());
  return coverage;
}

}  // namespace veille::detector
