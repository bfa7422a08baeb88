// Follows the registry of homes in Redis: what the care role changes is in force here at once.
//
// Each partition has a stream of its changes. An entry says which home has changed; the home itself
// is then read, so that only one place holds it. Entries are numbered without gaps: a number that
// is missing (the stream was trimmed while we were away) has the whole partition read anew, and so
// has every new connection, which may be to a Redis that was restored. A home that cannot be read
// or used stays as it was before, and is named in the log.
//
// Thread safe; a thread of its own reads and replaces.

#ifndef SERVICES_DOMAIN_REGISTRY_FOLLOWER_H_
#define SERVICES_DOMAIN_REGISTRY_FOLLOWER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "common/metrics/metrics.h"
#include "common/redis/endpoint.h"
#include "common/redis/pipelined_client.h"
#include "common/redis/stream_reader.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "services/domain/live_registry.h"
#include "services/domain/vault/vault.h"

namespace veille::domain {

class RegistryFollower {
 public:
  struct Options {
    redis::Endpoint endpoint;
    int partitions = 0;
    LiveRegistry registry;
    // Opens what is stored of homes.
    std::shared_ptr<Vault> vault = Vault::InTheClear();
    // Homes that the registry does not hold.
    std::vector<care::v1::Home> more{};
  };
  // Every home is in force when it returns. UNAVAILABLE when Redis cannot be read.
  static absl::StatusOr<std::unique_ptr<RegistryFollower>> Start(Options options,
                                                                 metrics::Registry& metrics);
  ~RegistryFollower();

 private:
  // What is to be read of a partition.
  struct Wanted {
    bool everything = false;
    bool stalled = false;  // The stream could not be read: it is to be subscribed to again.
    std::set<std::string> homes;
  };

  RegistryFollower(Options options, metrics::Registry& metrics);
  void Subscribe(int partition, uint64_t after);
  void OnBatch(int partition, absl::StatusOr<redis::StreamBatch> batch);
  void Run();
  void Want(int partition, const Wanted& wanted) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Reads what is wanted; what could not be read stays there. True when a home is another.
  absl::StatusOr<bool> Read(std::map<int, Wanted>& wanted);
  absl::StatusOr<bool> ReadEverything(int partition, bool stalled);
  absl::StatusOr<bool> ReadHomes(int partition, const std::set<std::string>& ids);
  // True when it is another than before. Empty bytes, or a key that was destroyed: there is no such
  // home any more. A fault when it cannot be told now.
  absl::StatusOr<bool> Take(const std::string& home_id, std::string_view bytes);
  void Publish();

  const Options options_;
  metrics::Counter& changes_;
  metrics::Counter& reloads_;
  metrics::Counter& unusable_;
  metrics::Gauge& count_;

  Mutex mu_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::map<int, Wanted> wanted_ ABSL_GUARDED_BY(mu_);
  // The last change of each partition that was seen.
  std::map<int, uint64_t> positions_ ABSL_GUARDED_BY(mu_);

  // The thread's only, once it runs.
  std::map<std::string, std::shared_ptr<const care::v1::Home>> homes_;
  std::map<int, std::set<std::string>> homes_of_;

  std::unique_ptr<redis::PipelinedClient> client_;
  std::unique_ptr<redis::StreamReader> reader_;
  Worker thread_;
};

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_REGISTRY_FOLLOWER_H_
