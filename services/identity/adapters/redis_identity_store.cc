#include "services/identity/adapters/redis_identity_store.h"

#include <algorithm>
#include <span>

#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "services/domain/keys.h"

namespace veille::identity {

extern const redis::Script kScripts[];
extern const unsigned long kScriptCount;

namespace {

// Of one address, until it has been quiet for ten minutes. A secret has 80 bits: this spares Redis
// and the logs rather than the codes.
constexpr int kWrongCodes = 10;
constexpr absl::Duration kWrongCodesWindow = absl::Minutes(10);

std::string Millis(absl::Time time) { return std::to_string(absl::ToUnixMillis(time)); }
std::string Millis(absl::Duration span) { return std::to_string(absl::ToInt64Milliseconds(span)); }

const redis::Script& Script(const char* name) {
  return redis::FindScript({kScripts, kScriptCount}, name);
}

}  // namespace

RedisIdentityStore::RedisIdentityStore(const redis::Endpoint& endpoint)
    : client_([&endpoint] {
        redis::PipelinedClient::Options options;
        options.endpoint = endpoint;
        options.scripts = {kScripts, kScripts + kScriptCount};
        options.name = "veille-identity";
        return std::make_unique<redis::PipelinedClient>(std::move(options));
      }()) {}

absl::Status RedisIdentityStore::PutCode(const std::string& secret_digest,
                                         const std::string& hub_id, absl::Duration lifetime) {
  const std::string key = domain::EnrollmentCodeKey(secret_digest);
  VEILLE_RETURN_IF_ERROR(
      client_->CommandSync({"HSET", key, "format", "1", "hub", hub_id}).status());
  return client_->CommandSync({"PEXPIRE", key, Millis(lifetime)}).status();
}

absl::StatusOr<std::string> RedisIdentityStore::Redeem(const Redemption& redemption) {
  VEILLE_ASSIGN_OR_RETURN(
      const redis::Reply hub,
      client_->EvalSync(Script("redeem"),
                        {domain::EnrollmentCodeKey(redemption.secret_digest),
                         domain::EnrollmentTriesKey(redemption.address), redemption.key_digest,
                         std::to_string(kWrongCodes), Millis(kWrongCodesWindow)}));
  return std::string(hub.str());
}

absl::Status RedisIdentityStore::Record(const Issue& issue) {
  store::v1::Denial replaced;
  replaced.set_format(1);
  replaced.set_reason("the hub was enrolled anew");
  SetTime(issue.now, *replaced.mutable_deny_time());
  // Later than the end of any that it denies: they were given out before.
  SetTime(issue.not_after, *replaced.mutable_expire_time());
  return client_
      ->EvalSync(Script("issued"),
                 {domain::CertificatesKey(issue.id), domain::DenialsKey(), issue.id, issue.serial,
                  Millis(issue.not_after), Millis(issue.now), issue.renewed_serial,
                  replaced.SerializeAsString()})
      .status();
}

absl::StatusOr<bool> RedisIdentityStore::WasIssued(const std::string& id) {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply held,
                          client_->CommandSync({"EXISTS", domain::CertificatesKey(id)}));
  return held.integer() == 1;
}

absl::Status RedisIdentityStore::Deny(const std::string& subject, const store::v1::Denial& denial) {
  return client_->CommandSync({"HSET", domain::DenialsKey(), subject, denial.SerializeAsString()})
      .status();
}

absl::Status RedisIdentityStore::Allow(const std::string& subject) {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply removed,
                          client_->CommandSync({"HDEL", domain::DenialsKey(), subject}));
  return removed.integer() == 1 ? absl::OkStatus()
                                : absl::NotFoundError("'" + subject + "' is not denied");
}

absl::StatusOr<std::vector<std::pair<std::string, store::v1::Denial>>>
RedisIdentityStore::Denials() {
  VEILLE_ASSIGN_OR_RETURN(const redis::Reply all,
                          client_->CommandSync({"HGETALL", domain::DenialsKey()}));
  std::vector<std::pair<std::string, store::v1::Denial>> denials;
  denials.reserve(all.size() / 2);
  for (std::size_t i = 0; i + 1 < all.size(); i += 2) {
    store::v1::Denial denial;
    // One that cannot be read is in force all the same, and listed.
    if (!denial.ParseFromString(std::string(all[i + 1].str()))) denial.Clear();
    denials.emplace_back(all[i].str(), std::move(denial));
  }
  std::sort(denials.begin(), denials.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return denials;
}

}  // namespace veille::identity
