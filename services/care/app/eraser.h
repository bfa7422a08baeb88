// Erases people: step by step, each written down when it is done, so that an erasure goes on after
// a crash where it was, and a step that was half done is done again.
//
// The order is what makes it safe. First the registry: nothing new comes of the person. Then the
// keys: whatever stands anywhere, copies and backups included, is unreadable from there on, and
// nothing can be sealed with them. Then what stands in Redis, by the names that sealed values
// carry. Then the key-encryption key, so that copies of wrapped keys open nothing, and the files of
// Redis, which still had all of it. Last the certificate.
//
// One thread of its own, which begins with what was left undone. Of several instances one at a time
// carries erasures out; another goes on when it dies. Thread safe.

#ifndef SERVICES_CARE_APP_ERASER_H_
#define SERVICES_CARE_APP_ERASER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/store/v1/rights.pb.h"

#include "common/base/random.h"
#include "common/crypto/ed25519.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/care/app/audit_trail.h"
#include "services/care/app/home_store.h"
#include "services/care/app/personal_records.h"
#include "services/care/core/rights.h"
#include "services/domain/vault/key_store.h"
#include "services/domain/vault/vault.h"

namespace veille::care {

class Eraser {
 public:
  using State = store::v1::Erasure::State;
  struct Options {
    std::shared_ptr<const Clock> clock;
    std::shared_ptr<domain::Vault> vault;
    // Null where everything is stored in the clear: nobody can be erased there.
    std::shared_ptr<domain::KeyStore> keys;
    std::string kek_file;
    // Signs certificates. Without one nobody can be erased.
    std::optional<SigningKey> signing_key;
    // Until every role has forgotten a destroyed key, in real time: each looks twice a second.
    absl::Duration forget_time = absl::Seconds(3);
    // Until what failed is tried again, in real time; at once when somebody asks for it.
    absl::Duration retry = absl::Seconds(10);
    // Until another instance's turn is looked at again, in real time; and until somebody looks
    // whether another instance has left something undone.
    absl::Duration turn_wait = absl::Seconds(1), look = absl::Minutes(1);
    // For tests: after each step, before anything else.
    std::function<void(State)> after_step;
  };
  Eraser(Options options, HomeStore& homes, PersonalRecords& records, AuditTrail& audit);
  // Ends after the step under way.
  ~Eraser();

  // What an erasure would begin with. NOT_FOUND when nobody has the id; FAILED_PRECONDITION, with
  // what to do, when it could not be carried out.
  absl::StatusOr<store::v1::Erasure> Plan(const Caller& caller, const std::string& patient_id);
  // Writes it down; the thread does the rest. One that has begun is returned as it is.
  absl::StatusOr<store::v1::Erasure> Begin(const Caller& caller, const std::string& patient_id);
  // NOT_FOUND when there is none.
  absl::StatusOr<store::v1::Erasure> Get(const std::string& patient_id);

 private:
  using Erasure = store::v1::Erasure;

  // As the registry has it; NOT_FOUND when it knows nobody of the id.
  absl::StatusOr<store::v1::StoredHome> HomeOf(const std::string& patient_id);
  void Run();
  // Carries out what is left undone. When to look again.
  absl::Duration Round();
  absl::Duration RoundOfOurTurn();
  absl::Status GoOn(Erasure erasure);
  absl::Status Step(Erasure& erasure);
  absl::Status Unregister(Erasure& erasure);
  absl::Status NameKeys(Erasure& erasure);
  absl::Status DestroyKeys(Erasure& erasure);
  absl::Status Destroy(const domain::Subject& subject);
  absl::Status Delete(Erasure& erasure);
  absl::Status Rotate(Erasure& erasure);
  absl::Status Certify(Erasure& erasure);
  bool Pause(absl::Duration time);            // False when it stops.
  bool WaitUntilWanted(absl::Duration time);  // The same; ends when somebody asks.
  void Trouble(const Erasure& erasure, const absl::Status& status);

  const Options options_;
  HomeStore& homes_;
  PersonalRecords& records_;
  AuditTrail& audit_;
  SystemRandom random_;

  Mutex mu_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  bool wanted_ ABSL_GUARDED_BY(mu_) = true;
  Worker thread_;
};

}  // namespace veille::care

#endif  // SERVICES_CARE_APP_ERASER_H_
