#include "services/detector/role.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <unistd.h>

#include "services/detector/adapters/redis_log_source.h"
#include "services/detector/adapters/redis_partition_store.h"
#include "services/detector/app/shard.h"
#include "services/detector/app/silence_watch.h"
#include "services/domain/keys.h"

namespace veille::detector {
namespace {

absl::Duration DurationOr(bool has, const google::protobuf::Duration& span, absl::Duration other) {
  return has ? absl::Seconds(span.seconds()) + absl::Nanoseconds(span.nanos()) : other;
}

std::string InstanceId(const DetectorOptions& options) {
  if (!options.instance_id.empty()) return options.instance_id;
  if (!options.config.detector().instance_id().empty())
    return options.config.detector().instance_id();
  char host[256] = {};
  if (gethostname(host, sizeof(host) - 1) != 0) return "detector";
  return std::string(host) + "-detector";
}

RedisPartitionStore::Options StoreOptions(const DetectorOptions& options) {
  const config::v1::Detector& config = options.config.detector();
  RedisPartitionStore::Options store;
  store.endpoint = options.endpoint;
  store.instance_id = InstanceId(options);
  store.lease = DurationOr(config.has_lease(), config.lease(), store.lease);
  store.log_min_age = DurationOr(config.has_log_min_age(), config.log_min_age(), store.log_min_age);
  if (config.log_max_bytes() > 0) store.log_max_bytes = config.log_max_bytes();
  store.clock = options.clock;
  store.vault = options.vault;
  return store;
}

}  // namespace

class Detector::Parts {
 public:
  explicit Parts(const DetectorOptions& options)
      : metrics_(*options.metrics),
        store_(StoreOptions(options)),
        log_(options.endpoint),
        silence_([this, partition = domain::PartitionOf(domain::kOperatorHome, options.partitions)](
                     const auto& finding) {
          store_.TellOperators(partition, finding.SerializeAsString());
        }) {
    const config::v1::Detector& config = options.config.detector();
    const int shards = std::max(1, static_cast<int>(config.shards()));
    for (int i = 0; i < shards; ++i) {
      ShardOptions shard;
      for (int partition = i; partition < options.partitions; partition += shards)
        shard.partitions.push_back(partition);
      shard.registry = options.registry;
      shard.partition_count = options.partitions;
      shard.clock = options.clock;
      shard.tick_interval =
          DurationOr(config.has_tick_interval(), config.tick_interval(), shard.tick_interval);
      shard.commit_interval =
          DurationOr(config.has_commit_interval(), config.commit_interval(), shard.commit_interval);
      shard.lease = DurationOr(config.has_lease(), config.lease(), shard.lease);
      shard.before_judging = options.before_judging;
      shard.silence = &silence_;
      shard.vault = options.vault;
      shard.plan.vital_signs = config.vital_signs();
      shard.count_instances = [this] {
        if (const auto ago = store_.SinceGatewaySeen(); ago.ok())
          silence_.OnGatewaySeen(*ago, MonotonicNow());
        return store_.CountInstances().value_or(1);
      };
      shard.connection_generation = [this] { return store_.connection_generation(); };
      shards_.push_back(std::make_unique<Shard>(std::move(shard), store_, log_, metrics_));
    }
  }
  void Stop() {
    if (shards_.empty()) return;
    shards_.clear();
    store_.Leave();  // The leases are given back: another instance need not wait.
  }

 private:
  DetectorMetrics metrics_;
  RedisPartitionStore store_;
  RedisLogSource log_;
  SilenceWatch silence_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

absl::StatusOr<std::unique_ptr<Detector>> Detector::Start(DetectorOptions options) {
  return std::unique_ptr<Detector>(new Detector(std::make_unique<Parts>(options)));
}

Detector::Detector(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Detector::~Detector() { Stop(); }
void Detector::Stop() { parts_->Stop(); }

}  // namespace veille::detector
