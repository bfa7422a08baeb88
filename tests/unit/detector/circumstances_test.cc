// Carers, companions, plans, absences and the off switch: what they mute, lower, and never forget.

#include "services/detector/core/circumstances.h"

#include "gtest/gtest.h"

#include "services/domain/registry.h"
#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

using Strings = std::vector<std::string>;

event::v1::Event Company(absl::Time at, event::v1::Presence::Kind kind, bool near,
                         const std::string& device = "hall") {
  event::v1::Event event = domain::MakeEvent(at, device);
  event.mutable_presence()->set_kind(kind);
  event.mutable_presence()->set_present(near);
  return event;
}

event::v1::Event Carer(absl::Time at, bool near) {
  return Company(at, event::v1::Presence::KIND_CARER_AT_HOME, near);
}

event::v1::Event Pause(absl::Time at, bool paused, int64_t seconds = 0) {
  event::v1::Event event = domain::MakeEvent(at, "pendant");
  event.mutable_monitoring_pause()->set_paused(paused);
  if (seconds > 0) event.mutable_monitoring_pause()->mutable_span()->set_seconds(seconds);
  return event;
}

google::protobuf::Timestamp Stamp(absl::Time at) {
  google::protobuf::Timestamp stamp;
  stamp.set_seconds(absl::ToUnixSeconds(at));
  return stamp;
}

// The door opens at 02:10 and nobody is seen inside afterwards.
void LeaveAtNight(Home& home) {
  home.See(Home::Motion(home.At(1, 15, 2, 9)));
  home.See(Home::Door(home.At(1, 15, 2, 10), true));
  home.See(Home::Door(home.At(1, 15, 2, 10, 10), false));
  home.Beat(home.At(1, 15, 2, 20));
}

TEST(Circumstances, ACarerAtHomeMutesANightExit) {
  Home home;
  home.See(Carer(home.At(1, 15, 1, 30), true));
  LeaveAtNight(home);
  EXPECT_EQ(home.Told(), Strings{});
  home.See(Home::Motion(home.At(1, 15, 2, 40)));
  home.See(Carer(home.At(1, 15, 3, 0), false));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST(Circumstances, WhatIsNotOverWhenTheCarerGoesIsToldThen) {
  Home home;
  home.See(Carer(home.At(1, 15, 1, 30), true));
  LeaveAtNight(home);
  home.Restart();
  home.See(Carer(home.At(1, 15, 3, 0), false));
  EXPECT_EQ(home.Told(), Strings{"RAISE NIGHT_EXIT HIGH"});
  EXPECT_NE(home.last().reason().en().find("the carer is gone"), std::string::npos);
  home.See(Home::Motion(home.At(1, 15, 3, 40)));
  EXPECT_EQ(home.Told(), Strings{"CLEAR NIGHT_EXIT HIGH"});
}

TEST(Muted, IsToldLaterAsItWouldHaveBeenTold) {
  Home told, muted;
  LeaveAtNight(told);
  told.Told();
  muted.See(Carer(muted.At(1, 15, 1, 30), true));
  LeaveAtNight(muted);
  muted.See(Carer(muted.At(1, 15, 3, 0), false));
  muted.Told();
  store::v1::Finding later = muted.last();
  EXPECT_EQ(later.reason().fr(), told.last().reason().fr() + " (l'aidant n'est plus là)");
  EXPECT_EQ(later.decide_time().seconds(), absl::ToUnixSeconds(muted.At(1, 15, 3, 0)));
  *later.mutable_reason() = told.last().reason();
  *later.mutable_decide_time() = told.last().decide_time();
  *later.mutable_receive_time() = told.last().receive_time();
  later.set_finding_id(told.last().finding_id());
  EXPECT_EQ(later.DebugString(), told.last().DebugString());
}

TEST(Muted, FollowsItsPersonThroughANewPlan) {
  Home home;
  const std::string person = home.registry().patients(0).patient_id();
  home.See(Pause(home.At(1, 15, 1, 30), true, 3600));
  LeaveAtNight(home);
  home.Told();
  home.registry().add_patients()->set_patient_id("spouse");
  home.registry().mutable_patients()->SwapElements(0, 1);
  home.Reload();
  home.Beat(home.At(1, 15, 2, 30));
  EXPECT_EQ(home.Told("NIGHT_EXIT"), Strings{"RAISE NIGHT_EXIT HIGH"});
  EXPECT_EQ(home.last().patient_id(), person);
}

TEST(Muted, TellsNothingOfARuleThatIsSwitchedOffMeanwhile) {
  Home home;
  home.See(Carer(home.At(1, 15, 1, 30), true));
  LeaveAtNight(home);
  home.care_plan().mutable_night_exit()->set_enabled(false);
  home.Reload();
  home.See(Carer(home.At(1, 15, 3, 0), false));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST(Circumstances, ACarerWhoseDepartureIsNotSeenIsGoneAfterTwelveHours) {
  Home home;
  home.See(Carer(home.At(1, 15, 1, 30), true));
  LeaveAtNight(home);
  home.Beat(home.At(1, 15, 13, 29));
  EXPECT_EQ(home.Told(), Strings{});
  home.Beat(home.At(1, 15, 13, 30));
  EXPECT_EQ(home.Told(), Strings{"RAISE NIGHT_EXIT HIGH"});
}

TEST(Circumstances, ADoorIsToldLowerWhileACarerIsThereAndFullyAfterwards) {
  Home home;
  home.See(Carer(home.At(1, 15, 13, 0), true));
  home.See(Home::Door(home.At(1, 15, 14, 0), true));
  home.Beat(home.At(1, 15, 14, 20));
  EXPECT_EQ(home.Told(), Strings{"RAISE DOOR_LEFT_OPEN/door LOW"});
  EXPECT_NE(home.last().reason().fr().find("un aidant est sur place"), std::string::npos);
  home.See(Carer(home.At(1, 15, 14, 30), false));
  EXPECT_EQ(home.Told(), Strings{"WORSEN DOOR_LEFT_OPEN/door MEDIUM"});
  home.See(Home::Door(home.At(1, 15, 14, 40), false));
  EXPECT_EQ(home.Told(), Strings{"CLEAR DOOR_LEFT_OPEN/door MEDIUM"});
}

TEST(Circumstances, AWeeklyOutingMutesUntilItsEnd) {
  Home home;
  auto* outing = home.registry().mutable_patients(0)->mutable_context()->add_outings();
  outing->set_weekly("Thu 01:00-02:30");  // 2026-01-15 is one.
  home.Compile();
  LeaveAtNight(home);
  EXPECT_EQ(home.Told(), Strings{});
  home.Beat(home.At(1, 15, 2, 29));
  EXPECT_EQ(home.Told(), Strings{});
  home.Beat(home.At(1, 15, 2, 30));
  EXPECT_EQ(home.Told(), Strings{"RAISE NIGHT_EXIT HIGH"});
}

TEST(Circumstances, APlannedAbsenceMutesSilence) {
  Home home;
  auto* absence = home.registry().mutable_patients(0)->mutable_context()->add_absences();
  *absence->mutable_start_time() = Stamp(home.At(1, 14, 18, 0));
  *absence->mutable_end_time() = Stamp(home.At(1, 16, 18, 0));
  home.Compile();
  home.See(Home::Motion(home.At(1, 14, 17, 0)));
  home.Live(home.At(1, 14, 17, 1), home.At(1, 15, 17, 0));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST(Circumstances, HazardsAndCallsForHelpAreToldInEvery) {
  Home home;
  home.See(Carer(home.At(1, 15, 1, 30), true));
  home.See(Pause(home.At(1, 15, 1, 31), true));
  EXPECT_EQ(home.Told(), Strings{"RAISE MONITORING_PAUSED LOW"});
  home.See(Home::Sos(home.At(1, 15, 1, 40), 7));
  EXPECT_EQ(home.Told(), Strings{"RAISE SOS HIGH"});
}

TEST(Circumstances, APauseIsShownToCarersAndEndsByItself) {
  Home home;
  home.See(Home::Motion(home.At(1, 15, 2, 0)));
  home.See(Pause(home.At(1, 15, 2, 1), true, 3600));
  EXPECT_EQ(home.Told(), Strings{"RAISE MONITORING_PAUSED LOW"});
  EXPECT_EQ(home.last().reason().en(), "Monitoring was paused by the person at 02:01, until 03:01");
  LeaveAtNight(home);
  EXPECT_EQ(home.Told(), Strings{});
  home.Beat(home.At(1, 15, 3, 1));
  EXPECT_EQ(home.Told(), (Strings{"CLEAR MONITORING_PAUSED LOW", "RAISE NIGHT_EXIT HIGH"}));
}

TEST(Circumstances, ALongPauseIsToldAgain) {
  Home home;
  home.See(Pause(home.At(1, 15, 8, 0), true));
  home.Told();
  home.Beat(home.At(1, 15, 19, 59));
  EXPECT_EQ(home.Told(), Strings{});
  home.Beat(home.At(1, 15, 20, 0));
  EXPECT_EQ(home.Told(), Strings{"WORSEN MONITORING_PAUSED MEDIUM"});
  home.Beat(home.At(1, 16, 2, 0));
  EXPECT_EQ(home.Told(), Strings{});
  home.See(Home::Motion(home.At(1, 16, 2, 0, 30)));
  home.See(Pause(home.At(1, 16, 2, 1), false));
  EXPECT_EQ(home.Told(), Strings{"CLEAR MONITORING_PAUSED LOW"});
}

TEST(Circumstances, PositionsAreUsedOnlyAsConsented) {
  Home home;
  home.Device("tracker", care::v1::ROLE_TRACKER);
  auto* zone = home.registry().mutable_patients(0)->add_zones();
  zone->set_name("home");
  zone->mutable_circle()->set_latitude_degrees(49.89);
  zone->mutable_circle()->set_longitude_degrees(2.3);
  zone->mutable_circle()->set_radius_m(200);
  home.registry().mutable_patients(0)->mutable_context()->set_position_consent(
      care::v1::POSITION_CONSENT_DURING_ALERTS);
  home.Compile();
  const auto far_away = [&](absl::Time at) {
    event::v1::Event event = domain::MakeEvent(at, "tracker");
    event.mutable_location()->set_latitude_degrees(49.92);
    event.mutable_location()->set_longitude_degrees(2.3);
    event.mutable_location()->set_accuracy_m(10);
    return event;
  };
  for (int minute = 0; minute < 4; ++minute) home.See(far_away(home.At(1, 15, 14, minute)));
  home.Beat(home.At(1, 15, 14, 5));
  EXPECT_EQ(home.Told(), Strings{});
  home.See(Home::Sos(home.At(1, 15, 14, 6), 3));
  for (int minute = 7; minute < 10; ++minute) home.See(far_away(home.At(1, 15, 14, minute)));
  home.Beat(home.At(1, 15, 14, 11));
  EXPECT_EQ(home.Told(),
            (Strings{"RAISE SOS HIGH", "RAISE GEOFENCE_EXIT MEDIUM", "RAISE GEOFENCE_FAR HIGH"}));
}

// A home whose tracker is far from its one zone; the garden's thermometer says so much.
class OutInTheWeather : public ::testing::Test {
 protected:
  OutInTheWeather() {
    home.Device("tracker", care::v1::ROLE_TRACKER);
    home.Device("outside", care::v1::ROLE_CLIMATE, "Garden");
    auto* zone = home.registry().mutable_patients(0)->add_zones();
    zone->set_name("home");
    zone->mutable_circle()->set_latitude_degrees(49.89);
    zone->mutable_circle()->set_longitude_degrees(2.3);
    zone->mutable_circle()->set_radius_m(400);
    home.Compile();
  }
  Strings Leave() {
    for (int minute = 0; minute < 4; ++minute) {
      event::v1::Event event = domain::MakeEvent(home.At(1, 15, 14, minute), "tracker");
      event.mutable_location()->set_latitude_degrees(49.895);
      event.mutable_location()->set_longitude_degrees(2.3);
      event.mutable_location()->set_accuracy_m(10);
      home.See(event);
    }
    home.Beat(home.At(1, 15, 14, 5));
    return home.Told("GEOFENCE_EXIT");
  }
  Home home;
};

TEST_F(OutInTheWeather, FrostRaisesByOneAndIsNoColdRoom) {
  home.See(Home::Celsius(home.At(1, 15, 13, 0), "outside", 0));
  EXPECT_EQ(Leave(), Strings{"RAISE GEOFENCE_EXIT HIGH"});
  EXPECT_NE(home.last().reason().en().find("; it freezes outside"), std::string::npos);
  home.Live(home.At(1, 15, 14, 6), home.At(1, 15, 17, 0));
  EXPECT_EQ(home.Told("ROOM_COLD"), Strings{});
}

TEST_F(OutInTheWeather, FrostThatIsOverOrWasSaidLongAgoDoesNot) {
  home.See(Home::Celsius(home.At(1, 15, 10, 59), "outside", -3));
  EXPECT_EQ(Leave(), Strings{"RAISE GEOFENCE_EXIT MEDIUM"});
  home.Compile();
  home.See(Home::Celsius(home.At(1, 15, 13, 0), "outside", -3));
  home.See(Home::Celsius(home.At(1, 15, 13, 30), "outside", 0.5));
  EXPECT_EQ(Leave(), Strings{"RAISE GEOFENCE_EXIT MEDIUM"});
}

TEST_F(OutInTheWeather, AnOfficialWarningRaisesWhileItIsInForce) {
  auto* warning = home.registry().mutable_patients(0)->mutable_context()->add_weather_warnings();
  *warning->mutable_start_time() = Stamp(home.At(1, 15, 12, 0));
  *warning->mutable_end_time() = Stamp(home.At(1, 15, 18, 0));
  home.Compile();
  EXPECT_EQ(Leave(), Strings{"RAISE GEOFENCE_EXIT HIGH"});
  EXPECT_NE(home.last().reason().en().find("; a weather warning is in force"), std::string::npos);
  *warning->mutable_end_time() = Stamp(home.At(1, 15, 13, 0));
  home.Compile();
  EXPECT_EQ(Leave(), Strings{"RAISE GEOFENCE_EXIT MEDIUM"});
}

TEST_F(OutInTheWeather, ACompanionLowersWhatTheWeatherRaised) {
  home.See(Home::Celsius(home.At(1, 15, 13, 0), "outside", -3));
  home.See(Company(home.At(1, 15, 13, 55), event::v1::Presence::KIND_COMPANION_NEAR, true));
  EXPECT_EQ(Leave(), Strings{"RAISE GEOFENCE_EXIT MEDIUM"});
}

TEST(Circumstances, PlansThatCannotBeAreRefusedWithTheirPlace) {
  care::v1::Home home = domain::MakeHome("h", "Europe/Paris");
  auto* context = home.mutable_patients(0)->mutable_context();
  context->add_outings()->set_weekly("Someday 10:00-11:00");
  context->add_absences()->mutable_start_time()->set_seconds(10);
  context->add_weather_warnings()->mutable_start_time()->set_seconds(10);
  const auto registry = domain::Registry::Make({home});
  ASSERT_FALSE(registry.ok());
  const std::string message(registry.status().message());
  EXPECT_NE(message.find("context.outings[0].weekly"), std::string::npos) << message;
  EXPECT_NE(message.find("context.absences[0].end_time"), std::string::npos) << message;
  EXPECT_NE(message.find("context.weather_warnings[0].end_time"), std::string::npos) << message;
}

}  // namespace
}  // namespace veille::detector
