#include "services/detector/core/rooms.h"

#include "gtest/gtest.h"

namespace veille::detector {
namespace {

RoomKind KindOfRoom(const std::string& name, int code = 0) {
  care::v1::Home home;
  auto* room = home.add_rooms();
  room->set_name(name);
  room->set_location_code(static_cast<event::v1::LocationCode>(code));
  care::v1::Device device;
  device.set_room(name);
  return RoomKindOf(home, device);
}

TEST(Rooms, AreKnownByNameInEnglishAndFrench) {
  EXPECT_EQ(KindOfRoom("Salle de bain"), RoomKind::kBathroom);
  EXPECT_EQ(KindOfRoom("WC"), RoomKind::kBathroom);
  EXPECT_EQ(KindOfRoom("Kitchen"), RoomKind::kKitchen);
  EXPECT_EQ(KindOfRoom("chambre 2"), RoomKind::kBedroom);
  EXPECT_EQ(KindOfRoom("hall"), RoomKind::kOther);
  EXPECT_EQ(KindOfRoom(""), RoomKind::kOther);
}

TEST(Rooms, ACodeComesBeforeTheName) {
  EXPECT_EQ(KindOfRoom("kitchen", 3201), RoomKind::kBathroom);
  EXPECT_EQ(KindOfRoom("room", 3456 + 63), RoomKind::kKitchen);
  EXPECT_EQ(KindOfRoom("room", 3456 + 64), RoomKind::kOther);
}

TEST(Rooms, DigestsTellRoomsApartAndAreNeverNought) {
  EXPECT_NE(RoomDigest("kitchen"), RoomDigest("hall"));
  EXPECT_NE(RoomDigest(""), 0);
}

}  // namespace
}  // namespace veille::detector
