#include "services/client/care_fields.h"

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

#include "veille/care/v1/home_record.pb.h"

namespace veille::client {
namespace {

std::string Set(const std::string& path, const std::string& value,
                google::protobuf::Message&& message) {
  const absl::Status status = SetField(path, value, message);
  return status.ok() ? message.ShortDebugString() : std::string(status.message());
}

TEST(CareFields, PlainValuesAreSetAsTheyAreTyped) {
  EXPECT_EQ(Set("room", "kitchen", care::v1::Device()), "room: \"kitchen\"");
  EXPECT_EQ(Set("accompanied", "true", care::v1::PlannedOuting()), "accompanied: true");
  EXPECT_EQ(Set("circle.radius_m", "300", care::v1::Zone()), "circle { radius_m: 300 }");
}

TEST(CareFields, EnumsByTheEndOfTheirNameInAnyCase) {
  EXPECT_EQ(Set("role", "fridge_door", care::v1::Device()), "role: ROLE_FRIDGE_DOOR");
  EXPECT_EQ(Set("role", "ROLE_BED", care::v1::Device()), "role: ROLE_BED");
  EXPECT_EQ(Set("relation", "telecare-centre", care::v1::Member()),
            "relation: RELATION_TELECARE_CENTRE");
  EXPECT_NE(Set("risk", "enormous", care::v1::CarePlan()).find("one of low, medium, high"),
            std::string::npos);
}

TEST(CareFields, SpansAndTimesAsPeopleWriteThem) {
  EXPECT_EQ(Set("check_in", "2h", care::v1::Device()), "check_in { seconds: 7200 }");
  EXPECT_EQ(Set("start_time", "1970-01-02 00:00", care::v1::Absence()),
            "start_time { seconds: 86400 }");
  EXPECT_EQ(Set("start_time", "1970-01-01T01:00:00+01:00", care::v1::Absence()), "start_time { }");
  EXPECT_NE(Set("check_in", "often", care::v1::Device()).find("a span like"), std::string::npos);
}

TEST(CareFields, ListsWithCommasAndMessagesAsText) {
  EXPECT_EQ(Set("rights", "read,circle", care::v1::Grant()),
            "rights: MEMBER_RIGHT_READ rights: MEMBER_RIGHT_CIRCLE");
  EXPECT_EQ(Set("channels", "[{email {address: 'a@b.org'}}]", care::v1::Member()),
            "channels { email { address: \"a@b.org\" } }");
  EXPECT_EQ(Set("circle", "radius_m: 200", care::v1::Zone()), "circle { radius_m: 200 }");
}

TEST(CareFields, AnIndexReachesIntoAListAndBehindItsEndAddsOne) {
  care::v1::HomeRecord home;
  ASSERT_TRUE(SetField("patients[0].patient_id", "martin", home).ok());
  ASSERT_TRUE(SetField("patients[0].circle.members[0].caregiver_id", "anne", home).ok());
  EXPECT_EQ(home.ShortDebugString(),
            "patients { patient_id: \"martin\" circle { members { caregiver_id: \"anne\" } } }");
  EXPECT_FALSE(SetField("patients[2].patient_id", "marc", home).ok());
}

TEST(CareFields, NothingClears) {
  care::v1::Device device;
  device.set_room("hall");
  ASSERT_TRUE(SetField("room", "", device).ok());
  EXPECT_EQ(device.room(), "");
}

TEST(CareFields, AFieldThatIsNotThereIsNamedWithThoseThatAre) {
  const std::string fault = Set("colour", "red", care::v1::Device());
  EXPECT_NE(fault.find("'colour' is no field; there are device_id"), std::string::npos);
  EXPECT_NE(Set("room.colour", "red", care::v1::Device()).find("no fields of its own"),
            std::string::npos);
}

TEST(CareFields, WhatCannotBeSentOrMeantIsRefusedWithItsField) {
  EXPECT_EQ(Set("room", "cuisine \xE9", care::v1::Device()), "room: the value is not UTF-8");
  EXPECT_EQ(Set("room", "\xED\xA0\x80", care::v1::Device()), "room: the value is not UTF-8");
  EXPECT_EQ(Set("rights[0]", "read", care::v1::Grant()),
            "rights[0]: 'rights' is a list of plain values: all of them at once, rights=A,B");
}

TEST(CareFields, TimesAreShownAsPeopleWriteThemAndReadBack) {
  care::v1::Absence absence;
  absence.mutable_start_time()->set_seconds(1793527200);
  const std::string text = ToText(absence);
  EXPECT_NE(text.find("# 2026-11-01T10:00:00+00:00\n"), std::string::npos) << text;
  care::v1::Absence again;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &again));
  EXPECT_EQ(again.start_time().seconds(), 1793527200);
  EXPECT_EQ(ToLine(absence), "start_time { 2026-11-01T10:00:00+00:00 }");
}

TEST(CareFields, WhatIsFlatSaysEachValueByItsPath) {
  care::v1::Patient patient;
  patient.add_zones()->set_name("park");
  patient.mutable_care_plan()->mutable_night_exit()->mutable_no_return()->set_seconds(600);
  const auto flat = Flatten(patient);
  EXPECT_EQ(flat.at("zones[0].name"), "\"park\"");
  EXPECT_EQ(flat.at("care_plan.night_exit.no_return"), "10m");
}

TEST(CareFields, TextKeepsLettersThatAreNotEnglish) {
  care::v1::Patient patient;
  patient.set_display_name("Mme Lefèvre");
  EXPECT_EQ(ToText(patient), "display_name: \"Mme Lefèvre\"\n");
  EXPECT_EQ(ToLine(patient), "display_name: \"Mme Lefèvre\"");
}

}  // namespace
}  // namespace veille::client
