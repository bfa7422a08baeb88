// Behaviour told as a story: at 0 s a fall; between 0 and 1 s the first caregiver is told, nobody
// else; at 61 s the second; the second takes it; nothing more, ever. Exactly these messages and no
// others.
//
//   InEveryWorld([](Scenario& s) {
//     s.At(0).Fall();
//     s.Expect(0, 1, {"anne"});
//     s.Expect(59, 61, {"marc"});
//     s.Take("marc", 70);
//     s.Expect(70, 71, {"anne~", "marc~"});
//     s.Nothing();
//   });
//
// The real desk on a store in memory and a clock that the story moves; seconds from noon of
// Thursday 15 January 2026 in Paris. The person is martin; the circle anne (family), marc
// (neighbour) and claire (professional), told one after another a minute apart; operators:
// operator. Devices give receipts at once, unless they are offline.
//
// "anne" is called; "anne~" hears of a change; "anne=" gets a line to read; "operator:RULE".

#ifndef TESTS_UNIT_NOTIFIER_SCENARIO_H_
#define TESTS_UNIT_NOTIFIER_SCENARIO_H_

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/metrics/metrics.h"
#include "common/time/clock.h"
#include "services/notifier/app/alert_desk.h"
#include "services/notifier/app/upkeep.h"
#include "tests/unit/notifier/fake_alert_store.h"

namespace veille::notifier {

using Told = std::vector<std::string>;

// What notifiers that go round share.
struct UpkeepWorld {
  std::string holder;
  store::v1::UpkeepState told;
  // Partitions by when their owner died; InfiniteFuture while it lives.
  std::vector<absl::Time> owners;
  std::set<std::string> unseen;  // Caregivers none of whose devices has watched for a day.
  FakeAlertStore* alerts = nullptr;
};

// Of one of them.
class FakeUpkeepStore : public UpkeepStore {
 public:
  FakeUpkeepStore(std::string name, const Clock& clock, UpkeepWorld& world)
      : name_(std::move(name)), clock_(clock), world_(world) {}
  absl::StatusOr<bool> Hold(absl::Duration real) override;
  absl::StatusOr<store::v1::UpkeepState> LoadUpkeep() override { return world_.told; }
  absl::Status SaveUpkeep(const store::v1::UpkeepState& state) override;
  absl::StatusOr<Owners> PartitionOwners() override;
  absl::StatusOr<Reach> ReachOf(const std::string& caregiver_id) override;
  absl::StatusOr<Backlog> CountBacklog() override { return Backlog{}; }

 private:
  const std::string name_;
  const Clock& clock_;
  UpkeepWorld& world_;
};

enum class WorldKind {
  kPlain,
  kRestarts,  // The notifier dies between every store and its telling.
  kReplicas,  // Two notifiers, each of which gets every job and every finding.
};

class Scenario {
 public:
  explicit Scenario(WorldKind kind);

  // Before the first event.
  care::v1::Circle& circle();
  care::v1::EscalationStep& step(int number) { return *circle().mutable_steps(number - 1); }
  Scenario& BeginAt(const std::string& local);  // "2026-03-29 01:30", Paris; default noon.
  Scenario& Offline(const std::string& caregiver);
  Scenario& QuietAfter(int calls);  // Below HIGH, in ten minutes.
  // The caregiver has a webhook, too; its provider takes everything at once, or nothing ever.
  enum class Provider { kTakes, kDoesNotAnswer };
  Scenario& Webhook(const std::string& caregiver, Provider provider);

  // The notifier goes round every ten seconds. A synthetic patient calls each day ("12:10", Paris)
  // and is missed after ten minutes.
  Scenario& GoesRound();
  Scenario& ExerciseDaily(const std::string& at);
  // So many partitions, each with an owner.
  Scenario& Partitions(std::size_t count);

  // Time passes.
  Scenario& At(int second);

  // What the detector finds at this second.
  Scenario& Fall(const std::string& occasion = "1");
  Scenario& Sos(const std::string& occasion = "1");
  Scenario& Night(const std::string& occasion = "1");    // HIGH, does not latch.
  Scenario& Door(const std::string& occasion = "1");     // MEDIUM.
  Scenario& Battery(const std::string& occasion = "1");  // TECHNICAL.
  Scenario& Raise(const std::string& rule, alert::v1::Severity severity);
  Scenario& PowerCut(const std::string& home);
  Scenario& PowerBack(const std::string& home);
  // The owner of a partition renews its lease no more, or another does.
  Scenario& OwnerDies(std::size_t partition);
  Scenario& OwnerIsBack(std::size_t partition);
  // No device of the caregiver has watched for a day; one does again.
  Scenario& Vanishes(const std::string& caregiver);
  Scenario& IsBack(const std::string& caregiver);
  // The provider of the caregiver's webhook refuses it for good.
  Scenario& WebhookIsRefused(const std::string& caregiver);
  // Another notifier begins to go round, and knows what was told.
  Scenario& RoundsBeginAnew();
  // The synthetic patient calls; its client takes the call and closes it.
  Scenario& Drill();
  Scenario& Worse(const std::string& rule, const std::string& occasion = "1");
  Scenario& Over(const std::string& rule, const std::string& occasion = "1");
  store::v1::Finding Make(const std::string& rule, const std::string& occasion,
                          store::v1::Finding::Kind kind, alert::v1::Severity severity) const;
  Scenario& Find(const store::v1::Finding& finding);

  // What people do, about the newest alert.
  Scenario& Take(const std::string& who, int second);
  Scenario& OperatorTakes(int second);  // The operators' newest.
  Scenario& Close(const std::string& who, int second,
                  alert::v1::Outcome outcome = alert::v1::OUTCOME_REAL);
  Scenario& Receipt(const std::string& who, int second);
  absl::Status TakeDuty(const std::string& who, int second, int until);
  absl::Status TakeDuty(const std::string& who, int second, const std::string& window);
  absl::Status HandOver(const std::string& who, const std::string& to, int second);
  std::string OnDuty(int second);  // "anne marc"
  absl::Status Snooze(const std::string& who, int second, int seconds,
                      const std::string& rule = "");
  absl::Status CancelSnooze(const std::string& who, int second);

  // By the end of second `to` exactly these messages have come, none of them before `from`.
  void Expect(int from, int to, Told told);
  // Nothing for six days, and nobody is called for a year.
  void Nothing();

  const alert::v1::Alert& alert() const { return store_.Newest("h")->alert(); }
  alert::v1::DeliveryState StateOf(const std::string& caregiver) const;
  // Channels of the newest alert's deliveries to the caregiver.
  Told Recorded(const std::string& caregiver) const;
  // Whose webhook's provider was given something, once for each.
  const Told& sent() const { return sent_; }

 private:
  struct Message {
    absl::Time time;
    std::string to;
  };
  store::v1::Finding MakePowerCut(const std::string& home, store::v1::Finding::Kind kind) const;
  AlertDesk& desk();
  absl::Time TimeAt(int second) const { return begin_ + absl::Seconds(second); }
  void PassTo(absl::Time to);
  void GoRound();
  void RunQueue();
  void RunEntry(int id, const FakeAlertStore::Entry& entry);
  void GiveReceipts();
  void Act(const std::function<void(AlertDesk&)>& act);
  void OnDeliver(const std::string& caregiver, const alert::v1::Update& update);
  absl::Status Send(const store::v1::Job& job, const std::string& entry);

  const WorldKind kind_;
  care::v1::Home home_;
  absl::Time begin_;
  std::shared_ptr<VirtualClock> clock_;
  metrics::Registry metrics_;
  FakeAlertStore store_;
  domain::LiveRegistry registry_;
  std::vector<std::unique_ptr<AlertDesk>> desks_;
  std::optional<domain::ExerciseSchedule> exercise_;
  absl::Time next_round_ = absl::InfiniteFuture();
  UpkeepWorld upkeep_world_;
  std::vector<std::unique_ptr<FakeUpkeepStore>> upkeep_stores_;
  std::vector<std::unique_ptr<Upkeep>> upkeeps_;
  std::size_t turn_ = 0;
  std::set<std::string> offline_;
  std::set<std::string> taken_;  // Caregivers whose provider takes what is sent.
  std::vector<std::pair<std::string, alert::v1::Receipt>> receipts_;
  std::vector<Message> messages_;
  Told sent_;
  std::string snooze_id_;
};

// The same story where everything goes well, where the notifier is killed again and again, and
// where there are two of them.
void InEveryWorld(const std::function<void(Scenario&)>& story);

}  // namespace veille::notifier

#endif  // TESTS_UNIT_NOTIFIER_SCENARIO_H_
