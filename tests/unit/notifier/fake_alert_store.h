// An AlertStore in memory, with the promises of the real one: one version after another, each
// telling into an inbox once, queue entries that stay until they are done with. What it is asked to
// lose it loses as a killed notifier does. For one thread.

#ifndef TESTS_UNIT_NOTIFIER_FAKE_ALERT_STORE_H_
#define TESTS_UNIT_NOTIFIER_FAKE_ALERT_STORE_H_

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/notifier/app/alert_store.h"

namespace veille::notifier {

class FakeAlertStore : public AlertStore {
 public:
  struct Entry {
    std::optional<store::v1::Finding> finding;
    std::optional<store::v1::Job> job;
  };
  // Whoever is told, once each.
  std::function<void(const std::string& caregiver, const alert::v1::Update&)> on_deliver;
  // The notifier dies before it tells: everything else goes through.
  bool dies_before_telling = false;
  // So many calls below HIGH for each caregiver within ten minutes.
  int quiet_calls = 1000;

  std::map<int, Entry>& queue() { return queue_; }
  // "<caregiver>/<digest>"
  const std::set<std::string>& failed() const { return failed_; }
  int Queue(Entry entry);
  // When the next timer is due; moves those that are due by `now`.
  absl::Time NextTimer() const;
  void MoveDue(absl::Time now);
  const store::v1::AlertRecord* Newest(const std::string& home_id) const;

  absl::StatusOr<Found> Find(const store::v1::Finding& finding) override;
  absl::StatusOr<store::v1::AlertRecord> Get(const std::string& alert_id) override;
  absl::StatusOr<std::vector<std::string>> Store(const AlertChange& change) override;
  absl::Status Done(const std::string& home_id, const std::string& entry) override;
  void DoneSoon(const std::string& home_id, const std::string& entry) override;
  void SentSoon(const std::string& alert_id, const std::string& entry, uint64_t version,
                absl::Time now) override;
  absl::StatusOr<std::set<std::string>> CountCalls(const std::vector<std::string>& caregiver_ids,
                                                   const std::string& alert_id, uint64_t version,
                                                   absl::Time now) override;
  absl::StatusOr<int> Deliver(const std::vector<std::string>& caregiver_ids,
                              const alert::v1::Update& update, uint64_t told_version) override;
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
  absl::Status Renew(const std::string& caregiver_id, const std::string& incarnation) override;

 private:
  std::map<std::string, store::v1::AlertRecord> alerts_;
  std::vector<std::string> order_;  // Alert ids as they were made.
  std::map<std::string, std::string> open_;
  std::map<std::string, absl::Time> timers_;  // By the serialized job.
  std::map<int, Entry> queue_;
  int last_entry_ = 0;
  std::map<std::string, std::pair<uint64_t, uint64_t>> shown_told_;
  std::map<std::string, store::v1::CircleState> circles_;
  std::set<std::string> gone_;
  std::set<std::string> failed_;
  std::map<std::string, std::pair<absl::Time, int>> calls_;  // Since when, how many.
  // By caregiver and alert: the version that was counted last, and whether it was too much.
  std::map<std::string, std::pair<uint64_t, bool>> counted_;
};

}  // namespace veille::notifier

#endif  // TESTS_UNIT_NOTIFIER_FAKE_ALERT_STORE_H_
