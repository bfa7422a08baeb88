#include "services/care/app/eraser.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"

#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/log/log.h"
#include "services/care/core/erased_home.h"
#include "services/domain/audit/erasure_certificate.h"
#include "services/domain/home_check.h"
#include "services/domain/vault/rotation.h"
#include "services/domain/vault/wrapping.h"

namespace veille::care {
namespace {

using store::v1::Erasure;
using State = Erasure::State;
using store::v1::StoredHome;

// Other writers of the same home.
constexpr int kRounds = 5;
// What a role wrote while it still had the key is found by another look.
constexpr int kSweeps = 3;

State Next(State state) { return static_cast<State>(state + 1); }

PersonalScope ScopeOf(const Erasure& erasure) {
  PersonalScope scope;
  scope.home_id = erasure.home_id();
  scope.patient_id = erasure.patient_id();
  scope.whole_home = erasure.whole_home();
  scope.source_ids.assign(erasure.source_ids().begin(), erasure.source_ids().end());
  return scope;
}

bool BelongsTo(const Erasure& erasure, const std::string& name) {
  if (name == domain::NameOf({erasure.home_id(), erasure.patient_id()})) return true;
  if (!erasure.whole_home()) return false;
  const std::string people = "p/" + erasure.home_id() + "/";
  return name == domain::NameOf({erasure.home_id()}) || name.compare(0, people.size(), people) == 0;
}

// The data keys that an erasure destroys: by name, with their wrapped bytes.
absl::StatusOr<std::vector<std::pair<std::string, store::v1::WrappedKey>>> KeysOf(
    const Erasure& erasure, domain::KeyStore& store) {
  std::vector<std::pair<std::string, store::v1::WrappedKey>> keys;
  std::string from;
  do {
    VEILLE_ASSIGN_OR_RETURN(const domain::KeyStore::Page page, store.List(from));
    for (const domain::StoredKey& key : page.keys) {
      if (!BelongsTo(erasure, key.first)) continue;
      VEILLE_ASSIGN_OR_RETURN(auto wrapped, domain::ParseWrapped(key.first, key.second));
      keys.emplace_back(key.first, std::move(wrapped));
    }
    from = page.next;
  } while (!from.empty());
  return keys;
}

store::v1::AuditEntry EntryOf(const Erasure& erasure, const std::string& actor,
                              const std::string& client, const char* action, absl::Time now) {
  store::v1::AuditEntry entry;
  SetTime(now, *entry.mutable_time());
  entry.set_actor(actor);
  entry.set_client(client);
  entry.set_action(action);
  entry.set_home_id(erasure.home_id());
  entry.set_patient_id(erasure.patient_id());
  entry.set_outcome("OK " + erasure.erasure_id());
  return entry;
}

absl::Status Missing(const std::string& patient_id) {
  return absl::NotFoundError("patient_id: nobody has the id '" + patient_id + "'");
}

}  // namespace

Eraser::Eraser(Options options, HomeStore& homes, PersonalRecords& records, AuditTrail& audit)
    : options_(std::move(options)), homes_(homes), records_(records), audit_(audit) {
  if (options_.keys != nullptr) thread_ = Worker("eraser", [this] { Run(); });
}

Eraser::~Eraser() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.Join();
}

absl::StatusOr<StoredHome> Eraser::HomeOf(const std::string& patient_id) {
  VEILLE_ASSIGN_OR_RETURN(const std::string home_id, records_.HomeOf(patient_id));
  if (home_id.empty()) return Missing(patient_id);
  VEILLE_ASSIGN_OR_RETURN(StoredHome stored, homes_.Get(home_id));
  for (const v1::Patient& patient : stored.home().patients())
    if (patient.patient_id() == patient_id) return stored;
  return Missing(patient_id);
}

absl::StatusOr<Erasure> Eraser::Plan(const Caller& caller, const std::string& patient_id) {
  if (options_.keys == nullptr) {
    return absl::FailedPreconditionError(
        "keys.unencrypted: what is stored in the clear stays in every copy; nobody can be erased");
  }
  if (!options_.signing_key) {
    return absl::FailedPreconditionError(
        "notifier.audit_key_file: without a key the certificate cannot be signed; name one");
  }
  VEILLE_ASSIGN_OR_RETURN(const StoredHome stored, HomeOf(patient_id));
  const v1::HomeRecord& home = stored.home();
  Erasure erasure;
  erasure.set_format(1);
  erasure.set_erasure_id(random_.Hex(16));
  erasure.set_patient_id(patient_id);
  erasure.set_home_id(home.home_id());
  erasure.set_actor(caller.id);
  SetTime(options_.clock->Now(), *erasure.mutable_start_time());
  erasure.set_whole_home(!IsShared(home, patient_id));
  erasure.set_state(Erasure::STATE_BEGUN);
  if (erasure.whole_home()) {
    for (const v1::Source& source : home.sources()) erasure.add_source_ids(source.source_id());
    return erasure;
  }
  v1::HomeRecord after = home;
  RemovePerson(patient_id, after);
  if (const auto faults = domain::CheckHomeRecord(after); !faults.empty()) {
    return absl::FailedPreconditionError(
        "without the person the home would not be sound: " + faults.front().field + ": " +
        faults.front().reason + "; change it first");
  }
  return erasure;
}

absl::StatusOr<Erasure> Eraser::Begin(const Caller& caller, const std::string& patient_id) {
  VEILLE_ASSIGN_OR_RETURN(const Erasure known, records_.GetErasure(patient_id));
  bool goes_on = known.format() != 0;
  if (known.state() == Erasure::STATE_DONE) {
    // Who got the id in spite of all, as from a copy of an old registry, is not erased by that.
    const absl::Status there = HomeOf(patient_id).status();
    if (!there.ok() && !absl::IsNotFound(there)) return there;
    goes_on = !there.ok();
  }
  if (goes_on) {
    MutexLock lock(mu_);
    wanted_ = true;
    changed_.NotifyAll();
    return known;
  }
  VEILLE_ASSIGN_OR_RETURN(const Erasure erasure, Plan(caller, patient_id));
  VEILLE_RETURN_IF_ERROR(audit_.BeforeShown(
      EntryOf(erasure, caller.id, caller.client, "rights.erase", options_.clock->Now())));
  const absl::Status put = records_.PutErasure(known, erasure);
  // Somebody else was faster: theirs it is.
  if (absl::IsAborted(put)) return records_.GetErasure(patient_id);
  VEILLE_RETURN_IF_ERROR(put);
  MutexLock lock(mu_);
  wanted_ = true;
  changed_.NotifyAll();
  return erasure;
}

absl::StatusOr<Erasure> Eraser::Get(const std::string& patient_id) {
  VEILLE_ASSIGN_OR_RETURN(Erasure erasure, records_.GetErasure(patient_id));
  if (erasure.format() == 0)
    return absl::NotFoundError("patient_id: nobody has asked to erase '" + patient_id + "'");
  return erasure;
}

bool Eraser::Pause(absl::Duration time) {
  MutexLock lock(mu_);
  const absl::Duration until = MonotonicNow() + time;
  while (!stopping_ && MonotonicNow() < until) changed_.WaitFor(mu_, until - MonotonicNow());
  return !stopping_;
}

bool Eraser::WaitUntilWanted(absl::Duration time) {
  MutexLock lock(mu_);
  const absl::Duration until = MonotonicNow() + time;
  while (!stopping_ && !wanted_ && MonotonicNow() < until)
    changed_.WaitFor(mu_, until - MonotonicNow());
  wanted_ = false;
  return !stopping_;
}

void Eraser::Run() {
  absl::Duration rest = absl::ZeroDuration();
  while (WaitUntilWanted(rest)) rest = Round();
}

absl::Duration Eraser::Round() {
  const absl::StatusOr<std::vector<Erasure>> erasures = records_.ListErasures();
  if (!erasures.ok()) return options_.retry;
  const bool all_done = std::all_of(erasures->begin(), erasures->end(), [](const Erasure& erasure) {
    return erasure.state() == Erasure::STATE_DONE;
  });
  if (all_done) return options_.look;
  const auto turn = records_.TakeTurn();
  if (absl::IsAborted(turn.status())) return options_.turn_wait;
  return turn.ok() ? RoundOfOurTurn() : options_.retry;
}

// Lists them again: whoever had the turn before has gone on with them.
absl::Duration Eraser::RoundOfOurTurn() {
  const absl::StatusOr<std::vector<Erasure>> erasures = records_.ListErasures();
  if (!erasures.ok()) return options_.retry;
  absl::Duration rest = options_.look;
  for (const Erasure& erasure : *erasures) {
    if (erasure.state() == Erasure::STATE_DONE) continue;
    const absl::Status status = GoOn(erasure);
    if (status.ok() || absl::IsCancelled(status)) continue;
    rest = options_.retry;
    if (!absl::IsAborted(status)) Trouble(erasure, status);
  }
  return rest;
}

void Eraser::Trouble(const Erasure& erasure, const absl::Status& status) {
  VEILLE_LOG(kError, "an erasure does not go on; it is tried again")
      .Field("erasure", erasure.erasure_id())
      .Field(status);
  // Written beside whatever step it is at by now.
  const absl::StatusOr<Erasure> before = records_.GetErasure(erasure.patient_id());
  if (!before.ok() || before->trouble() == status.message()) return;
  Erasure after = *before;
  after.set_trouble(std::string(status.message()));
  records_.PutErasure(*before, after).IgnoreError();
}

absl::Status Eraser::GoOn(Erasure erasure) {
  while (erasure.state() != Erasure::STATE_DONE) {
    const Erasure before = erasure;
    VEILLE_RETURN_IF_ERROR(Step(erasure));
    erasure.clear_trouble();
    erasure.set_state(Next(erasure.state()));
    VEILLE_RETURN_IF_ERROR(records_.PutErasure(before, erasure));
    VEILLE_LOG(kInfo, "a step of an erasure is done")
        .Field("erasure", erasure.erasure_id())
        .Field("step", Erasure::State_Name(erasure.state()));
    if (options_.after_step != nullptr) options_.after_step(erasure.state());
    MutexLock lock(mu_);
    if (stopping_) return absl::CancelledError("the service stops; it goes on at its start");
  }
  return absl::OkStatus();
}

// What comes after the state that is reached.
absl::Status Eraser::Step(Erasure& erasure) {
  switch (erasure.state()) {
    case Erasure::STATE_BEGUN:
      return Unregister(erasure);
    case Erasure::STATE_UNREGISTERED:
      return DestroyKeys(erasure);
    case Erasure::STATE_KEYS_DESTROYED:
      return Delete(erasure);
    case Erasure::STATE_DELETED:
      return Rotate(erasure);
    case Erasure::STATE_ROTATED:
      return records_.RewriteFiles();
    case Erasure::STATE_REWRITTEN:
      return Certify(erasure);
    default:
      return absl::DataLossError("the record of the erasure is of an unknown state");
  }
}

absl::Status Eraser::Unregister(Erasure& erasure) {
  absl::Status done = absl::AbortedError("the home is being changed by others again and again");
  for (int round = 0; round < kRounds && absl::IsAborted(done); ++round) {
    VEILLE_ASSIGN_OR_RETURN(const StoredHome stored, homes_.Get(erasure.home_id()));
    HomeCommit commit;
    commit.home_id = erasure.home_id();
    commit.expected_revision = stored.revision();
    const bool shared = IsShared(stored.home(), erasure.patient_id());
    if (shared && erasure.whole_home()) {
      return absl::FailedPreconditionError(
          "somebody has moved into the home since the erasure was asked for: move them to another");
    }
    StoredHome after = stored;
    RemovePerson(erasure.patient_id(), *after.mutable_home());
    const bool there = after.home().patients_size() != stored.home().patients_size();
    if (!stored.has_home() || (!there && shared)) {
      done = absl::OkStatus();  // Before a crash.
      break;
    }
    if (shared) {
      after.set_revision(stored.revision() + 1);
      SetTime(options_.clock->Now(), *after.mutable_update_time());
      commit.home = std::move(after);
    }
    done = homes_.Commit(commit);
    if (done.ok()) ++(*erasure.mutable_erased())[shared ? "registered_person" : "registered_home"];
  }
  VEILLE_RETURN_IF_ERROR(done);
  VEILLE_RETURN_IF_ERROR(homes_.Release("patient:" + erasure.patient_id(), erasure.home_id()));
  for (const std::string& source : erasure.source_ids())
    VEILLE_RETURN_IF_ERROR(homes_.Release("source:" + source, erasure.home_id()));
  return NameKeys(erasure);
}

// Nobody makes new ones from here on, and once they are destroyed nobody knows their ids.
absl::Status Eraser::NameKeys(Erasure& erasure) {
  VEILLE_ASSIGN_OR_RETURN(const auto keys, KeysOf(erasure, *options_.keys));
  erasure.clear_keys();
  for (const auto& [name, wrapped] : keys) {
    if (wrapped.has_destroy_time()) continue;
    store::v1::ErasedKey& erased = *erasure.add_keys();
    erased.set_name(name);
    erased.set_key_id(absl::BytesToHexString(wrapped.key_id()));
  }
  return absl::OkStatus();
}

absl::Status Eraser::DestroyKeys(Erasure& erasure) {
  // Whoever was never seen has no key yet, and must not get one.
  VEILLE_RETURN_IF_ERROR(Destroy({erasure.home_id(), erasure.patient_id()}));
  if (erasure.whole_home()) VEILLE_RETURN_IF_ERROR(Destroy({erasure.home_id()}));
  const std::string people = "p/" + erasure.home_id() + "/";
  VEILLE_ASSIGN_OR_RETURN(const auto keys, KeysOf(erasure, *options_.keys));
  for (const auto& [name, wrapped] : keys) {
    if (wrapped.has_destroy_time() || name.compare(0, people.size(), people) != 0) continue;
    VEILLE_RETURN_IF_ERROR(
        Destroy({erasure.home_id(), std::string_view(name).substr(people.size())}));
  }
  // The last that can have wrapped one of them, in a copy of the key store: also when somebody
  // rotated since the erasure began.
  VEILLE_ASSIGN_OR_RETURN(*erasure.mutable_kek_before(), options_.keys->CurrentKek());
  if (!Pause(options_.forget_time)) return absl::CancelledError("the service stops");
  return absl::OkStatus();
}

absl::Status Eraser::Destroy(const domain::Subject& subject) {
  return options_.vault->Destroy(subject, options_.clock->Now());
}

absl::Status Eraser::Delete(Erasure& erasure) {
  const PersonalScope scope = ScopeOf(erasure);
  std::map<std::string, uint64_t> erased(erasure.erased().begin(), erasure.erased().end());
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    VEILLE_ASSIGN_OR_RETURN(const SweepCounts counts, records_.Sweep(scope));
    for (const auto& [data_class, count] : counts.erased) erased[data_class] += count;
    *erasure.mutable_left() = {counts.left.begin(), counts.left.end()};
    if (sweep > 0 && counts.erased.empty()) break;
  }
  *erasure.mutable_erased() = {erased.begin(), erased.end()};
  return absl::OkStatus();
}

absl::Status Eraser::Rotate(Erasure& erasure) {
  VEILLE_ASSIGN_OR_RETURN(const domain::KeyCounts counts, domain::CountKeys(*options_.keys));
  const bool rotated = !erasure.kek_before().empty() && counts.current != erasure.kek_before() &&
                       counts.by_kek.count(erasure.kek_before()) == 0;
  erasure.set_kek_after(counts.current);
  if (!rotated) {
    VEILLE_ASSIGN_OR_RETURN(const domain::Rotation rotation,
                            domain::RotateKeys(*options_.keys, options_.kek_file));
    erasure.set_kek_after(rotation.kek_id);
  }
  const absl::Status removed = domain::RemoveUnusedKeks(*options_.keys, options_.kek_file).status();
  if (removed.ok()) return removed;
  return absl::FailedPreconditionError(
      std::string(removed.message()) +
      "; where it is a mounted secret, take every line but the newest out of it: the erasure then "
      "goes on");
}

// The files are new by now: one more look at what is there, and all of it is said.
absl::Status Eraser::Certify(Erasure& erasure) {
  VEILLE_RETURN_IF_ERROR(Delete(erasure));
  domain::Certify(options_.clock->Now(), *options_.signing_key, erasure);
  audit_.Done(EntryOf(erasure, "care", "", "rights.erased", options_.clock->Now()));
  return absl::OkStatus();
}

}  // namespace veille::care
