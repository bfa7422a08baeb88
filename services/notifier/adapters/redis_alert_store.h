// AlertStore on Redis. Thread safe; one connection, pipelined between the callers.

#ifndef SERVICES_NOTIFIER_ADAPTERS_REDIS_ALERT_STORE_H_
#define SERVICES_NOTIFIER_ADAPTERS_REDIS_ALERT_STORE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/random.h"
#include "common/redis/client.h"
#include "common/redis/endpoint.h"
#include "common/redis/stream_reader.h"
#include "common/sync/mutex.h"
#include "services/domain/vault/vault.h"
#include "services/notifier/adapters/alert_codec.h"
#include "services/notifier/app/alert_store.h"

namespace veille::notifier {

// How often a caregiver is called for what is below HIGH; what is more is a line to read.
struct QuietBudget {
  uint32_t calls = 0;
  absl::Duration window = absl::ZeroDuration();  // Zero: calls are not counted.
};

class RedisAlertStore : public AlertStore {
 public:
  RedisAlertStore(const redis::Endpoint& endpoint, int partitions, QuietBudget quiet = {},
                  std::shared_ptr<domain::Vault> vault = domain::Vault::InTheClear());

  // Who is told of each timer that is set from now on, when it is due; from any thread, must not
  // block. Null: nobody; whoever was told before is not being told any more when this returns.
  void TellOfTimers(std::function<void(absl::Time)> listener);

  absl::StatusOr<Found> Find(const store::v1::Finding& finding) override;
  absl::StatusOr<store::v1::AlertRecord> Get(const std::string& alert_id) override;
  absl::StatusOr<std::vector<std::string>> Store(const AlertChange& change) override;
  std::vector<absl::StatusOr<store::v1::AlertRecord>> GetAll(
      const std::vector<std::string>& alert_ids) override;
  std::vector<absl::StatusOr<std::vector<std::string>>> StoreAll(
      const std::vector<AlertChange>& changes) override;
  absl::Status Done(const std::string& home_id, const std::string& entry) override;
  void DoneSoon(const std::string& home_id, const std::string& entry) override;
  void SentSoon(const std::string& alert_id, const std::string& entry, uint64_t version,
                absl::Time now) override;
  absl::StatusOr<std::set<std::string>> CountCalls(const std::vector<std::string>& caregiver_ids,
                                                   const std::string& alert_id, uint64_t version,
                                                   absl::Time now) override;
  absl::StatusOr<int> Deliver(const std::vector<std::string>& caregiver_ids,
                              const alert::v1::Update& update, uint64_t told_version) override;
  std::vector<absl::StatusOr<int>> DeliverAll(
      const std::vector<InboxDelivery>& deliveries) override;
  std::vector<absl::Status> RaiseAll(const std::vector<NewAlert>& alerts) override;
  absl::Status Enqueue(const store::v1::Finding& finding) override;
  absl::StatusOr<bool> Lease(const std::string& home_id, const std::string& entry,
                             const store::v1::Job& job, absl::Time due) override;
  absl::Status ReplaceTimer(const std::string& home_id, const store::v1::Job& waiting,
                            const store::v1::Job* next, absl::Time due) override;
  absl::StatusOr<bool> IsGone(const std::string& caregiver_id, const std::string& address) override;
  absl::Status SetGone(const std::string& caregiver_id, const std::string& address) override;
  void NoteAddressSoon(const std::string& caregiver_id, const std::string& address,
                       bool works) override;
  absl::StatusOr<std::vector<store::v1::AlertRecord>> OpenAlerts(
      const std::string& home_id) override;
  absl::StatusOr<std::vector<store::v1::AlertRecord>> Alerts(
      const std::string& home_id, const std::optional<ListPosition>& position, int limit) override;
  absl::StatusOr<store::v1::CircleState> GetCircle(const std::string& home_id) override;
  absl::Status PutCircle(const std::string& home_id, uint64_t before,
                         const store::v1::CircleState& state) override;
  absl::StatusOr<InboxPosition> Position(const std::string& caregiver_id,
                                         uint64_t sequence) override;
  absl::StatusOr<std::vector<InboxEntry>> Inbox(const std::string& caregiver_id, uint64_t sequence,
                                                int limit) override;
  absl::Status Renew(const std::string& caregiver_id, const std::string& incarnation) override;

  // The queue's consumer group; OK also when it was there.
  absl::Status MakeGroup(int partition);
  // When the next timer of each partition is due, InfiniteFuture for none: one round trip for all,
  // since almost always nothing is due.
  absl::StatusOr<std::vector<absl::Time>> NextTimers();
  // Moves the due timers of these partitions into their queues, all in one round trip. Returns when
  // the next of theirs is due, InfiniteFuture for none.
  absl::StatusOr<absl::Time> MoveDue(const std::vector<int>& partitions, absl::Time now);

  // How what stands in Redis is read, queue entries among it.
  const AlertCodec& codec() const { return codec_; }
  // A queue entry is done with.
  absl::Status Drop(int partition, const std::string& entry);

  // Counts an attempt at a queue entry (1), takes one back (-1), forgets them (0); how many so far.
  absl::StatusOr<int64_t> CountAttempt(int partition, const std::string& entry, int by);
  // Moves a queue entry, with its fields, to the dead letters; once. False when it was gone.
  absl::StatusOr<bool> Bury(int partition, const std::string& entry,
                            const std::vector<std::string>& fields);

  redis::Client& client() { return *client_; }

 private:
  class Answers;
  int PartitionOf(const std::string& alert_id) const;
  absl::StatusOr<std::vector<std::string>> RaiseArgs(const NewAlert& alert);
  absl::Status Raised(const NewAlert& alert, const absl::StatusOr<redis::Reply>& reply);
  absl::StatusOr<std::vector<std::string>> UpdateArgs(const AlertChange& change);
  absl::StatusOr<std::vector<std::string>> Stored(const AlertChange& change,
                                                  const absl::StatusOr<redis::Reply>& reply);
  // `done` takes the fault of the arguments, or what the script answers.
  void EvalOr(const char* script, absl::StatusOr<std::vector<std::string>> args,
              redis::Client::Callback done);
  std::shared_ptr<Answers> StartDeliver(const std::vector<std::string>& caregiver_ids,
                                        const alert::v1::Update& update, uint64_t told_version);
  void TimerSet(absl::Time due);

  const int partitions_;
  const QuietBudget quiet_;
  const std::shared_ptr<domain::Vault> vault_;
  const AlertCodec codec_;
  // Homes and caregivers lie in different slots of a cluster: nothing changes in both at once.
  std::atomic<bool> is_cluster_{false};
  SystemRandom random_;
  const std::unique_ptr<redis::Client> client_;

  Mutex mu_;
  std::function<void(absl::Time)> listener_ ABSL_GUARDED_BY(mu_);
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_ADAPTERS_REDIS_ALERT_STORE_H_
