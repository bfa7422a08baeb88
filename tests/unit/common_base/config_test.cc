// Text files that name every fault by line, and flags from the environment.

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <unistd.h>

#include "veille/config/v1/config.pb.h"

#include "common/config/flags.h"
#include "common/config/text_proto.h"

ABSL_FLAG(std::string, test_color, "black", "A flag of this test.");
ABSL_FLAG(int, test_number, 1, "Another.");
ABSL_FLAG(bool, test_quiet, true, "One that is true or false.");

namespace veille::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(TextProtoFile, FindsEveryFaultWithItsLine) {
  v1::Config config;
  Faults faults;
  TextProtoFile file;
  EXPECT_FALSE(file.Parse("f.textproto",
                          "redis { endpoint: \"unix:/x\" }\n"
                          "gateway { max_unacked_batches: \"many\" }\n",
                          config, faults));
  ASSERT_FALSE(faults.ok());
  EXPECT_THAT(faults.lines()[0], HasSubstr("f.textproto:2:"));
  EXPECT_TRUE(absl::IsInvalidArgument(faults.ToStatus()));
}

TEST(TextProtoFile, RefusesAFieldThatItDoesNotKnow) {
  v1::Config config;
  Faults faults;
  TextProtoFile file;
  EXPECT_FALSE(file.Parse("f.textproto", "\n\ncarrier_pigeons: 3\n", config, faults));
  EXPECT_THAT(faults.lines()[0], HasSubstr("f.textproto:3:"));
  EXPECT_THAT(faults.lines()[0], HasSubstr("carrier_pigeons"));
}

TEST(TextProtoFile, KnowsWhereAFieldStandsOrItsNearestAncestor) {
  v1::Config config;
  Faults faults;
  TextProtoFile file;
  ASSERT_TRUE(file.Parse("f.textproto",
                         "redis {\n"
                         "  endpoint: \"unix:/x\"\n"
                         "}\n"
                         "gateway {\n"
                         "}\n",
                         config, faults));
  EXPECT_EQ(file.PlaceOf("redis.endpoint"), "f.textproto:2:3");
  EXPECT_EQ(file.PlaceOf("gateway.bulk_disk_ratio"), "f.textproto:4:1");
}

TEST(TextProtoFile, SaysWhichFileIsNotThere) {
  v1::Config config;
  Faults faults;
  TextProtoFile file;
  EXPECT_FALSE(file.Load("/no/such/file", config, faults));
  EXPECT_THAT(faults.lines()[0], HasSubstr("/no/such/file"));
}

TEST(Faults, AreToldTogether) {
  Faults faults;
  EXPECT_TRUE(faults.ToStatus().ok());
  faults.Add("f:1:1", "a.b", "is required");
  faults.Add("f:2:1", "", "cannot be read");
  EXPECT_EQ(faults.ToStatus().message(), "f:1:1: a.b: is required\nf:2:1: cannot be read");
}

TEST(Flags, ComeFromTheEnvironmentAndTheCommandLineWins) {
  setenv("VEILLE_TEST_COLOR", "red", 1);
  setenv("VEILLE_TEST_NUMBER", "7", 1);
  std::vector<std::string> words = {"veille", "--test_number", "8", "rest", "--notest_quiet",
                                    "--",     "--words"};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  const std::vector<std::string> rest =
      ParseFlags(static_cast<int>(argv.size()), argv.data(), "usage");
  EXPECT_EQ(absl::GetFlag(FLAGS_test_color), "red");
  EXPECT_EQ(absl::GetFlag(FLAGS_test_number), 8);
  EXPECT_FALSE(absl::GetFlag(FLAGS_test_quiet));
  EXPECT_THAT(rest, ElementsAre("veille", "rest", "--words"));
}

TEST(FlagsDeathTest, AreListedByHelp) {
  std::vector<std::string> words = {"veille", "--help"};
  char* argv[] = {words[0].data(), words[1].data()};
  // Help goes to standard output, which a death test does not read.
  EXPECT_EXIT(
      {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        ParseFlags(2, argv, "how to use it");
      },
      ::testing::ExitedWithCode(0), "how to use it(.|\n)*test_color");
}

TEST(FlagsDeathTest, ThatAreWrongAreThatOfTheCallerWhichIsTwo) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"--nope", "veille: --nope: there is no such flag"},
      {"--notest_color", "veille: --notest_color: there is no such flag"},
      {"--test_number=x", "veille: --test_number: 'x' cannot be read"},
      {"--test_quiet=perhaps", "veille: --test_quiet: 'perhaps' cannot be read"},
      {"--test_color", "veille: --test_color: needs a value"}};
  for (auto [word, said] : wrong) {
    std::string name = "veille";
    char* argv[] = {name.data(), word.data()};
    EXPECT_EXIT(ParseFlags(2, argv, "usage"), ::testing::ExitedWithCode(2), said);
  }
}

TEST(FlagsDeathTest, OfTheEnvironmentThatCannotBeReadAreNamed) {
  setenv("VEILLE_TEST_NUMBER", "many", 1);
  std::string name = "veille";
  char* argv[] = {name.data()};
  EXPECT_EXIT(ParseFlags(1, argv, "usage"), ::testing::ExitedWithCode(2), "VEILLE_TEST_NUMBER");
  unsetenv("VEILLE_TEST_NUMBER");
}

}  // namespace
}  // namespace veille::config
