// The detector as it runs, on a real Redis: through restarts of either each finding is queued once;
// instances share the partitions, and one takes over what another leaves.

#include <algorithm>
#include <map>
#include <set>

#include "gtest/gtest.h"

#include "veille/store/v1/finding.pb.h"

#include "common/base/random.h"
#include "services/detector/role.h"
#include "services/domain/keys.h"
#include "tests/support/redis_server.h"
#include "tests/unit/detector/app/night.h"

namespace veille::detector {
namespace {

using store::v1::Finding;

constexpr int kPartitions = 4;

const Night& TheNight() {
  static const Night night = MakeNight(11, 6, absl::Minutes(30));
  return night;
}

// An instance with metrics of its own.
struct Instance {
  Instance(const redis::Endpoint& endpoint, const std::string& id) {
    DetectorOptions options;
    options.config.mutable_detector()->mutable_commit_interval()->set_nanos(200'000'000);
    // Ticks are in the log already.
    options.config.mutable_detector()->mutable_tick_interval()->set_seconds(100'000);
    options.endpoint = endpoint;
    options.partitions = kPartitions;
    options.instance_id = id;
    options.registry = TheNight().registry;
    options.clock = std::make_shared<VirtualClock>(absl::FromUnixSeconds(1'800'000'000));
    options.metrics = &metrics;
    detector = *Detector::Start(std::move(options));
  }
  double Owned() { return metrics.NewGauge("veille_detector_partitions", "").value(); }

  metrics::Registry metrics;
  std::unique_ptr<Detector> detector;
};

class Deployment {
 public:
  redis::Client& client() { return redis_.client(); }
  testing::RedisServer& redis() { return redis_; }

  // Appends entries [from, to) as the gateway does: each home's to its partition, ticks to all.
  void Append(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < std::min(to, TheNight().entries.size()); ++i) {
      std::map<int, std::vector<std::string>> by_partition;
      for (const std::string& bytes : TheNight().entries[i].envelopes) {
        const std::string home = ParseEnvelope(bytes).home_id();
        for (int p = 0; p < kPartitions; ++p)
          if (home.empty() || p == domain::PartitionOf(home, kPartitions))
            by_partition[p].push_back(bytes);
      }
      for (const auto& [partition, envelopes] : by_partition) {
        std::vector<std::string> args = {"XADD", domain::LogKey(partition), "*"};
        for (const std::string& bytes : envelopes) {
          args.emplace_back("e");
          args.push_back(bytes);
        }
        ASSERT_TRUE(client().CommandSync(args).ok());
      }
    }
  }
  // Finding ids by home, in order; `log_position` differs from run to run and is left out.
  std::map<std::string, std::vector<std::string>> Told() {
    std::map<std::string, std::vector<std::string>> told;
    for (int p = 0; p < kPartitions; ++p) {
      const auto reply = client().CommandSync({"XRANGE", domain::QueueKey(p), "-", "+"});
      if (!reply.ok()) continue;
      for (std::size_t i = 0; i < reply->size(); ++i) {
        Finding finding;
        EXPECT_TRUE(finding.ParseFromString(std::string((*reply)[i][1][1].str())));
        finding.clear_log_position();
        told[finding.home_id()].push_back(finding.SerializeAsString());
      }
    }
    return told;
  }
  // Whether the progress of every partition with homes has reached the end of its log.
  bool CaughtUp() {
    for (int p = 0; p < kPartitions; ++p) {
      const auto last =
          client().CommandSync({"XREVRANGE", domain::LogKey(p), "+", "-", "COUNT", "1"});
      const auto progress = client().CommandSync({"GET", domain::ProgressKey(p)});
      if (!last.ok() || !progress.ok() || progress->IsNil() || last->size() == 0) return false;
      if (std::string(progress->str()).find(std::string((*last)[0][0].str()) + "/") ==
          std::string::npos)
        return false;
    }
    return true;
  }

 private:
  testing::RedisServer redis_;
};

template <typename Condition>
bool Eventually(Condition condition) {
  for (int i = 0; i < 600; ++i) {
    if (condition()) return true;
    SleepReally(absl::Milliseconds(50));
  }
  return false;
}

std::map<std::string, std::vector<std::string>> Undisturbed() {
  static const auto told = [] {
    Deployment deployment;
    deployment.Append(0, ~std::size_t{0});
    Instance instance(deployment.redis().endpoint(), "one");
    EXPECT_TRUE(Eventually([&] { return deployment.CaughtUp(); }));
    return deployment.Told();
  }();
  return told;
}

TEST(DetectorRole, QueuesEachFindingOnceThroughRestartsOfItselfAndOfRedis) {
  ASSERT_EQ(Undisturbed().size(), TheNight().registry->homes().size());
  Deployment deployment;
  SeededRandom random(3);
  auto instance = std::make_unique<Instance>(deployment.redis().endpoint(), "one");
  const std::size_t step = TheNight().entries.size() / 12 + 1;
  for (std::size_t at = 0; at < TheNight().entries.size(); at += step) {
    deployment.Append(at, at + step);
    if (random.Below(2) == 0) SleepReally(absl::Milliseconds(random.Below(400)));
    if (at / step % 4 == 2) {
      deployment.redis().Kill();
      deployment.redis().Restart();
      EXPECT_TRUE(Eventually([&] { return deployment.client().CommandSync({"PING"}).ok(); }));
    } else if (at / step % 4 == 3) {
      instance.reset();
      instance = std::make_unique<Instance>(deployment.redis().endpoint(), "one");
    }
  }
  ASSERT_TRUE(Eventually([&] { return deployment.CaughtUp(); }));
  EXPECT_EQ(deployment.Told(), Undisturbed());
}

TEST(DetectorRole, InstancesShareThePartitionsAndTakeOverWhatOneLeaves) {
  Deployment deployment;
  auto one = std::make_unique<Instance>(deployment.redis().endpoint(), "one");
  ASSERT_TRUE(Eventually([&] { return one->Owned() == kPartitions; }));
  auto two = std::make_unique<Instance>(deployment.redis().endpoint(), "two");
  ASSERT_TRUE(Eventually([&] { return one->Owned() == 2 && two->Owned() == 2; }));
  deployment.Append(0, ~std::size_t{0});
  one.reset();  // It says goodbye; the other has them all, soon after it stops counting it.
  ASSERT_TRUE(Eventually([&] { return two->Owned() == kPartitions; }));
  ASSERT_TRUE(Eventually([&] { return deployment.CaughtUp(); }));
  EXPECT_EQ(deployment.Told(), Undisturbed());
}

TEST(DetectorRole, StopsInTimeWhenRedisIsGone) {
  Deployment deployment;
  auto instance = std::make_unique<Instance>(deployment.redis().endpoint(), "one");
  ASSERT_TRUE(Eventually([&] { return instance->Owned() == kPartitions; }));
  deployment.Append(0, 50);
  deployment.redis().Kill();
  const absl::Duration began = MonotonicNow();
  instance.reset();
  EXPECT_LT(MonotonicNow() - began, absl::Seconds(60));
}

}  // namespace
}  // namespace veille::detector
