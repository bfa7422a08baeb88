// Readers of recordings: the layout as it should be, and as it is found in the wild.

#include <filesystem>

#include "gtest/gtest.h"

#include "common/base/file.h"
#include "services/domain/recordings/csv.h"
#include "services/domain/recordings/playlist.h"
#include "services/domain/recordings/readers.h"
#include "services/domain/recordings/recording.h"
#include "tests/support/process.h"

namespace veille::domain {
namespace {

// A folder of files, gone with the test.
class Recordings : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }

  void Write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(Path(name)).parent_path());
    ASSERT_TRUE(WriteFileAtomically(Path(name), text).ok());
  }

  void WriteHome(const std::string& name, const std::string& zone,
                 const std::string& events) const {
    Write(name + "/home.csv", "home,zone,residents,note\n" + name + "," + zone + ",1,x\n");
    Write(name + "/sensors.csv",
          "sensor,kind,room,role\nM1,motion,hall,\nD1,contact,hall,exit_door\n");
    Write(name + "/events.txt", events);
  }

  void WriteSet(const std::string& name, const std::string& rows) const {
    Write(name + "/recordings.csv",
          "file,subject,group,position,rate_hz,range_g,activity,description,label,onset_s,end_s\n" +
              rows);
  }

  absl::StatusOr<Recording> OpenFile(const std::string& text) const {
    WriteSet("set", "f.csv,S,young,wrist,50,8,F1,a fall,fall,0.02,0.04\n");
    Write("set/f.csv", text);
    return OpenRecording("falls:" + Path("set"));
  }

  // Seconds after the start of the recording, of its events that no reader made.
  static std::vector<double> Times(const Recording& recording) {
    std::vector<double> times;
    for (const auto& event : recording.events) {
      if (event.has_device_status()) continue;
      times.push_back(static_cast<double>(event.event_time().seconds()) +
                      event.event_time().nanos() * 1e-9 -
                      static_cast<double>(absl::ToUnixSeconds(recording.start)));
    }
    return times;
  }

  // The rows of a file with columns a and b, joined by '|', and what was said of it.
  std::string Rows(const std::string& text, ReadReport& report) const {
    Write("x.csv", text);
    std::string rows;
    const absl::Status status =
        ReadCsv(Path("x.csv"), {{"a", "b"}, {"c"}}, report, [&](const CsvRow& row) {
          rows += std::to_string(row.line()) + ":" + row.Text("a") + "|" + row.Text("b") + ";";
        });
    return status.ok() ? rows : std::string(status.message());
  }

  const testing::TempFolder folder_;
};

TEST_F(Recordings, OfCsvMayHaveAByteOrderMarkAnyLineEndsAndNoLastOne) {
  ReadReport report;
  EXPECT_EQ(Rows("\xEF\xBB\xBF"
                 "a,b\r\n1,2\r\n\r\n3,4",
                 report),
            "2:1|2;4:3|4;");
  EXPECT_EQ(Rows("a,b\r1,2\r3,4\r", report), "2:1|2;3:3|4;");
  EXPECT_EQ(report.bad_line_count, 0U);
}

TEST_F(Recordings, OfCsvMayQuoteValuesThatHoldCommasQuotesAndLineEnds) {
  ReadReport report;
  EXPECT_EQ(Rows("a,b\n\"1, or \"\"one\"\"\",2\n\"two\nlines\",\"\"\n5,6\n", report),
            "2:1, or \"one\"|2;3:two\nlines|;5:5|6;");
  EXPECT_EQ(report.bad_line_count, 0U);
}

TEST_F(Recordings, OfCsvLoseOnlyTheLinesThatAreWrong) {
  ReadReport report;
  EXPECT_EQ(Rows("a,b\n\"1\"x,2\n3,4\n5\n6,7,8\n9,1\"0\n11,\"12\n13,14\n", report),
            "3:3|4;8:13|14;");
  ASSERT_EQ(report.bad_line_count, 5U);
  EXPECT_EQ(report.bad_lines[0], Path("x.csv") + ":2: has text after a closing quote");
  EXPECT_EQ(report.bad_lines[1], Path("x.csv") + ":4: has 1 values for 2 columns");
  EXPECT_EQ(report.bad_lines[2], Path("x.csv") + ":5: has 3 values for 2 columns");
  EXPECT_EQ(report.bad_lines[3],
            Path("x.csv") + ":6: has a quote inside a value that is not quoted");
  EXPECT_EQ(report.bad_lines[4], Path("x.csv") + ":7: has a quote that is never closed");
}

TEST_F(Recordings, OfCsvAreReadByTheNamesOfTheirColumns) {
  ReadReport report;
  EXPECT_EQ(Rows("d,b,a\n1,2,3\n", report), "2:3|2;");
  ASSERT_EQ(report.notes.size(), 2U);
  EXPECT_EQ(report.notes[0], Path("x.csv") + ":1: has no column c");
  EXPECT_EQ(report.notes[1], Path("x.csv") + ":1: columns that are not known are passed over: d");
  EXPECT_EQ(Rows("t,x\n1,2\n", report),
            Path("x.csv") + ":1: has no column a, b; its first line names t, x");
  EXPECT_EQ(Rows("a,b,a\n1,2,3\n", report), Path("x.csv") + ":1: names the column a twice");
  EXPECT_EQ(Rows("", report),
            Path("x.csv") + ": is empty; its first line must name the columns a, b");
  EXPECT_EQ(Rows("\xFF\xFE"
                 "a",
                 report),
            Path("x.csv") + ": is UTF-16; save it as UTF-8");
}

TEST_F(Recordings, OfAQuotedDescriptionKeepTheirLabels) {
  WriteSet("set", "f.csv,S,young,wrist,50,8,F1,\"a \"\"hard\"\" fall, sideways\",fall,0.02,0.04\n");
  Write("set/f.csv", "t_s,x_g,y_g,z_g\n0,0,0,1\n0.02,0,0,3\n");
  const auto recording = OpenRecording("falls:" + Path("set"));
  ASSERT_TRUE(recording.ok()) << recording.status();
  ASSERT_EQ(recording->truth.size(), 1U);
  EXPECT_EQ(recording->truth[0].time, recording->start + absl::Milliseconds(20));
}

TEST_F(Recordings, OfAHomeAreReadAsTheCasasHomesWriteThem) {
  WriteHome("flat", "Europe/Paris",
            "\xEF\xBB\xBF"
            "2011-06-15 01:40:48.900973 M1 ON\r\n"
            "2011-06-15\t01:41:00\tD1\tOPEN\tLeave_Home begin\r\n"
            "2011-06-15 01:41:05 M1 ONc\n"
            "not a line\n"
            "2011-06-15 01:41:09 X9 ON\n"
            "2011-06-35 01:41:09 M1 ON\n"
            "1970-01-01 00:00:03 M1 ON\n"
            "2011-06-15 01:42:00 D1 CLOSE");
  const auto recording = OpenRecording("home:" + Path("flat"));
  ASSERT_TRUE(recording.ok()) << recording.status();
  ASSERT_EQ(recording->bad_line_count, 5U);
  EXPECT_EQ(recording->bad_lines[0], Path("flat/events.txt") + ":3: 'ONc' is not a state");
  EXPECT_EQ(recording->bad_lines[4],
            Path("flat/events.txt") + ":7: is -15140 days from the middle of the recording");
  EXPECT_EQ(Times(*recording).size(), 3U);
}

TEST_F(Recordings, OfAHomeThatGoBackInTimeArePlayedInOrderAndSaySo) {
  WriteHome("flat", "Europe/Paris",
            "2011-06-15 01:40:00 M1 ON\n2011-06-15 03:00:00 M1 OFF\n2011-06-15 02:00:00 M1 ON\n");
  const auto recording = OpenRecording("home:" + Path("flat"));
  ASSERT_TRUE(recording.ok()) << recording.status();
  EXPECT_EQ(Times(*recording), (std::vector<double>{0, 1200, 4800}));
  EXPECT_EQ(recording->notes[0],
            "events.txt: 1 lines go back in time; they are played in the order of their times");
}

TEST_F(Recordings, OfAHomePassBothNightsOfAChangeOfClocks) {
  WriteHome("autumn", "Europe/Paris",
            "2011-10-30 01:30:00 M1 ON\n"
            "2011-10-30 02:10:00 M1 OFF\n"
            "2011-10-30 02:50:00 M1 ON\n"
            "2011-10-30 02:49:58 D1 OPEN\n"
            "2011-10-30 02:10:00 M1 OFF\n"
            "2011-10-30 02:50:00 M1 ON\n"
            "2011-10-30 03:10:00 M1 OFF\n");
  auto recording = OpenRecording("home:" + Path("autumn"));
  ASSERT_TRUE(recording.ok()) << recording.status();
  EXPECT_EQ(Times(*recording), (std::vector<double>{0, 2400, 4798, 4800, 6000, 8400, 9600}));

  WriteHome("spring", "Europe/Paris", "2011-03-27 01:50:00 M1 ON\n2011-03-27 03:10:00 M1 OFF\n");
  recording = OpenRecording("home:" + Path("spring"));
  ASSERT_TRUE(recording.ok()) << recording.status();
  EXPECT_EQ(Times(*recording), (std::vector<double>{0, 1200}));

  // South of the equator the repeated hour is in April.
  WriteHome("south", "Australia/Sydney",
            "2011-04-03 02:50:00 M1 ON\n2011-04-03 02:10:00 M1 OFF\n2011-04-03 03:10:00 M1 ON\n");
  recording = OpenRecording("home:" + Path("south"));
  ASSERT_TRUE(recording.ok()) << recording.status();
  EXPECT_EQ(Times(*recording), (std::vector<double>{0, 1200, 4800}));
}

TEST_F(Recordings, OfAHomeWithSeveralResidentsAndOddNamesAreJudgedAsOne) {
  Write("flat/home.csv", "home,zone,residents,note\nChez Zoé,Europe/Paris,2,\n");
  Write("flat/sensors.csv", "sensor,kind,room,role\nM/1,motion,hall,\nT1,thermometer,,\n");
  Write("flat/events.txt", "2011-06-15 01:40:00 M/1 ON\n");
  const auto recording = OpenRecording("home:" + Path("flat"));
  ASSERT_TRUE(recording.ok()) << recording.status();
  EXPECT_EQ(recording->home.home_id(), "Chez-Zo--");
  EXPECT_EQ(recording->home.devices(0).device_id(), "M-1");
  EXPECT_NE(recording->notes[0].find("2 residents"), std::string::npos);
  EXPECT_EQ(recording->notes[1],
            Path("flat/sensors.csv") + ":3: kind 'thermometer' is not known: read as a switch");
}

TEST_F(Recordings, OfAHomeNeedAZoneThatIsKnown) {
  WriteHome("flat", "Mars/Olympus", "2011-06-15 01:40:00 M1 ON\n");
  const auto recording = OpenRecording("home:" + Path("flat"));
  EXPECT_NE(std::string(recording.status().message()).find("home.csv: "), std::string::npos);
  EXPECT_NE(std::string(recording.status().message()).find("Mars/Olympus"), std::string::npos);
}

TEST_F(Recordings, OfAFolderOfHomesAreAllListed) {
  WriteHome("b", "Europe/Paris", "2011-06-15 01:40:00 M1 ON\n");
  WriteHome("a", "Europe/Paris", "2011-06-15 01:40:00 M1 ON\n");
  const auto playlist = Playlist::Open("home:" + Path(""), {});
  ASSERT_TRUE(playlist.ok()) << playlist.status();
  ASSERT_EQ(playlist->size(), 2U);
  EXPECT_EQ(playlist->name(0), "a");
  EXPECT_EQ(playlist->Read(1)->home.home_id(), "b");
}

TEST_F(Recordings, OfFallsAreASetAFolderOfItAFileOrSeveralSets) {
  const std::string clip = "t_s,x_g,y_g,z_g\n0,0,0,1\n0.02,0,0,3\n";
  for (const std::string set : {"falls/one", "falls/two"}) {
    WriteSet(set,
             "S01/F1.csv,S01,young,wrist,50,8,F1,a fall,fall,0.02,0.04\n"
             "S01/D1.csv,S01,young,wrist,50,8,D1,walking,adl,,\n"
             "S02/F1.csv,S02,young,wrist,50,8,F1,a fall,fall,0.02,0.04\n");
    for (const char* file : {"/S01/F1.csv", "/S01/D1.csv", "/S02/F1.csv"}) Write(set + file, clip);
  }
  const std::pair<const char*, std::size_t> wanted[] = {
      {"", 6}, {"falls", 6}, {"falls/one", 3}, {"falls/one/S01", 2}, {"falls/two/S02/F1.csv", 1}};
  for (const auto& [path, size] : wanted) {
    const auto playlist = Playlist::Open("falls:" + Path(path), {});
    ASSERT_TRUE(playlist.ok()) << path << ": " << playlist.status();
    EXPECT_EQ(playlist->size(), size) << path;
  }
  auto playlist = Playlist::Open("falls:" + Path(""), {});
  EXPECT_EQ(playlist->name(5), "two/S02/F1.csv");
  EXPECT_EQ(playlist->Read(5)->home.home_id(), "two-S02-F1");
  playlist->Thin(2);
  EXPECT_EQ(playlist->size(), 2U);
  EXPECT_EQ(playlist->name(1), "two/S01/F1.csv");
  EXPECT_TRUE(absl::IsInvalidArgument(OpenRecording("falls:" + Path("falls")).status()));
  EXPECT_TRUE(absl::IsNotFound(OpenRecording("falls:" + Path("falls/one/S03")).status()));
}

TEST_F(Recordings, OfFallsKeepEverySampleOfAWatchWhoseStampsComeInBursts) {
  // 100 samples a second where the list says 50, five at a time under one stamp.
  std::string text = "t_s,x_g,y_g,z_g\n";
  for (int i = 0; i < 300; ++i) text += std::to_string(i / 5 * 0.05) + ",0,0,1\n";
  const auto recording = OpenFile(text);
  ASSERT_TRUE(recording.ok()) << recording.status();
  EXPECT_EQ(recording->bad_line_count, 0U);
  ASSERT_EQ(recording->events.size(), 3U);
  EXPECT_NEAR(recording->events[0].acceleration().rate_hz(), 100, 1);
  EXPECT_EQ(recording->events[1].acceleration().samples_mg().size(), 600U);
}

TEST_F(Recordings, OfFallsCountStampsThatGoBackAndOutliveAClockThatWasSet) {
  const auto recording = OpenFile(
      "t_s,x_g,y_g,z_g\n100,0,0,1\n100.02,0,0,1\n100.01,0,0,1\n100.04,0,0,1\n"
      "7,0,0,1\n7.02,0,0,1\n9,0,0,1\n");
  ASSERT_TRUE(recording.ok()) << recording.status();
  ASSERT_EQ(recording->bad_line_count, 1U);
  EXPECT_EQ(recording->bad_lines[0], Path("set/f.csv") + ":4: goes back in time by 0.010 s");
  EXPECT_NE(recording->notes.back().find("set back 1 times"), std::string::npos);
  EXPECT_EQ(recording->end, recording->start + absl::Milliseconds(2040));
}

TEST_F(Recordings, OfFallsNameTheColumnThatIsMissingAndTheValueThatIsNone) {
  EXPECT_EQ(std::string(OpenFile("t,x_g,y_g,z_g\n0,0,0,1\n").status().message()),
            Path("set/f.csv") + ":1: has no column t_s; its first line names t, x_g, y_g, z_g");
  const auto recording = OpenFile("t_s,x_g,y_g,z_g\n0,0,0,1\n0.02,0,nan,1\n");
  ASSERT_TRUE(recording.ok()) << recording.status();
  EXPECT_EQ(recording->bad_lines[0], Path("set/f.csv") + ":3: 'nan' is not a number of y_g");
}

TEST_F(Recordings, OfFallsTakeAnUnknownRateFromTheStamps) {
  WriteSet("set", "f.csv,S,young,wrist,,,F1,a fall,fall,,\n");
  Write("set/f.csv", "t_s,x_g,y_g,z_g\n0,0,0,1\n0.005,0,0,1\n0.010,0,0,1\n");
  const auto recording = OpenRecording("falls:" + Path("set/f.csv"));
  ASSERT_TRUE(recording.ok()) << recording.status();
  EXPECT_NEAR(recording->events[0].acceleration().rate_hz(), 200, 1);
  EXPECT_EQ(recording->notes[0], "rate_hz is unknown: taken from the time stamps as 200.0");
}

TEST_F(Recordings, OfAWalkLeaveAnUnknownAccuracyUnknownUnlessToldOtherwise) {
  Write("walk.csv",
        "time,lat,lon,accuracy_m,speed_mps\n"
        "2011-08-30T01:36:09.000Z,49.9,2.3,,\n"
        "2011-08-30 01:36:19,49.9,2.3,12,-1.00\n"
        "2011-08-30T03:36:29+02:00,49.9,2.3,0,\n"
        "2011-08-29T20:36:39-05:00,49.9,2.3,twelve,\n"
        "2011-08-30T01:36:39Z,99.9,2.3,,\n");
  auto recording = OpenRecording("gps:" + Path("walk.csv"));
  ASSERT_TRUE(recording.ok()) << recording.status();
  ASSERT_EQ(Times(*recording), (std::vector<double>{0, 10, 20}));
  EXPECT_FALSE(recording->events[0].location().has_accuracy_m());
  EXPECT_TRUE(recording->events[1].location().has_accuracy_m());
  EXPECT_FALSE(recording->events[1].location().has_speed_mps());
  EXPECT_EQ(recording->notes.back(),
            "2 of 3 fixes do not say how accurate they are: they cross no fence; "
            "--assume_accuracy_m N takes them as accurate to N metres");
  EXPECT_EQ(recording->bad_lines[0], Path("walk.csv") + ":5: 'twelve' is not an accuracy_m");
  EXPECT_EQ(recording->bad_lines[1], Path("walk.csv") + ":6: '99.9' is not a lat");

  recording = OpenRecording("gps:" + Path("walk.csv"), {20});
  ASSERT_TRUE(recording.ok()) << recording.status();
  EXPECT_EQ(recording->events[0].location().accuracy_m(), 20);
  EXPECT_EQ(recording->events[1].location().accuracy_m(), 12);
  EXPECT_EQ(recording->notes.back(),
            "2 of 3 fixes do not say how accurate they are: taken as 20 m (--assume_accuracy_m)");
}

TEST_F(Recordings, OfAWalkHoldNoFixThatTheContractRefuses) {
  Write("far/recordings.csv", "file,zone\nw.csv,UTC\n");
  Write("far/w.csv",
        "time,lat,lon,accuracy_m,speed_mps\n2026-06-10T17:31:10Z,24,39,5,1\n"
        "20262026-06-10T17:31:10Z,24,39,5,1\n2026-06-10T17:31:11Z,24,39,5,1001\n"
        "2026-06-10T17:31:12Z,24,39,9999999.9,1\n2026-06-10T17:31:13Z,24,39,1e-60,1\n");
  const auto recording = OpenRecording("gps:" + Path("far"));
  ASSERT_TRUE(recording.ok()) << recording.status();
  EXPECT_EQ(recording->bad_line_count, 3U);
  ASSERT_EQ(recording->events.size(), 2U);
  EXPECT_FALSE(recording->events[1].location().has_accuracy_m());
}

TEST_F(Recordings, OfWalksMayBeASetWithItsZone) {
  Write("set/recordings.csv",
        "file,subject,kind,truth,zone,points\nw1.csv,1,walk,direct,Asia/Shanghai,1\n"
        "w2.csv,1,walk,direct,Asia/Shanghai,1\n");
  for (const char* file : {"set/w1.csv", "set/w2.csv"})
    Write(file, "time,lat,lon,accuracy_m,speed_mps\n2011-08-30T01:36:09Z,49.9,2.3,5,\n");
  const auto playlist = Playlist::Open("gps:" + Path("set"), {});
  ASSERT_TRUE(playlist.ok()) << playlist.status();
  ASSERT_EQ(playlist->size(), 2U);
  EXPECT_EQ(playlist->Read(1)->home.zone(), "Asia/Shanghai");
  EXPECT_EQ(OpenRecording("gps:" + Path("set/w2.csv"))->name, "w2.csv");
}

TEST_F(Recordings, KeepTheLocalTimeOfDayWhenTheyMove) {
  Recording recording = SimulateEvening(1);
  absl::TimeZone paris;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Paris", &paris));
  // From winter into summer time: the night on which clocks go forward is in between.
  ShiftTo(absl::FromCivil(absl::CivilSecond(2026, 7, 1, 23, 0, 0), paris), recording);
  EXPECT_EQ(absl::ToCivilSecond(recording.start, paris), absl::CivilSecond(2026, 7, 2, 20, 30, 0));
  EXPECT_EQ(absl::ToCivilSecond(recording.truth[1].time, paris),
            absl::CivilSecond(2026, 7, 3, 2, 10, 0));
}

TEST_F(Recordings, WithoutADateBeginWhenTheyAreAskedTo) {
  auto recording = OpenFile("t_s,x_g,y_g,z_g\n0,0,0,1\n0.02,0,0,1\n");
  ASSERT_TRUE(recording.ok()) << recording.status();
  const absl::Time start = absl::FromUnixSeconds(1768482123);
  ShiftTo(start, *recording);
  EXPECT_EQ(recording->start, start);
  EXPECT_EQ(recording->truth[0].time, start + absl::Milliseconds(20));
}

TEST_F(Recordings, ThatArePlayedOnAnotherDayPressTheButtonAnew) {
  const auto press = [](const absl::Time start) {
    Recording recording = SimulateEvening(1);
    MoveTo(start, recording);
    for (const auto& event : recording.events)
      if (event.has_personal_emergency()) return event.device_sequence();
    return uint64_t{0};
  };
  const absl::Time day = absl::FromUnixSeconds(1768482123);
  EXPECT_EQ(press(day), press(day));
  EXPECT_NE(press(day), press(day + absl::Hours(24)));
}

TEST_F(Recordings, SayWhatIsWrongWithASource) {
  EXPECT_TRUE(absl::IsInvalidArgument(OpenRecording("pigeon:x").status()));
  for (const char* kind : {"gps:", "falls:", "home:"}) {
    EXPECT_EQ(std::string(OpenRecording(kind + std::string("/nowhere")).status().message()),
              "/nowhere: there is no such file or folder");
    EXPECT_TRUE(absl::IsNotFound(OpenRecording(kind + folder_.path()).status())) << kind;
  }
}

TEST(ToId, KeepsIdsShortPlainAndApart) {
  EXPECT_EQ(ToId("S01-F1_R02.x"), "S01-F1_R02.x");
  const std::string same(60, 'a');
  EXPECT_EQ(ToId(same + "1").size(), 48U);
  EXPECT_NE(ToId(same + "1"), ToId(same + "2"));
}

}  // namespace
}  // namespace veille::domain
