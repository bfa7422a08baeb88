// PartitionStore on Redis. Thread safe; one connection.

#ifndef SERVICES_DETECTOR_ADAPTERS_REDIS_PARTITION_STORE_H_
#define SERVICES_DETECTOR_ADAPTERS_REDIS_PARTITION_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "common/redis/client.h"
#include "common/redis/endpoint.h"
#include "common/time/clock.h"
#include "services/detector/app/partition_store.h"
#include "services/domain/vault/vault.h"

namespace veille::detector {

class RedisPartitionStore : public PartitionStore {
 public:
  struct Options {
    redis::Endpoint endpoint;
    std::string instance_id;
    absl::Duration lease = absl::Seconds(5);
    absl::Duration log_min_age = absl::Hours(2);
    uint64_t log_max_bytes = 64 << 20;
    absl::Duration command_timeout = absl::Seconds(5);
    std::shared_ptr<const Clock> clock;
    std::shared_ptr<domain::Vault> vault = domain::Vault::InTheClear();
  };
  explicit RedisPartitionStore(Options options);

  absl::StatusOr<Lease> Acquire(int partition) override;
  absl::StatusOr<StoredPartition> Load(int partition) override;
  absl::Status MarkTakeover(int partition, const std::string& from, int takeovers) override;
  absl::Status MarkInflight(int partition, const std::string& position) override;
  absl::Status Quarantine(int partition, const std::string& content) override;
  void Release(int partition, uint64_t epoch) override;
  void Commit(int partition, uint64_t epoch, std::vector<HomeCommit> homes,
              const Position* progress, Done done) override;
  void AppendOwned(int partition, uint64_t epoch, int64_t tick_ms,
                   std::vector<std::string> envelopes, Done done) override;
  void Renew(int partition, uint64_t epoch, Done done) override;
  void Trim(int partition, const Position& position) override;

  // A finding about the service itself, serialized, into the operators' partition. Not waited for.
  void TellOperators(int partition, std::string finding);
  // Is not counted any more; then as Flush().
  void Leave();
  // Waits, for a second at most, until what was given before is answered.
  void Flush();
  // How many detectors have shown themselves within 10 s, this one included; at least 1.
  absl::StatusOr<int> CountInstances();
  // Since a gateway last showed itself; zero when none ever did.
  absl::StatusOr<absl::Duration> SinceGatewaySeen();
  // Grows when the connection was made anew: owners reload.
  uint64_t connection_generation() const { return client_->connection_generation(); }

 private:
  // Puts a stored value in the clear; what is damaged stays as it is.
  absl::Status Open(int partition, const std::string& home_id, char field, StoredHome& home,
                    std::string& value) const;
  absl::Status Seal(int partition, HomeCommit& home) const;

  const Options options_;
  const std::unique_ptr<redis::Client> client_;
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_ADAPTERS_REDIS_PARTITION_STORE_H_
