// Homes that change while the service runs: no restart, nothing forgotten.

#include "gtest/gtest.h"

#include "common/time/clock.h"
#include "services/domain/recordings/recording.h"
#include "tests/e2e/all_in_one.h"
#include "tests/e2e/raw_hub.h"
#include "tests/e2e/watching.h"

namespace veille {
namespace {

using testing::AllInOne;
using testing::Eventually;
using testing::RawHub;
using testing::Watching;

// As HomeZero(), under other names.
care::v1::Home HomeNew() {
  care::v1::Home home = testing::HomeZero();
  home.set_home_id("home-new");
  home.mutable_sources(0)->set_source_id("hub-home-new");
  home.mutable_patients(0)->set_patient_id("patient-new");
  for (auto& device : *home.mutable_devices()) {
    device.set_source_id("");
    if (!device.patient_id().empty()) device.set_patient_id("patient-new");
  }
  return home;
}

bool Serves(const AllInOne& all, const std::string& source) {
  const RawHub hub(all.gateway(), testing::kIncarnation, source, absl::Seconds(20));
  return hub.welcomed();
}

TEST(Reload, AHomeThatIsAddedIsServedAndItsCallsAreTold) {
  AllInOne all;
  all.process().Start();
  ASSERT_TRUE(Serves(all, "hub-home-0")) << all.Log();
  EXPECT_FALSE(Serves(all, "hub-home-new"));
  all.PutHome(HomeNew());
  ASSERT_TRUE(Eventually([&] { return Serves(all, "hub-home-new"); })) << all.Log();
  RawHub hub(all.gateway(), testing::kIncarnation, "hub-home-new");
  hub.Send(1, testing::Events({testing::Sos(1)}));
  ASSERT_TRUE(hub.WaitAck(1)) << all.Log();
  Watching anne(all.notifier(), "anne");
  EXPECT_TRUE(Eventually([&] { return anne.called("SOS").size() == 1; })) << all.Log();
}

TEST(Reload, AChangedPlanKeepsWhatWasSeenBefore) {
  care::v1::Home home = testing::HomeZero();
  auto& plan = *home.mutable_patients(0)->mutable_care_plan();
  plan.set_version("first");
  plan.mutable_night_exit()->set_enabled(false);
  plan.mutable_door_left_open()->mutable_night_patience()->set_seconds(150);
  plan.mutable_door_left_open()->mutable_day_patience()->set_seconds(150);
  AllInOne all("", {home});
  all.process().Start();
  const SystemClock clock;
  RawHub hub(all.gateway());
  ASSERT_TRUE(hub.welcomed()) << all.Log();
  // It is told 20 s from now, when the plan is another.
  event::v1::Event door = domain::MakeEvent(clock.Now() - absl::Seconds(130), "front-door");
  door.mutable_contact()->set_state(event::v1::Contact::STATE_OPEN);
  hub.Send(1, testing::Events({door}), hub::v1::LANE_BULK);
  ASSERT_TRUE(hub.WaitAck(1, hub::v1::LANE_BULK)) << all.Log();
  plan.set_version("second");
  all.PutHome(home);
  ASSERT_TRUE(Eventually([&] { return all.Log().find("homes changed") != std::string::npos; }))
      << all.Log();
  Watching anne(all.notifier(), "anne");
  uint64_t sequence = 1;
  ASSERT_TRUE(Eventually([&] {
    hub.watermark = clock.Now();
    hub.Send(++sequence, testing::Events({}), hub::v1::LANE_BULK);
    return hub.WaitAck(sequence, hub::v1::LANE_BULK) && anne.Alerts().count("DOOR_LEFT_OPEN") == 1;
  })) << all.Log();
  EXPECT_EQ(anne.Alerts().at("DOOR_LEFT_OPEN").evidence().care_plan_version(), "second");
}

TEST(Reload, AHomeWithAFaultChangesNothingAndIsNamed) {
  AllInOne all;
  all.process().Start();
  ASSERT_TRUE(Serves(all, "hub-home-0")) << all.Log();
  all.PutHomeFile("bad", "home_id: \"bad\"\nzone: \"Europe/Nowhere\"\n");
  ASSERT_TRUE(Eventually([&] { return all.Log().find("bad.textproto:2") != std::string::npos; }))
      << all.Log();
  EXPECT_TRUE(Serves(all, "hub-home-0")) << all.Log();
}

}  // namespace
}  // namespace veille
