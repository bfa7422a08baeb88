#include "services/care/app/care_desk.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/digest.h"
#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "services/care/app/bad_request.h"
#include "services/care/app/personal_scope.h"
#include "services/care/core/home_change.h"

namespace veille::care {
namespace {

using google::protobuf::FieldMask;
using google::protobuf::Message;
using store::v1::StoredHome;
using store::v1::StoredPlan;

// Somebody else was faster: each round one of them was stored.
constexpr int kRounds = 20;
constexpr std::size_t kMaxRequestId = 64;
// What one answer may hold of homes; gRPC's clients take 4 MiB.
constexpr std::size_t kPageBytes = 2 << 20;
constexpr int kPlansAtOnce = 100;

std::string Generated(Kind kind, const std::string& request_id) {
  SystemRandom random;
  return std::string(NameOf(kind)) + "-" +
         (request_id.empty() ? random.Hex(16) : Sha256Hex16(request_id));
}

// The request's digest: the same id with another content is another request's.
std::string DigestOf(const std::string& action, const Target& target, const Message& item) {
  return Sha256Hex16(action + "\n" + target.home_id + "\n" + target.patient_id + "\n" + target.id +
                     "\n" + item.SerializeAsString());
}

absl::Status NoHome(const std::string& home_id) {
  return absl::NotFoundError("home_id: there is no home '" + home_id + "'");
}

absl::Status Taken(const std::string& unique_id, const std::string& owner) {
  const std::size_t colon = unique_id.find(':');
  return absl::AlreadyExistsError("there is a " + unique_id.substr(0, colon) + " '" +
                                  unique_id.substr(colon + 1) + "' in the home '" + owner +
                                  "' already: remove it there first, or take another id");
}

std::vector<std::string> GainedIds(const v1::HomeRecord& before, const v1::HomeRecord& after) {
  const std::vector<std::string> had = UniqueIds(before), has = UniqueIds(after);
  std::vector<std::string> gained;
  std::set_difference(has.begin(), has.end(), had.begin(), had.end(), std::back_inserter(gained));
  return gained;
}

absl::StatusOr<View> ViewOf(v1::HomeRecord home, const Target& target, uint64_t revision) {
  View view;
  view.home = std::make_shared<const v1::HomeRecord>(std::move(home));
  VEILLE_ASSIGN_OR_RETURN(view.item, FindItem(*view.home, target));
  view.etag = EtagOf(*view.item);
  view.revision = revision;
  return view;
}

std::vector<StoredPlan> PlansOf(const v1::HomeRecord& before, const v1::HomeRecord& after,
                                uint64_t revision, const std::string& actor,
                                const std::string& action, absl::Time now) {
  std::vector<StoredPlan> plans;
  for (const v1::Patient* patient : ChangedPlans(before, after)) {
    StoredPlan& plan = plans.emplace_back();
    plan.set_format(1);
    plan.set_revision(revision);
    plan.set_patient_id(patient->patient_id());
    *plan.mutable_care_plan() = patient->care_plan();
    SetTime(now, *plan.mutable_time());
    plan.set_actor(actor);
    plan.set_action(action);
  }
  return plans;
}

}  // namespace

store::v1::AuditEntry CareDesk::Entry(const Call& call, const std::string& action,
                                      const Target& target, const absl::Status& outcome) const {
  store::v1::AuditEntry entry;
  entry.set_actor(call.caller.id);
  entry.set_client(call.caller.client);
  entry.set_action("care." + action);
  entry.set_home_id(target.home_id);
  entry.set_patient_id(target.kind == Kind::kPatient ? target.id : target.patient_id);
  std::string text = absl::StatusCodeToString(outcome.code());
  // Rooms and zones are named by people, perhaps after people or places.
  const bool tells = target.kind == Kind::kSource || target.kind == Kind::kDevice ||
                     target.kind == Kind::kMember || target.kind == Kind::kConsent ||
                     target.kind == Kind::kGrant;
  if (tells && !target.id.empty()) text += " " + target.id;
  entry.set_outcome(text);
  return entry;
}

absl::Status CareDesk::Shown(const Call& call, const std::string& action, const Target& target) {
  return audit_.BeforeShown(Entry(call, action, target, absl::OkStatus()));
}

absl::StatusOr<StoredHome> CareDesk::Open(const Call& call, const Target& target) {
  const std::optional<Right> right = RightOf(call.method);
  if (!right) return absl::PermissionDeniedError("nobody may do this");
  VEILLE_ASSIGN_OR_RETURN(StoredHome stored, store_.Get(target.home_id));
  const std::string& patient_id = target.kind == Kind::kPatient ? target.id : target.patient_id;
  if (stored.has_home())
    VEILLE_RETURN_IF_ERROR(Judge(call.caller, *right, stored.home(), patient_id));
  if (!stored.has_home()) VEILLE_RETURN_IF_ERROR(Judge(call.caller, *right, {}, patient_id));
  return stored;
}

absl::StatusOr<HomePage> CareDesk::ListHomes(const Call& call, int limit,
                                             const std::string& after) {
  const std::optional<Right> right = RightOf(call.method);
  if (!right) return absl::PermissionDeniedError("nobody may do this");
  VEILLE_RETURN_IF_ERROR(Judge(call.caller, *right, {}, ""));
  VEILLE_ASSIGN_OR_RETURN(const std::vector<std::string> ids, store_.ListIds());
  HomePage page;
  std::size_t bytes = 0;
  for (auto at = std::upper_bound(ids.begin(), ids.end(), after); at != ids.end(); ++at) {
    if (static_cast<int>(page.homes.size()) >= limit || bytes >= kPageBytes) {
      page.next = *std::prev(at);
      break;
    }
    VEILLE_ASSIGN_OR_RETURN(StoredHome stored, store_.Get(*at));
    if (!stored.has_home()) continue;
    VEILLE_RETURN_IF_ERROR(Shown(call, "home.list", {Kind::kHome, *at, "", ""}));
    bytes += stored.home().ByteSizeLong();
    page.homes.push_back(std::move(*stored.mutable_home()));
  }
  return page;
}

absl::StatusOr<Page> CareDesk::List(const Call& call, const Target& target, int limit,
                                    const std::string& after) {
  VEILLE_ASSIGN_OR_RETURN(StoredHome stored, Open(call, target));
  if (!stored.has_home()) return NoHome(target.home_id);
  Page page;
  page.home = std::make_shared<const v1::HomeRecord>(std::move(*stored.mutable_home()));
  VEILLE_ASSIGN_OR_RETURN(const std::vector<const Message*> all, ListItems(*page.home, target));
  for (const Message* item : all) {
    if (IdOf(target.kind, *item) <= after) continue;
    if (static_cast<int>(page.items.size()) == limit) {
      page.next = IdOf(target.kind, *page.items.back());
      break;
    }
    page.items.push_back(item);
  }
  VEILLE_RETURN_IF_ERROR(Shown(call, std::string(NameOf(target.kind)) + ".list", target));
  return page;
}

absl::StatusOr<View> CareDesk::Get(const Call& call, const Target& target) {
  VEILLE_ASSIGN_OR_RETURN(StoredHome stored, Open(call, target));
  if (!stored.has_home()) return NoHome(target.home_id);
  VEILLE_ASSIGN_OR_RETURN(View view,
                          ViewOf(std::move(*stored.mutable_home()), target, stored.revision()));
  VEILLE_RETURN_IF_ERROR(Shown(call, std::string(NameOf(target.kind)) + ".get", target));
  return view;
}

absl::StatusOr<PlanPage> CareDesk::ListPlans(const Call& call, const Target& target, int limit,
                                             uint64_t before) {
  VEILLE_ASSIGN_OR_RETURN(const StoredHome stored, Open(call, target));
  if (!stored.has_home()) return NoHome(target.home_id);
  VEILLE_RETURN_IF_ERROR(FindItem(stored.home(), target).status());
  PlanPage page;
  while (true) {
    VEILLE_ASSIGN_OR_RETURN(std::vector<StoredPlan> plans,
                            store_.ListPlans(target.home_id, before, kPlansAtOnce));
    if (plans.empty()) break;
    before = plans.back().revision();
    for (StoredPlan& plan : plans) {
      if (plan.patient_id() != target.patient_id) continue;
      if (static_cast<int>(page.plans.size()) == limit) {
        page.next = page.plans.back().revision();
        break;
      }
      page.plans.push_back(std::move(plan));
    }
    if (page.next != 0) break;
  }
  VEILLE_RETURN_IF_ERROR(Shown(call, "plan.history", target));
  return page;
}

absl::StatusOr<View> CareDesk::GetPlan(const Call& call, const Target& target, uint64_t revision) {
  VEILLE_ASSIGN_OR_RETURN(const PlanPage page, ListPlans(call, target, 1, revision + 1));
  if (page.plans.empty() || page.plans[0].revision() != revision) {
    return absl::NotFoundError(
        "revision: the history has none of this number; "
        "ListCarePlanRevisions names those that it has");
  }
  auto home = std::make_shared<v1::HomeRecord>();
  home->set_home_id(target.home_id);
  *home->add_patients()->mutable_care_plan() = page.plans[0].care_plan();
  View view;
  view.item = &home->patients(0).care_plan();
  view.etag = EtagOf(*view.item);
  view.revision = revision;
  view.home = std::move(home);
  return view;
}

absl::StatusOr<View> CareDesk::Create(const Call& call, Target target, const Message& item,
                                      const Terms& terms) {
  if (terms.request_id.size() > kMaxRequestId)
    return BadRequest({{"request_id", "at most 64 characters"}});
  const std::unique_ptr<Message> made(item.New());
  made->CopyFrom(item);
  target.id = IdOf(target.kind, *made);
  if (target.id.empty() && (target.kind == Kind::kHome || target.kind == Kind::kPatient ||
                            target.kind == Kind::kConsent)) {
    target.id = Generated(target.kind, terms.request_id);
    SetId(target.kind, target.id, *made);
  }
  const bool is_home = target.kind == Kind::kHome;
  if (is_home) target.home_id = std::exchange(target.id, "");
  Change change{call, target, terms, std::string(NameOf(target.kind)) + ".create",
                "",   false,  false, {}};
  if (!terms.request_id.empty()) change.request_digest = DigestOf(change.action, target, *made);
  change.creates_home = is_home;
  change.edit = [&](uint64_t, v1::HomeRecord& home) -> absl::Status {
    if (!is_home) return AddItem(target, *made, home);
    if (!home.home_id().empty()) {
      return absl::AlreadyExistsError("there is a home '" + target.home_id +
                                      "' already: change it, or take another id");
    }
    home.CopyFrom(*made);
    return absl::OkStatus();
  };
  return Commit(change);
}

absl::StatusOr<View> CareDesk::Update(const Call& call, const Target& target, const Message& item,
                                      const FieldMask& mask, const Terms& terms) {
  const bool whole = mask.paths_size() == 1 && mask.paths(0) == "*";
  if (terms.allow_missing && !whole) {
    return BadRequest({{"allow_missing",
                        "a home can be created only from all of it: update_mask "
                        "must be \"*\""}});
  }
  Change change{call, target, terms, std::string(NameOf(target.kind)) + ".update",
                "",   false,  false, {}};
  change.creates_home = terms.allow_missing && target.kind == Kind::kHome;
  change.edit = [&](uint64_t new_revision, v1::HomeRecord& home) -> absl::Status {
    v1::CarePlan before;
    if (target.kind == Kind::kCarePlan) {
      VEILLE_ASSIGN_OR_RETURN(const Message* plan, FindItem(home, target));
      before.CopyFrom(*plan);
    }
    if (target.kind == Kind::kHome && home.home_id().empty()) home.set_home_id(target.home_id);
    VEILLE_RETURN_IF_ERROR(ChangeItem(target, item, mask, home));
    if (target.kind != Kind::kCarePlan) return absl::OkStatus();
    for (v1::Patient& patient : *home.mutable_patients())
      if (patient.patient_id() == target.patient_id)
        NamePlan(before, new_revision, *patient.mutable_care_plan());
    return absl::OkStatus();
  };
  return Commit(change);
}

absl::Status CareDesk::Delete(const Call& call, const Target& target, const Terms& terms) {
  Change change{call, target, terms, std::string(NameOf(target.kind)) + ".delete",
                "",   false,  false, {}};
  change.removes_home = target.kind == Kind::kHome;
  change.edit = [&](uint64_t, v1::HomeRecord& home) -> absl::Status {
    return change.removes_home ? absl::OkStatus() : RemoveItem(target, home);
  };
  return Commit(change).status();
}

absl::StatusOr<View> CareDesk::Rollback(const Call& call, const Target& target, uint64_t revision,
                                        const Terms& terms) {
  VEILLE_ASSIGN_OR_RETURN(const View old, GetPlan(call, target, revision));
  FieldMask all;
  all.add_paths("*");
  Change change{call, target, terms, "plan.rollback", "", false, false, {}};
  change.edit = [&](uint64_t, v1::HomeRecord& home) {
    return ChangeItem(target, *old.item, all, home);
  };
  return Commit(change);
}

absl::StatusOr<View> CareDesk::Commit(const Change& change) {
  absl::StatusOr<View> view =
      absl::AbortedError("the home was changed by others again and again; try again");
  for (int round = 0; round < kRounds; ++round) {
    absl::StatusOr<View> tried = TryCommit(change);
    // Nothing but another writer of the same home is tried again here.
    if (absl::IsCancelled(tried.status())) continue;
    view = std::move(tried);
    break;
  }
  if (!change.terms.validate_only)
    audit_.Done(Entry(change.call, change.action, change.target, view.status()));
  return view;
}

absl::Status CareDesk::CheckEtag(const Change& change, const v1::HomeRecord& home) const {
  if (change.terms.etag.empty()) return absl::OkStatus();
  VEILLE_ASSIGN_OR_RETURN(const Message* item, FindItem(home, change.target));
  if (EtagOf(*item) == change.terms.etag) return absl::OkStatus();
  return absl::AbortedError(
      std::string("etag: the ") + NameOf(change.target.kind) +
      " was changed by somebody else meanwhile: get it again, and decide anew");
}

// CANCELLED: somebody else was faster.
absl::StatusOr<View> CareDesk::TryCommit(const Change& change) {
  const Target& target = change.target;
  const std::string& request_id = change.terms.request_id;
  VEILLE_ASSIGN_OR_RETURN(StoredHome stored, Open(change.call, target));
  if (!request_id.empty()) {
    VEILLE_ASSIGN_OR_RETURN(
        const std::string done,
        store_.FindRequest(target.home_id, change.call.caller.id + "/" + request_id));
    // It may have been carried out between the two: then what was read first is too old.
    if (done == change.request_digest && !stored.has_home()) {
      VEILLE_ASSIGN_OR_RETURN(stored, Open(change.call, target));
    }
    if (done == change.request_digest && stored.has_home())
      return ViewOf(stored.home(), target, stored.revision());
    if (!done.empty()) {
      return BadRequest({{"request_id",
                          "was another request's within the last 24 h: take a new "
                          "one"}});
    }
  }
  if (!stored.has_home() && !change.creates_home) return NoHome(target.home_id);
  VEILLE_RETURN_IF_ERROR(CheckEtag(change, stored.home()));
  v1::HomeRecord after = stored.home();
  VEILLE_RETURN_IF_ERROR(change.edit(stored.revision() + 1, after));
  if (target.kind == Kind::kConsent) ApplyConsents(stored.home(), after);
  if (!change.removes_home) {
    const std::vector<domain::HomeFault> faults = CheckChanged(after, target);
    const absl::Status bad = BadRequest(faults);
    // What is removed is not at fault; what still needs it is.
    if (!bad.ok() && change.action == std::string(NameOf(target.kind)) + ".delete")
      return absl::FailedPreconditionError("it is still needed: " + std::string(bad.message()));
    VEILLE_RETURN_IF_ERROR(bad);
  }
  VEILLE_RETURN_IF_ERROR(
      CheckLeaving(stored.home(), change.removes_home ? v1::HomeRecord() : after));
  if (change.terms.validate_only) {
    for (const std::string& id : GainedIds(stored.home(), after))
      VEILLE_RETURN_IF_ERROR(CheckId(id, target.home_id));
    return ViewOf(std::move(after), target, stored.revision());
  }
  return Store(change, stored, std::move(after));
}

absl::StatusOr<View> CareDesk::Store(const Change& change, const StoredHome& stored,
                                     v1::HomeRecord after) {
  const Target& target = change.target;
  // What is as it was needs no revision, and takes no plan out of the history.
  if (!change.removes_home && stored.has_home() &&
      stored.home().SerializeAsString() == after.SerializeAsString())
    return ViewOf(std::move(after), target, stored.revision());
  const absl::Time now = clock_->Now();
  const std::string& actor = change.call.caller.id;
  HomeCommit commit;
  commit.home_id = target.home_id;
  commit.expected_revision = stored.revision();
  if (!change.terms.request_id.empty()) {
    commit.request_id = actor + "/" + change.terms.request_id;
    commit.request_digest = change.request_digest;
  }
  const v1::HomeRecord kept = change.removes_home ? v1::HomeRecord() : after;
  if (!change.removes_home) {
    StoredHome& home = commit.home.emplace(stored);
    home.set_format(1);
    home.set_revision(stored.revision() + 1);
    *home.mutable_home() = after;
    if (!stored.has_home()) SetTime(now, *home.mutable_create_time());
    SetTime(now, *home.mutable_update_time());
    commit.plans =
        PlansOf(stored.home(), after, home.revision(), actor, "care." + change.action, now);
  }
  VEILLE_RETURN_IF_ERROR(ClaimIds(stored.home(), kept, target.home_id));
  const absl::Status done = store_.Commit(commit);
  if (absl::IsAborted(done) || absl::IsAlreadyExists(done))
    return absl::CancelledError("another change came between");
  VEILLE_RETURN_IF_ERROR(done);
  ReleaseIds(stored.home(), kept, target.home_id);
  if (change.removes_home || change.action == std::string(NameOf(target.kind)) + ".delete")
    return View{std::make_shared<const v1::HomeRecord>(std::move(after)), nullptr, "",
                stored.revision() + 1};
  return ViewOf(std::move(after), target, stored.revision() + 1);
}

absl::Status CareDesk::ClaimIds(const v1::HomeRecord& before, const v1::HomeRecord& after,
                                const std::string& home_id) {
  for (const std::string& id : GainedIds(before, after))
    VEILLE_RETURN_IF_ERROR(ClaimId(id, home_id));
  return absl::OkStatus();
}

// The registry alone knows whose things are: without it nobody could be shown theirs, or be erased.
absl::Status CareDesk::CheckLeaving(const v1::HomeRecord& before, const v1::HomeRecord& after) {
  if (records_ == nullptr) return absl::OkStatus();
  for (const v1::Patient& patient : before.patients()) {
    const std::string& id = patient.patient_id();
    const auto is_same = [&](const v1::Patient& other) { return other.patient_id() == id; };
    if (std::any_of(after.patients().begin(), after.patients().end(), is_same)) continue;
    VEILLE_ASSIGN_OR_RETURN(const bool holds, records_->Holds(ScopeOf(id, before)));
    if (!holds) continue;
    return absl::FailedPreconditionError(
        "patient_id: of '" + id +
        "' more is stored than the registry has, and only the registry "
        "knows whose it is; 'veille rights erase " +
        id +
        "' takes all of it, and them, away; "
        "'veille rights export " +
        id + "' hands it over before");
  }
  return absl::OkStatus();
}

// Whether the home that has claimed the id has it yet.
absl::StatusOr<bool> CareDesk::Has(const std::string& home_id, const std::string& unique_id) {
  VEILLE_ASSIGN_OR_RETURN(const StoredHome stored, store_.Get(home_id));
  const std::vector<std::string> ids = UniqueIds(stored.home());
  return std::binary_search(ids.begin(), ids.end(), unique_id);
}

absl::Status CareDesk::CheckId(const std::string& unique_id, const std::string& home_id) {
  VEILLE_ASSIGN_OR_RETURN(const std::string owner, store_.WouldClaim(unique_id, home_id));
  if (owner.empty()) return absl::OkStatus();
  VEILLE_ASSIGN_OR_RETURN(const bool has, Has(owner, unique_id));
  return has ? Taken(unique_id, owner) : absl::OkStatus();
}

absl::Status CareDesk::ClaimId(const std::string& unique_id, const std::string& home_id) {
  VEILLE_ASSIGN_OR_RETURN(std::string owner, store_.Claim(unique_id, home_id));
  if (owner.empty()) return absl::OkStatus();
  VEILLE_ASSIGN_OR_RETURN(const bool has, Has(owner, unique_id));
  if (!has) {
    // A claim that was never used, or not given back.
    VEILLE_RETURN_IF_ERROR(store_.TakeOver(unique_id, owner, home_id));
    VEILLE_ASSIGN_OR_RETURN(owner, store_.Claim(unique_id, home_id));
    if (owner.empty()) return absl::OkStatus();
  }
  return Taken(unique_id, owner);
}

// What is not given back is taken over by whoever needs it.
void CareDesk::ReleaseIds(const v1::HomeRecord& before, const v1::HomeRecord& after,
                          const std::string& home_id) {
  for (const std::string& id : GainedIds(after, before)) store_.Release(id, home_id).IgnoreError();
}

}  // namespace veille::care
