// The evaluation's own arithmetic, on files made here.

#include <cmath>
#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"

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

}  // namespace
}  // namespace veille::eval
