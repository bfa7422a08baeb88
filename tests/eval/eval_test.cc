// The evaluation's own arithmetic, on files made here.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "gtest/gtest.h"

#include "tests/eval/inject_home.h"
#include "tests/eval/inject_rooms.h"
#include "tests/eval/inject_walks.h"
#include "tests/eval/report.h"
#include "tests/eval/statistics.h"

namespace veille::eval {
namespace {

TEST(Statistics, AreThoseOfTheTables) {
  EXPECT_NEAR(Wilson(95, 100).low, 0.8882, 1e-4);
  EXPECT_NEAR(Wilson(95, 100).high, 0.9785, 1e-4);
  EXPECT_NEAR(Wilson(0, 10).high, 0.2775, 1e-4);
  EXPECT_NEAR(PoissonUpper(0), 2.9957, 1e-4);
  EXPECT_NEAR(PoissonUpper(3), 7.7537, 1e-4);
}

class EvalFolder : public ::testing::Test {
 protected:
  EvalFolder() : folder_(::testing::TempDir() + "eval_test") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/falls/made");
    std::ofstream list(folder_ + "/falls/made/recordings.csv");
    list << "file,subject,group,position,rate_hz,range_g,activity,description,label,onset_s,end_s\n"
         << "a.csv,S1,young,waist,50,16,F01,fall,fall,5.0,6.0\n"
         << "b.csv,S2,elderly,waist,50,16,D01,standing,adl,,\n"
         << "missing.csv,S2,elderly,waist,50,16,D02,walking,adl,,\n";
    std::ofstream fall(folder_ + "/falls/made/a.csv"), still(folder_ + "/falls/made/b.csv");
    fall << "t_s,x_g,y_g,z_g\n";
    still << "t_s,x_g,y_g,z_g\n";
    for (int i = 0; i < 1000; ++i) {
      const double t = i / 50.0;
      const double size = t >= 5 && t < 5.2 ? 6 : t >= 4.6 && t < 5 ? 0.3 : 1;
      fall << t << "," << (t < 5.1 ? 0 : size) << "," << (t < 5.1 ? -size : 0) << ",0\n";
      still << t << ",0,-1,0\n";
    }
  }
  std::string folder_;
};

TEST_F(EvalFolder, CountsEachRecordingOnce) {
  const FallResults results = JudgeFalls(folder_, "");
  FallCounts counts;
  for (const ClipVerdict& clip : results.clips) counts.Add(clip);
  EXPECT_EQ(counts.tp, 1);
  EXPECT_EQ(counts.tn, 1);
  EXPECT_EQ(counts.fn + counts.fp, 0);
  EXPECT_NEAR(counts.wear_hours, 20.0 / 3600, 1e-4);
  EXPECT_EQ(results.unreadable.size(), 1U);
}

TEST_F(EvalFolder, ReportsWhoWasTunedOnApart) {
  std::ofstream split(folder_ + "/split.csv");
  split << "set,subject\nmade,S1\n";
  split.close();
  Report report;
  report.falls = JudgeFalls(folder_, folder_ + "/split.csv");
  const std::string json = ToJson(report);
  const auto held_out = json.find("falls_held_out");
  ASSERT_NE(held_out, std::string::npos);
  EXPECT_NE(json.find("\"group\":\"young\",\"tp\":1"), std::string::npos) << json;
  EXPECT_EQ(json.find("\"group\":\"young\"", held_out), std::string::npos) << json;
}

TEST(Soften, ScalesWhatMovesAndKeepsGravity) {
  domain::Recording recording;
  std::vector<int16_t> samples;
  for (int i = 0; i < 500; ++i) {
    samples.insert(samples.end(), {0, 0, static_cast<int16_t>(i == 250 ? 5000 : 1000)});
  }
  recording.events.push_back(
      domain::AccelerationEvent(absl::FromUnixSeconds(1), "w", 50, 16, samples));
  Soften(0.5, recording);
  EXPECT_NEAR(PeakG(recording), 3.04, 0.02);
}

TEST(ZoneBeside, LeavesFiftyMetresOnEverySide) {
  domain::Recording recording;
  for (int i = 0; i < 1200; ++i) {
    auto event = domain::MakeEvent(absl::FromUnixSeconds(1000000 + i), "tracker");
    event.mutable_location()->set_latitude_degrees(48 + i / 111195.0);
    event.mutable_location()->set_longitude_degrees(2);
    event.mutable_location()->set_accuracy_m(8);
    recording.events.push_back(event);
  }
  const auto corners = ZoneBeside(recording);
  double west = 0, east = 0, south = 48, north = 48;
  for (const auto& [latitude, longitude] : corners) {
    west = std::max(west, (2 - longitude) * 111195 * std::cos(48 * 0.0174533));
    east = std::max(east, (longitude - 2) * 111195 * std::cos(48 * 0.0174533));
    south = std::min(south, latitude);
    north = std::max(north, latitude);
  }
  EXPECT_NEAR(west, 50, 2);
  EXPECT_NEAR(east, 50, 2);
  // Where it begins and ends, the median is half of its 15 s inside.
  EXPECT_NEAR((north - south) * 111195, 1200 - 15 + 100, 5);
}

// Ten days of somebody who gets up at seven, is out from ten to eleven and sleeps from half past
// ten.
domain::Recording MakeQuietHome() {
  domain::Recording home;
  home.name = "made";
  home.home = domain::MakeHome("made", "Europe/Paris");
  const std::vector<std::string> rooms{"Hall", "Kitchen", "Living", "Bedroom", "Bathroom"};
  for (const std::string& room : rooms) {
    care::v1::Device& device = *home.home.add_devices();
    device.set_device_id(room);
    device.set_room(room);
    device.set_role(care::v1::ROLE_MOTION);
    device.mutable_check_in()->set_seconds(1800);
  }
  care::v1::Device& door = *home.home.add_devices();
  door.set_device_id("door");
  door.set_role(care::v1::ROLE_EXIT_DOOR);
  door.mutable_check_in()->set_seconds(1800);
  absl::TimeZone paris;
  absl::LoadTimeZone("Europe/Paris", &paris);
  home.start = absl::FromCivil(absl::CivilDay(2026, 1, 12), paris);
  home.end = home.start + absl::Hours(240);
  SeededRandom random(7);
  const auto motion = [&](absl::Time at, const std::string& room, double on_s) {
    for (const bool on : {true, false}) {
      home.events.push_back(domain::MakeEvent(on ? at : at + absl::Seconds(on_s), room));
      home.events.back().mutable_motion()->set_state(on ? event::v1::Motion::STATE_DETECTED
                                                        : event::v1::Motion::STATE_CLEARED);
    }
  };
  const auto contact = [&](absl::Time at, bool open) {
    home.events.push_back(domain::MakeEvent(at, "door"));
    home.events.back().mutable_contact()->set_state(open ? event::v1::Contact::STATE_OPEN
                                                         : event::v1::Contact::STATE_CLOSED);
  };
  for (int day = 0; day < 10; ++day) {
    const absl::Time midnight = home.start + absl::Hours(24 * day);
    for (absl::Time at = midnight + absl::Hours(7); at < midnight + absl::Hours(22.5);
         at += absl::Seconds(20 + 400 * random.Unit())) {
      const double hour = absl::ToDoubleHours(at - midnight);
      if (hour > 9.9 && hour < 11.1) continue;
      motion(at, rooms[random.Below(rooms.size())], 3);
      motion(at + absl::Seconds(5 + 10 * random.Unit()), rooms[random.Below(rooms.size())], 3);
    }
    for (const double hour : {10.0, 11.0}) {
      contact(midnight + absl::Hours(hour), true);
      contact(midnight + absl::Hours(hour) + absl::Seconds(8), false);
    }
    motion(midnight + absl::Hours(11) + absl::Seconds(40), "Hall", 3);
  }
  for (const care::v1::Device& device : home.home.devices()) {
    for (absl::Time at = home.start; at < home.end; at += absl::Minutes(30)) {
      home.events.push_back(domain::MakeEvent(at, device.device_id()));
      home.events.back().mutable_device_status()->set_kind(event::v1::DeviceStatus::KIND_CHECK_IN);
    }
  }
  domain::SortEvents(home);
  return home;
}

absl::Time TimeOf(const event::v1::Event& event) {
  return absl::FromUnixSeconds(event.event_time().seconds()) +
         absl::Nanoseconds(event.event_time().nanos());
}

// What the person's sensors said after `from`, up to `until`.
std::vector<const event::v1::Event*> SeenWithin(const domain::Recording& recording, absl::Time from,
                                                absl::Time until) {
  std::vector<const event::v1::Event*> seen;
  for (const event::v1::Event& event : recording.events) {
    if (!event.has_device_status() && TimeOf(event) > from && TimeOf(event) <= until)
      seen.push_back(&event);
  }
  return seen;
}

TEST(Inject, ANightExitEmptiesTheHomeForTwentyMinutes) {
  const domain::Recording home = MakeQuietHome();
  const InjectedHome injected = Inject(home, Injection::kNightExit, 0, 1, 1);
  EXPECT_GE(injected.truth.size(), 8U);
  for (const Truth& truth : injected.truth) {
    const auto seen = SeenWithin(injected.recording, truth.from - absl::Microseconds(1),
                                 truth.from + absl::Minutes(19));
    ASSERT_GE(seen.size(), 2U);
    EXPECT_EQ(seen[0]->contact().state(), event::v1::Contact::STATE_OPEN);
    for (const auto* event : seen)
      EXPECT_NE(event->motion().state(), event::v1::Motion::STATE_DETECTED);
  }
}

TEST(Inject, AMorningInBedIsSilentUntilAfternoonButForCheckIns) {
  const domain::Recording home = MakeQuietHome();
  const InjectedHome injected = Inject(home, Injection::kNoMorning, 0, 2, 1);
  EXPECT_EQ(injected.truth.size(), 5U);
  for (const Truth& truth : injected.truth) {
    EXPECT_GT(truth.until - truth.from, absl::Hours(7.5));
    EXPECT_TRUE(SeenWithin(injected.recording, truth.from, truth.until).empty());
  }
  EXPECT_EQ(std::count_if(injected.recording.events.begin(), injected.recording.events.end(),
                          [](const auto& event) { return event.has_device_status(); }),
            6 * 480);
}

TEST(Inject, ALongStayInTheBathroomShowsNobodyElsewhere) {
  const domain::Recording home = MakeQuietHome();
  const InjectedHome injected = Inject(home, Injection::kBathroomLong, 0, 1, 1);
  EXPECT_GE(injected.truth.size(), 10U);
  for (const Truth& truth : injected.truth) {
    for (const auto* event :
         SeenWithin(injected.recording, truth.from, truth.from + absl::Minutes(40))) {
      const bool goes_off = event->motion().state() == event::v1::Motion::STATE_CLEARED;
      EXPECT_TRUE(event->device_id() == "Bathroom" || goes_off) << event->ShortDebugString();
    }
  }
}

TEST(Inject, VariantsShareTheOpportunitiesAndASeedRepeats) {
  const domain::Recording home = MakeQuietHome();
  std::set<absl::Time> times;
  std::size_t all = 0;
  for (int variant = 0; variant < 3; ++variant) {
    const InjectedHome injected = Inject(home, Injection::kPacing, variant, 3, 5);
    const InjectedHome again = Inject(home, Injection::kPacing, variant, 3, 5);
    ASSERT_EQ(injected.recording.events.size(), again.recording.events.size());
    for (std::size_t i = 0; i < injected.truth.size(); ++i) {
      EXPECT_EQ(injected.truth[i].from, again.truth[i].from);
      times.insert(
          absl::FromUnixSeconds((absl::ToUnixSeconds(injected.truth[i].from) + 3600) / 21600));
      ++all;
    }
  }
  EXPECT_EQ(times.size(), all);
}

TEST(Inject, NightExitsAreToldAndNothingElseIs) {
  std::vector<RecordedHome> homes;
  homes.push_back({"made", MakeQuietHome()});
  homes.push_back({"broken", absl::InvalidArgumentError("no zone")});
  const auto verdicts = JudgeInjected(homes);
  ASSERT_EQ(verdicts.size(), 5U);
  EXPECT_EQ(verdicts[0].rule, "NIGHT_EXIT");
  EXPECT_GE(verdicts[0].injected, 8);
  EXPECT_EQ(verdicts[0].found, verdicts[0].injected);
  EXPECT_EQ(verdicts[0].false_alerts, 0);
}

class Patterns : public ::testing::Test {
 protected:
  std::vector<int> Rooms(Pattern pattern) {
    std::vector<int> rooms;
    for (const RoomStep& step : MakePattern(pattern, timing_, 600, random_))
      rooms.push_back(step.room);
    return rooms;
  }
  const RoomTiming timing_ = TimingOf(MakeQuietHome());
  SeededRandom random_{3};
};

TEST_F(Patterns, OfPacingGoToAndFroBetweenTwoRooms) {
  const auto rooms = Rooms(Pattern::kPacing);
  ASSERT_GE(rooms.size(), 10U);
  for (std::size_t i = 2; i < rooms.size(); ++i) EXPECT_EQ(rooms[i], rooms[i - 2]);
  EXPECT_NE(rooms[0], rooms[1]);
}

TEST_F(Patterns, OfLappingGoRoundThreeOrFourRooms) {
  const auto rooms = Rooms(Pattern::kLapping);
  const std::size_t circuit = std::set<int>(rooms.begin(), rooms.end()).size();
  EXPECT_TRUE(circuit == 3 || circuit == 4);
  for (std::size_t i = circuit; i < rooms.size(); ++i) EXPECT_EQ(rooms[i], rooms[i - circuit]);
}

TEST_F(Patterns, OfRandomWalkingRepeatNoWay) {
  const auto rooms = Rooms(Pattern::kRandom);
  ASSERT_GE(rooms.size(), 10U);
  for (std::size_t i = 3; i < rooms.size(); ++i)
    EXPECT_FALSE(rooms[i] == rooms[i - 2] && rooms[i - 1] == rooms[i - 3]);
  EXPECT_GE(std::set<int>(rooms.begin(), rooms.end()).size(), 4U);
}

TEST_F(Patterns, KeepTheTimingOfTheRecording) {
  const auto steps = MakePattern(Pattern::kPacing, timing_, 600, random_);
  for (std::size_t i = 1; i < steps.size(); ++i) {
    EXPECT_GE(steps[i].at_s - steps[i - 1].at_s, 2);
    EXPECT_LE(steps[i].at_s - steps[i - 1].at_s, 60);
  }
}

TEST(MadeWalks, ComeBackWhenLostAndGoOnWhenNot) {
  domain::Recording walk;
  walk.home = domain::MakeHome("w", "UTC");
  walk.start = absl::FromUnixSeconds(1000000);
  for (int i = 0; i < 600; ++i) {
    auto event = domain::MakeEvent(absl::FromUnixSeconds(1000000 + 2 * i), "tracker");
    event.mutable_location()->set_latitude_degrees(48 + (2.4 * i + 4 * (i % 3)) / 111195.0);
    event.mutable_location()->set_longitude_degrees(2);
    event.mutable_location()->set_accuracy_m(8);
    walk.events.push_back(event);
  }
  const std::vector<std::vector<FixStep>> pool{StepsOf(walk)};
  ASSERT_EQ(pool[0].size(), 600U);
  SeededRandom random(1);
  const auto far_from_the_turn = [&](Pattern pattern) {
    const MadeWalk made = MakeWalk(pattern, walk, pool, random);
    double far = 0, north0 = 0, east0 = 0;
    for (const auto& event : made.recording.events) {
      const double north = event.location().latitude_degrees() * 111195;
      const double east = event.location().longitude_degrees() * 111195 * 0.669;
      if (TimeOf(event) <= made.lost_from) {
        north0 = north;
        east0 = east;
      }
      far = std::max(far,
                     TimeOf(event) < made.lost_from ? 0 : std::hypot(north - north0, east - east0));
    }
    return far;
  };
  EXPECT_LT(far_from_the_turn(Pattern::kPacing), 200);
  EXPECT_LT(far_from_the_turn(Pattern::kLapping), 220);
  EXPECT_GT(far_from_the_turn(Pattern::kDirect), 600);
}

TEST_F(EvalFolder, JudgesWhatIsThereAndNamesWhatIsBroken) {
  std::filesystem::create_directories(folder_ + "/home/half");
  std::filesystem::create_directories(folder_ + "/gps/walks");
  std::ofstream(folder_ + "/home/half/events.txt") << "2026-01-14 20:30:00 M1 ON\n";
  std::ofstream(folder_ + "/gps/walks/recordings.csv")
      << "file,subject,kind,truth,zone,points\ngone.csv,s,walk,direct,UTC,3\nw.csv,s,walk\n";
  Report report;
  const auto homes = ReadHomes(folder_);
  report.homes = JudgeHomes(folder_, homes);
  report.injected = JudgeInjected(homes);
  report.patterns = JudgePatterns(homes, 1);
  report.walks = JudgeWalks(folder_);
  report.made_walks = JudgeMadeWalks(folder_, 1);
  const std::string text = ToText(report);
  EXPECT_NE(text.find("half: not judged: "), std::string::npos) << text;
  EXPECT_NE(text.find("home.csv"), std::string::npos) << text;
  EXPECT_NE(text.find("walks: 0 recordings"), std::string::npos) << text;
  EXPECT_NE(text.find("gone.csv"), std::string::npos) << text;
  EXPECT_NE(ToJson(report).find("\"homes\":[{\"home\":\"half\",\"days\":0,\"alerts\":{}"),
            std::string::npos)
      << ToJson(report);
}

}  // namespace
}  // namespace veille::eval
