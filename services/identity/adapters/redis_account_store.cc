#include "services/identity/adapters/redis_account_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"

#include "common/base/status_macros.h"
#include "services/domain/keys.h"

namespace veille::identity {

extern const redis::Script kScripts[];
extern const unsigned long kScriptCount;

namespace {

std::string Millis(absl::Duration span) { return std::to_string(absl::ToInt64Milliseconds(span)); }

const redis::Script& Script(const char* name) {
  return redis::FindScript({kScripts, kScriptCount}, name);
}

template <typename Message>
absl::StatusOr<Message> Parse(std::string_view bytes) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      message.format() != 1)
    return absl::DataLossError(
        "what is stored of accounts cannot be read, or is of a newer version");
  return message;
}

// "<count>/<unix microseconds>"; empty: none.
std::string ToText(const Tries& tries) {
  if (tries.count == 0) return "";
  return std::to_string(tries.count) + "/" + std::to_string(absl::ToUnixMicros(tries.last));
}

Tries ToTries(std::string_view text) {
  const std::size_t slash = text.find('/');
  Tries tries;
  int64_t micros = 0;
  if (slash == std::string_view::npos ||
      !absl::SimpleAtoi(std::string(text.substr(0, slash)), &tries.count) ||
      !absl::SimpleAtoi(std::string(text.substr(slash + 1)), &micros))
    return {};
  tries.last = absl::FromUnixMicros(micros);
  return tries;
}

}  // namespace

RedisAccountStore::RedisAccountStore(const redis::Endpoint& endpoint)
    : client_([&endpoint] {
        redis::PipelinedClient::Options options;
        options.endpoint = endpoint;
        options.scripts = {kScripts, kScripts + kScriptCount};
        options.name = "veille-accounts";
        return std::make_unique<redis::PipelinedClient>(std::move(options));
      }()) {}

absl::StatusOr<AccountStore::Stored> RedisAccountStore::Get(const std::string& account_id) {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply reply,
                          client_->CommandSync({"HGET", domain::AccountsKey(), account_id}));
  if (reply.IsNil()) return absl::NotFoundError("there is no such account");
  Stored stored;
  stored.bytes = reply.str();
  VEILLE_ASSIGN_OR_RETURN(stored.account, Parse<store::v1::StoredAccount>(stored.bytes));
  return stored;
}

absl::StatusOr<std::vector<store::v1::StoredAccount>> RedisAccountStore::List() {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply reply,
                          client_->CommandSync({"HVALS", domain::AccountsKey()}));
  std::vector<store::v1::StoredAccount> accounts;
  for (const redis::ReplyView value : reply.elements()) {
    VEILLE_ASSIGN_OR_RETURN(store::v1::StoredAccount account,
                            Parse<store::v1::StoredAccount>(value.str()));
    accounts.push_back(std::move(account));
  }
  std::sort(accounts.begin(), accounts.end(),
            [](const auto& a, const auto& b) { return a.account_id() < b.account_id(); });
  return accounts;
}

absl::Status RedisAccountStore::Put(const Change& change) {
  return client_
      ->EvalSync(Script("account_put"),
                 {domain::AccountsKey(), domain::SessionsKey(),
                  domain::SessionsOfKey(change.account_id), domain::SessionsVersionKey(),
                  domain::InvitationKey(change.invitation), change.account_id, change.before,
                  change.after, change.invitation.empty() ? "" : "1", change.sign_out ? "1" : "",
                  change.but_session, change.session ? change.session->session_id() : "",
                  change.session ? change.session->SerializeAsString() : ""})
      .status();
}

absl::Status RedisAccountStore::PutInvitation(const std::string& secret_digest,
                                              const store::v1::StoredInvitation& invitation,
                                              absl::Duration lifetime) {
  return client_
      ->CommandSync({"SET", domain::InvitationKey(secret_digest), invitation.SerializeAsString(),
                     "PX", Millis(lifetime)})
      .status();
}

absl::StatusOr<store::v1::StoredInvitation> RedisAccountStore::FindInvitation(
    const std::string& secret_digest) {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply reply,
                          client_->CommandSync({"GET", domain::InvitationKey(secret_digest)}));
  if (reply.IsNil()) return absl::NotFoundError("there is no such invitation");
  return Parse<store::v1::StoredInvitation>(reply.str());
}

absl::Status RedisAccountStore::SignIn(const NewSession& sign_in) {
  std::vector<std::string> args = {domain::AccountsKey(),
                                   domain::SessionsKey(),
                                   domain::SessionsOfKey(sign_in.account_id),
                                   domain::SessionsVersionKey(),
                                   sign_in.account_id,
                                   sign_in.before,
                                   sign_in.after,
                                   sign_in.token_digest,
                                   sign_in.session.session_id(),
                                   sign_in.session.SerializeAsString()};
  args.insert(args.end(), sign_in.ended.begin(), sign_in.ended.end());
  return client_->EvalSync(Script("account_sign_in"), std::move(args)).status();
}

absl::StatusOr<std::vector<store::v1::StoredSession>> RedisAccountStore::Sessions(
    const std::string& account_id) {
  std::vector<store::v1::StoredSession> sessions;
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply digests,
                          client_->CommandSync({"HVALS", domain::SessionsOfKey(account_id)}));
  std::vector<std::string> command = {"HMGET", domain::SessionsKey()};
  for (const redis::ReplyView digest : digests.elements()) command.emplace_back(digest.str());
  if (command.size() == 2) return sessions;
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply values, client_->CommandSync(std::move(command)));
  for (const redis::ReplyView value : values.elements()) {
    if (value.IsNil()) continue;
    VEILLE_ASSIGN_OR_RETURN(store::v1::StoredSession session,
                            Parse<store::v1::StoredSession>(value.str()));
    sessions.push_back(std::move(session));
  }
  return sessions;
}

absl::StatusOr<int> RedisAccountStore::SignOut(const std::string& account_id,
                                               const std::vector<std::string>& session_ids) {
  if (session_ids.empty()) return 0;
  std::vector<std::string> args = {domain::SessionsKey(), domain::SessionsOfKey(account_id),
                                   domain::SessionsVersionKey()};
  args.insert(args.end(), session_ids.begin(), session_ids.end());
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply ended,
                          client_->EvalSync(Script("account_sign_out"), std::move(args)));
  return static_cast<int>(ended.integer());
}

absl::StatusOr<AccountStore::TryCounts> RedisAccountStore::CountsOf(const std::string& account_id,
                                                                    const std::string& address) {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply reply,
                          client_->CommandSync({"MGET", domain::AccountTriesKey(account_id),
                                                domain::AddressTriesKey(address)}));
  const auto counts = reply.elements();
  const auto of = [&counts](std::size_t i) {
    return counts[i].IsNil() ? Tries() : ToTries(counts[i].str());
  };
  return TryCounts{of(0), of(1)};
}

absl::StatusOr<bool> RedisAccountStore::Count(const std::string& account_id,
                                              const std::string& address, const TryCounts& before,
                                              const TryCounts& after) {
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply counted,
      client_->EvalSync(
          Script("account_try"),
          {domain::AccountTriesKey(account_id), domain::AddressTriesKey(address),
           ToText(before.account), ToText(before.address), ToText(after.account),
           ToText(after.address), Millis(kOfAccount.forget), Millis(kOfAddress.forget)}));
  return counted.integer() == 1;
}

absl::Status RedisAccountStore::ClearTries(const std::string& account_id,
                                           const std::string& address) {
  return client_
      ->EvalSync(Script("account_proved"),
                 {domain::AccountTriesKey(account_id), domain::AddressTriesKey(address)})
      .status();
}

absl::Status RedisAccountStore::OpenGlass(const std::string& account_id,
                                          const std::string& patient_id,
                                          const store::v1::StoredGlass& glass) {
  return client_
      ->EvalSync(Script("account_glass"),
                 {domain::GlassesKey(), domain::SessionsVersionKey(),
                  domain::GlassField(account_id, patient_id), glass.SerializeAsString()})
      .status();
}

}  // namespace veille::identity
