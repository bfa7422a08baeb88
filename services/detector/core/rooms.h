// What a device's room is to the rules.
//
// Pure.

#ifndef SERVICES_DETECTOR_CORE_ROOMS_H_
#define SERVICES_DETECTOR_CORE_ROOMS_H_

#include <cstdint>
#include <string>

#include "veille/care/v1/home.pb.h"

namespace veille::detector {

enum class RoomKind : uint8_t { kOther, kBathroom, kKitchen, kBedroom, kOutside };

// The same number for a room's name in every version and process, for stored states; never 0.
uint16_t RoomDigest(const std::string& name);

// By the device's or its room's location code (11073-10471, blocks of 64), else by the room's name
// in English or French.
RoomKind RoomKindOf(const care::v1::Home& home, const care::v1::Device& device);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_ROOMS_H_
