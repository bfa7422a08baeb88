#include "services/notifier/app/alert_desk.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "services/domain/keys.h"
#include "services/notifier/app/deliveries.h"
#include "services/notifier/app/operator_findings.h"
#include "services/notifier/core/late_summary.h"
#include "services/notifier/core/situation.h"

namespace veille::notifier {
namespace {

using store::v1::AlertRecord;
using store::v1::Finding;

std::vector<care::v1::EscalationStep> StepsOf(const AlertRecord& record) {
  return {record.steps().begin(), record.steps().end()};
}

bool IsEmergency(const Finding& finding) {
  return finding.kind() == Finding::KIND_RAISE && finding.severity() == alert::v1::SEVERITY_HIGH &&
         !IsFolded(finding);
}

// The alert that a finding is about; null for a new one.
const AlertRecord* TargetOf(const Finding& finding, const Found& found) {
  const AlertRecord* named = found.named ? &*found.named : nullptr;
  const AlertRecord* open = found.open ? &*found.open : nullptr;
  const bool ends = finding.kind() == Finding::KIND_CLEAR || IsFolded(finding);
  if (named != nullptr && (ends || Contains(*named, finding) || IsJoinable(*named))) return named;
  if (open == nullptr) return named;
  // An end whose beginning has not come: it says nothing of another alert.
  if (finding.kind() == Finding::KIND_CLEAR && !ContainsAlertOf(*open, finding)) return named;
  return open;
}

ListPosition PositionOf(const alert::v1::Alert& alert) {
  return {absl::ToUnixMillis(ToTime(alert.create_time())), alert.alert_id()};
}

store::v1::AuditEntry EntryOf(const char* action, const Actor& actor, const alert::v1::Alert& alert,
                              const absl::Status& outcome) {
  store::v1::AuditEntry entry =
      MakeAuditEntry(action, actor, alert.home_id(), alert.patient_id(), outcome);
  entry.set_alert_id(alert.alert_id());
  return entry;
}

// The order of a listing: newest first, as the store has it.
bool ComesBefore(const ListPosition& a, const ListPosition& b) {
  return a.create_ms != b.create_ms ? a.create_ms > b.create_ms : a.alert_id > b.alert_id;
}

}  // namespace

AlertDesk::AlertDesk(DeskOptions options, AlertStore& store, metrics::Registry& metrics)
    : options_(std::move(options)),
      store_(store),
      circles_(options_.registry, options_.clock, store, options_.audit, options_.has_broken),
      findings_(metrics.NewCounter("veille_notifier_findings_total", "Findings taken.")),
      raised_(metrics.NewCounter("veille_notifier_alerts_total", "Alerts raised.")),
      told_(metrics.NewCounter("veille_notifier_told_total", "Updates put into inboxes.")),
      acknowledged_(metrics.NewCounter("veille_notifier_acknowledged_total", "Alerts taken.")),
      escalated_(metrics.NewCounter("veille_notifier_escalations_total", "Steps that ran.")),
      unanswered_(
          metrics.NewCounter("veille_notifier_unanswered_total", "Chains that nobody answered.")),
      untold_(metrics.NewCounter("veille_notifier_untold_total",
                                 "Alerts whose chain names nobody: told to operators.")),
      latencies_(metrics) {}

Audience AlertDesk::AudienceOf(const Finding& finding) const {
  Audience audience;
  const std::shared_ptr<const domain::Registry> registry = options_.registry.Get();
  const care::v1::Home* home = registry->FindHome(finding.home_id());
  std::set<std::string> known;
  const auto add = [&](const care::v1::Member& member) {
    if (known.insert(member.caregiver_id()).second) audience.members.push_back(member);
  };
  if (home != nullptr) {
    audience.zone = home->zone();
    for (const care::v1::Patient& patient : home->patients()) {
      // What concerns the home as a whole concerns the circle of everybody in it.
      if (!finding.patient_id().empty() && patient.patient_id() != finding.patient_id()) continue;
      if (audience.patient_name.empty()) audience.patient_name = patient.display_name();
      for (const auto& member : patient.circle().members()) add(member);
      // That somebody else has looked, everybody hears at once.
      if (finding.rule_key() == domain::kBreakGlassRule) {
        care::v1::EscalationStep everybody;
        for (const auto& member : patient.circle().members())
          everybody.add_caregiver_ids(member.caregiver_id());
        audience.steps = {everybody};
      } else if (audience.steps.empty()) {
        audience.steps = {patient.circle().steps().begin(), patient.circle().steps().end()};
        audience.repeats = patient.circle().repeats();
      }
    }
  }
  if (finding.home_id() == domain::kOperatorHome) {
    for (const care::v1::Member& member : options_.operators) add(member);
    for (const std::string& id : options_.operator_ids) {
      care::v1::Member member;
      member.set_caregiver_id(id);
      add(member);
    }
  }
  return audience;
}

template <typename Steps>
absl::StatusOr<Moment> AlertDesk::MomentFor(const alert::v1::Alert& alert,
                                            alert::v1::Severity severity, const Steps& steps) {
  Moment at;
  at.now = options_.clock->Now();
  at.default_delay = options_.default_step_delay;
  if (options_.receipt_within > absl::ZeroDuration())
    at.receipt_within = options_.receipt_within * options_.clock->speed();
  // Nearly every emergency is spared the round trip.
  const bool matters =
      severity < alert::v1::SEVERITY_HIGH ||
      std::any_of(steps.begin(), steps.end(), [](const auto& step) { return step.on_duty(); });
  if (matters)
    VEILLE_RETURN_IF_ERROR(circles_.Fill(alert.home_id(), alert.patient_id(), alert.rule(), at));
  return at;
}

absl::Status AlertDesk::OnFinding(const Finding& finding, const std::string& entry) {
  findings_.Add();
  // Its circle hears of its own home's; the operators of all of them together.
  const bool power_cut =
      finding.evidence().rule() == "POWER_CUT" && finding.home_id() != domain::kOperatorHome;
  if (power_cut) VEILLE_RETURN_IF_ERROR(store_.Enqueue(PowerCutOf(finding)));
  if (power_cut && finding.for_operators()) return store_.Done(finding.home_id(), entry);
  if (finding.for_operators() && finding.home_id() != domain::kOperatorHome) {
    // It came through the queue of the home that it is about, where alone it could be committed.
    // Lost between the two calls, it is handed on again under the same id.
    VEILLE_RETURN_IF_ERROR(store_.Enqueue(ToOperators(finding)));
    return store_.Done(finding.home_id(), entry);
  }
  if (!IsFolded(finding)) return Take(finding, entry);
  // Its condition may have been told already, when it grew worse; else it is a line of the summary.
  VEILLE_ASSIGN_OR_RETURN(const Found found, store_.Find(finding));
  return Take(found.named ? finding : SummaryLine(finding), entry);
}

std::optional<AlertRecord> AlertDesk::RaiseNew(const Finding& finding, Decision& decision) {
  if (!IsEmergency(finding) || SituationOf(finding.rule_key()) != Situation::kNone ||
      finding.for_operators()) {
    return std::nullopt;
  }
  const Audience audience = AudienceOf(finding);
  alert::v1::Alert about;
  about.set_home_id(finding.home_id());
  about.set_patient_id(finding.patient_id());
  about.set_rule(finding.evidence().rule());
  const absl::StatusOr<Moment> at = MomentFor(about, finding.severity(), audience.steps);
  if (!at.ok()) return std::nullopt;
  AlertRecord record = Raise(finding, audience, *at, decision);
  // Storing compares with an open alert only what could be joined to one.
  if (!IsJoinable(record)) return std::nullopt;
  return record;
}

absl::Status AlertDesk::Take(const Finding& finding, const std::string& entry) {
  for (int round = 0; round < kMaxRounds; ++round) {
    Found found;
    // An emergency is nearly always new: storing it as such finds out, a round trip earlier.
    const bool as_new = round == 0 && IsEmergency(finding);
    if (!as_new) {
      VEILLE_ASSIGN_OR_RETURN(found, store_.Find(finding));
    }
    const AlertRecord* before = TargetOf(finding, found);
    std::vector<AlertRecord> open;
    if (before == nullptr && SituationOf(finding.rule_key()) != Situation::kNone) {
      VEILLE_ASSIGN_OR_RETURN(open, store_.OpenAlerts(finding.home_id()));
      before = LeaderFor(finding, open);
    }
    AlertRecord after;
    Decision decision;
    const Audience audience = AudienceOf(finding);
    if (before == nullptr) {
      alert::v1::Alert about;
      about.set_home_id(finding.home_id());
      about.set_patient_id(finding.patient_id());
      about.set_rule(finding.evidence().rule());
      VEILLE_ASSIGN_OR_RETURN(const Moment at,
                              MomentFor(about, finding.severity(), audience.steps));
      after = Raise(finding, audience, at, decision);
      // Storing compares with an open alert only what could be joined to one.
      if (as_new && !IsJoinable(after)) continue;
    } else {
      after = *before;
      VEILLE_ASSIGN_OR_RETURN(
          const Moment at,
          MomentFor(after.alert(), std::max(finding.severity(), after.alert().severity()),
                    IsJoinable(after) ? StepsOf(after) : audience.steps));
      decision = Join(finding, audience, at, after);
      if (!decision.changed) return store_.Done(finding.home_id(), entry);
    }
    const absl::Status committed = Commit(before, after, std::move(decision), entry);
    if (absl::IsAborted(committed)) continue;
    if (committed.ok() && before == nullptr) raised_.Add();
    return committed;
  }
  return absl::AbortedError("an alert was changed by others again and again");
}

absl::Status AlertDesk::TellOperators(const Decision& decision, const AlertRecord& record) {
  const std::string& id = record.alert().alert_id();
  // An exercise that does not arrive is told as that: see upkeep.h.
  if (record.alert().home_id() == domain::kExerciseHome) return absl::OkStatus();
  if (record.alert().home_id() == domain::kOperatorHome) {
    if (decision.untold) {
      untold_.Add();
      VEILLE_LOG(kError, "no operator is named: set operator_ids").Field("alert", id);
    }
    return absl::OkStatus();
  }
  if (decision.unanswered) {
    unanswered_.Add();
    VEILLE_LOG(kError, "nobody has answered an alert").Field("alert", id);
    VEILLE_RETURN_IF_ERROR(store_.Enqueue(NobodyAnswered(record)));
  }
  if (decision.untold) {
    untold_.Add();
    VEILLE_LOG(kError, "no step of the chain takes an alert").Field("alert", id);
    VEILLE_RETURN_IF_ERROR(store_.Enqueue(NobodyTold(record)));
  }
  return absl::OkStatus();
}

absl::Status AlertDesk::Commit(const AlertRecord* before, AlertRecord& after, Decision decision,
                               const std::string& entry) {
  VEILLE_ASSIGN_OR_RETURN(const AlertChange change,
                          Prepare(before, after, std::move(decision), entry));
  VEILLE_ASSIGN_OR_RETURN(const std::vector<std::string> jobs, store_.Store(change));
  Stored(change);
  for (std::size_t i = 0; i < change.tells.size(); ++i)
    Told(change, i, jobs, Put(change.tells[i], after));
  return absl::OkStatus();
}

absl::StatusOr<AlertChange> AlertDesk::Prepare(const AlertRecord* before, AlertRecord& after,
                                               Decision decision, const std::string& entry) {
  // The operators first: lost between the two, it is told again, under the same id, with the job.
  VEILLE_RETURN_IF_ERROR(TellOperators(decision, after));
  after.set_stored_version((before == nullptr ? 0 : before->stored_version()) + 1);
  // Before anything is planned: what is recorded is what will be told.
  for (store::v1::Tell& tell : decision.tells) VEILLE_RETURN_IF_ERROR(Quieten(after, tell));
  AlertChange change;
  change.sends = PlanSends(decision.tells, options_.channel_times, options_.clock->Now(), after);
  change.before = before;
  change.after = &after;
  change.tells = std::move(decision.tells);
  change.done_entry = entry;
  return change;
}

void AlertDesk::TellOnlookers(const AlertRecord& record) {
  const alert::v1::Alert& alert = record.alert();
  if (!options_.open_glasses || alert.patient_id().empty() || record.gathering()) return;
  std::vector<std::string> onlookers;
  for (const domain::OpenGlass& glass : options_.open_glasses())
    if (glass.patient_id == alert.patient_id() && !CaresFor(alert, glass.account_id))
      onlookers.push_back(glass.account_id);
  if (onlookers.empty()) return;
  alert::v1::Update update;
  *update.mutable_alert() = alert;
  update.set_reason(alert::v1::Update::REASON_CHANGED);
  if (const absl::Status told = store_.Deliver(onlookers, update, 0).status(); !told.ok())
    VEILLE_LOG(kWarning, "a change was not shown to who sees it in an emergency").Field(told);
}

absl::Status AlertDesk::BeforeUpdate(const std::string& caregiver_id,
                                     const alert::v1::Update& update) {
  // Whoever was told by a step is shown it whatever changed since.
  if (update.reason() != alert::v1::Update::REASON_CHANGED) return absl::OkStatus();
  if (CaresFor(update.alert(), caregiver_id)) return absl::OkStatus();
  if (!MaySee(update.alert(), caregiver_id)) return absl::NotFoundError("it is shown no more");
  if (options_.audit == nullptr) return absl::OkStatus();
  return options_.audit->BeforeShown(
      {EntryOf("alert.watch", {caregiver_id, "", ""}, update.alert(), absl::OkStatus())});
}

void AlertDesk::Stored(const AlertChange& change) {
  TellOnlookers(*change.after);
  for (const store::v1::Tell& tell : change.tells)
    if (tell.reason() == alert::v1::Update::REASON_NOTIFY)
      latencies_.Observe(Latencies::Stage::kQueued, *change.after, tell.step(),
                         options_.clock->Now());
}

// What failed is told by the job.
void AlertDesk::Told(const AlertChange& change, std::size_t tell,
                     const std::vector<std::string>& jobs, const absl::StatusOr<int>& reached) {
  if (!reached.ok()) return;
  Count(*reached, change.tells[tell], *change.after);
  if (tell < jobs.size()) {
    store_.SentSoon(change.after->alert().alert_id(), jobs[tell], change.tells[tell].version(),
                    options_.clock->Now());
  }
}

void AlertDesk::Count(int reached, const store::v1::Tell& tell, const AlertRecord& record) {
  told_.Add(static_cast<uint64_t>(reached));
  if (tell.reason() == alert::v1::Update::REASON_NOTIFY)
    latencies_.Observe(Latencies::Stage::kSent, record, tell.step(), options_.clock->Now(),
                       reached);
}

absl::Status AlertDesk::Quieten(const AlertRecord& record, store::v1::Tell& tell) {
  if (!MayBeQuiet(tell, record)) return absl::OkStatus();
  VEILLE_ASSIGN_OR_RETURN(
      const std::set<std::string> quiet,
      store_.CountCalls({tell.caregiver_ids().begin(), tell.caregiver_ids().end()},
                        record.alert().alert_id(), tell.version(), options_.clock->Now()));
  for (const std::string& id : quiet) tell.add_quiet_ids(id);
  return absl::OkStatus();
}

absl::StatusOr<int> AlertDesk::Put(const store::v1::Tell& tell, const AlertRecord& record) {
  int reached = 0;
  for (const InboxDelivery& delivery : DeliveriesOf(tell, record)) {
    VEILLE_ASSIGN_OR_RETURN(const int these, store_.Deliver(delivery.caregiver_ids, delivery.update,
                                                            delivery.told_version));
    reached += these;
  }
  return reached;
}

absl::Status AlertDesk::Deliver(const store::v1::Tell& tell, const AlertRecord& record) {
  VEILLE_ASSIGN_OR_RETURN(const int reached, Put(tell, record));
  Count(reached, tell, record);
  return absl::OkStatus();
}

absl::StatusOr<AlertRecord> AlertDesk::Update(const std::string& alert_id, const Change& change,
                                              const std::string& entry) {
  for (int round = 0; round < kMaxRounds; ++round) {
    VEILLE_ASSIGN_OR_RETURN(const AlertRecord before, store_.Get(alert_id));
    AlertRecord after = before;
    VEILLE_ASSIGN_OR_RETURN(Decision decision, change(after));
    if (!decision.changed) {
      VEILLE_RETURN_IF_ERROR(TellOperators(decision, after));
      if (!entry.empty())
        VEILLE_RETURN_IF_ERROR(store_.Done(std::string(domain::HomeOfAlert(alert_id)), entry));
      return after;
    }
    const absl::Status committed = Commit(&before, after, std::move(decision), entry);
    if (absl::IsAborted(committed)) continue;
    VEILLE_RETURN_IF_ERROR(committed);
    return after;
  }
  return absl::AbortedError("the alert was changed by others again and again; try again");
}

absl::Status AlertDesk::OnJob(const store::v1::Job& job, const std::string& entry) {
  switch (job.kind_case()) {
    case store::v1::Job::kEscalate:
      return Escalate(job, entry);
    case store::v1::Job::kTell:
      return Tell(job, entry);
    case store::v1::Job::kSend:
      if (options_.send != nullptr) return options_.send(job, entry);
      [[fallthrough]];
    default:
      return store_.Done(std::string(domain::HomeOfAlert(job.alert_id())), entry);
  }
}

absl::Status AlertDesk::Escalate(const store::v1::Job& job, const std::string& entry) {
  bool ran = false;
  const absl::Status status =
      Update(
          job.alert_id(),
          [&](AlertRecord& record) -> absl::StatusOr<Decision> {
            VEILLE_ASSIGN_OR_RETURN(
                const Moment at,
                MomentFor(record.alert(), record.alert().severity(), record.steps()));
            const uint64_t version = record.alert().version();
            Decision decision = RunStep(job.escalate().step(), job.escalate().round(), at, record);
            ran = record.alert().version() != version;
            return decision;
          },
          entry)
          .status();
  if (status.ok() && ran) escalated_.Add();
  return status;
}

absl::Status AlertDesk::Tell(const store::v1::Job& job, const std::string& entry) {
  for (int round = 0; round < kMaxRounds; ++round) {
    VEILLE_ASSIGN_OR_RETURN(const AlertRecord record, store_.Get(job.alert_id()));
    if (IsWanted(job.tell(), record)) {
      const absl::Status delivered = Deliver(job.tell(), record);
      if (absl::IsAborted(delivered)) continue;
      VEILLE_RETURN_IF_ERROR(delivered);
      store_.SentSoon(job.alert_id(), entry, job.tell().version(), options_.clock->Now());
    }
    return store_.Done(std::string(domain::HomeOfAlert(job.alert_id())), entry);
  }
  return absl::AbortedError("the alert was told anew by others again and again");
}

absl::Status AlertDesk::OnDutyChanged(const std::string& home_id, const std::string& patient_id) {
  VEILLE_ASSIGN_OR_RETURN(const std::vector<AlertRecord> open, store_.OpenAlerts(home_id));
  for (const AlertRecord& record : open) {
    const std::string& of = record.alert().patient_id();
    if (!of.empty() && of != patient_id) continue;
    VEILLE_RETURN_IF_ERROR(
        Update(
            record.alert().alert_id(),
            [&](AlertRecord& current) -> absl::StatusOr<Decision> {
              VEILLE_ASSIGN_OR_RETURN(
                  const Moment at,
                  MomentFor(current.alert(), current.alert().severity(), current.steps()));
              Decision decision;
              TellSuccessors(at, current, decision);
              return decision;
            },
            "")
            .status());
  }
  return absl::OkStatus();
}

bool AlertDesk::IsOperator(const std::string& caregiver_id) const {
  const auto& operators = options_.operator_ids;
  return std::find(operators.begin(), operators.end(), caregiver_id) != operators.end();
}

absl::Status AlertDesk::Admit(const std::string& caregiver_id) const {
  if (!options_.registry.Get()->PatientsOf(caregiver_id).empty() || IsOperator(caregiver_id) ||
      OpenGlasses().count(caregiver_id) > 0) {
    return absl::OkStatus();
  }
  return absl::NotFoundError("no circle has this caregiver");
}

std::map<std::string, std::set<std::string>> AlertDesk::OpenGlasses() const {
  std::map<std::string, std::set<std::string>> open;
  if (!options_.open_glasses) return open;
  for (domain::OpenGlass& glass : options_.open_glasses())
    open[std::move(glass.account_id)].insert(std::move(glass.patient_id));
  return open;
}

bool AlertDesk::MaySee(const alert::v1::Alert& alert, const std::string& caregiver_id) const {
  return CaresFor(alert, caregiver_id) ||
         (alert.home_id() != domain::kOperatorHome && HasBroken(caregiver_id, alert.patient_id()));
}

// The circle as it is now decides; the one in the record may be of another year.
bool AlertDesk::CaresFor(const alert::v1::Alert& alert, const std::string& caregiver_id) const {
  if (alert.home_id() == domain::kOperatorHome) return IsOperator(caregiver_id);
  const std::shared_ptr<const domain::Registry> registry = options_.registry.Get();
  const auto& patients = registry->PatientsOf(caregiver_id);
  return std::any_of(patients.begin(), patients.end(), [&](const domain::PatientRef& ref) {
    return ref.home->home_id() == alert.home_id() &&
           (alert.patient_id().empty() || alert.patient_id() == ref.patient->patient_id());
  });
}

care::v1::Member AlertDesk::MemberOf(const alert::v1::Alert& alert,
                                     const std::string& caregiver_id) const {
  const std::shared_ptr<const domain::Registry> registry = options_.registry.Get();
  for (const domain::PatientRef& ref : registry->PatientsOf(caregiver_id)) {
    if (ref.home->home_id() != alert.home_id()) continue;
    for (const care::v1::Member& member : ref.patient->circle().members())
      if (member.caregiver_id() == caregiver_id) return member;
  }
  for (const care::v1::Member& member : options_.operators)
    if (member.caregiver_id() == caregiver_id) return member;
  care::v1::Member stranger;
  stranger.set_caregiver_id(caregiver_id);
  return stranger;
}

absl::StatusOr<AlertRecord> AlertDesk::Visible(const char* action, const std::string& alert_id,
                                               const Actor& actor) {
  const absl::Status none = absl::NotFoundError("there is no such alert");
  if (domain::HomeOfAlert(alert_id).empty()) return none;
  absl::StatusOr<AlertRecord> record = store_.Get(alert_id);
  if (record.ok() && !MaySee(record->alert(), actor.caregiver_id)) {
    Audit(action, actor, record->alert(), none);
    return none;
  }
  return record;
}

absl::Status AlertDesk::BeforeShown(const char* action, const Actor& actor,
                                    const std::vector<std::string>& homes,
                                    const std::string& patient_id) {
  if (options_.audit == nullptr) return absl::OkStatus();
  std::vector<store::v1::AuditEntry> entries;
  entries.reserve(homes.size());
  for (const std::string& home : homes)
    entries.push_back(MakeAuditEntry(action, actor, home, patient_id, absl::OkStatus()));
  return options_.audit->BeforeShown(entries);
}

void AlertDesk::Audit(const char* action, const Actor& actor, const alert::v1::Alert& alert,
                      const absl::Status& outcome, const std::string& detail) {
  if (options_.audit == nullptr) return;
  store::v1::AuditEntry entry = EntryOf(action, actor, alert, outcome);
  if (!detail.empty()) entry.set_outcome(entry.outcome() + " " + detail);
  options_.audit->Done(entry);
}

absl::StatusOr<alert::v1::Alert> AlertDesk::Get(const std::string& alert_id,
                                                const std::string& caregiver_id,
                                                const std::string& client) {
  VEILLE_ASSIGN_OR_RETURN(Shown shown, Show(alert_id, {caregiver_id, client, ""}));
  return std::move(shown.alert);
}

absl::StatusOr<Shown> AlertDesk::Show(const std::string& alert_id, const Actor& actor) {
  VEILLE_ASSIGN_OR_RETURN(AlertRecord record, Visible("alert.get", alert_id, actor));
  if (options_.audit != nullptr) {
    VEILLE_RETURN_IF_ERROR(options_.audit->BeforeShown(
        {EntryOf("alert.get", actor, record.alert(), absl::OkStatus())}));
  }
  const bool carried_out = WasCarriedOut(actor, record);
  return Shown{std::move(*record.mutable_alert()), carried_out};
}

absl::StatusOr<alert::v1::Alert> AlertDesk::Acknowledge(const std::string& alert_id,
                                                        const Actor& actor) {
  constexpr char kAction[] = "alert.acknowledge";
  VEILLE_ASSIGN_OR_RETURN(const AlertRecord seen, Visible(kAction, alert_id, actor));
  bool changed = false;
  const absl::StatusOr<AlertRecord> record = Update(
      alert_id,
      [&](AlertRecord& current) -> absl::StatusOr<Decision> {
        auto decision = notifier::Acknowledge(actor, options_.clock->Now(), current);
        changed = decision.ok() && decision->changed;
        return decision;
      },
      "");
  Audit(kAction, actor, seen.alert(), record.status());
  VEILLE_RETURN_IF_ERROR(record.status());
  if (changed) {
    acknowledged_.Add();
    latencies_.Observe(Latencies::Stage::kAcknowledged, *record, 0,
                       ToTime(record->alert().acknowledge_time()));
  }
  return record->alert();
}

absl::StatusOr<alert::v1::Alert> AlertDesk::Resolve(const std::string& alert_id, const Actor& actor,
                                                    alert::v1::Outcome outcome,
                                                    const std::string& note) {
  constexpr char kAction[] = "alert.resolve";
  VEILLE_ASSIGN_OR_RETURN(const AlertRecord seen, Visible(kAction, alert_id, actor));
  const absl::StatusOr<AlertRecord> record = Update(
      alert_id,
      [&](AlertRecord& current) {
        return notifier::Resolve(actor, outcome, note, options_.clock->Now(), current);
      },
      "");
  Audit(kAction, actor, seen.alert(), record.status(), alert::v1::Outcome_Name(outcome));
  VEILLE_RETURN_IF_ERROR(record.status());
  return record->alert();
}

std::vector<std::string> AlertDesk::HomesOf(const std::string& caregiver_id,
                                            const std::string& patient_id) const {
  std::set<std::string> homes;
  const std::shared_ptr<const domain::Registry> registry = options_.registry.Get();
  for (const domain::PatientRef& ref : registry->PatientsOf(caregiver_id))
    if (patient_id.empty() || ref.patient->patient_id() == patient_id)
      homes.insert(ref.home->home_id());
  // Named: what was opened in an emergency does not mix with those whom one cares for.
  if (HasBroken(caregiver_id, patient_id)) {
    const domain::PatientRef ref = registry->FindPatient(patient_id);
    if (ref.home != nullptr) homes.insert(ref.home->home_id());
  }
  if (patient_id.empty() && IsOperator(caregiver_id))
    homes.insert(std::string(domain::kOperatorHome));
  return {homes.begin(), homes.end()};
}

absl::Status AlertDesk::ListHome(const std::string& home_id, const std::string& caregiver_id,
                                 const ListQuery& query, std::vector<alert::v1::Alert>& alerts) {
  const std::size_t most = alerts.size() + static_cast<std::size_t>(query.limit);
  std::optional<ListPosition> position = query.position;
  while (true) {
    VEILLE_ASSIGN_OR_RETURN(std::vector<AlertRecord> records,
                            store_.Alerts(home_id, position, query.limit));
    for (AlertRecord& record : records) {
      alert::v1::Alert& alert = *record.mutable_alert();
      position = PositionOf(alert);
      if (!query.patient_id.empty() && alert.patient_id() != query.patient_id) continue;
      if (query.open_only && alert.handling() == alert::v1::HANDLING_CLOSED) continue;
      if (MaySee(alert, caregiver_id)) alerts.push_back(std::move(alert));
      if (alerts.size() == most) return absl::OkStatus();
    }
    if (static_cast<int>(records.size()) < query.limit) return absl::OkStatus();
  }
}

absl::StatusOr<AlertPage> AlertDesk::List(const std::string& caregiver_id, const ListQuery& query) {
  VEILLE_RETURN_IF_ERROR(Admit(caregiver_id));
  AlertPage page;
  // One more than is asked for, to know whether there is another page.
  ListQuery more = query;
  ++more.limit;
  const std::vector<std::string> homes = HomesOf(caregiver_id, query.patient_id);
  for (const std::string& home : homes)
    VEILLE_RETURN_IF_ERROR(ListHome(home, caregiver_id, more, page.alerts));
  VEILLE_RETURN_IF_ERROR(
      BeforeShown("alert.list", {caregiver_id, "", ""}, homes, query.patient_id));
  std::sort(page.alerts.begin(), page.alerts.end(),
            [](const auto& a, const auto& b) { return ComesBefore(PositionOf(a), PositionOf(b)); });
  if (page.alerts.size() > static_cast<std::size_t>(query.limit)) {
    page.alerts.resize(static_cast<std::size_t>(query.limit));
    page.next = PositionOf(page.alerts.back());
  }
  return page;
}

absl::StatusOr<std::vector<alert::v1::Alert>> AlertDesk::Snapshot(const std::string& caregiver_id,
                                                                  const std::string& client) {
  std::vector<alert::v1::Alert> alerts;
  const std::vector<std::string> own = HomesOf(caregiver_id, "");
  std::set<std::string> homes(own.begin(), own.end());
  const Actor actor{caregiver_id, client, ""};
  const std::shared_ptr<const domain::Registry> registry = options_.registry.Get();
  const std::map<std::string, std::set<std::string>> glasses = OpenGlasses();
  if (const auto at = glasses.find(caregiver_id); at != glasses.end()) {
    for (const std::string& patient_id : at->second) {
      const domain::PatientRef ref = registry->FindPatient(patient_id);
      if (ref.home == nullptr) continue;
      const std::string& home = ref.home->home_id();
      homes.insert(home);
      VEILLE_RETURN_IF_ERROR(BeforeShown("alert.watch", actor, {home}, patient_id));
    }
  }
  for (const std::string& home : homes) {
    VEILLE_ASSIGN_OR_RETURN(std::vector<AlertRecord> records, store_.OpenAlerts(home));
    for (AlertRecord& record : records) {
      // A summary is told when it is complete.
      if (record.gathering() || !MaySee(record.alert(), caregiver_id)) continue;
      alerts.push_back(std::move(*record.mutable_alert()));
    }
  }
  VEILLE_RETURN_IF_ERROR(BeforeShown("alert.watch", actor, own, ""));
  std::sort(alerts.begin(), alerts.end(), [](const auto& a, const auto& b) {
    return ToTime(a.create_time()) < ToTime(b.create_time());
  });
  return alerts;
}

}  // namespace veille::notifier
