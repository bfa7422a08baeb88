// The use cases of accounts. Without gRPC and Redis; who may call what has been judged before.
//
// Whether an account exists is not to be learnt: what is wrong with a sign-in is said in one way,
// and takes as long. Thread safe; blocks for the store and for hashes.

#ifndef SERVICES_IDENTITY_APP_ACCOUNT_DESK_H_
#define SERVICES_IDENTITY_APP_ACCOUNT_DESK_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/account/v1/account_service.pb.h"
#include "veille/store/v1/audit.pb.h"
#include "veille/store/v1/finding.pb.h"

#include "common/base/random.h"
#include "common/crypto/scrypt.h"
#include "common/time/clock.h"
#include "services/domain/access/access.h"
#include "services/domain/live_registry.h"
#include "services/domain/vault/vault.h"
#include "services/identity/app/account_store.h"
#include "services/identity/app/password_work.h"

namespace veille::identity {

struct AccountOptions {
  domain::LiveRegistry registry;
  // Real time: one-time codes know no other.
  std::shared_ptr<const Clock> clock;
  // The service's own, which may be another in a demonstration: for what people are told.
  std::shared_ptr<const Clock> service_clock;
  Random* random = nullptr;  // Thread safe; outlives the desk.
  ScryptCost cost = kPasswordCost;
  // As the servers' domain::Access has it.
  bool operators_without_second_factor = false;
  std::shared_ptr<domain::Vault> vault = domain::Vault::InTheClear();
  // The pin that a code ends with; see domain::EnrollmentCode.
  std::function<absl::StatusOr<std::string>()> pin;
  // Into the audit log, durable when it returns.
  std::function<absl::Status(const store::v1::AuditEntry&)> record;
  // Into the notifier's queue.
  std::function<absl::Status(const store::v1::Finding&)> tell;
};

class AccountDesk {
 public:
  AccountDesk(AccountOptions options, AccountStore& store)
      : options_(std::move(options)), store_(store) {}

  struct Code {
    std::string text;
    absl::Time expire_time;
  };
  absl::StatusOr<Code> Invite(const domain::Caller& caller, const std::string& account_id,
                              account::v1::Role role, absl::Duration lifetime);
  absl::StatusOr<account::v1::SignedIn> Accept(const account::v1::AcceptInvitationRequest& request,
                                               const std::string& address);
  absl::StatusOr<account::v1::SignedIn> SignIn(const account::v1::SignInRequest& request,
                                               const std::string& address);
  absl::Status SignOut(const domain::Caller& caller);
  // `account_id` empty: the caller's own.
  absl::StatusOr<std::vector<account::v1::Session>> Sessions(const domain::Caller& caller,
                                                             const std::string& account_id);
  absl::StatusOr<int> Revoke(const domain::Caller& caller, const std::string& account_id,
                             const std::string& session_id);
  absl::Status ChangePassword(const domain::Caller& caller,
                              const account::v1::ChangePasswordRequest& request,
                              const std::string& address);
  absl::StatusOr<account::v1::EnableTotpResponse> EnableTotp(const domain::Caller& caller,
                                                             const std::string& password,
                                                             const std::string& address);
  absl::Status ConfirmTotp(const domain::Caller& caller, const std::string& code,
                           const std::string& address);
  absl::Status DisableTotp(const domain::Caller& caller, const std::string& password,
                           const std::string& code, const std::string& address);
  absl::StatusOr<Code> Reset(const domain::Caller& caller, const std::string& account_id);
  absl::Status Remove(const domain::Caller& caller, const std::string& account_id);
  absl::StatusOr<std::vector<store::v1::StoredAccount>> List();
  // Until when.
  absl::StatusOr<absl::Time> BreakGlass(const domain::Caller& caller, const std::string& patient_id,
                                        const std::string& reason);

 private:
  // Puts the account under a new code, which alone opens it.
  absl::StatusOr<Code> PutWithCode(const std::string& before, store::v1::StoredAccount account,
                                   absl::Duration lifetime);
  // Counts a try; RESOURCE_EXHAUSTED with the time to wait.
  struct Try {
    AccountStore::TryCounts before, after;
  };
  absl::StatusOr<Try> CountTry(const std::string& account_id, const std::string& address);
  // The account, once password and code are right and the step of the code is used up in it.
  absl::StatusOr<AccountStore::Stored> Prove(const std::string& account_id,
                                             const std::string& password, const std::string& code,
                                             bool wants_code, const std::string& address);
  // Counts the step as used in `account`. UNAUTHENTICATED for a wrong code.
  absl::Status UseCode(const std::string& code, store::v1::StoredAccount& account);
  // Whether a sign-in of the account must have seen a one-time code to be of use.
  bool NeedsSecondFactor(const store::v1::StoredAccount& account) const {
    return account.role() == account::v1::ROLE_OPERATOR &&
           !options_.operators_without_second_factor;
  }
  // The caller's own; UNAUTHENTICATED when it has ended.
  absl::StatusOr<store::v1::StoredSession> SessionOf(const domain::Caller& caller);
  absl::StatusOr<account::v1::SignedIn> MakeSession(const AccountStore::Stored& stored,
                                                    const std::string& device);
  // Of the person and of those whom the person cares for, as far as they are known: what somebody
  // else would try first.
  std::vector<std::string> NamesAround(const std::string& account_id) const;
  absl::StatusOr<store::v1::PasswordHash> Hash(const std::string& password);
  absl::StatusOr<std::string> AccountOf(const domain::Caller& caller,
                                        const std::string& account_id) const;
  absl::StatusOr<std::string> Seal(const std::string& account_id, std::string_view place,
                                   std::string_view value);
  std::string RandomBytes(std::size_t bytes) const;
  void Record(const std::string& actor, const char* action, const std::string& detail);

  const AccountOptions options_;
  AccountStore& store_;
  PasswordWork work_;
};

}  // namespace veille::identity

#endif  // SERVICES_IDENTITY_APP_ACCOUNT_DESK_H_
