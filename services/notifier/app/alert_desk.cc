#include "services/notifier/app/alert_desk.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"

#include "common/base/digest.h"
#include "common/base/status_macros.h"
#include "common/log/log.h"
#include "services/domain/keys.h"

namespace veille::notifier {
namespace {

using store::v1::AlertRecord;
using store::v1::Finding;

// Two replicas and a person change one alert at once: each wins within a few rounds.
constexpr int kMaxRounds = 50;

absl::Time ToTime(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
}

// The worst alert there is.
Finding NobodyAnswered(const AlertRecord& record) {
  const alert::v1::Alert& alert = record.alert();
  Finding finding;
  finding.set_format(1);
  finding.set_home_id(std::string(domain::kOperatorHome));
  finding.set_rule_key("NOBODY_ANSWERED/" + alert.alert_id());
  finding.set_alert_id(std::string(domain::kOperatorHome) + "." +
                       Sha256Hex16(alert.alert_id() + "/" + std::to_string(record.round())));
  finding.set_finding_id(finding.alert_id() + "/1");
  finding.set_kind(Finding::KIND_RAISE);
  finding.set_severity(alert::v1::SEVERITY_HIGH);
  finding.set_status(alert.status());
  finding.set_latching(true);
  *finding.mutable_event_time() = alert.event_time();
  *finding.mutable_decide_time() = alert.update_time();
  *finding.mutable_receive_time() = alert.update_time();
  finding.mutable_reason()->set_fr("Personne n'a répondu à l'alerte " + alert.alert_id());
  finding.mutable_reason()->set_en("Nobody has answered alert " + alert.alert_id());
  finding.mutable_evidence()->set_rule("NOBODY_ANSWERED");
  finding.mutable_evidence()->set_rule_version(1);
  return finding;
}

// About a home, but for those who run the service.
Finding ToOperators(const Finding& finding) {
  Finding handed = finding;
  handed.set_home_id(std::string(domain::kOperatorHome));
  handed.clear_patient_id();
  handed.set_rule_key(finding.rule_key() + "/" + finding.home_id());
  handed.set_alert_id(std::string(domain::kOperatorHome) + "." + Sha256Hex16(finding.alert_id()));
  handed.set_finding_id(handed.alert_id() + "/" + Sha256Hex16(finding.finding_id()));
  return handed;
}

}  // namespace

AlertDesk::AlertDesk(DeskOptions options, AlertStore& store, metrics::Registry& metrics)
    : options_(std::move(options)),
      store_(store),
      findings_(metrics.NewCounter("veille_notifier_findings_total", "Findings taken.")),
      raised_(metrics.NewCounter("veille_notifier_alerts_total", "Alerts raised.")),
      told_(metrics.NewCounter("veille_notifier_told_total", "Updates put into inboxes.")),
      acknowledged_(metrics.NewCounter("veille_notifier_acknowledged_total", "Alerts taken.")),
      escalated_(metrics.NewCounter("veille_notifier_escalations_total", "Steps that ran.")),
      unanswered_(
          metrics.NewCounter("veille_notifier_unanswered_total", "Chains that nobody answered.")),
      event_to_told_(metrics.NewHistogram("veille_notifier_event_to_told_seconds",
                                          "From the event to the caregiver's inbox.")),
      receive_to_told_(metrics.NewHistogram("veille_notifier_receive_to_told_seconds",
                                            "From the receipt to the caregiver's inbox.")),
      raised_to_acknowledged_(metrics.NewHistogram("veille_notifier_raised_to_acknowledged_seconds",
                                                   "From the alert to a human's answer.")) {}

Audience AlertDesk::AudienceOf(const Finding& finding) const {
  Audience audience;
  audience.default_delay = options_.default_step_delay;
  const care::v1::Home* home = options_.registry->FindHome(finding.home_id());
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
      if (audience.steps.empty()) {
        audience.steps = {patient.circle().steps().begin(), patient.circle().steps().end()};
      }
    }
  }
  if (home == nullptr) {
    for (const std::string& id : options_.operator_ids) {
      care::v1::Member member;
      member.set_caregiver_id(id);
      add(member);
    }
  }
  return audience;
}

absl::Status AlertDesk::OnFinding(const Finding& finding, const std::string& entry) {
  findings_.Add();
  if (finding.for_operators() && finding.home_id() != domain::kOperatorHome) {
    // It came through the queue of the home that it is about, where alone it could be committed.
    // Lost between the two calls, it is handed on again under the same id.
    VEILLE_RETURN_IF_ERROR(store_.Enqueue(ToOperators(finding)));
    return store_.Done(finding.home_id(), entry);
  }
  for (int round = 0; round < kMaxRounds; ++round) {
    const absl::Time now = options_.clock->Now();
    VEILLE_ASSIGN_OR_RETURN(std::optional<AlertRecord> found, store_.Find(finding));
    AlertRecord after;
    Decision decision;
    const bool joins = found.has_value() &&
                       (found->alert().alert_id() == finding.alert_id() || IsJoinable(*found));
    if (joins) {
      after = *found;
      decision = Join(finding, now, options_.default_step_delay, after);
      if (!decision.changed) return store_.Done(finding.home_id(), entry);
    } else {
      after = Raise(finding, AudienceOf(finding), now, decision);
    }
    after.set_stored_version((joins ? found->stored_version() : 0) + 1);
    AlertChange change;
    change.before = joins ? &*found : nullptr;
    change.after = &after;
    change.tells = std::move(decision.tells);
    change.done_entry = entry;
    const absl::Status stored = store_.Store(change);
    if (absl::IsAborted(stored)) continue;
    if (stored.ok() && !joins) raised_.Add();
    return stored;
  }
  return absl::AbortedError("an alert was changed by others again and again");
}

absl::StatusOr<AlertRecord> AlertDesk::Update(const std::string& alert_id, const Change& change,
                                              const std::string& entry) {
  for (int round = 0; round < kMaxRounds; ++round) {
    VEILLE_ASSIGN_OR_RETURN(const AlertRecord before, store_.Get(alert_id));
    AlertRecord after = before;
    VEILLE_ASSIGN_OR_RETURN(Decision decision, change(after));
    if (!decision.changed) {
      if (!entry.empty())
        VEILLE_RETURN_IF_ERROR(store_.Done(std::string(domain::HomeOfAlert(alert_id)), entry));
      return after;
    }
    after.set_stored_version(before.stored_version() + 1);
    AlertChange stored_change;
    stored_change.before = &before;
    stored_change.after = &after;
    stored_change.tells = std::move(decision.tells);
    stored_change.done_entry = entry;
    const absl::Status stored = store_.Store(stored_change);
    if (absl::IsAborted(stored)) continue;
    VEILLE_RETURN_IF_ERROR(stored);
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
    default:
      return store_.Done(std::string(domain::HomeOfAlert(job.alert_id())), entry);
  }
}

absl::Status AlertDesk::Escalate(const store::v1::Job& job, const std::string& entry) {
  // The operators are told first: lost between the two, it is told again with the job.
  VEILLE_ASSIGN_OR_RETURN(AlertRecord preview, store_.Get(job.alert_id()));
  const Decision expected = RunStep(job.escalate().step(), job.escalate().round(),
                                    options_.clock->Now(), options_.default_step_delay, preview);
  if (expected.unanswered && preview.alert().home_id() != domain::kOperatorHome) {
    unanswered_.Add();
    VEILLE_LOG(kError, "nobody has answered an alert").Field("alert", job.alert_id());
    VEILLE_RETURN_IF_ERROR(store_.Enqueue(NobodyAnswered(preview)));
  }
  if (expected.changed) escalated_.Add();
  return Update(
             job.alert_id(),
             [&](AlertRecord& record) -> absl::StatusOr<Decision> {
               return RunStep(job.escalate().step(), job.escalate().round(), options_.clock->Now(),
                              options_.default_step_delay, record);
             },
             entry)
      .status();
}

absl::Status AlertDesk::Tell(const store::v1::Job& job, const std::string& entry) {
  VEILLE_ASSIGN_OR_RETURN(const AlertRecord record, store_.Get(job.alert_id()));
  if (IsWanted(job.tell(), record)) {
    alert::v1::Update update;
    *update.mutable_alert() = record.alert();
    update.set_reason(job.tell().reason());
    update.set_step(job.tell().step());
    const absl::Time now = options_.clock->Now();
    for (const std::string& caregiver : job.tell().caregiver_ids()) {
      VEILLE_RETURN_IF_ERROR(store_.Deliver(caregiver, update));
      told_.Add();
      event_to_told_.Observe(now - ToTime(record.alert().event_time()));
      receive_to_told_.Observe(now - ToTime(record.alert().receive_time()));
    }
  }
  return store_.Done(std::string(domain::HomeOfAlert(job.alert_id())), entry);
}

absl::Status AlertDesk::Admit(const std::string& caregiver_id) const {
  const auto& operators = options_.operator_ids;
  if (!options_.registry->PatientsOf(caregiver_id).empty() ||
      std::find(operators.begin(), operators.end(), caregiver_id) != operators.end()) {
    return absl::OkStatus();
  }
  return absl::NotFoundError("no circle has this caregiver");
}

absl::StatusOr<AlertRecord> AlertDesk::Visible(const std::string& alert_id,
                                               const std::string& caregiver_id) {
  const absl::Status none = absl::NotFoundError("there is no such alert");
  if (domain::HomeOfAlert(alert_id).empty()) return none;
  absl::StatusOr<AlertRecord> record = store_.Get(alert_id);
  if (!record.ok()) return record;
  // The circle as it is now decides; the one in the record may be of another year.
  for (const domain::PatientRef& ref : options_.registry->PatientsOf(caregiver_id)) {
    if (ref.home->home_id() == record->alert().home_id() &&
        (record->alert().patient_id().empty() ||
         record->alert().patient_id() == ref.patient->patient_id())) {
      return record;
    }
  }
  const auto& operators = options_.operator_ids;
  if (record->alert().home_id() == domain::kOperatorHome &&
      std::find(operators.begin(), operators.end(), caregiver_id) != operators.end()) {
    return record;
  }
  return none;
}

absl::StatusOr<alert::v1::Alert> AlertDesk::Get(const std::string& alert_id,
                                                const std::string& caregiver_id) {
  VEILLE_ASSIGN_OR_RETURN(AlertRecord record, Visible(alert_id, caregiver_id));
  return std::move(*record.mutable_alert());
}

absl::StatusOr<alert::v1::Alert> AlertDesk::Acknowledge(const std::string& alert_id,
                                                        const Actor& actor) {
  VEILLE_RETURN_IF_ERROR(Visible(alert_id, actor.caregiver_id).status());
  bool changed = false;
  VEILLE_ASSIGN_OR_RETURN(const AlertRecord record,
                          Update(
                              alert_id,
                              [&](AlertRecord& current) -> absl::StatusOr<Decision> {
                                auto decision =
                                    notifier::Acknowledge(actor, options_.clock->Now(), current);
                                changed = decision.ok() && decision->changed;
                                return decision;
                              },
                              ""));
  if (changed) {
    acknowledged_.Add();
    raised_to_acknowledged_.Observe(ToTime(record.alert().acknowledge_time()) -
                                    ToTime(record.alert().create_time()));
  }
  return record.alert();
}

absl::StatusOr<alert::v1::Alert> AlertDesk::Resolve(const std::string& alert_id, const Actor& actor,
                                                    alert::v1::Outcome outcome,
                                                    const std::string& note) {
  VEILLE_RETURN_IF_ERROR(Visible(alert_id, actor.caregiver_id).status());
  VEILLE_ASSIGN_OR_RETURN(const AlertRecord record, Update(
                                                        alert_id,
                                                        [&](AlertRecord& current) {
                                                          return notifier::Resolve(
                                                              actor, outcome, note,
                                                              options_.clock->Now(), current);
                                                        },
                                                        ""));
  return record.alert();
}

absl::Status AlertDesk::Receipt(const std::string& caregiver_id,
                                const alert::v1::Receipt& receipt) {
  VEILLE_RETURN_IF_ERROR(Visible(receipt.alert_id(), caregiver_id).status());
  return Update(
             receipt.alert_id(),
             [&](AlertRecord& record) -> absl::StatusOr<Decision> {
               Decision decision;
               decision.changed = RecordReceipt(caregiver_id, receipt.version(), receipt.state(),
                                                options_.clock->Now(), record);
               return decision;
             },
             "")
      .status();
}

std::vector<std::string> AlertDesk::HomesOf(const std::string& caregiver_id,
                                            const std::string& patient_id) const {
  std::set<std::string> homes;
  for (const domain::PatientRef& ref : options_.registry->PatientsOf(caregiver_id))
    if (patient_id.empty() || ref.patient->patient_id() == patient_id)
      homes.insert(ref.home->home_id());
  const auto& operators = options_.operator_ids;
  if (patient_id.empty() &&
      std::find(operators.begin(), operators.end(), caregiver_id) != operators.end()) {
    homes.insert(std::string(domain::kOperatorHome));
  }
  return {homes.begin(), homes.end()};
}

absl::StatusOr<std::vector<alert::v1::Alert>> AlertDesk::List(const std::string& caregiver_id,
                                                              const std::string& patient_id,
                                                              bool open_only, absl::Time before,
                                                              int limit) {
  VEILLE_RETURN_IF_ERROR(Admit(caregiver_id));
  std::vector<alert::v1::Alert> alerts;
  for (const std::string& home : HomesOf(caregiver_id, patient_id)) {
    VEILLE_ASSIGN_OR_RETURN(std::vector<AlertRecord> records, store_.Alerts(home, before, limit));
    for (AlertRecord& record : records) {
      if (!patient_id.empty() && record.alert().patient_id() != patient_id) continue;
      if (open_only && record.alert().handling() == alert::v1::HANDLING_CLOSED) continue;
      alerts.push_back(std::move(*record.mutable_alert()));
    }
  }
  std::sort(alerts.begin(), alerts.end(), [](const auto& a, const auto& b) {
    return ToTime(a.create_time()) > ToTime(b.create_time());
  });
  if (alerts.size() > static_cast<std::size_t>(limit))
    alerts.resize(static_cast<std::size_t>(limit));
  return alerts;
}

absl::StatusOr<std::vector<alert::v1::Alert>> AlertDesk::Snapshot(const std::string& caregiver_id) {
  std::vector<alert::v1::Alert> alerts;
  for (const std::string& home : HomesOf(caregiver_id, "")) {
    VEILLE_ASSIGN_OR_RETURN(std::vector<AlertRecord> records, store_.OpenAlerts(home));
    for (AlertRecord& record : records) {
      const bool theirs =
          home == domain::kOperatorHome || record.alert().patient_id().empty() ||
          std::any_of(options_.registry->PatientsOf(caregiver_id).begin(),
                      options_.registry->PatientsOf(caregiver_id).end(),
                      [&](const domain::PatientRef& ref) {
                        return ref.patient->patient_id() == record.alert().patient_id();
                      });
      if (theirs) alerts.push_back(std::move(*record.mutable_alert()));
    }
  }
  std::sort(alerts.begin(), alerts.end(), [](const auto& a, const auto& b) {
    return ToTime(a.create_time()) < ToTime(b.create_time());
  });
  return alerts;
}

}  // namespace veille::notifier
