// Homes that fall silent one by one, and all at once.

#include "services/detector/app/silence_watch.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "services/detector/app/partition_runner.h"
#include "services/domain/recordings/recording.h"
#include "tests/unit/detector/app/fake_partition_store.h"
#include "tests/unit/detector/app/night.h"

namespace veille::detector {
namespace {

using store::v1::Finding;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

class Watch {
 public:
  bool Report(int partition, int heard, int quiet) {
    return watch_.Report(partition, {heard, quiet}, kStart);
  }
  SilenceWatch& watch() { return watch_; }
  const std::vector<Finding>& told() const { return told_; }

 private:
  std::vector<Finding> told_;
  SilenceWatch watch_{[this](const Finding& finding) { told_.push_back(finding); }};
};

TEST(SilenceWatch, OfHalfOfAllPartitionsHomesIsOneAlertAndItsEnd) {
  Watch watch;
  EXPECT_FALSE(watch.Report(0, 10, 0));
  EXPECT_FALSE(watch.Report(1, 10, 9));
  EXPECT_TRUE(watch.Report(0, 10, 1));
  EXPECT_TRUE(watch.Report(0, 10, 10));
  EXPECT_TRUE(watch.Report(1, 10, 0));
  EXPECT_FALSE(watch.Report(0, 10, 9));
  ASSERT_EQ(watch.told().size(), 2U);
  EXPECT_EQ(watch.told()[0].kind(), Finding::KIND_RAISE);
  EXPECT_EQ(watch.told()[1].kind(), Finding::KIND_CLEAR);
  EXPECT_EQ(watch.told()[0].alert_id(), watch.told()[1].alert_id());
  EXPECT_EQ(watch.told()[0].home_id(), "operator");
}

TEST(SilenceWatch, IsToldByEveryDetectorUnderOneId) {
  Watch one, other;
  one.Report(0, 10, 10);
  other.Report(1, 10, 10);
  ASSERT_EQ(one.told().size() + other.told().size(), 2U);
  EXPECT_EQ(one.told()[0].finding_id(), other.told()[0].finding_id());
}

TEST(SilenceWatch, FewHomesAreJudgedOneByOne) {
  Watch watch;
  EXPECT_FALSE(watch.Report(0, 4, 4));
  EXPECT_FALSE(watch.Report(0, 11, 5));
  EXPECT_TRUE(watch.told().empty());
}

TEST(SilenceWatch, DoesNotCountWhatIsAnothersNow) {
  Watch watch;
  EXPECT_FALSE(watch.Report(0, 90, 0));
  EXPECT_FALSE(watch.Report(1, 10, 10));
  watch.watch().Forget(0);
  EXPECT_TRUE(watch.Report(1, 10, 10));
}

TEST(SilenceWatch, WithoutAGatewayNoHomeIsSilentHoweverFewThereAre) {
  Watch watch;
  EXPECT_FALSE(watch.Report(0, 1, 1));
  // Half an hour old, and we have just begun to look.
  watch.watch().OnGatewaySeen(absl::Minutes(30), absl::Seconds(100));
  EXPECT_FALSE(watch.Report(0, 1, 1));
  watch.watch().OnGatewaySeen(absl::Minutes(31), absl::Seconds(131));
  EXPECT_TRUE(watch.Report(0, 1, 1));
  EXPECT_TRUE(watch.Report(0, 1, 1));
  watch.watch().OnGatewaySeen(absl::Seconds(1), absl::Seconds(132));
  // Heard again or not: its own silence begins now.
  EXPECT_FALSE(watch.Report(0, 1, 1));
  EXPECT_EQ(watch.told().size(), 2U);
}

// An owner of one partition, whose ticks come back to it through the log.
class Owner {
 public:
  explicit Owner(int homes) : metrics_(metrics_registry_) {
    std::vector<care::v1::Home> all;
    for (int i = 0; i < homes; ++i)
      all.push_back(domain::MakeHome("h" + std::to_string(i), "Europe/Paris"));
    registry_ = *domain::Registry::Make(std::move(all));
    Begin();
  }
  void Begin() {
    runner_.reset();
    RunnerOptions options;
    options.homes = registry_->homes();
    options.silence = &watch_.watch();
    runner_ = std::make_unique<PartitionRunner>(std::move(options), store_, metrics_,
                                                [](const std::function<void()>& work) { work(); });
    EXPECT_TRUE(runner_->Begin(*store_.Acquire(0), now_).ok());
    read_ = runner_->read_after();
  }
  // The service ticks; the first `living` homes send a heartbeat a minute.
  void Live(absl::Duration span, int living) {
    for (const absl::Time until = now_ + span; now_ < until; now_ += absl::Seconds(5)) {
      world_.now_ms = absl::ToUnixMillis(now_);
      const bool beats = (now_ - kStart) % absl::Minutes(1) == absl::ZeroDuration();
      for (int i = 0; beats && i < living; ++i) world_.Append(0, {Heartbeat(i)});
      runner_->MaybeTick(now_);
      store_.Deliver();
      if (!behind_) Read();
    }
  }
  // The log is not read for a while, then caught up with.
  void FallBehind(absl::Duration span, int living) {
    behind_ = true;
    Live(span, living);
    behind_ = false;
    Read();
  }
  // Nobody is there: neither tick nor heartbeat.
  void PassWithoutUs(absl::Duration span) {
    runner_->CommitQuiet();
    store_.Deliver();
    now_ += span;
    world_.now_ms = absl::ToUnixMillis(now_);
    Begin();
  }
  // How many homes were told of, by this rule.
  int Told(const std::string& rule) {
    int told = 0;
    for (const std::string& bytes : world_.partitions[0].queue) {
      Finding finding;
      finding.ParseFromString(bytes);
      told += finding.evidence().rule() == rule && finding.kind() == Finding::KIND_RAISE ? 1 : 0;
    }
    return told;
  }
  void SetDeaf(bool deaf) {
    for (const int second : {0, 60})
      watch_.watch().OnGatewaySeen(absl::Minutes(deaf ? 5 : 0), absl::Seconds(second));
  }
  const std::vector<Finding>& operators() const { return watch_.told(); }

 private:
  std::string Heartbeat(int home) const {
    store::v1::Envelope envelope;
    envelope.set_format(1);
    envelope.set_home_id("h" + std::to_string(home));
    envelope.set_source_id("hub-h" + std::to_string(home));
    envelope.mutable_receive_time()->set_seconds(absl::ToUnixSeconds(now_));
    envelope.mutable_watermark()->set_seconds(absl::ToUnixSeconds(now_));
    envelope.mutable_heartbeat();
    return envelope.SerializeAsString();
  }
  void Read() {
    const auto read = world_.Read(0, read_, 10000);
    if (read.empty()) return;
    read_ = read.back().position;
    EXPECT_TRUE(runner_->OnEntries(read, now_).ok()) << runner_->status();
    store_.Deliver();
  }

  metrics::Registry metrics_registry_;
  DetectorMetrics metrics_;
  FakeWorld world_;
  FakePartitionStore store_{world_, "one"};
  Watch watch_;
  std::shared_ptr<const domain::Registry> registry_;
  std::unique_ptr<PartitionRunner> runner_;
  absl::Time now_ = kStart;
  bool behind_ = false;
  Position read_;
};

TEST(MassSilence, IsOneOperatorAlertAndNoHomesSilence) {
  Owner owner(10);
  owner.Live(absl::Minutes(10), 10);
  EXPECT_TRUE(owner.operators().empty());
  owner.Live(absl::Minutes(30), 0);
  ASSERT_EQ(owner.operators().size(), 1U);
  EXPECT_EQ(owner.operators()[0].rule_key(), "MASS_SILENCE");
  owner.Live(absl::Minutes(10), 10);
  EXPECT_EQ(owner.operators().size(), 2U);
  EXPECT_EQ(owner.Told("HUB_OFFLINE"), 0);
}

TEST(MassSilence, WhoDoesNotComeBackFromItIsToldAsSilent) {
  Owner owner(10);
  owner.Live(absl::Minutes(10), 10);
  owner.Live(absl::Minutes(30), 0);
  owner.Live(absl::Minutes(10), 8);
  EXPECT_EQ(owner.operators().size(), 2U);
  EXPECT_EQ(owner.Told("HUB_OFFLINE"), 2);
}

TEST(MassSilence, IsNotEndedNorBegunByAnOwnerThatIsBehind) {
  Owner owner(10);
  owner.Live(absl::Minutes(10), 10);
  owner.FallBehind(absl::Minutes(10), 10);
  owner.Live(absl::Minutes(1), 10);
  EXPECT_TRUE(owner.operators().empty());
  owner.Live(absl::Minutes(10), 0);
  owner.FallBehind(absl::Minutes(2), 0);
  owner.Live(absl::Minutes(10), 0);
  EXPECT_EQ(owner.operators().size(), 1U);
}

TEST(MassSilence, OfAFewIsTheirOwn) {
  Owner owner(10);
  owner.Live(absl::Minutes(10), 10);
  owner.Live(absl::Minutes(10), 6);
  EXPECT_TRUE(owner.operators().empty());
  EXPECT_EQ(owner.Told("HUB_OFFLINE"), 4);
}

TEST(MassSilence, WithoutAGatewayTheOnlyHomeIsNotToldAsSilent) {
  Owner owner(1);
  owner.Live(absl::Minutes(10), 1);
  owner.SetDeaf(true);
  owner.Live(absl::Minutes(30), 0);
  EXPECT_EQ(owner.operators().size(), 1U);
  owner.SetDeaf(false);
  owner.Live(absl::Minutes(10), 1);
  EXPECT_EQ(owner.Told("HUB_OFFLINE"), 0);
}

TEST(MassSilence, OurOwnDowntimeIsNone) {
  Owner owner(10);
  owner.Live(absl::Minutes(10), 10);
  owner.PassWithoutUs(absl::Minutes(30));
  owner.Live(absl::Minutes(2), 0);
  owner.Live(absl::Minutes(10), 10);
  EXPECT_TRUE(owner.operators().empty());
  EXPECT_EQ(owner.Told("HUB_OFFLINE"), 0);
}

}  // namespace
}  // namespace veille::detector
