#include "services/detector/core/rules/spell.h"

#include "gtest/gtest.h"

#include "services/detector/core/rules/dwelling_plan.h"
#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

TEST(Spell, FiguresAndSpansReadWellInBothLanguages) {
  EXPECT_EQ(Figure(31.25, 1).fr, "31,2");
  EXPECT_EQ(Figure(31.25, 1).en, "31.2");
  EXPECT_EQ(Figure(28, 0).fr, "28");
  EXPECT_EQ(Lasting(25 * 60'000'000LL), "25 min");
  EXPECT_EQ(Lasting(90 * 60'000'000LL), "90 min");
  EXPECT_EQ(Lasting(3 * 3'600'000'000LL), "3 h");
  EXPECT_EQ(Lasting(200 * 60'000'000LL), "3 h 20");
}

// One hub's silence says nothing of what another has sent.
TEST(Spell, WhatIsKnownOfADeviceIsWhatItsOwnSourceSent) {
  Home home;
  home.registry().add_sources()->set_source_id("hub-2");
  home.registry().mutable_devices(1)->set_source_id("hub-2");
  home.Compile();
  home.Beat(home.At(1, 15, 9, 0));
  const auto& record = home.state().record();
  EXPECT_EQ(KnownUntil(home.plan(), record, 1), 0);
  EXPECT_EQ(KnownUntil(home.plan(), record, 0), 0) << "either may speak for it";
  home.registry().mutable_devices(0)->set_source_id("hub-h");
  home.Compile();
  home.Beat(home.At(1, 15, 9, 0));
  EXPECT_EQ(KnownUntil(home.plan(), home.state().record(), 0),
            absl::ToUnixMicros(home.At(1, 15, 9, 0)));
}

TEST(DwellingPlan, SortsDevicesByWhatTheyStandFor) {
  Home home;
  home.Device("plug", care::v1::ROLE_APPLIANCE, "cuisine")
      .set_location_code(event::v1::LOCATION_CODE_STOVE);
  home.Device("kettle", care::v1::ROLE_APPLIANCE, "cuisine");
  home.Device("t", care::v1::ROLE_CLIMATE, "salon");
  home.Device("water", care::v1::ROLE_METER);
  home.Device("box", care::v1::ROLE_DISPENSER);
  home.care_plan().mutable_dose()->add_times("08:00");
  home.Compile();
  const DwellingPlan& plan = home.plan().dwelling;
  EXPECT_EQ(plan.stoves, std::vector<int>{3});
  EXPECT_EQ(plan.kitchen, std::vector<int>{4});
  EXPECT_EQ(plan.climates, std::vector<int>{5});
  EXPECT_EQ(plan.meters, std::vector<int>{6});
  ASSERT_EQ(plan.doses.size(), 1U);
  EXPECT_EQ(plan.doses[0].device, 7);
}

TEST(InstallationPlan, KnowsWhatIsWorn) {
  EXPECT_EQ(Home().plan().installation.worn, std::vector<int>{2});
}

}  // namespace
}  // namespace veille::detector
