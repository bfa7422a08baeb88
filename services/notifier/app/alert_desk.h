// The use cases: what findings, due steps and people do to alerts. Retries when somebody else was
// faster.
//
// What is stored is told at once. The jobs that were stored with it are the guarantee: a desk that
// dies between the two leaves them in the queue, and each person is told each version once.
//
// Blocks on the store; thread safe.

#ifndef SERVICES_NOTIFIER_APP_ALERT_DESK_H_
#define SERVICES_NOTIFIER_APP_ALERT_DESK_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "common/metrics/metrics.h"
#include "common/time/clock.h"
#include "services/domain/access/open_glass.h"
#include "services/domain/live_registry.h"
#include "services/notifier/app/alert_store.h"
#include "services/notifier/app/audit_trail.h"
#include "services/notifier/app/circle_desk.h"
#include "services/notifier/app/latencies.h"
#include "services/notifier/core/alert_life.h"
#include "services/notifier/core/answers.h"
#include "services/notifier/core/channels.h"

namespace veille::notifier {

struct DeskOptions {
  domain::LiveRegistry registry;
  std::shared_ptr<const Clock> clock;
  std::vector<std::string> operator_ids;
  std::vector<care::v1::Member> operators;  // Of them, those who have more than the stream.
  absl::Duration default_step_delay = absl::Seconds(60);
  // Real time: how long an emergency waits until it has reached somebody. That is a matter of
  // networks.
  absl::Duration receipt_within = absl::Seconds(30);
  ChannelTimes channel_times;
  // Sends what other channels than the stream carry: the courier's. Null: nothing is sent.
  std::function<absl::Status(const store::v1::Job& job, const std::string& entry)> send;
  // Who looked at what, and who did what. Outlives the desk's callers. Null: nothing is recorded.
  AuditTrail* audit = nullptr;
  // Whether somebody outside the circle may see that person in an emergency. Null: nobody may.
  std::function<bool(const std::string& caregiver_id, const std::string& patient_id)> has_broken;
  // All who may, and whom. Null: nobody may.
  std::function<std::vector<domain::OpenGlass>()> open_glasses;
};

struct ListQuery {
  std::string patient_id;  // Empty: everybody the caregiver cares for.
  bool open_only = false;
  std::optional<ListPosition> position;  // From the page before.
  int limit = 50;
};
struct AlertPage {
  std::vector<alert::v1::Alert> alerts;  // Newest first.
  std::optional<ListPosition> next;      // Nothing on the last page.
};

// A finding out of the queue, with its entry there.
struct QueuedFinding {
  store::v1::Finding finding;
  std::string entry;
};

// An alert as it is shown to somebody, who may have answered it with this request before.
struct Shown {
  alert::v1::Alert alert;
  bool carried_out = false;
};

// What a caregiver's device says that it has.
struct DeviceReceipt {
  std::string caregiver_id;
  alert::v1::Receipt receipt;
};

class AlertDesk {
 public:
  AlertDesk(DeskOptions options, AlertStore& store, metrics::Registry& metrics);

  // Work out of the queue; OK when the entry is done with.
  absl::Status OnFinding(const store::v1::Finding& finding, const std::string& entry);
  absl::Status OnJob(const store::v1::Job& job, const std::string& entry);
  // Findings of different homes, in the order of the queue; each as if it came alone. Emergencies
  // that are new, and that is nearly all of them when there are many, take three round trips
  // together.
  std::vector<absl::Status> OnFindings(const std::vector<QueuedFinding>& findings);

  // What people ask. NOT_FOUND for alerts that the caregiver may not see. What is shown is in the
  // audit log before: UNAVAILABLE when that cannot be.
  absl::StatusOr<alert::v1::Alert> Get(const std::string& alert_id, const std::string& caregiver_id,
                                       const std::string& client = "");
  absl::StatusOr<Shown> Show(const std::string& alert_id, const Actor& actor);
  absl::StatusOr<alert::v1::Alert> Acknowledge(const std::string& alert_id, const Actor& actor);
  absl::StatusOr<alert::v1::Alert> Resolve(const std::string& alert_id, const Actor& actor,
                                           alert::v1::Outcome outcome, const std::string& note);
  absl::Status Receipt(const std::string& caregiver_id, const alert::v1::Receipt& receipt) {
    return Receipts({{caregiver_id, receipt}}).front();
  }
  // What became of each: NOT_FOUND for alerts that the caregiver may not see.
  std::vector<absl::Status> Receipts(const std::vector<DeviceReceipt>& receipts);
  absl::StatusOr<AlertPage> List(const std::string& caregiver_id, const ListQuery& query);
  // The open alerts of everybody the caregiver cares for, and of those whom the caregiver sees in
  // an emergency, oldest first.
  absl::StatusOr<std::vector<alert::v1::Alert>> Snapshot(const std::string& caregiver_id,
                                                         const std::string& client = "");
  // Whom each may see in an emergency now, by caregiver.
  std::map<std::string, std::set<std::string>> OpenGlasses() const;
  // A change of an alert is about to be shown live. NOT_FOUND when it was put into the caregiver's
  // stream for an emergency that is over; recorded where one goes on.
  absl::Status BeforeUpdate(const std::string& caregiver_id, const alert::v1::Update& update);
  // How the caregiver stands in the circle of whom the alert is about; an id alone when in none.
  care::v1::Member MemberOf(const alert::v1::Alert& alert, const std::string& caregiver_id) const;
  // NOT_FOUND for somebody who is in no circle, is no operator, and sees nobody in an emergency.
  absl::Status Admit(const std::string& caregiver_id) const;

  // Duty and snoozes.
  CircleDesk& circles() { return circles_; }
  // Whoever is on duty now hears of what was told to whoever was before, and that nobody has taken.
  absl::Status OnDutyChanged(const std::string& home_id, const std::string& patient_id);

 private:
  // Two replicas and a person change one alert at once: each wins within a few rounds.
  static constexpr int kMaxRounds = 50;

  using Change = std::function<absl::StatusOr<Decision>(store::v1::AlertRecord&)>;
  // Reads, decides, stores, tells; again when somebody else was faster.
  absl::StatusOr<store::v1::AlertRecord> Update(const std::string& alert_id, const Change& change,
                                                const std::string& entry);
  // Stores what was decided, with the queue entry that is done with by it, and tells it.
  absl::Status Commit(const store::v1::AlertRecord* before, store::v1::AlertRecord& after,
                      Decision decision, const std::string& entry);
  // What Commit() does before it stores, and after.
  absl::StatusOr<AlertChange> Prepare(const store::v1::AlertRecord* before,
                                      store::v1::AlertRecord& after, Decision decision,
                                      const std::string& entry);
  void Stored(const AlertChange& change);
  void Told(const AlertChange& change, std::size_t tell, const std::vector<std::string>& jobs,
            const absl::StatusOr<int>& reached);
  absl::Status TellOperators(const Decision& decision, const store::v1::AlertRecord& record);
  // What was told of it, or put where it can be read, by `reached` people.
  void Count(int reached, const store::v1::Tell& tell, const store::v1::AlertRecord& record);
  // Marks those who were called too often.
  absl::Status Quieten(const store::v1::AlertRecord& record, store::v1::Tell& tell);
  // Into the streams of whom it is for; how many were reached.
  absl::StatusOr<int> Put(const store::v1::Tell& tell, const store::v1::AlertRecord& record);
  absl::Status Deliver(const store::v1::Tell& tell, const store::v1::AlertRecord& record);
  absl::Status Escalate(const store::v1::Job& job, const std::string& entry);
  absl::Status Tell(const store::v1::Job& job, const std::string& entry);
  absl::Status Take(const store::v1::Finding& finding, const std::string& entry);
  // The alert that an emergency makes when it is new; nothing when it must be looked at closer.
  std::optional<store::v1::AlertRecord> RaiseNew(const store::v1::Finding& finding,
                                                 Decision& decision);
  // Stores and tells in one step what one person is told first; the places of the others.
  std::vector<std::size_t> RaiseTogether(const std::vector<AlertChange>& changes,
                                         std::vector<absl::Status>& results);
  // Stores, then tells, these of the changes.
  void StoreTogether(const std::vector<AlertChange>& changes,
                     const std::vector<std::size_t>& wanted, std::vector<absl::Status>& results);
  // Applies the receipts of one round to what is stored; the places of those that must go again.
  std::vector<std::size_t> ReceiptRound(const std::vector<DeviceReceipt>& receipts,
                                        const std::vector<std::size_t>& wanted,
                                        std::vector<absl::Status>& results);
  Audience AudienceOf(const store::v1::Finding& finding) const;
  // Now, with who is on duty and who is snoozing where that may matter: to an alert of this
  // severity or a chain with these steps.
  template <typename Steps>
  absl::StatusOr<Moment> MomentFor(const alert::v1::Alert& alert, alert::v1::Severity severity,
                                   const Steps& steps);
  bool IsOperator(const std::string& caregiver_id) const;
  bool HasBroken(const std::string& caregiver_id, const std::string& patient_id) const {
    return options_.has_broken && !patient_id.empty() &&
           options_.has_broken(caregiver_id, patient_id);
  }
  bool MaySee(const alert::v1::Alert& alert, const std::string& caregiver_id) const;
  // Without an emergency.
  bool CaresFor(const alert::v1::Alert& alert, const std::string& caregiver_id) const;
  // What changed of an alert, for those who see the person in an emergency. Nobody waits for it: a
  // snapshot has what is lost.
  void TellOnlookers(const store::v1::AlertRecord& record);
  // A refusal is recorded as that of `action`.
  absl::StatusOr<store::v1::AlertRecord> Visible(const char* action, const std::string& alert_id,
                                                 const Actor& actor);
  // Everything of these homes, or of one person in them, is about to be shown.
  absl::Status BeforeShown(const char* action, const Actor& actor,
                           const std::vector<std::string>& homes, const std::string& patient_id);
  void Audit(const char* action, const Actor& actor, const alert::v1::Alert& alert,
             const absl::Status& outcome, const std::string& detail = "");
  std::vector<std::string> HomesOf(const std::string& caregiver_id,
                                   const std::string& patient_id) const;
  // Adds at most `query.limit` that the caregiver asked for and may see, of one home.
  absl::Status ListHome(const std::string& home_id, const std::string& caregiver_id,
                        const ListQuery& query, std::vector<alert::v1::Alert>& alerts);

  const DeskOptions options_;
  AlertStore& store_;
  CircleDesk circles_;
  metrics::Counter &findings_, &raised_, &told_, &acknowledged_, &escalated_, &unanswered_,
      &untold_;
  Latencies latencies_;
};

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_APP_ALERT_DESK_H_
