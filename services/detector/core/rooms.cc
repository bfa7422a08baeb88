#include "services/detector/core/rooms.h"

#include "absl/strings/ascii.h"

namespace veille::detector {
namespace {

bool InBlock(int code, event::v1::LocationCode block) {
  return code >= static_cast<int>(block) && code < static_cast<int>(block) + 64;
}

struct Named {
  const char* part;
  RoomKind kind;
};
// Parts of names; "wc" and "bain" are French.
constexpr Named kNames[] = {
    {"bath", RoomKind::kBathroom},   {"toilet", RoomKind::kBathroom},
    {"shower", RoomKind::kBathroom}, {"bain", RoomKind::kBathroom},
    {"douche", RoomKind::kBathroom}, {"wc", RoomKind::kBathroom},
    {"kitchen", RoomKind::kKitchen}, {"cuisine", RoomKind::kKitchen},
    {"bedroom", RoomKind::kBedroom}, {"chambre", RoomKind::kBedroom},
};

// Whole names: a garden room is inside.
constexpr const char* kOutside[] = {"garden",  "jardin",   "balcony", "balcon",
                                    "terrace", "terrasse", "outside", "dehors"};

}  // namespace

uint16_t RoomDigest(const std::string& name) {
  uint32_t hash = 2166136261U;  // FNV-1a.
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  const auto folded = static_cast<uint16_t>(hash ^ (hash >> 16));
  return folded == 0 ? uint16_t{1} : folded;
}

RoomKind RoomKindOf(const care::v1::Home& home, const care::v1::Device& device) {
  int code = static_cast<int>(device.location_code());
  for (const care::v1::Room& room : home.rooms())
    if (code == 0 && room.name() == device.room()) code = static_cast<int>(room.location_code());
  if (InBlock(code, event::v1::LOCATION_CODE_TOILET) ||
      InBlock(code, event::v1::LOCATION_CODE_SHOWERROOM)) {
    return RoomKind::kBathroom;
  }
  if (InBlock(code, event::v1::LOCATION_CODE_KITCHEN)) return RoomKind::kKitchen;
  if (InBlock(code, event::v1::LOCATION_CODE_BEDROOM)) return RoomKind::kBedroom;
  if (InBlock(code, event::v1::LOCATION_CODE_FRONTGARDEN) ||
      InBlock(code, event::v1::LOCATION_CODE_BACKGARDEN)) {
    return RoomKind::kOutside;
  }
  const std::string name = absl::AsciiStrToLower(device.room());
  for (const Named& named : kNames)
    if (name.find(named.part) != std::string::npos) return named.kind;
  for (const char* outside : kOutside)
    if (name == outside) return RoomKind::kOutside;
  return RoomKind::kOther;
}

}  // namespace veille::detector
