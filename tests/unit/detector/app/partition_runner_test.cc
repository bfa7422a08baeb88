// One log, judged in many ways: in one go, in chunks, through crashes at any step, by two owners,
// from damaged checkpoints, with a poisonous entry. The findings are always the same, once each.

#include "services/detector/app/partition_runner.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "veille/store/v1/checkpoint.pb.h"

#include "common/base/random.h"
#include "tests/unit/detector/app/partition.h"

namespace veille::detector {
namespace {

using store::v1::Envelope;
using store::v1::Finding;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct BroughtDown {};  // Thrown by the crash hook: the process is gone.

const Night& TheNight() {
  static const Night night = MakeNight(5, 4, absl::Minutes(40));
  return night;
}

// What an owner that nothing disturbs makes of it.
Partition& UndisturbedPartition() {
  static Partition partition(TheNight());
  static const bool fed = [] {
    EXPECT_TRUE(partition.TakeOver().ok());
    partition.FeedAll();
    return true;
  }();
  EXPECT_TRUE(fed);
  return partition;
}
const std::map<std::string, std::vector<std::string>>& Undisturbed() {
  static const auto told = UndisturbedPartition().Told();
  return told;
}

std::set<std::string> UndisturbedIds() {
  std::set<std::string> ids;
  for (const auto& [home, findings] : Undisturbed()) {
    for (const std::string& bytes : findings) {
      Finding finding;
      finding.ParseFromString(bytes);
      ids.insert(finding.finding_id());
    }
  }
  return ids;
}

TEST(PartitionRunner, TellsTheEmergenciesOfEveryHome) {
  EXPECT_EQ(Undisturbed().size(), TheNight().registry->homes().size());
  std::size_t findings = 0;
  for (const auto& [home, told] : Undisturbed()) findings += told.size();
  EXPECT_EQ(findings, UndisturbedIds().size());
}

TEST(PartitionRunner, MakesEachFindingOnceWhateverStepItDiesAt) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    Partition partition(TheNight());
    int crashes = 0;
    bool more = true;
    while (more) {
      ASSERT_TRUE(partition.TakeOver().ok());
      while ((more = partition.Feed(1 + static_cast<int>(random.Below(40))))) {
        if (random.Below(2) == 0) partition.store().Deliver(random.Below(8));
        if (random.Below(5) == 0) partition.runner().CommitQuiet();
        if (random.Below(6) == 0 && partition.MayCrash()) break;
      }
      if (!more) partition.runner().CommitQuiet();
      const std::size_t executed = random.Below(partition.store().sent() + 1);
      if (more || (crashes < 20 && partition.MayCrash())) {
        partition.Crash(executed);
        more = true;
        ++crashes;
      }
      if (!more) partition.Commit();
    }
    ASSERT_GT(crashes, 1);
    ASSERT_EQ(partition.Told(), Undisturbed());
    ASSERT_EQ(partition.States(), UndisturbedPartition().States());
    ASSERT_THAT(partition.partition().quarantine, IsEmpty());
  }
}

TEST(PartitionRunner, KeepsQuietHomesThroughARestart) {
  Partition partition(TheNight());
  ASSERT_TRUE(partition.TakeOver().ok());
  partition.FeedAll();
  const Position progress = partition.stored().progress;
  EXPECT_EQ(partition.stored().homes.size(), TheNight().registry->homes().size());
  for (const auto& [id, home] : partition.stored().homes) EXPECT_NE(home.position, "") << id;
  ASSERT_TRUE(partition.TakeOver().ok());
  EXPECT_EQ(partition.runner().read_after(), progress);
  partition.FeedAll();
  EXPECT_EQ(partition.Told(), Undisturbed());
}

TEST(PartitionRunner, AnOlderOwnerIsRefusedAndLetsGo) {
  Partition partition(TheNight());
  ASSERT_TRUE(partition.TakeOver("old").ok());
  partition.Feed(100);
  partition.store().Deliver();
  FakePartitionStore store(partition.world(), "new");
  partition.world().now_ms += 10'000;
  const absl::StatusOr<Lease> lease = store.Acquire(kPartition);
  ASSERT_TRUE(lease.ok());
  const auto before = partition.Told();
  partition.Feed(400);  // It does not know yet.
  partition.Commit();
  EXPECT_TRUE(absl::IsAborted(partition.runner().status())) << partition.runner().status();
  EXPECT_EQ(partition.metrics().fenced.value() > 0, true);
  EXPECT_EQ(partition.Told(), before);
  ASSERT_TRUE(partition.TakeOver("new").ok());
  partition.FeedAll();
  EXPECT_EQ(partition.Told(), Undisturbed());
}

// The newest generation of a home with one byte flipped.
void Damage(StoredHome& home, bool both) {
  store::v1::Checkpoint a, b;
  a.ParseFromString(home.a);
  b.ParseFromString(home.b);
  if (both || a.generation() > b.generation()) home.a[home.a.size() / 2] ^= 1;
  if (both || b.generation() > a.generation()) home.b[home.b.size() / 2] ^= 1;
}

TEST(PartitionRunner, GoesOnFromTheOtherGenerationWhenOneIsDamaged) {
  for (const bool both : {false, true}) {
    SCOPED_TRACE(both);
    Partition partition(TheNight());
    ASSERT_TRUE(partition.TakeOver().ok());
    while (partition.Feed(25) && partition.Queue().size() < 4) partition.Commit();
    partition.Commit();
    const std::string victim = partition.Queue().front().home_id();
    Damage(partition.stored().homes.at(victim), both);
    ASSERT_TRUE(partition.TakeOver().ok());
    // Dies again in the middle of the replay.
    for (int i = 0; i < 12; ++i) {
      partition.Feed(1);
      partition.store().Deliver();
      if (partition.store().sent() == 0) partition.Commit();
    }
    partition.Crash(0);
    ASSERT_TRUE(partition.TakeOver().ok());
    partition.FeedAll();
    // Told again with the same ids, which the notifier knows; the other homes notice nothing.
    EXPECT_EQ(partition.Ids("CHECKPOINT_DAMAGED"), UndisturbedIds());
    EXPECT_EQ(partition.Ids().size(), UndisturbedIds().size() + 1);
    EXPECT_EQ(partition.States(), UndisturbedPartition().States());
    for (const auto& [home, told] : partition.Told()) {
      if (home != victim) {
        EXPECT_EQ(told, Undisturbed().at(home)) << home;
      }
    }
    EXPECT_EQ(partition.metrics().damaged.value(), 1U);
    // And it is whole again.
    ASSERT_TRUE(partition.TakeOver().ok());
    partition.FeedAll();
    EXPECT_EQ(partition.metrics().damaged.value(), 1U);
  }
}

TEST(PartitionRunner, PutsAsideTheEnvelopeThatBringsItDownAndTellsItsSosRaw) {
  const Finding* sos = nullptr;
  static std::vector<Finding> findings;
  for (const auto& [home, told] : Undisturbed()) {
    for (const std::string& bytes : told) findings.emplace_back().ParseFromString(bytes);
  }
  for (const Finding& finding : findings)
    if (finding.rule_key() == "SOS") sos = &finding;
  ASSERT_NE(sos, nullptr);
  const std::string poison = sos->correlation_id();
  ASSERT_NE(poison, "");

  Partition partition(TheNight());
  partition.before_judging = [&poison](const Envelope& envelope) {
    if (envelope.correlation_id() == poison) throw BroughtDown();
  };
  int crashes = 0;
  while (crashes < 20) {
    ASSERT_TRUE(partition.TakeOver().ok());
    try {
      while (partition.Feed(10)) partition.store().Deliver();
      partition.Commit();
      break;
    } catch (const BroughtDown&) {
      ++crashes;
      partition.Crash(partition.store().sent());
    }
  }
  EXPECT_LE(crashes, 10);
  ASSERT_EQ(partition.partition().quarantine.size(), 1U);
  EXPECT_EQ(ParseEnvelope(partition.partition().quarantine[0]).correlation_id(), poison);
  std::map<std::string, int> told;
  for (const Finding& finding : partition.Queue()) {
    if (finding.home_id() == sos->home_id()) ++told[finding.rule_key()];
  }
  EXPECT_EQ(told["ENTRY_QUARANTINED"], 1);
  EXPECT_GE(told["SOS"], 1);
  for (const auto& [home, of_home] : partition.Told()) {
    if (home != sos->home_id()) {
      EXPECT_EQ(of_home, Undisturbed().at(home)) << home;
    }
  }
  EXPECT_EQ(partition.stored().inflight_entry, "");
}

TEST(PartitionRunner, RestartsInQuickSuccessionAreNoPoison) {
  Partition partition(TheNight());
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(partition.TakeOver().ok());
    partition.Feed(5);
    partition.store().Deliver();
    EXPECT_LE(partition.stored().takeovers, 1);
    partition.Crash(0);
  }
  ASSERT_TRUE(partition.TakeOver().ok());
  partition.FeedAll();
  EXPECT_EQ(partition.Told(), Undisturbed());
}

// What is compared between replays: not where in the log it stood.
std::map<std::string, std::vector<std::string>> Comparable(const Partition& partition) {
  std::map<std::string, std::vector<std::string>> told;
  for (Finding finding : partition.Queue()) {
    finding.clear_log_position();
    told[finding.home_id()].push_back(finding.SerializeAsString());
  }
  return told;
}

TEST(SameLogSameFindings, WithHomesInterleavedInRandomChunksAndRestartsBetween) {
  const auto expected = Comparable(UndisturbedPartition());
  ASSERT_EQ(expected.size(), TheNight().registry->homes().size());
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SeededRandom random(seed);
    Partition partition(Interleaved(TheNight(), random));
    ASSERT_TRUE(partition.TakeOver().ok());
    while (partition.Feed(static_cast<int>(1 + random.Below(40)))) {
      partition.store().Deliver();
      if (random.Below(10) != 0) continue;
      partition.Commit();
      ASSERT_TRUE(partition.TakeOver(random.Below(2) == 0 ? "one" : "two").ok());
    }
    partition.Commit();
    EXPECT_EQ(Comparable(partition), expected) << "seed " << seed;
  }
}

std::vector<Envelope> Appended(Partition& partition, std::size_t from) {
  std::vector<Envelope> envelopes;
  const auto& log = partition.partition().log;
  for (std::size_t i = from; i < log.size(); ++i)
    for (const std::string& bytes : log[i].second) envelopes.push_back(ParseEnvelope(bytes));
  return envelopes;
}

TEST(PartitionRunner, TicksAndSaysWhenNobodyTickedBefore) {
  Partition partition(TheNight());
  ASSERT_TRUE(partition.TakeOver().ok());
  partition.store().Deliver();
  const std::size_t from = partition.partition().log.size();
  const auto tick = [&](absl::Time now) {
    partition.runner().MaybeTick(now);
    partition.store().Deliver();
  };
  tick(kNow);
  tick(kNow + absl::Seconds(1));  // Not due.
  tick(kNow + absl::Seconds(5));
  // Ten minutes later than the last tick: somebody starts again.
  partition.partition().tick_ms = absl::ToUnixMillis(kNow - absl::Minutes(10));
  ASSERT_TRUE(partition.TakeOver().ok());
  tick(kNow);
  tick(kNow + absl::Seconds(5));
  std::vector<bool> resumed;
  for (const Envelope& envelope : Appended(partition, from))
    if (envelope.has_tick()) resumed.push_back(envelope.tick().resumed());
  EXPECT_THAT(resumed, ElementsAre(false, false, true, false));
}

TEST(PartitionRunner, WritesAChangedPlanIntoTheLogOnce) {
  Partition partition(TheNight());
  ASSERT_TRUE(partition.TakeOver().ok());
  partition.FeedAll();
  const std::size_t from = partition.partition().log.size();
  std::vector<care::v1::Home> homes;
  for (const care::v1::Home* home : TheNight().registry->homes()) homes.push_back(*home);
  homes[0].mutable_patients(0)->mutable_care_plan()->mutable_hub_offline()->set_high_risk(true);
  partition.set_registry(*domain::Registry::Make(homes));
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(partition.TakeOver().ok());
    partition.FeedAll();
  }
  const std::vector<Envelope> appended = Appended(partition, from);
  ASSERT_EQ(appended.size(), 1U);
  EXPECT_EQ(appended[0].home().SerializeAsString(), homes[0].SerializeAsString());
  EXPECT_EQ(partition.stored().homes.at(homes[0].home_id()).registry, homes[0].SerializeAsString());
  EXPECT_EQ(partition.Told(), Undisturbed());
}

}  // namespace
}  // namespace veille::detector
