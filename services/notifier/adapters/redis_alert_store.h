// AlertStore on Redis. Thread safe; one connection, pipelined between the callers.

#ifndef SERVICES_NOTIFIER_ADAPTERS_REDIS_ALERT_STORE_H_
#define SERVICES_NOTIFIER_ADAPTERS_REDIS_ALERT_STORE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/random.h"
#include "common/redis/client.h"
#include "common/redis/endpoint.h"
#include "services/notifier/app/alert_store.h"

namespace veille::notifier {

class RedisAlertStore : public AlertStore {
 public:
  // `on_timer` is told of each timer that is set: partition and time.
  RedisAlertStore(const redis::Endpoint& endpoint, int partitions,
                  std::function<void(int, absl::Time)> on_timer);

  absl::StatusOr<std::optional<store::v1::AlertRecord>> Find(
      const store::v1::Finding& finding) override;
  absl::StatusOr<store::v1::AlertRecord> Get(const std::string& alert_id) override;
  absl::Status Store(const AlertChange& change) override;
  absl::Status Done(const std::string& home_id, const std::string& entry) override;
  absl::Status Deliver(const std::string& caregiver_id, const alert::v1::Update& update) override;
  absl::Status Enqueue(const store::v1::Finding& finding) override;
  // The queue's consumer group; OK also when it was there.
  absl::Status MakeGroup(int partition);
  absl::StatusOr<std::vector<store::v1::AlertRecord>> OpenAlerts(
      const std::string& home_id) override;
  absl::StatusOr<std::vector<store::v1::AlertRecord>> Alerts(const std::string& home_id,
                                                             absl::Time before, int limit) override;
  absl::StatusOr<InboxPosition> Position(const std::string& caregiver_id) override;

  // Moves the due timers of a partition into its queue. Returns when the next is due,
  // InfiniteFuture for none.
  absl::StatusOr<absl::Time> MoveDue(int partition, absl::Time now);

  redis::Client& client() { return *client_; }

 private:
  int PartitionOf(const std::string& alert_id) const;
  absl::StatusOr<std::vector<store::v1::AlertRecord>> Read(int partition,
                                                           const std::vector<std::string>& ids);

  const int partitions_;
  const std::function<void(int, absl::Time)> on_timer_;
  SystemRandom random_;
  const std::unique_ptr<redis::Client> client_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_REDIS_ALERT_STORE_H_
