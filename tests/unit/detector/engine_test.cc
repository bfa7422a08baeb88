// The rule engine on a virtual day: what is told, when, and what is not.

#include <map>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "common/base/random.h"
#include "services/client/replay_engine.h"
#include "services/detector/core/bytes.h"
#include "services/domain/recordings/recording.h"
#include "tests/unit/detector/virtual_home.h"

namespace veille::detector {
namespace {

using store::v1::Envelope;
using store::v1::Finding;

using Strings = std::vector<std::string>;

TEST(NightExit, IsToldAtItsDeadlineAndNotBefore) {
  Home home;
  home.See(Home::Motion(home.At(1, 15, 2, 9)));
  home.See(Home::Door(home.At(1, 15, 2, 10), true));
  home.See(Home::Door(home.At(1, 15, 2, 10, 10), false));
  home.Beat(home.At(1, 15, 2, 14, 59));
  EXPECT_EQ(home.Told(), Strings{});
  home.Beat(home.At(1, 15, 2, 15));
  EXPECT_EQ(home.Told(), Strings{"RAISE NIGHT_EXIT HIGH"});
  home.Beat(home.At(1, 15, 2, 30));
  EXPECT_EQ(home.Told(), Strings{});
  home.See(Home::Motion(home.At(1, 15, 2, 31)));
  EXPECT_EQ(home.Told(), Strings{"CLEAR NIGHT_EXIT HIGH"});
}

TEST(NightExit, IsNotToldWhenSomebodyMovesInsideAfterwards) {
  Home home;
  home.See(Home::Door(home.At(1, 15, 2, 10), true));
  home.See(Home::Door(home.At(1, 15, 2, 10, 20), false));
  home.See(Home::Motion(home.At(1, 15, 2, 11)));
  home.Beat(home.At(1, 15, 3, 0));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST(NightExit, TheLastStepThroughTheDoorIsNoReturn) {
  Home home;
  home.See(Home::Door(home.At(1, 15, 2, 10), true));
  home.See(Home::Motion(home.At(1, 15, 2, 10, 2)));
  home.See(Home::Door(home.At(1, 15, 2, 10, 9), false));
  home.Beat(home.At(1, 15, 2, 15));
  EXPECT_EQ(home.Told(), Strings{"RAISE NIGHT_EXIT HIGH"});
}

TEST(NightExit, AReturnExactlyAtTheDeadlineCounts) {
  Home home;
  home.See(Home::Door(home.At(1, 15, 2, 10), true));
  home.See(Home::Door(home.At(1, 15, 2, 10, 9), false));
  home.Send({Home::Motion(home.At(1, 15, 2, 15))}, home.At(1, 15, 2, 15), home.At(1, 15, 2, 15, 1));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST(NightExit, InTheFirstBatchOfAHomesLifeIsTold) {
  Home home;
  home.Send({Home::Door(home.At(1, 15, 2, 10), true), Home::Door(home.At(1, 15, 2, 10, 8), false)},
            home.At(1, 15, 2, 12), home.At(1, 15, 2, 12, 1));
  home.Beat(home.At(1, 15, 2, 16));
  EXPECT_EQ(home.Told(), Strings{"RAISE NIGHT_EXIT HIGH"});
}

TEST(NightExit, SurvivesARestartInTheMiddle) {
  Home home;
  home.See(Home::Door(home.At(1, 15, 2, 10), true));
  home.See(Home::Door(home.At(1, 15, 2, 10, 9), false));
  home.Restart();
  home.Beat(home.At(1, 15, 2, 16));
  EXPECT_EQ(home.Told(), Strings{"RAISE NIGHT_EXIT HIGH"});
  home.Restart();
  home.Beat(home.At(1, 15, 2, 40));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST(ContactLost, AtTheWorstMomentTheNightExitIsToldAtItsOwnSeverity) {
  Home home;
  home.Live(home.At(1, 15, 1, 50), home.At(1, 15, 1, 59));
  home.See(Home::Door(home.At(1, 15, 2, 0), true));
  home.See(Home::Door(home.At(1, 15, 2, 0, 8), false));
  home.Beat(home.At(1, 15, 2, 2));
  EXPECT_EQ(home.Told(), Strings{});
  // The hub is dead from 02:03; only our own clock goes on.
  for (int minute = 3; minute < 7; ++minute) home.Tick(home.At(1, 15, 2, minute));
  EXPECT_EQ(home.Told(), Strings{});
  home.Tick(home.At(1, 15, 2, 7));
  const Strings told = home.Told();
  ASSERT_FALSE(told.empty());
  EXPECT_NE(std::find(told.begin(), told.end(), "RAISE NIGHT_EXIT HIGH"), told.end());
  for (int minute = 8; minute < 20; ++minute) home.Tick(home.At(1, 15, 2, minute));
  const Strings more = home.Told();
  EXPECT_EQ(std::find(more.begin(), more.end(), "RAISE NIGHT_EXIT HIGH"), more.end());
}

TEST(ContactLost, SaysThatItIsNotConfirmed) {
  Home home;
  home.See(Home::Door(home.At(1, 15, 2, 0), true));
  home.See(Home::Door(home.At(1, 15, 2, 0, 8), false));
  home.Tick(home.At(1, 15, 2, 8));
  home.Told();
  EXPECT_NE(home.last().reason().en().find("contact lost"), std::string::npos)
      << home.last().reason().en();
}

TEST(ContactLost, SurvivesARestartBetweenTheDoorAndTheDeadline) {
  Home home;
  home.See(Home::Door(home.At(1, 15, 2, 0), true));
  home.See(Home::Door(home.At(1, 15, 2, 0, 8), false));
  home.Restart();
  home.Tick(home.At(1, 15, 2, 3), true);
  EXPECT_EQ(home.Told(), Strings{});
  home.Restart();
  home.Tick(home.At(1, 15, 2, 8));
  const Strings told = home.Told();
  EXPECT_NE(std::find(told.begin(), told.end(), "RAISE NIGHT_EXIT HIGH"), told.end());
}

TEST(ServiceDown, ForHalfAnHourDeclaresNoHomeSilent) {
  Home home;
  home.Live(home.At(1, 15, 10, 0), home.At(1, 15, 10, 10));
  home.See(Home::Motion(home.At(1, 15, 10, 10)));
  // Nobody ticked for 30 minutes: our own downtime.
  home.Tick(home.At(1, 15, 10, 40), true);
  home.Tick(home.At(1, 15, 10, 41));
  EXPECT_EQ(home.Told(), Strings{});
  home.Live(home.At(1, 15, 10, 42), home.At(1, 15, 10, 50));
  EXPECT_EQ(home.Told(), Strings{});
}

TEST(HubOffline, ClimbsAndClears) {
  Home home("Europe/Paris", true);
  home.Beat(home.At(1, 15, 12, 0));
  home.Tick(home.At(1, 15, 12, 4, 59));
  EXPECT_EQ(home.Told(), Strings{});
  home.Tick(home.At(1, 15, 12, 5));
  EXPECT_EQ(home.Told(), Strings{"RAISE HUB_OFFLINE/hub-h TECHNICAL"});
  home.Tick(home.At(1, 15, 13, 0));
  EXPECT_EQ(home.Told(),
            (Strings{"WORSEN HUB_OFFLINE/hub-h MEDIUM", "WORSEN HUB_OFFLINE/hub-h HIGH"}));
  home.Beat(home.At(1, 15, 13, 1));
  EXPECT_EQ(home.Told(), Strings{"CLEAR HUB_OFFLINE/hub-h HIGH"});
}

TEST(DoorLeftOpen, HasOnePatienceByNightAndAnotherByDay) {
  Home home;
  home.See(Home::Motion(home.At(1, 15, 14, 0)));
  home.See(Home::Door(home.At(1, 15, 14, 0, 30), true));
  home.See(Home::Motion(home.At(1, 15, 14, 1)));
  home.Beat(home.At(1, 15, 14, 15));
  EXPECT_EQ(home.Told(), Strings{});
  home.Beat(home.At(1, 15, 14, 15, 31));
  EXPECT_EQ(home.Told(), Strings{"RAISE DOOR_LEFT_OPEN/door MEDIUM"});
  home.See(Home::Door(home.At(1, 15, 14, 20), false));
  EXPECT_EQ(home.Told(), Strings{"CLEAR DOOR_LEFT_OPEN/door MEDIUM"});
  home.See(Home::Door(home.At(1, 15, 23, 0), true));
  home.See(Home::Motion(home.At(1, 15, 23, 1)));
  home.Beat(home.At(1, 15, 23, 5));
  EXPECT_EQ(home.Told(), Strings{"RAISE DOOR_LEFT_OPEN/door MEDIUM"});
}

TEST(Inactivity, IsToldByDayThenWorsensThenClears) {
  Home home;
  home.See(Home::Motion(home.At(1, 15, 9, 0)));
  home.Live(home.At(1, 15, 9, 1), home.At(1, 15, 11, 59));
  EXPECT_EQ(home.Told(), Strings{});
  home.Live(home.At(1, 15, 12, 0), home.At(1, 15, 12, 1));
  EXPECT_EQ(home.Told(), Strings{"RAISE INACTIVITY MEDIUM"});
  home.Live(home.At(1, 15, 12, 2), home.At(1, 15, 13, 1));
  EXPECT_EQ(home.Told(), Strings{"WORSEN INACTIVITY HIGH"});
  home.See(Home::Motion(home.At(1, 15, 13, 2)));
  EXPECT_EQ(home.Told(), Strings{"CLEAR INACTIVITY HIGH"});
}

TEST(Inactivity, SleepIsNoInactivity) {
  Home home;
  home.See(Home::Motion(home.At(1, 15, 22, 0)));
  home.Live(home.At(1, 15, 22, 1), home.At(1, 16, 8, 30));
  home.See(Home::Motion(home.At(1, 16, 8, 31)));
  EXPECT_EQ(home.Told(), Strings{});
}

// Peers' mistake 16: a living gateway hides dead sensors.
TEST(Inactivity, OfDeadSensorsIsATechnicalMatter) {
  Home home;
  home.care_plan().mutable_sensor_silent()->set_enabled(true);
  home.Compile();
  home.See(Home::Motion(home.At(1, 15, 9, 0)));
  for (absl::Time at = home.At(1, 15, 9, 1); at < home.At(1, 15, 13, 0); at += absl::Minutes(1))
    home.Beat(at);
  // Each by itself, and not once more together.
  EXPECT_EQ(home.Told(),
            (Strings{"RAISE SENSOR_SILENT/door TECHNICAL", "RAISE SENSOR_SILENT/hall TECHNICAL",
                     "RAISE SENSOR_SILENT/pendant TECHNICAL"}));
}

TEST(Inactivity, OfDeadSensorsIsToldOnceWhereTheyAreNotToldByThemselves) {
  Home home;
  home.care_plan().mutable_sensor_silent()->set_enabled(false);
  home.Compile();
  home.See(Home::Motion(home.At(1, 15, 9, 0)));
  for (absl::Time at = home.At(1, 15, 9, 1); at < home.At(1, 15, 13, 0); at += absl::Minutes(1))
    home.Beat(at);
  EXPECT_EQ(home.Told(), Strings{"RAISE SENSORS_SILENT TECHNICAL"});
}

// A pendant's fall, as it concluded it.
event::v1::Event WornFall(absl::Time at, event::v1::Fall::Verdict verdict) {
  event::v1::Event event = domain::MakeEvent(at, "pendant");
  event.mutable_fall()->set_verdict(verdict);
  return event;
}

TEST(DeviceFall, IsToldAtOnceAndLessUrgentlyWhenThePersonIsUp) {
  Home home;
  home.See(WornFall(home.At(1, 15, 10, 0), event::v1::Fall::VERDICT_CONFIRMED));
  home.See(WornFall(home.At(1, 15, 10, 3), event::v1::Fall::VERDICT_CANCELLED));
  home.See(WornFall(home.At(1, 15, 10, 6), event::v1::Fall::VERDICT_RECOVERED));
  EXPECT_EQ(home.Told(), (Strings{"RAISE DEVICE_FALL HIGH", "RAISE DEVICE_FALL MEDIUM",
                                  "RAISE DEVICE_FALL LOW"}));
}

TEST(Hazard, IsToldAtOnceAndNotWhenTheDetectorIsQuiet) {
  Home home;
  event::v1::Event smoke = domain::MakeEvent(home.At(1, 15, 10, 0), "hall");
  smoke.mutable_smoke()->set_detected(false);
  home.See(smoke);
  EXPECT_EQ(home.Told(), Strings{});
  smoke.mutable_smoke()->set_detected(true);
  home.See(smoke);
  ASSERT_EQ(home.Told().size(), 1U);
  EXPECT_EQ(home.last().rule_key(), "HAZARD/smoke");
}

TEST(BatteryLow, IsToldOnceUntilItIsClearlyCharged) {
  Home home;
  auto battery = [&](int minute, float percent) {
    event::v1::Event event = domain::MakeEvent(home.At(1, 15, 10, minute), "pendant");
    event.mutable_battery()->set_charge_percent(percent);
    home.See(event);
    return home.Told();
  };
  EXPECT_EQ(battery(8, 21), Strings{});
  EXPECT_EQ(battery(9, 20), Strings{"RAISE BATTERY_LOW/pendant TECHNICAL"});
  EXPECT_EQ(battery(10, 19), Strings{});
  EXPECT_EQ(battery(11, 10), Strings{"WORSEN BATTERY_LOW/pendant LOW"});
  home.Restart();
  EXPECT_EQ(battery(12, 39), Strings{});
  EXPECT_EQ(battery(13, 40), Strings{"CLEAR BATTERY_LOW/pendant TECHNICAL"});
}

TEST(ClockSkew, IsToldOnceAndClearedByAnEventWithTheRightTime) {
  Home home;
  event::v1::Event wrong = Home::Motion(home.At(1, 15, 10, 0));
  wrong.set_clock_quality(event::v1::CLOCK_QUALITY_AT_RECEIPT);
  home.See(wrong);
  EXPECT_EQ(home.Told(), Strings{"RAISE CLOCK_SKEW/hub-h TECHNICAL"});
  home.See(wrong);
  EXPECT_EQ(home.Told(), Strings{});
  home.See(Home::Motion(home.At(1, 15, 10, 1)));
  EXPECT_EQ(home.Told(), Strings{"CLEAR CLOCK_SKEW/hub-h TECHNICAL"});
}

TEST(Sos, EveryPressIsToldAndARepeatedOneOnce) {
  Home home;
  home.See(Home::Sos(home.At(1, 15, 9, 0), 7));
  home.See(Home::Sos(home.At(1, 15, 9, 0), 7));
  home.See(Home::Sos(home.At(1, 15, 9, 0, 0.4), 8));
  EXPECT_EQ(home.Told(), (Strings{"RAISE SOS HIGH", "RAISE SOS HIGH"}));
}

// Peers' mistake 5: events older than 15 min tell nobody, an SOS included.
TEST(LateBacklog, OfNineHoursTellsSosWithItsAgeAndNoFalseAbsence) {
  Home home;
  home.Live(home.At(1, 15, 8, 0), home.At(1, 15, 8, 10));
  home.See(Home::Motion(home.At(1, 15, 8, 10)));
  home.Told();
  for (int hour = 8; hour < 17; ++hour) home.Tick(home.At(1, 15, hour, 30));
  home.Told();
  std::vector<event::v1::Event> backlog;
  for (int hour = 9; hour < 17; ++hour) {
    backlog.push_back(Home::CheckIn(home.At(1, 15, hour, 0)));
    backlog.push_back(Home::Motion(home.At(1, 15, hour, 5)));
    backlog.push_back(Home::Motion(home.At(1, 15, hour, 50)));
  }
  // A door that stood open for half an hour, and an SOS at 14:02.
  backlog.push_back(Home::Door(home.At(1, 15, 10, 0), true));
  backlog.push_back(Home::Motion(home.At(1, 15, 10, 1)));
  backlog.push_back(Home::Door(home.At(1, 15, 10, 30), false));
  backlog.push_back(Home::Motion(home.At(1, 15, 10, 31)));
  const absl::Time received = home.At(1, 15, 17, 10);
  home.Send({Home::Sos(home.At(1, 15, 14, 2), 1)}, absl::UnixEpoch(), received);
  const Strings urgent = home.Told();
  ASSERT_EQ(urgent.size(), 2U);
  EXPECT_EQ(urgent[1], "RAISE SOS HIGH late");
  EXPECT_NE(home.last().reason().en().find("14:02, received at 17:10"), std::string::npos)
      << home.last().reason().en();
  home.Send(backlog, home.At(1, 15, 17, 9), received);
  EXPECT_EQ(home.Told(), Strings{"RAISE DOOR_LEFT_OPEN/door MEDIUM late fold"});
}

struct DstCase {
  const char* zone;
  int month, day;  // The morning after the night.
  int hours;       // How long 22:00 to 06:00 lasts in that night.
};

class DstNight : public ::testing::TestWithParam<DstCase> {};

bool ToldOfADoorAt(const DstCase& night, absl::Time at) {
  Home home(night.zone);
  home.See(Home::Door(at, true));
  home.See(Home::Door(at + absl::Seconds(8), false));
  home.Beat(at + absl::Minutes(6));
  const Strings told = home.Told();
  return std::find(told.begin(), told.end(), "RAISE NIGHT_EXIT HIGH") != told.end();
}

// Peers' mistake 1: quiet hours computed as milliseconds since midnight.
TEST_P(DstNight, IsTheWallClocksWindowToTheMinuteAndInEveryHourBetween) {
  const DstCase& night = GetParam();
  const Home home(night.zone);
  const absl::Time from = home.At(night.month, night.day - 1, 22, 0);
  const absl::Time to = home.At(night.month, night.day, 6, 0);
  ASSERT_EQ(to - from, absl::Hours(night.hours));
  EXPECT_FALSE(ToldOfADoorAt(night, from - absl::Minutes(1)));
  EXPECT_TRUE(ToldOfADoorAt(night, to - absl::Minutes(1)));
  EXPECT_FALSE(ToldOfADoorAt(night, to));
  // Quarter by quarter, so also in both of two hours that bear the same name.
  for (absl::Time at = from; at < to; at += absl::Minutes(15))
    EXPECT_TRUE(ToldOfADoorAt(night, at)) << at;
  // Two hours on either side, where a window that is off by the change would tell.
  for (absl::Duration span = absl::Minutes(15); span <= absl::Hours(2); span += absl::Minutes(15)) {
    EXPECT_FALSE(ToldOfADoorAt(night, from - span)) << from - span;
    EXPECT_FALSE(ToldOfADoorAt(night, to + span)) << to + span;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Nights, DstNight,
    ::testing::Values(DstCase{"Europe/Paris", 3, 29, 7}, DstCase{"Europe/Paris", 10, 25, 9},
                      DstCase{"Europe/Paris", 1, 15, 8}, DstCase{"Pacific/Auckland", 4, 5, 9},
                      DstCase{"Pacific/Auckland", 9, 27, 7}, DstCase{"Australia/Sydney", 4, 5, 9},
                      DstCase{"Australia/Sydney", 10, 4, 7}, DstCase{"America/Santiago", 4, 5, 9},
                      DstCase{"America/Santiago", 9, 6, 7},
                      DstCase{"Africa/Johannesburg", 3, 29, 8},
                      DstCase{"Asia/Kolkata", 10, 25, 8}));

// What is compared between replays: who, what, when, evidence; not receipts and log positions.
std::string Comparable(std::vector<Finding> findings) {
  std::string all;
  for (Finding& finding : findings) {
    finding.clear_receive_time();
    finding.clear_log_position();
    for (auto& seen : *finding.mutable_evidence()->mutable_observations())
      seen.clear_receive_time();
    all += finding.ShortDebugString() + "\n";
  }
  return all;
}

TEST(SameLogSameFindings, ToTheByteAlsoWhereAMapHasNoOrder) {
  const std::vector<std::string> names = {"fixes", "dwell", "max_accuracy_m", "hysteresis_ratio"};
  std::string first;
  for (int i = 0; i < 20; ++i) {
    Finding finding;
    for (std::size_t k = 0; k < names.size(); ++k) {
      const std::string& name = names[(k + static_cast<std::size_t>(i)) % names.size()];
      (*finding.mutable_evidence()->mutable_parameters())[name] = "1";
    }
    if (first.empty()) first = ToBytes(finding);
    EXPECT_EQ(ToBytes(finding), first);
  }
}

TEST(SameLogSameFindings, HoweverItIsCutAndRestarted) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const domain::Recording recording = domain::SimulateEvening(seed);
    client::ReplayOptions whole;
    const auto expected = client::Replay(recording, whole);
    ASSERT_TRUE(expected.ok());
    EXPECT_TRUE(client::Missed(recording, *expected, absl::Minutes(10)).empty());
    for (const int restart : {1, 3, 17}) {
      client::ReplayOptions cut = whole;
      cut.restart_every_batches = restart;
      EXPECT_EQ(Comparable(*client::Replay(recording, cut)), Comparable(*expected));
    }
  }
}

TEST(HomeState, RefusesBytesThatItDidNotWrite) {
  const auto plan = *HomePlan::Compile(domain::MakeHome("h", "Europe/Paris"));
  SeededRandom random(4);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes;
    for (uint64_t n = random.Below(80); n > 0; --n) bytes += static_cast<char>(random.UInt64());
    HomeState::Parse(bytes, *plan).status().IgnoreError();
  }
  EXPECT_FALSE(HomeState::Parse("\xff\xff\xff", *plan).ok());
}

TEST(Hazard, ThatSaysNoMoreMeansDanger) {
  Home home;
  event::v1::Event smoke = domain::MakeEvent(home.At(1, 15, 10, 0), "hall");
  smoke.mutable_smoke();
  home.See(smoke);
  EXPECT_EQ(home.Told(), Strings{"RAISE HAZARD/smoke HIGH"});
}

TEST(Test, IsToldAsOneAndNeverJoinsARealAlert) {
  Home home;
  event::v1::Event smoke = domain::MakeEvent(home.At(1, 15, 10, 0), "hall");
  smoke.mutable_smoke()->set_detected(true);
  smoke.set_test(true);
  home.See(smoke);
  event::v1::Event fall = WornFall(home.At(1, 15, 10, 1), event::v1::Fall::VERDICT_CONFIRMED);
  fall.set_test(true);
  home.See(fall);
  EXPECT_EQ(home.Told(), (Strings{"RAISE HAZARD/smoke/test HIGH", "RAISE DEVICE_FALL/test HIGH"}));
  EXPECT_EQ(home.last().status(), alert::v1::STATUS_TEST);
}

// Malformed or not: no emergency goes untold.
TEST(Unreadable, CallsForHelpFallsAndHazardsAreTold) {
  Home home;
  event::v1::Event event = domain::MakeEvent(home.At(1, 15, 10, 0), "unknown");
  for (const int observation : {event::v1::Event::kPersonalEmergency, event::v1::Event::kFall,
                                event::v1::Event::kWater, event::v1::Event::kMotion}) {
    event.mutable_unreadable()->set_observation(static_cast<uint32_t>(observation));
    home.See(event);
  }
  EXPECT_EQ(home.Told(),
            (Strings{"RAISE SOS HIGH", "RAISE DEVICE_FALL HIGH", "RAISE HAZARD/water HIGH"}));
}

TEST(PromptAnswer, INeedHelpIsACallForHelp) {
  Home home;
  event::v1::Event answer = domain::MakeEvent(home.At(1, 15, 10, 0), "hub");
  answer.mutable_prompt_answer()->set_answer(event::v1::PromptAnswer::ANSWER_FINE);
  home.See(answer);
  answer.mutable_prompt_answer()->set_answer(event::v1::PromptAnswer::ANSWER_HELP);
  home.See(answer);
  EXPECT_EQ(home.Told(), Strings{"RAISE SOS HIGH"});
}

// What a morning's silence becomes when this is all that is seen of the hall at 11:00.
Strings AfterASilentMorningWith(const event::v1::Event& seen) {
  Home home;
  home.See(Home::Motion(home.At(1, 15, 9, 0)));
  home.Live(home.At(1, 15, 9, 1), home.At(1, 15, 10, 59));
  home.See(seen);
  home.Live(home.At(1, 15, 11, 1), home.At(1, 15, 12, 30));
  return home.Told();
}

TEST(Inactivity, IsNotHiddenByWhatSaysNothingOfThePerson) {
  const absl::Time at = Home().At(1, 15, 11, 0);
  const Strings told = {"RAISE INACTIVITY MEDIUM"};
  event::v1::Event event = Home::Motion(at);
  event.mutable_motion()->set_state(event::v1::Motion::STATE_CLEARED);
  EXPECT_EQ(AfterASilentMorningWith(event), told);
  event.mutable_motion()->set_state(static_cast<event::v1::Motion::State>(99));
  EXPECT_EQ(AfterASilentMorningWith(event), told);
  event = Home::Motion(at);
  event.set_unchanged(true);
  EXPECT_EQ(AfterASilentMorningWith(event), told);
  event = Home::Motion(at);
  event.set_test(true);
  EXPECT_EQ(AfterASilentMorningWith(event), told);
  event = domain::MakeEvent(at, "hall");
  event.mutable_dosage()->set_kind(event::v1::Dosage::KIND_MISSED);
  EXPECT_EQ(AfterASilentMorningWith(event), told);
  event.mutable_usage()->set_kind(event::v1::Usage::KIND_ABSENCE_VIOLATION);
  EXPECT_EQ(AfterASilentMorningWith(event), told);
  event.mutable_presence()->set_kind(event::v1::Presence::KIND_CARER_AT_HOME);
  EXPECT_EQ(AfterASilentMorningWith(event), told);
  event.mutable_device_status()->set_kind(event::v1::DeviceStatus::KIND_CHECK_IN_FAILED);
  EXPECT_EQ(AfterASilentMorningWith(event), told);
}

TEST(Inactivity, IsNotConcludedOverASignOfLifeOrSomethingThatCouldNotBeRead) {
  const absl::Time at = Home().At(1, 15, 11, 0);
  event::v1::Event event = domain::MakeEvent(at, "hall");
  event.mutable_unreadable()->set_field("motion.state");
  EXPECT_EQ(AfterASilentMorningWith(event), Strings{});
  event.mutable_usage()->set_kind(event::v1::Usage::KIND_ENDED);
  EXPECT_EQ(AfterASilentMorningWith(event), Strings{});
  event.mutable_dosage()->set_kind(event::v1::Dosage::KIND_TAKEN);
  EXPECT_EQ(AfterASilentMorningWith(event), Strings{});
  event.mutable_prompt_answer()->set_answer(event::v1::PromptAnswer::ANSWER_FINE);
  EXPECT_EQ(AfterASilentMorningWith(event), Strings{});
}

TEST(Inactivity, ASensorThatSpeaksOnlyNonsenseIsNotAlive) {
  Home home;
  home.See(Home::Motion(home.At(1, 15, 9, 0)));
  for (absl::Time at = home.At(1, 15, 9, 10); at < home.At(1, 15, 14, 0); at += absl::Minutes(10)) {
    event::v1::Event event = domain::MakeEvent(at, "hall");
    event.mutable_unreadable()->set_field("motion.state");
    home.See(event);
  }
  EXPECT_EQ(home.Told(), Strings{"RAISE SENSORS_SILENT TECHNICAL"});
}

TEST(NightExit, IsNotArmedByADoorThatRepeatsThatItStandsOpen) {
  Home home;
  home.See(Home::Door(home.At(1, 15, 21, 50), true));
  home.See(Home::Motion(home.At(1, 15, 21, 55)));
  event::v1::Event still = Home::Door(home.At(1, 15, 22, 30), true);
  still.set_unchanged(true);
  home.See(still);
  home.Live(home.At(1, 15, 22, 31), home.At(1, 15, 22, 50));
  EXPECT_EQ(home.Told(), Strings{"RAISE DOOR_LEFT_OPEN/door MEDIUM"});
}

TEST(NightExit, IsArmedWhenTheDoorsOpeningWasMissed) {
  Home home;
  home.See(Home::Motion(home.At(1, 15, 21, 55)));
  event::v1::Event still = Home::Door(home.At(1, 15, 22, 30), true);
  still.set_unchanged(true);
  home.See(still);
  home.Live(home.At(1, 15, 22, 31), home.At(1, 15, 22, 34));
  home.Live(home.At(1, 15, 22, 35), home.At(1, 15, 22, 40));
  EXPECT_EQ(home.Told(), (Strings{"RAISE NIGHT_EXIT HIGH", "RAISE DOOR_LEFT_OPEN/door MEDIUM"}));
}

TEST(NightExit, IsArmedByASensorThatSawTheOccupantLeave) {
  Home home;
  event::v1::Event left = domain::MakeEvent(home.At(1, 15, 2, 0), "door");
  left.mutable_property_exit()->set_kind(event::v1::PropertyExit::KIND_OCCUPANT_EXIT);
  home.See(left);
  home.Live(home.At(1, 15, 2, 1), home.At(1, 15, 2, 10));
  EXPECT_EQ(home.Told(), Strings{"RAISE NIGHT_EXIT HIGH"});
}

}  // namespace
}  // namespace veille::detector
