// Same log, same findings: on simulated homes. The recordings of a folder: same_findings FOLDER.

#include "gtest/gtest.h"

#include "services/domain/recordings/recording.h"
#include "tests/replay/same_log.h"

namespace veille {
namespace {

const testing::SameLog& TheLog() {
  static const auto* log = [] {
    std::vector<domain::Recording> recordings;
    for (uint64_t seed = 1; seed <= 2; ++seed) recordings.push_back(domain::SimulateEvening(seed));
    for (int i = 0; i < 6; ++i) {
      domain::CrowdOptions options;
      options.start = recordings[0].start;
      options.emergencies = 3;
      recordings.push_back(domain::SimulateCrowdHome(7, i, options));
    }
    return new testing::SameLog(std::move(recordings));
  }();
  return *log;
}

const testing::ComparableFindings& Expected() {
  static const testing::ComparableFindings expected = TheLog().InOneGo();
  return expected;
}

TEST(SameLogSameFindings, EveryHomeHasSome) { EXPECT_EQ(Expected().size(), 8U); }

TEST(SameLogSameFindings, InRandomChunksWithRestartsBetween) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SeededRandom random(seed);
    EXPECT_TRUE(TheLog().InChunksWithRestarts(random) == Expected()) << "seed " << seed;
  }
}

TEST(SameLogSameFindings, WithEveryBatchSentTwice) {
  EXPECT_GT(TheLog().duplicates(), 1000U);
  EXPECT_TRUE(TheLog().OfEveryBatchTwice() == Expected());
}

TEST(SameLogSameFindings, WithHubsInterleavedAtRandom) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SeededRandom random(seed);
    EXPECT_TRUE(TheLog().Interleaved(random) == Expected()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace veille
