// Folders of recordings through the whole service, and offline, as a new user gives them.

#include <filesystem>
#include <sstream>

#include "gtest/gtest.h"

#include "common/base/file.h"
#include "tests/support/process.h"

namespace veille {
namespace {

// Four seconds upright, a blow where `fall`, then eight seconds lying still, at 50 Hz.
std::string Clip(bool fall) {
  std::ostringstream text;
  text << "\xEF\xBB\xBFt_s,x_g,y_g,z_g\r\n";
  for (int i = 0; i < 600; ++i) {
    const bool lies = fall && i >= 205, blow = fall && i >= 200 && !lies;
    text << i * 0.02 << (blow ? ",3.5,1.5,0\r\n" : lies ? ",0,0,1\r\n" : ",0,1,0\r\n");
  }
  return text.str();
}

class RecordingsE2e : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(set_);
    ASSERT_TRUE(WriteFileAtomically(
                    set_ + "/recordings.csv",
                    "file,subject,group,position,rate_hz,range_g,activity,description,label,"
                    "onset_s,end_s\r\n"
                    "F1.csv,S,young,waist,50,16,F1,\"a fall, \"\"hard\"\"\",fall,4,4.1\r\n"
                    "D1.csv,S,young,waist,50,16,D1,standing,adl,,\r\n"
                    "F2.csv,S,young,waist,50,16,F2,a fall,fall,4,4.1")
                    .ok());
    for (const char* name : {"F1", "D1", "F2"})
      ASSERT_TRUE(
          WriteFileAtomically(set_ + "/" + name + ".csv", Clip(name != std::string("D1"))).ok());
  }

  // The exit code; what was said is in `said_`.
  int Run(std::vector<std::string> arguments) {
    const std::string log = folder_.path() + "/log";
    std::filesystem::remove(log);
    arguments.insert(arguments.begin(), testing::VeilleBinary());
    testing::Process process(std::move(arguments), log);
    process.Start();
    const int code = process.Wait(absl::Minutes(4));
    said_ = ReadFile(log).value_or("");
    return code;
  }

  bool Said(const std::string& what) const { return said_.find(what) != std::string::npos; }

  const testing::TempFolder folder_;
  const std::string set_ = folder_.path() + "/set";
  std::string said_;
};

TEST_F(RecordingsE2e, OfAFolderArePlayedOneAfterTheOtherAndEachFallIsTold) {
  EXPECT_EQ(Run({"play", "--data=" + folder_.path() + "/data", "--source=falls:" + set_,
                 "--speed=600", "--output=json"}),
            0)
      << said_;
  EXPECT_TRUE(Said(R"({"playing":{"name":"F2.csv","number":3,"recordings":3}})")) << said_;
  EXPECT_TRUE(Said(R"({"summary":{"recordings":3,)")) << said_;
  EXPECT_TRUE(Said(R"("expected":2,"untold":0,)")) << said_;
}

TEST_F(RecordingsE2e, OfAFolderAreJudgedOneByOneAndTogether) {
  EXPECT_EQ(Run({"replay", "--source=falls:" + set_, "--output=json"}), 0) << said_;
  EXPECT_TRUE(Said(R"({"recording":"F1.csv","finding":{)")) << said_;
  EXPECT_TRUE(Said(R"({"summary":{"name":"D1.csv",)")) << said_;
  EXPECT_TRUE(Said(R"({"total":{"recordings":3,"failed":0,)")) << said_;
  EXPECT_TRUE(Said(R"("expected":2,"missed":0,"unexpected":0)")) << said_;
}

TEST_F(RecordingsE2e, ThatAreMissingFailTheCommandAndNotTheOthers) {
  std::filesystem::remove(set_ + "/D1.csv");
  EXPECT_EQ(Run({"replay", "--source=falls:" + set_, "--output=json"}), 1) << said_;
  EXPECT_TRUE(Said("cannot read " + set_ + "/D1.csv: No such file or directory")) << said_;
  EXPECT_TRUE(Said(R"({"total":{"recordings":2,"failed":1,)")) << said_;
}

TEST_F(RecordingsE2e, GiveTheirHomesToAServiceAsFiles) {
  const std::string homes = folder_.path() + "/homes";
  EXPECT_EQ(Run({"hub", "--source=falls:" + set_ + "/F2.csv", "--write_homes=" + homes}), 0)
      << said_;
  EXPECT_TRUE(std::filesystem::exists(homes + "/set-F2.textproto")) << said_;
}

TEST_F(RecordingsE2e, PlayOnceInOneFolderAtATime) {
  const std::string data = "--data=" + folder_.path() + "/data";
  testing::Process first({testing::VeilleBinary(), "play", data, "--speed=60"},
                         folder_.path() + "/first");
  first.Start();
  // The lock is taken before the service starts; until then the second one would have it.
  while (first.Alive() && !std::filesystem::exists(folder_.path() + "/data/play/homes")) {
  }
  EXPECT_EQ(Run({"play", data}), 1) << said_;
  EXPECT_TRUE(Said("another play is running in")) << said_;
  // An interrupted play ends its service, and did not tell everything.
  EXPECT_EQ(first.Stop(), 1) << ReadFile(folder_.path() + "/first").value_or("");
}

TEST_F(RecordingsE2e, AreNotOpenedByACommandThatWasCalledWrongly) {
  for (const char* wrong : {"--output=xml", "--language=de", "--speed=0", "--limit=-2", "extra"}) {
    EXPECT_EQ(Run({"play", "--data=" + folder_.path() + "/data", wrong}), 2) << wrong;
    EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/data")) << wrong;
  }
}

}  // namespace
}  // namespace veille
