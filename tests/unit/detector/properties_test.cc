// What holds for every rule, whatever it judges: driven through Advance() with generated events of
// the whole vocabulary. A rule that is added is tested here without a line more.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "services/gateway/core/validate.h"
#include "tests/support/vocabulary.h"
#include "tests/unit/detector/story.h"

namespace veille::detector {
namespace {

using event::v1::Event;
using store::v1::Finding;
using testing::Judge;
using testing::kStart;
using testing::Story;

// What is compared: who, what, when, evidence; not receipts. In the order of the text, as findings
// of one instant have no order.
std::multiset<std::string> Comparable(std::vector<Finding> findings) {
  std::multiset<std::string> all;
  for (Finding& finding : findings) {
    finding.clear_receive_time();
    finding.clear_log_position();
    for (auto& seen : *finding.mutable_evidence()->mutable_observations())
      seen.clear_receive_time();
    all.insert(finding.ShortDebugString());
  }
  return all;
}

std::string Difference(const std::multiset<std::string>& expected,
                       const std::multiset<std::string>& seen) {
  std::vector<std::string> missing, added;
  std::set_difference(expected.begin(), expected.end(), seen.begin(), seen.end(),
                      std::back_inserter(missing));
  std::set_difference(seen.begin(), seen.end(), expected.begin(), expected.end(),
                      std::back_inserter(added));
  std::string out;
  for (const std::string& finding : missing) out += "missing: " + finding + "\n";
  for (const std::string& finding : added) out += "added: " + finding + "\n";
  return out;
}

constexpr uint64_t kSeeds = 6;

Story TwoDays(uint64_t seed) { return {seed, kStart, absl::Hours(48), absl::Minutes(6)}; }

TEST(Vocabulary, HasEveryObservationAndAllAreWellFormed) {
  SeededRandom random(1);
  for (const int observation : ::veille::testing::Observations()) {
    for (int i = 0; i < 50; ++i) {
      const Event event = ::veille::testing::AnyEvent(observation, kStart, "d", random);
      ASSERT_EQ(static_cast<int>(event.observation_case()), observation);
      const auto violation = gateway::FindViolation(event);
      EXPECT_FALSE(violation.has_value())
          << event.ShortDebugString() << ": " << violation->field << violation->description;
    }
  }
}

class AnyStory : public ::testing::TestWithParam<uint64_t> {};

TEST_P(AnyStory, IsToldTheSameHoweverDevicesInterleaveWithinTheWatermark) {
  Story story = TwoDays(GetParam());
  Judge in_order(story.home());
  in_order.Run(story);
  const auto expected = Comparable(in_order.findings());
  EXPECT_GE(expected.size(), 20U);
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    story.Delay(seed);
    Judge interleaved(story.home());
    interleaved.Run(story);
    EXPECT_EQ(Difference(expected, Comparable(interleaved.findings())), "") << "seed " << seed;
  }
}

TEST_P(AnyStory, IsToldTheSameWhenNumberedEventsComeTwice) {
  Story story = TwoDays(GetParam());
  Judge once(story.home());
  once.Run(story);
  story.Repeat(GetParam());
  Judge twice(story.home());
  twice.Run(story);
  EXPECT_EQ(Difference(Comparable(once.findings()), Comparable(twice.findings())), "");
}

TEST_P(AnyStory, TellsNothingBeforeItsTimeHasCome) {
  const Story story = TwoDays(GetParam());
  Judge judge(story.home());
  judge.Run(story);
  EXPECT_EQ(judge.premature(), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnyStory, ::testing::Range<uint64_t>(1, kSeeds + 1));

// How long each rule must wait, at its defaults, from when the situation began to when it is told.
TEST(EveryDeadline, IsWaitedForToTheEnd) {
  const std::map<std::string, absl::Duration> least = {
      {"NIGHT_EXIT", absl::Minutes(5)},
      {"DOOR_LEFT_OPEN", absl::Minutes(5)},
      {"INACTIVITY", absl::Hours(3)},
      {"BED_EXIT_NIGHT", absl::Minutes(15)},
      {"BATHROOM_LONG", absl::Minutes(20)},
      {"STOVE_UNATTENDED", absl::Minutes(15)},
      {"NOT_RETURNED", absl::Minutes(30)},
      {"ROOM_COLD", absl::ZeroDuration()},
      {"WATER_NONE", absl::Hours(12)},
      {"WATER_CONTINUOUS", absl::Hours(24)},
      {"WATER_RUNNING", absl::Minutes(30)},
      {"GAS_FLOW_LONG", absl::Minutes(90)},
      {"ELECTRICITY_FLAT", absl::Hours(6)},
      {"POWER_CUT", absl::Minutes(2)},
      {"TRACKER_SILENT_OUTSIDE", absl::Minutes(10)}};
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Judge judge(::veille::testing::HomeOfEverything("Europe/Paris"));
    judge.Run(TwoDays(seed));
    for (const Finding& finding : judge.findings()) {
      if (finding.kind() != Finding::KIND_RAISE) continue;
      const auto rule = least.find(finding.evidence().rule());
      if (rule == least.end()) continue;
      EXPECT_GE(ToTime(finding.decide_time()) - ToTime(finding.event_time()), rule->second)
          << finding.ShortDebugString();
    }
  }
}

}  // namespace
}  // namespace veille::detector
