// Homes from files, care plans, keys, recordings.

#include <filesystem>

#include "gtest/gtest.h"

#include "common/base/file.h"
#include "services/domain/care_plan.h"
#include "services/domain/keys.h"
#include "services/domain/recordings/recording.h"
#include "services/domain/registry.h"
#include "tests/support/process.h"

namespace veille::domain {
namespace {

constexpr char kGood[] = R"(home_id: "h1"
zone: "Europe/Paris"
sources { source_id: "hub-1" }
patients {
  patient_id: "p1"
  circle { members { caregiver_id: "anne" } }
}
)";

std::string LoadError(const std::string& text) {
  const testing::TempFolder folder;
  EXPECT_TRUE(WriteFileAtomically(folder.path() + "/h.textproto", text).ok());
  const auto registry = Registry::Load(folder.path());
  return registry.ok() ? "" : std::string(registry.status().message());
}

TEST(Registry, LoadsAGoodHome) { EXPECT_EQ(LoadError(kGood), ""); }

TEST(Registry, NamesFileLineAndReasonOfAnUnknownParameter) {
  std::string text = kGood;
  text.insert(text.find("  circle"), "  care_plan { night_exit { wait: 3 } }\n");
  EXPECT_NE(LoadError(text).find("h.textproto:6:"), std::string::npos) << LoadError(text);
}

TEST(Registry, NamesFileLineAndReasonOfAnImpossibleParameter) {
  std::string text = kGood;
  text.insert(text.find("  circle"), "  care_plan {\n    fall { wrist_impact_g: 0.1 }\n  }\n");
  const std::string error = LoadError(text);
  EXPECT_NE(error.find("h.textproto:7:"), std::string::npos) << error;
  EXPECT_NE(error.find("fall.wrist_impact_g: 0.1 g is not in 1.5..12 g"), std::string::npos)
      << error;
}

TEST(Registry, RefusesACircleThatReachesNobodyAndTellsAllFaultsAtOnce) {
  std::string text = kGood;
  text.replace(text.find("anne"), 4, "an ne");
  text.replace(text.find("Europe/Paris"), 12, "Mars/Olympus");
  const std::string error = LoadError(text);
  EXPECT_NE(error.find("caregiver_id"), std::string::npos) << error;
  EXPECT_NE(error.find("Mars/Olympus"), std::string::npos) << error;
}

TEST(Registry, NamesTheHourAtWhichAChainReachesNobody) {
  std::string text = kGood;
  text.replace(text.find("  circle {"), 10,
               "  circle { steps { caregiver_ids: \"anne\" window: \"22:00-07:00\" }");
  EXPECT_NE(LoadError(text).find("nobody is told of lesser alerts at 07:00"), std::string::npos)
      << LoadError(text);
  text.replace(text.find("steps {"), 7,
               "steps { caregiver_ids: \"anne\" window: \"07:00-22:00\" } steps {");
  EXPECT_EQ(LoadError(text), "");
  text.replace(text.find("22:00-07:00"), 11, "22h00-07h00");
  EXPECT_NE(LoadError(text).find("steps[1].window"), std::string::npos) << LoadError(text);
}

TEST(CarePlan, IsSilentAboutDefaults) {
  const care::v1::CarePlan plan;
  EXPECT_TRUE(CheckCarePlan(plan).empty());
  EXPECT_EQ(DurationOr(plan.night_exit(), "no_return"), absl::Minutes(5));
  EXPECT_EQ(FormatLocalWindow(WindowOr(plan.night_exit(), "window")), "22:00-06:00");
  EXPECT_NE(DescribeRules().find("NIGHT_EXIT"), std::string::npos);
}

TEST(CarePlan, RefusesLevelsInTheWrongOrder) {
  care::v1::CarePlan plan;
  plan.mutable_battery_low()->set_critical_percent(30);
  EXPECT_EQ(CheckCarePlan(plan).size(), 1U);
}

TEST(Keys, SpreadHomesForEverInTheSameWay) {
  // Changing these numbers would look for every home in the wrong place.
  EXPECT_EQ(PartitionOf("home-1", 64), PartitionOf("home-1", 64));
  EXPECT_EQ(LogKey(7), "veille:{p007}:log");
  EXPECT_EQ(HomeOfAlert("a.b.0123"), "a.b");
  std::set<int> used;
  for (int i = 0; i < 1000; ++i) used.insert(PartitionOf("home-" + std::to_string(i), 64));
  EXPECT_EQ(used.size(), 64U);
}

TEST(Recordings, ReadCasasLinesAndCountBadOnes) {
  const testing::TempFolder folder;
  const std::string home = folder.path() + "/flat";
  std::filesystem::create_directories(home);
  ASSERT_TRUE(
      WriteFileAtomically(home + "/home.csv", "home,zone,residents,note\nflat,Europe/Paris,1,x\n")
          .ok());
  ASSERT_TRUE(
      WriteFileAtomically(home + "/sensors.csv",
                          "sensor,kind,room,role\nM1,motion,hall,\nD1,contact,hall,exit_door\n")
          .ok());
  ASSERT_TRUE(WriteFileAtomically(home + "/events.txt",
                                  "2011-06-15 01:40:48.900973 M1 ON\n"
                                  "2011-06-15\t01:41:00\tD1\tOPEN\tLeave_Home begin\r\n"
                                  "2011-06-15 01:41:05 M1 ONc\n"
                                  "not a line\n"
                                  "2011-06-15 01:41:09 X9 ON\n"
                                  "2011-06-15 01:42:00 D1 CLOSE\n")
                  .ok());
  const auto recording = OpenRecording("home:" + home);
  ASSERT_TRUE(recording.ok()) << recording.status();
  EXPECT_EQ(recording->bad_line_count, 3U);
  EXPECT_NE(recording->bad_lines[0].find("events.txt:3: 'ONc'"), std::string::npos);
  int seen = 0;
  for (const auto& event : recording->events) seen += event.has_device_status() ? 0 : 1;
  EXPECT_EQ(seen, 3);
}

TEST(Recordings, OfFallsMayLieInFoldersOfTheirSubjects) {
  const std::string set = ::testing::TempDir() + "/falls";
  std::filesystem::create_directories(set + "/S01");
  ASSERT_TRUE(WriteFileAtomically(set + "/recordings.csv",
                                  "file,subject,group,position,rate_hz,range_g,activity,"
                                  "description,label,onset_s,end_s\n"
                                  "S01/F1.csv,S01,young,wrist,50,8,F1,a fall,fall,0.02,0.04\n")
                  .ok());
  ASSERT_TRUE(
      WriteFileAtomically(set + "/S01/F1.csv", "t_s,x_g,y_g,z_g\n0,0,0,1\n0.02,0,0,3\n0.04,0,1,0\n")
          .ok());
  for (const std::string& source : {"falls:" + set, "falls:" + set + "/S01/F1.csv"}) {
    const auto recording = OpenRecording(source);
    ASSERT_TRUE(recording.ok()) << source << ": " << recording.status();
    EXPECT_EQ(recording->name, "S01/F1.csv");
    EXPECT_EQ(recording->truth.size(), 1U);
  }
}

TEST(Recordings, KeepTheLocalTimeOfDayWhenTheyMove) {
  Recording recording = SimulateEvening(1);
  absl::TimeZone paris;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Paris", &paris));
  // From winter into summer time: the night on which clocks go forward is in between.
  ShiftTo(absl::FromCivil(absl::CivilSecond(2026, 7, 1, 23, 0, 0), paris), recording);
  EXPECT_EQ(absl::ToCivilSecond(recording.start, paris), absl::CivilSecond(2026, 7, 2, 20, 30, 0));
  EXPECT_EQ(absl::ToCivilSecond(recording.truth[1].time, paris),
            absl::CivilSecond(2026, 7, 3, 2, 10, 0));
}

TEST(Recordings, SayWhatIsWrongWithASource) {
  EXPECT_TRUE(absl::IsInvalidArgument(OpenRecording("pigeon:x").status()));
  EXPECT_TRUE(absl::IsNotFound(OpenRecording("gps:/nowhere").status()));
}

}  // namespace
}  // namespace veille::domain
