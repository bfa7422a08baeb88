#include "services/care/core/resource.h"

#include "gtest/gtest.h"

#include "tests/unit/care/fake_home_store.h"

namespace veille::care {
namespace {

using google::protobuf::FieldMask;

const Target kDoor{Kind::kDevice, "h", "", "door"};
const Target kAnne{Kind::kMember, "h", "patient-h", "anne"};

FieldMask MaskOf(const std::string& path) {
  FieldMask mask;
  mask.add_paths(path);
  return mask;
}

TEST(Resource, IsFoundByItsIdsAndByNoOthers) {
  const v1::HomeRecord home = testing::SmallHome("h");
  EXPECT_EQ((*FindItem(home, kDoor))->ShortDebugString(),
            "device_id: \"door\" role: ROLE_EXIT_DOOR");
  EXPECT_EQ(IdOf(Kind::kMember, **FindItem(home, kAnne)), "anne");
  EXPECT_TRUE(absl::IsNotFound(FindItem(home, {Kind::kDevice, "h", "", "window"}).status()));
  EXPECT_TRUE(absl::IsNotFound(FindItem(home, {Kind::kMember, "h", "other", "anne"}).status()));
}

TEST(Resource, AMaskChangesWhatItNamesAndClearsWhatIsAbsent) {
  v1::HomeRecord home = testing::SmallHome("h");
  v1::Device changed;
  changed.set_device_id("another");
  changed.set_room("hall");
  ASSERT_TRUE(ChangeItem(kDoor, changed, MaskOf("room"), home).ok());
  EXPECT_EQ(home.devices(0).room(), "hall");
  EXPECT_EQ(home.devices(0).role(), v1::ROLE_EXIT_DOOR);
  changed.clear_room();
  ASSERT_TRUE(ChangeItem(kDoor, changed, MaskOf("*"), home).ok());
  EXPECT_EQ(home.devices(0).ShortDebugString(), "device_id: \"door\"");
}

TEST(Resource, AMaskThatNamesNothingIsRefused) {
  v1::HomeRecord home = testing::SmallHome("h");
  EXPECT_TRUE(absl::IsInvalidArgument(ChangeItem(kDoor, v1::Device(), FieldMask(), home)));
  EXPECT_TRUE(absl::IsInvalidArgument(ChangeItem(kDoor, v1::Device(), MaskOf("colour"), home)));
}

TEST(Resource, APlansFieldWithinARuleIsReachedByItsPath) {
  v1::HomeRecord home = testing::SmallHome("h");
  v1::CarePlan plan;
  plan.mutable_night_exit()->mutable_no_return()->set_seconds(600);
  const Target target{Kind::kCarePlan, "h", "patient-h", ""};
  ASSERT_TRUE(ChangeItem(target, plan, MaskOf("night_exit.no_return"), home).ok());
  EXPECT_EQ(home.patients(0).care_plan().night_exit().no_return().seconds(), 600);
}

TEST(Resource, WhatIsThereIsNotAddedAgainAndWhatIsNotIsNotRemoved) {
  v1::HomeRecord home = testing::SmallHome("h");
  v1::Device door;
  door.set_device_id("door");
  EXPECT_TRUE(absl::IsAlreadyExists(AddItem(kDoor, door, home)));
  ASSERT_TRUE(RemoveItem(kDoor, home).ok());
  EXPECT_EQ(home.devices_size(), 0);
  EXPECT_TRUE(absl::IsNotFound(RemoveItem(kDoor, home)));
  EXPECT_TRUE(AddItem(kDoor, door, home).ok());
}

TEST(Resource, AListIsInOrderOfIdsWhateverTheHomes) {
  v1::HomeRecord home = testing::SmallHome("h");
  home.add_devices()->set_device_id("bed");
  const auto items = *ListItems(home, {Kind::kDevice, "h", "", ""});
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(IdOf(Kind::kDevice, *items[0]), "bed");
}

TEST(Resource, AnEtagNamesTheContent) {
  v1::HomeRecord home = testing::SmallHome("h");
  const std::string before = EtagOf(home.devices(0));
  home.mutable_devices(0)->set_room("hall");
  EXPECT_NE(EtagOf(home.devices(0)), before);
  home.mutable_devices(0)->clear_room();
  EXPECT_EQ(EtagOf(home.devices(0)), before);
}

TEST(Resource, ItsPlaceIsNamedFromTheHome) {
  const v1::HomeRecord home = testing::SmallHome("h");
  EXPECT_EQ(PathOf(home, kAnne), "patients[0].circle.members[0]");
  EXPECT_EQ(PathOf(home, {Kind::kCarePlan, "h", "patient-h", ""}), "patients[0].care_plan");
  EXPECT_EQ(PathOf(home, {Kind::kHome, "h", "", ""}), "");
}

}  // namespace
}  // namespace veille::care
