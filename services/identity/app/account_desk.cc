#include "services/identity/app/account_desk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"

#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/crypto/base64.h"
#include "common/crypto/ed25519.h"
#include "common/crypto/totp.h"
#include "common/log/log.h"
#include "services/domain/identity/enrollment_code.h"
#include "services/domain/keys.h"
#include "services/identity/core/glass.h"
#include "services/identity/core/passwords.h"

namespace veille::identity {
namespace {

using account::v1::SignedIn;
using domain::Caller;
using domain::Principal;
using store::v1::StoredAccount;
using store::v1::StoredSession;

constexpr absl::Duration kCodeLifetime = absl::Hours(72);
constexpr absl::Duration kShortestCode = absl::Minutes(1), kLongestCode = absl::Hours(24 * 14);
constexpr absl::Duration kGlassOpen = absl::Hours(1);
constexpr std::size_t kMaxDevice = 64, kMaxSessions = 20;
constexpr std::size_t kTokenBytes = 32, kSaltBytes = 16, kSessionIdDigits = 16;
constexpr int kRounds = 5;
constexpr char kIssuer[] = "Veille";
constexpr char kTotpPlace[] = "account/totp", kDevicePlace[] = "account/device";

absl::Status Wrong() {
  return absl::UnauthenticatedError("the account, the password or the one-time code is wrong");
}

absl::Status CodeIsMissing() {
  absl::Status status =
      absl::UnauthenticatedError("a one-time code of the authenticator app is needed");
  google::rpc::ErrorInfo info;
  info.set_reason("TOTP_REQUIRED");
  info.set_domain("account.veille");
  status.SetPayload("type.googleapis.com/google.rpc.ErrorInfo",
                    absl::Cord(info.SerializeAsString()));
  return status;
}

absl::Status MustWait(absl::Duration wait) {
  const int64_t seconds =
      std::max<int64_t>(1, absl::ToInt64Seconds(absl::Ceil(wait, absl::Seconds(1))));
  absl::Status status = absl::ResourceExhaustedError(
      "too many tries: wait for " + std::to_string(seconds) + " s, then try again");
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(seconds);
  status.SetPayload("type.googleapis.com/google.rpc.RetryInfo",
                    absl::Cord(retry.SerializeAsString()));
  return status;
}

absl::Status Unknown() { return absl::NotFoundError("account_id: there is no such account"); }

std::string CodeDigest(const std::string& secret) {
  return domain::ToBase32(Sha256("veille account code:" + secret));
}

bool IsAdmin(const Caller& caller) {
  return caller.principal == Principal::kAdmin || caller.principal == Principal::kOperator;
}

// With a certificate, not an account: the certificate's name.
std::string ActorOf(const Caller& caller) {
  return caller.signed_in() ? caller.id : "svc/" + caller.id;
}

// The newest first.
void Sort(std::vector<StoredSession>& sessions) {
  std::sort(sessions.begin(), sessions.end(), [](const auto& a, const auto& b) {
    return ToTime(a.create_time()) > ToTime(b.create_time());
  });
}

}  // namespace

std::string AccountDesk::RandomBytes(std::size_t bytes) const {
  std::string random;
  while (random.size() < bytes) {
    uint64_t bits = options_.random->UInt64();
    for (int i = 0; i < 8; ++i, bits >>= 8) random += static_cast<char>(bits & 0xff);
  }
  random.resize(bytes);
  return random;
}

void AccountDesk::Record(const std::string& actor, const char* action, const std::string& detail) {
  store::v1::AuditEntry entry;
  entry.set_actor(actor);
  entry.set_action(action);
  entry.set_home_id(std::string(domain::kOperatorHome));
  entry.set_outcome(detail.empty() ? "OK" : "OK " + detail);
  if (const absl::Status recorded = options_.record(entry); !recorded.ok())
    VEILLE_LOG(kError, "what was done to an account could not be recorded at once")
        .Field("action", action)
        .Field(recorded);
}

absl::StatusOr<std::string> AccountDesk::Seal(const std::string& account_id, std::string_view place,
                                              std::string_view value) {
  return options_.vault->Seal({domain::kAccountsHome, account_id}, place, value);
}

absl::StatusOr<AccountDesk::Code> AccountDesk::PutWithCode(const std::string& before,
                                                           StoredAccount account,
                                                           absl::Duration lifetime) {
  VEILLE_ASSIGN_OR_RETURN(std::string pin, options_.pin());
  const domain::EnrollmentCode code{
      domain::ToBase32(RandomBytes(domain::kSecretCharacters * 5 / 8)), std::move(pin)};
  const std::string id = account.account_id();
  account.set_invitation(CodeDigest(code.secret));
  // Whoever was signed in until now, by an account that is recovered, is so no more.
  VEILLE_RETURN_IF_ERROR(
      store_.Put({id, before, account.SerializeAsString(), "", !before.empty(), ""}));
  store::v1::StoredInvitation invitation;
  invitation.set_format(1);
  invitation.set_account_id(id);
  VEILLE_RETURN_IF_ERROR(store_.PutInvitation(account.invitation(), invitation, lifetime));
  return Code{domain::ToText(code), options_.clock->Now() + lifetime};
}

absl::StatusOr<AccountDesk::Code> AccountDesk::Invite(const Caller& caller,
                                                      const std::string& account_id,
                                                      account::v1::Role role,
                                                      absl::Duration lifetime) {
  VEILLE_RETURN_IF_ERROR(CheckAccountId(account_id));
  if (!account::v1::Role_IsValid(role) || role == account::v1::ROLE_UNSPECIFIED)
    return absl::InvalidArgumentError("role: caregiver, responder or operator");
  if (lifetime == absl::ZeroDuration()) lifetime = kCodeLifetime;
  if (lifetime < kShortestCode || lifetime > kLongestCode)
    return absl::InvalidArgumentError("lifetime: must be a minute to 14 days");
  const absl::StatusOr<AccountStore::Stored> there = store_.Get(account_id);
  if (!there.ok() && !absl::IsNotFound(there.status())) return there.status();
  if (there.ok() && there->account.has_password()) {
    return absl::AlreadyExistsError(
        "account_id: this account is in use; to recover it: veille account reset ID");
  }
  StoredAccount account;
  account.set_format(1);
  account.set_account_id(account_id);
  account.set_role(role);
  SetTime(options_.clock->Now(), *account.mutable_create_time());
  VEILLE_ASSIGN_OR_RETURN(
      Code code, PutWithCode(there.ok() ? there->bytes : "", std::move(account), lifetime));
  Record(ActorOf(caller), "account.invite", account_id);
  return code;
}

absl::StatusOr<AccountDesk::Try> AccountDesk::CountTry(const std::string& account_id,
                                                       const std::string& address) {
  for (int round = 0; round < kRounds; ++round) {
    VEILLE_ASSIGN_OR_RETURN(const AccountStore::TryCounts before,
                            store_.CountsOf(account_id, address));
    const absl::Time now = options_.clock->Now();
    const absl::Duration wait =
        std::max(WaitOf(kOfAccount, before.account, now), WaitOf(kOfAddress, before.address, now));
    if (wait > absl::ZeroDuration()) return MustWait(wait);
    const AccountStore::TryCounts after = {Tried(kOfAccount, before.account, now),
                                           Tried(kOfAddress, before.address, now)};
    VEILLE_ASSIGN_OR_RETURN(const bool counted, store_.Count(account_id, address, before, after));
    if (counted) return Try{before, after};
  }
  return MustWait(absl::Seconds(1));
}

std::vector<std::string> AccountDesk::NamesAround(const std::string& account_id) const {
  std::vector<std::string> names;
  const std::shared_ptr<const domain::Registry> registry = options_.registry.Get();
  if (registry == nullptr) return names;
  for (const domain::PatientRef& ref : registry->PatientsOf(account_id)) {
    names.push_back(ref.patient->display_name());
    for (const care::v1::Member& member : ref.patient->circle().members())
      if (member.caregiver_id() == account_id) names.push_back(member.display_name());
  }
  return names;
}

absl::StatusOr<store::v1::PasswordHash> AccountDesk::Hash(const std::string& password) {
  store::v1::PasswordHash hash;
  VEILLE_RETURN_IF_ERROR(
      work_.Run([&] { hash = HashPassword(password, RandomBytes(kSaltBytes), options_.cost); }));
  return hash;
}

absl::Status AccountDesk::UseCode(const std::string& code, StoredAccount& account) {
  VEILLE_ASSIGN_OR_RETURN(const std::string secret,
                          options_.vault->Open(kTotpPlace, account.totp().secret()));
  const auto step = CheckTotp(secret, code, options_.clock->Now(), account.totp().last_step());
  if (!step) return Wrong();
  account.mutable_totp()->set_last_step(*step);
  return absl::OkStatus();
}

absl::StatusOr<AccountStore::Stored> AccountDesk::Prove(const std::string& account_id,
                                                        const std::string& password,
                                                        const std::string& code, bool wants_code,
                                                        const std::string& address) {
  VEILLE_RETURN_IF_ERROR(CheckAccountId(account_id));
  if (password.size() > kMaxPassword) return Wrong();
  VEILLE_ASSIGN_OR_RETURN(const Try counted, CountTry(account_id, address));
  absl::StatusOr<AccountStore::Stored> stored = store_.Get(account_id);
  if (!stored.ok() && !absl::IsNotFound(stored.status())) return stored.status();
  bool right = false;
  const bool known = stored.ok() && stored->account.has_password();
  VEILLE_RETURN_IF_ERROR(work_.Run([&] {
    // Who is unknown takes as long.
    if (known) {
      right = IsPassword(password, stored->account.password());
    } else {
      HashPassword(password, std::string(kSaltBytes, '\0'), options_.cost);
    }
  }));
  if (!right) {
    VEILLE_LOG(kWarning, "a sign-in was refused").Field("account", known ? account_id : "unknown");
    return Wrong();
  }
  if (wants_code && stored->account.totp().confirmed()) {
    if (code.empty()) {
      // Not a wrong try: the code comes with the next. Where somebody else tried meanwhile, it
      // stays counted.
      store_.Count(account_id, address, counted.after, counted.before).status().IgnoreError();
      return CodeIsMissing();
    }
    if (absl::Status used = UseCode(code, stored->account); !used.ok()) {
      VEILLE_LOG(kWarning, "a one-time code was refused").Field("account", account_id);
      return used;
    }
  }
  return stored;
}

absl::StatusOr<StoredSession> AccountDesk::SessionOf(const Caller& caller) {
  VEILLE_ASSIGN_OR_RETURN(std::vector<StoredSession> sessions, store_.Sessions(caller.id));
  for (StoredSession& session : sessions)
    if (session.session_id() == caller.session_id) return std::move(session);
  return absl::UnauthenticatedError("this device is not signed in any more: sign in again");
}

absl::StatusOr<SignedIn> AccountDesk::MakeSession(const AccountStore::Stored& stored,
                                                  const std::string& device) {
  const std::string& id = stored.account.account_id();
  const absl::Time now = options_.clock->Now();
  AccountStore::NewSession made;
  made.account_id = id;
  made.before = stored.bytes;
  made.after = stored.account.SerializeAsString();
  const std::string token = Base64Url(RandomBytes(kTokenBytes));
  made.token_digest = domain::TokenDigest(token);
  made.session.set_format(1);
  made.session.set_account_id(id);
  made.session.set_session_id(options_.random->Hex(kSessionIdDigits));
  made.session.set_role(stored.account.role());
  // Whoever gets here where they are on has shown one.
  made.session.set_second_factor(stored.account.totp().confirmed());
  VEILLE_ASSIGN_OR_RETURN(*made.session.mutable_device(), Seal(id, kDevicePlace, device));
  SetTime(now, *made.session.mutable_create_time());
  SetTime(now, *made.session.mutable_last_use_time());
  SetTime(now + domain::kSessionLife, *made.session.mutable_expire_time());
  VEILLE_ASSIGN_OR_RETURN(std::vector<StoredSession> others, store_.Sessions(id));
  Sort(others);
  for (std::size_t i = 0; i < others.size(); ++i)
    if (i + 1 >= kMaxSessions || domain::SessionEnd(others[i]) <= now)
      made.ended.push_back(others[i].session_id());
  VEILLE_RETURN_IF_ERROR(store_.SignIn(made));
  Record(id, "account.sign_in", made.session.session_id());
  SignedIn signed_in;
  signed_in.set_account_id(id);
  signed_in.set_token(token);
  signed_in.set_session_id(made.session.session_id());
  signed_in.set_role(stored.account.role());
  signed_in.set_must_enroll_totp(NeedsSecondFactor(stored.account) &&
                                 !made.session.second_factor());
  SetTime(domain::SessionEnd(made.session), *signed_in.mutable_idle_expire_time());
  *signed_in.mutable_expire_time() = made.session.expire_time();
  return signed_in;
}

absl::StatusOr<SignedIn> AccountDesk::Accept(const account::v1::AcceptInvitationRequest& request,
                                             const std::string& address) {
  if (request.device().size() > kMaxDevice)
    return absl::InvalidArgumentError("device: at most 64 characters");
  if (request.secret().size() != domain::kSecretCharacters)
    return absl::InvalidArgumentError("secret: must have 16 characters");
  // There is no account to count by; the slash keeps it apart from those.
  const std::string tries = "code/" + address;
  VEILLE_RETURN_IF_ERROR(CountTry(tries, address).status());
  const std::string digest = CodeDigest(request.secret());
  const absl::StatusOr<store::v1::StoredInvitation> invitation = store_.FindInvitation(digest);
  if (absl::IsNotFound(invitation.status())) {
    return absl::PermissionDeniedError(
        "this code is unknown, expired or used: ask an operator for a new one");
  }
  if (!invitation.ok()) return invitation.status();
  // A password that is too weak does not use up the code.
  const std::string& id = invitation->account_id();
  VEILLE_RETURN_IF_ERROR(CheckNewPassword(request.password(), id, NamesAround(id)));
  absl::StatusOr<AccountStore::Stored> stored = store_.Get(id);
  if (absl::IsNotFound(stored.status()) ||
      (stored.ok() && stored->account.invitation() != digest)) {
    return absl::PermissionDeniedError(
        "this code is unknown, expired or used: ask an operator for a new one");
  }
  if (!stored.ok()) return stored.status();
  VEILLE_ASSIGN_OR_RETURN(*stored->account.mutable_password(), Hash(request.password()));
  stored->account.clear_invitation();
  std::string after = stored->account.SerializeAsString();
  VEILLE_RETURN_IF_ERROR(store_.Put({id, stored->bytes, after, digest, true, ""}));
  VEILLE_RETURN_IF_ERROR(store_.ClearTries(tries, address));
  Record(id, "account.accept", "");
  stored->bytes = std::move(after);
  return MakeSession(*stored, request.device());
}

absl::StatusOr<SignedIn> AccountDesk::SignIn(const account::v1::SignInRequest& request,
                                             const std::string& address) {
  if (request.device().size() > kMaxDevice)
    return absl::InvalidArgumentError("device: at most 64 characters");
  VEILLE_ASSIGN_OR_RETURN(
      AccountStore::Stored proved,
      Prove(request.account_id(), request.password(), request.totp_code(), true, address));
  if (IsOutdated(proved.account.password(), options_.cost)) {
    VEILLE_ASSIGN_OR_RETURN(*proved.account.mutable_password(), Hash(request.password()));
  }
  VEILLE_ASSIGN_OR_RETURN(SignedIn signed_in, MakeSession(proved, request.device()));
  VEILLE_RETURN_IF_ERROR(store_.ClearTries(request.account_id(), address));
  return signed_in;
}

absl::Status AccountDesk::SignOut(const Caller& caller) {
  VEILLE_RETURN_IF_ERROR(store_.SignOut(caller.id, {caller.session_id}).status());
  Record(caller.id, "account.sign_out", caller.session_id);
  return absl::OkStatus();
}

absl::StatusOr<std::string> AccountDesk::AccountOf(const Caller& caller,
                                                   const std::string& account_id) const {
  const std::string own = caller.signed_in() ? caller.id : "";
  if (account_id.empty() && own.empty())
    return absl::InvalidArgumentError("account_id: whose? a certificate has no account");
  if (account_id.empty() || account_id == own) return own;
  // As if there were none: who has an account is nobody else's business.
  if (!IsAdmin(caller)) return Unknown();
  VEILLE_RETURN_IF_ERROR(CheckAccountId(account_id));
  return account_id;
}

absl::StatusOr<std::vector<account::v1::Session>> AccountDesk::Sessions(
    const Caller& caller, const std::string& account_id) {
  VEILLE_ASSIGN_OR_RETURN(const std::string id, AccountOf(caller, account_id));
  VEILLE_ASSIGN_OR_RETURN(std::vector<StoredSession> stored, store_.Sessions(id));
  Sort(stored);
  const absl::Time now = options_.clock->Now();
  std::vector<account::v1::Session> sessions;
  sessions.reserve(stored.size());
  for (const StoredSession& one : stored) {
    if (domain::SessionEnd(one) <= now) continue;
    account::v1::Session& session = sessions.emplace_back();
    session.set_session_id(one.session_id());
    // Whose data key is gone is shown without a name.
    session.set_device(options_.vault->Open(kDevicePlace, one.device()).value_or(""));
    *session.mutable_create_time() = one.create_time();
    *session.mutable_last_use_time() = one.last_use_time();
    SetTime(domain::SessionEnd(one), *session.mutable_expire_time());
    session.set_current(one.session_id() == caller.session_id);
  }
  return sessions;
}

absl::StatusOr<int> AccountDesk::Revoke(const Caller& caller, const std::string& account_id,
                                        const std::string& session_id) {
  VEILLE_ASSIGN_OR_RETURN(const std::string id, AccountOf(caller, account_id));
  if (id != caller.id && absl::IsNotFound(store_.Get(id).status())) return Unknown();
  std::vector<std::string> ended = {session_id};
  if (session_id.empty()) {
    ended.clear();
    VEILLE_ASSIGN_OR_RETURN(const std::vector<StoredSession> sessions, store_.Sessions(id));
    for (const StoredSession& session : sessions)
      if (session.session_id() != caller.session_id) ended.push_back(session.session_id());
  }
  VEILLE_ASSIGN_OR_RETURN(const int revoked, store_.SignOut(id, ended));
  if (revoked == 0 && !session_id.empty())
    return absl::NotFoundError("session_id: no device is signed in under this id");
  Record(ActorOf(caller), "account.revoke", id + " " + (session_id.empty() ? "all" : session_id));
  return revoked;
}

absl::Status AccountDesk::ChangePassword(const Caller& caller,
                                         const account::v1::ChangePasswordRequest& request,
                                         const std::string& address) {
  VEILLE_RETURN_IF_ERROR(
      CheckNewPassword(request.new_password(), caller.id, NamesAround(caller.id)));
  VEILLE_ASSIGN_OR_RETURN(AccountStore::Stored proved,
                          Prove(caller.id, request.password(), request.totp_code(), true, address));
  VEILLE_ASSIGN_OR_RETURN(*proved.account.mutable_password(), Hash(request.new_password()));
  VEILLE_RETURN_IF_ERROR(store_.Put(
      {caller.id, proved.bytes, proved.account.SerializeAsString(), "", true, caller.session_id}));
  Record(caller.id, "account.change_password", "");
  return store_.ClearTries(caller.id, address);
}

absl::StatusOr<account::v1::EnableTotpResponse> AccountDesk::EnableTotp(
    const Caller& caller, const std::string& password, const std::string& address) {
  VEILLE_ASSIGN_OR_RETURN(AccountStore::Stored proved,
                          Prove(caller.id, password, "", false, address));
  if (proved.account.totp().confirmed())
    return absl::FailedPreconditionError("one-time codes are on: turn them off first");
  const std::string secret = RandomBytes(kTotpSecretBytes);
  VEILLE_ASSIGN_OR_RETURN(*proved.account.mutable_totp()->mutable_secret(),
                          Seal(caller.id, kTotpPlace, secret));
  VEILLE_RETURN_IF_ERROR(
      store_.Put({caller.id, proved.bytes, proved.account.SerializeAsString(), "", false, ""}));
  VEILLE_RETURN_IF_ERROR(store_.ClearTries(caller.id, address));
  account::v1::EnableTotpResponse response;
  response.set_secret(Base32(secret));
  response.set_uri(TotpUri(secret, kIssuer, caller.id));
  return response;
}

absl::Status AccountDesk::ConfirmTotp(const Caller& caller, const std::string& code,
                                      const std::string& address) {
  VEILLE_RETURN_IF_ERROR(CountTry(caller.id, address).status());
  VEILLE_ASSIGN_OR_RETURN(AccountStore::Stored stored, store_.Get(caller.id));
  if (!stored.account.has_totp() || stored.account.totp().confirmed())
    return absl::FailedPreconditionError(
        "there is nothing to confirm: enable one-time codes first");
  VEILLE_RETURN_IF_ERROR(UseCode(code, stored.account));
  stored.account.mutable_totp()->set_confirmed(true);
  // This device has shown a code. Others of an operator sign in again.
  VEILLE_ASSIGN_OR_RETURN(StoredSession session, SessionOf(caller));
  session.set_second_factor(true);
  VEILLE_RETURN_IF_ERROR(store_.Put({caller.id, stored.bytes, stored.account.SerializeAsString(),
                                     "", false, "", std::move(session)}));
  Record(caller.id, "account.totp_on", "");
  return store_.ClearTries(caller.id, address);
}

absl::Status AccountDesk::DisableTotp(const Caller& caller, const std::string& password,
                                      const std::string& code, const std::string& address) {
  VEILLE_ASSIGN_OR_RETURN(AccountStore::Stored proved,
                          Prove(caller.id, password, code, true, address));
  proved.account.clear_totp();
  // An operator changes the app in this way: what is left is a sign-in that may set codes up anew.
  VEILLE_ASSIGN_OR_RETURN(StoredSession session, SessionOf(caller));
  session.set_second_factor(false);
  VEILLE_RETURN_IF_ERROR(
      store_.Put({caller.id, proved.bytes, proved.account.SerializeAsString(), "",
                  NeedsSecondFactor(proved.account), caller.session_id, std::move(session)}));
  Record(caller.id, "account.totp_off", "");
  return store_.ClearTries(caller.id, address);
}

absl::StatusOr<AccountDesk::Code> AccountDesk::Reset(const Caller& caller,
                                                     const std::string& account_id) {
  VEILLE_RETURN_IF_ERROR(CheckAccountId(account_id));
  absl::StatusOr<AccountStore::Stored> stored = store_.Get(account_id);
  if (absl::IsNotFound(stored.status())) return Unknown();
  if (!stored.ok()) return stored.status();
  stored->account.clear_password();
  stored->account.clear_totp();
  VEILLE_ASSIGN_OR_RETURN(Code code, PutWithCode(stored->bytes, stored->account, kCodeLifetime));
  VEILLE_RETURN_IF_ERROR(store_.ClearTries(account_id, ""));
  Record(ActorOf(caller), "account.reset", account_id);
  return code;
}

absl::Status AccountDesk::Remove(const Caller& caller, const std::string& account_id) {
  VEILLE_RETURN_IF_ERROR(CheckAccountId(account_id));
  const absl::StatusOr<AccountStore::Stored> stored = store_.Get(account_id);
  if (absl::IsNotFound(stored.status())) return Unknown();
  if (!stored.ok()) return stored.status();
  VEILLE_RETURN_IF_ERROR(store_.Put({account_id, stored->bytes, "", "", true, ""}));
  Record(ActorOf(caller), "account.remove", account_id);
  return store_.ClearTries(account_id, "");
}

absl::StatusOr<std::vector<StoredAccount>> AccountDesk::List() { return store_.List(); }

absl::StatusOr<absl::Time> AccountDesk::BreakGlass(const Caller& caller,
                                                   const std::string& patient_id,
                                                   const std::string& reason) {
  VEILLE_RETURN_IF_ERROR(CheckReason(reason));
  const std::shared_ptr<const domain::Registry> registry = options_.registry.Get();
  const domain::PatientRef ref =
      registry == nullptr ? domain::PatientRef{} : registry->FindPatient(patient_id);
  if (ref.patient == nullptr) return absl::NotFoundError("patient_id: there is no such person");
  store::v1::AuditEntry entry;
  entry.set_actor(caller.id);
  entry.set_action("account.break_glass");
  entry.set_home_id(ref.home->home_id());
  entry.set_patient_id(patient_id);
  entry.set_outcome("OK");
  // In the book and told before anything is open.
  VEILLE_RETURN_IF_ERROR(options_.record(entry));
  VEILLE_RETURN_IF_ERROR(options_.tell(GlassFinding(
      {ref.home->home_id(), patient_id, caller.id, reason}, options_.service_clock->Now())));
  const absl::Time until = options_.clock->Now() + kGlassOpen;
  store::v1::StoredGlass glass;
  glass.set_format(1);
  SetTime(until, *glass.mutable_expire_time());
  VEILLE_RETURN_IF_ERROR(store_.OpenGlass(caller.id, patient_id, glass));
  VEILLE_LOG(kWarning, "records were opened in an emergency")
      .Field("account", caller.id)
      .Field("home", ref.home->home_id());
  return until;
}

}  // namespace veille::identity
