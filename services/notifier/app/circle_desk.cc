#include "services/notifier/app/circle_desk.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"

#include "common/base/digest.h"
#include "common/base/status_macros.h"
#include "services/domain/care_plan.h"
#include "services/notifier/core/snooze.h"

namespace veille::notifier {
namespace {

using store::v1::CircleState;

constexpr int kMaxRounds = 50;
constexpr absl::Duration kAhead = absl::Hours(7 * 24), kFarthest = absl::Hours(31 * 24);

absl::StatusOr<domain::PatientRef> PatientOf(const domain::Registry& registry,
                                             const std::string& caregiver_id,
                                             const std::string& patient_id) {
  const auto& patients = registry.PatientsOf(caregiver_id);
  if (patients.empty()) return absl::NotFoundError("no circle has this caregiver");
  if (patient_id.empty()) {
    if (patients.size() == 1) return patients[0];
    return absl::InvalidArgumentError("patient_id: say for whom; you care for several");
  }
  for (const domain::PatientRef& ref : patients)
    if (ref.patient->patient_id() == patient_id) return ref;
  return absl::NotFoundError("patient_id: you care for nobody of this id");
}

// With the names as a google.rpc.BadRequest has them, for whoever chose the rule out of a list.
absl::Status NoSuchRule() {
  std::string names;
  const auto* type = care::v1::CarePlan::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* rule = domain::RuleByNumber(care::v1::CarePlan::default_instance(),
                                            static_cast<uint32_t>(type->field(i)->number()));
    if (rule == nullptr || type->field(i)->is_repeated()) continue;
    const std::string& name = domain::InfoOf(*rule).name();
    if (!name.empty() && CanBeSnoozed(name)) names += (names.empty() ? "" : ", ") + name;
  }
  google::rpc::BadRequest details;
  auto& violation = *details.add_field_violations();
  violation.set_field("rule");
  violation.set_description("no rule has this name, a severity is none; one of " + names +
                            "; or empty, for every rule that can be snoozed");
  absl::Status status = absl::InvalidArgumentError("rule: " + violation.description());
  status.SetPayload("type.googleapis.com/google.rpc.BadRequest",
                    absl::Cord(details.SerializeAsString()));
  return status;
}

}  // namespace

DutyPlan DutyPlanOf(const domain::PatientRef& ref) {
  const care::v1::Circle& circle = ref.patient->circle();
  return {ref.patient->patient_id(),
          ref.patient->display_name(),
          ref.home->zone(),
          {circle.members().begin(), circle.members().end()},
          {circle.rota().begin(), circle.rota().end()}};
}

absl::Status CircleDesk::Fill(const std::string& home_id, const std::string& patient_id,
                              const std::string& rule, Moment& moment) {
  absl::StatusOr<CircleState> stored = store_.GetCircle(home_id);
  // What cannot be read silences nobody and keeps no alert back; the rota alone holds.
  if (absl::IsDataLoss(stored.status())) stored = CircleState();
  VEILLE_ASSIGN_OR_RETURN(const CircleState state, std::move(stored));
  moment.snoozing = Snoozing(state, patient_id, rule, moment.now);
  const std::shared_ptr<const domain::Registry> registry = registry_.Get();
  const care::v1::Home* home = registry->FindHome(home_id);
  if (home == nullptr) return absl::OkStatus();
  for (const care::v1::Patient& patient : home->patients()) {
    if (!patient_id.empty() && patient.patient_id() != patient_id) continue;
    for (std::string& id : OnDuty(DutyPlanOf({home, &patient}), state, moment.now))
      moment.on_duty.push_back(std::move(id));
  }
  return absl::OkStatus();
}

absl::StatusOr<CircleState> CircleDesk::Update(const std::string& home_id, const Change& change) {
  for (int round = 0; round < kMaxRounds; ++round) {
    VEILLE_ASSIGN_OR_RETURN(CircleState state, store_.GetCircle(home_id));
    const uint64_t before = state.stored_version();
    VEILLE_ASSIGN_OR_RETURN(const bool changed, change(state));
    if (!changed) return state;
    state.set_format(1);
    state.set_stored_version(before + 1);
    const absl::Status stored = store_.PutCircle(home_id, before, state);
    if (absl::IsAborted(stored)) continue;
    VEILLE_RETURN_IF_ERROR(stored);
    return state;
  }
  return absl::AbortedError("the circle was changed by others again and again; try again");
}

absl::StatusOr<std::vector<alert::v1::DutySpan>> CircleDesk::ListDuty(
    const std::string& caregiver_id, const std::string& patient_id, absl::Duration ahead) {
  const std::shared_ptr<const domain::Registry> registry = registry_.Get();
  std::vector<domain::PatientRef> patients = registry->PatientsOf(caregiver_id);
  if (!patient_id.empty() || patients.empty()) {
    absl::StatusOr<domain::PatientRef> one = PatientOf(*registry, caregiver_id, patient_id);
    if (absl::IsNotFound(one.status()) && has_broken_ && !patient_id.empty() &&
        has_broken_(caregiver_id, patient_id)) {
      const domain::PatientRef ref = registry->FindPatient(patient_id);
      if (ref.patient != nullptr) one = ref;
      if (ref.patient != nullptr && audit_ != nullptr) {
        VEILLE_RETURN_IF_ERROR(audit_->BeforeShown(
            {MakeAuditEntry("duty.list", {caregiver_id, "", ""}, ref.home->home_id(), patient_id,
                            absl::OkStatus())}));
      }
    }
    VEILLE_RETURN_IF_ERROR(one.status());
    patients = {*one};
  }
  const absl::Time now = clock_->Now();
  const absl::Duration span = ahead <= absl::ZeroDuration() ? kAhead : std::min(ahead, kFarthest);
  std::vector<alert::v1::DutySpan> spans;
  for (const domain::PatientRef& ref : patients) {
    VEILLE_ASSIGN_OR_RETURN(const CircleState state, store_.GetCircle(ref.home->home_id()));
    for (auto& one : DutySpans(DutyPlanOf(ref), state, now, now + span))
      spans.push_back(std::move(one));
  }
  return spans;
}

void CircleDesk::Audit(const char* action, const Actor& actor, const std::string& home_id,
                       const std::string& patient_id, const absl::Status& outcome) {
  if (audit_ != nullptr) audit_->Done(MakeAuditEntry(action, actor, home_id, patient_id, outcome));
}

absl::StatusOr<CircleDesk::DutyChange> CircleDesk::ChangeDuty(const char* action,
                                                              const DutyRequest& request,
                                                              const DutyChanger& change) {
  const std::shared_ptr<const domain::Registry> registry = registry_.Get();
  VEILLE_ASSIGN_OR_RETURN(const domain::PatientRef ref,
                          PatientOf(*registry, request.actor.caregiver_id, request.patient_id));
  const DutyPlan plan = DutyPlanOf(ref);
  const absl::Time now = clock_->Now();
  const absl::StatusOr<CircleState> state =
      Update(ref.home->home_id(), [&](CircleState& current) { return change(plan, now, current); });
  Audit(action, request.actor, ref.home->home_id(), plan.patient_id, state.status());
  VEILLE_RETURN_IF_ERROR(state.status());
  return DutyChange{ref.home->home_id(), plan.patient_id,
                    DutySpans(plan, *state, now, now + kAhead)};
}

absl::StatusOr<CircleDesk::DutyChange> CircleDesk::Take(const DutyRequest& request) {
  return ChangeDuty("duty.take", request,
                    [&](const DutyPlan& plan, absl::Time now, CircleState& state) {
                      return TakeDuty(plan, request.actor, request.span, now, state);
                    });
}

absl::StatusOr<CircleDesk::DutyChange> CircleDesk::HandOver(const DutyRequest& request) {
  return ChangeDuty(
      "duty.hand_over", request, [&](const DutyPlan& plan, absl::Time now, CircleState& state) {
        return HandOverDuty(plan, request.actor, request.to, request.span, now, state);
      });
}

std::vector<std::string> CircleDesk::HomesOf(const std::string& caregiver_id,
                                             const std::string& patient_id) const {
  std::set<std::string> homes;
  const std::shared_ptr<const domain::Registry> registry = registry_.Get();
  for (const domain::PatientRef& ref : registry->PatientsOf(caregiver_id))
    if (patient_id.empty() || ref.patient->patient_id() == patient_id)
      homes.insert(ref.home->home_id());
  return {homes.begin(), homes.end()};
}

absl::Status CircleDesk::CheckRule(const std::string& rule, const std::vector<std::string>& homes) {
  // What never can be is refused with the reason.
  if (rule.empty() || !CanBeSnoozed(rule) || domain::FindRule(rule) != nullptr)
    return absl::OkStatus();
  // Of no care plan, but told: summaries, and what the service finds of itself.
  for (const std::string& home : homes) {
    VEILLE_ASSIGN_OR_RETURN(const std::vector<store::v1::AlertRecord> open,
                            store_.OpenAlerts(home));
    for (const store::v1::AlertRecord& record : open)
      if (record.alert().rule() == rule) return absl::OkStatus();
  }
  return NoSuchRule();
}

absl::StatusOr<alert::v1::Snooze> CircleDesk::Snooze(const SnoozeRequest& request) {
  const Actor& actor = request.actor;
  const std::vector<std::string> homes = HomesOf(actor.caregiver_id, request.patient_id);
  if (homes.empty()) return absl::NotFoundError("you care for nobody of this id");
  VEILLE_RETURN_IF_ERROR(CheckRule(request.rule, homes));
  const absl::Time now = clock_->Now();
  alert::v1::Snooze snooze;
  snooze.set_caregiver_id(actor.caregiver_id);
  snooze.set_patient_id(request.patient_id);
  snooze.set_rule(request.rule);
  snooze.set_client(actor.client);
  SetTime(now, *snooze.mutable_create_time());
  SetTime(now + request.duration, *snooze.mutable_expire_time());
  // A retry of the same request names the same snooze.
  const std::string occasion =
      actor.request_id.empty() ? std::to_string(absl::ToUnixMicros(now)) : actor.request_id;
  snooze.set_snooze_id(Sha256Hex16(actor.caregiver_id + "/" + request.patient_id + "/" +
                                   request.rule + "/" + occasion));
  for (const std::string& home : homes) {
    const absl::StatusOr<CircleState> state =
        Update(home, [&](CircleState& current) -> absl::StatusOr<bool> {
          VEILLE_RETURN_IF_ERROR(AddSnooze(snooze, actor, now, current));
          return true;
        });
    Audit("snooze.add", actor, home, request.patient_id, state.status());
    VEILLE_RETURN_IF_ERROR(state.status());
    for (const auto& kept : state->snoozes())
      if (kept.snooze_id() == snooze.snooze_id()) snooze = kept;
  }
  return snooze;
}

absl::Status CircleDesk::CancelSnooze(const std::string& caregiver_id,
                                      const std::string& snooze_id) {
  bool any = false;
  for (const std::string& home : HomesOf(caregiver_id, "")) {
    bool here = false;
    const absl::Status changed =
        Update(home, [&](CircleState& state) -> absl::StatusOr<bool> {
          here = notifier::CancelSnooze(caregiver_id, snooze_id, clock_->Now(), state);
          return here;
        }).status();
    if (here) Audit("snooze.cancel", {caregiver_id, "", ""}, home, "", changed);
    VEILLE_RETURN_IF_ERROR(changed);
    any = any || here;
  }
  return any ? absl::OkStatus() : absl::NotFoundError("there is no such snooze");
}

absl::StatusOr<std::vector<alert::v1::Snooze>> CircleDesk::ListSnoozes(
    const std::string& caregiver_id) {
  std::map<std::string, alert::v1::Snooze> by_id;
  const absl::Time now = clock_->Now();
  for (const std::string& home : HomesOf(caregiver_id, "")) {
    VEILLE_ASSIGN_OR_RETURN(const CircleState state, store_.GetCircle(home));
    for (const auto& snooze : state.snoozes())
      if (snooze.caregiver_id() == caregiver_id && ToTime(snooze.expire_time()) > now)
        by_id.emplace(snooze.snooze_id(), snooze);
  }
  std::vector<alert::v1::Snooze> snoozes;
  snoozes.reserve(by_id.size());
  for (auto& [id, snooze] : by_id) snoozes.push_back(std::move(snooze));
  std::sort(snoozes.begin(), snoozes.end(), [](const auto& a, const auto& b) {
    return ToTime(a.expire_time()) < ToTime(b.expire_time());
  });
  return snoozes;
}

}  // namespace veille::notifier
