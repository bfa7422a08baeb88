#include "services/domain/access/sessions.h"

#include <algorithm>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/timestamp.h"
#include "common/crypto/ed25519.h"
#include "common/crypto/hmac.h"
#include "services/domain/keys.h"

namespace veille::domain {

namespace access {
extern const redis::Script kScripts[];
extern const unsigned long kScriptCount;
}  // namespace access

namespace {

constexpr absl::Duration kInterval = absl::Seconds(1);
constexpr absl::Duration kRemembered = absl::Minutes(10);
// How exactly it is known when a sign-in was last used.
constexpr absl::Duration kUseStep = absl::Hours(1);
constexpr std::size_t kMostFound = 100'000;

absl::Status Ended() {
  return absl::UnauthenticatedError("this device is not signed in, or not any more: sign in again");
}

std::unique_ptr<redis::PipelinedClient> Connect(const redis::Endpoint& endpoint) {
  redis::PipelinedClient::Options options;
  options.endpoint = endpoint;
  options.scripts = {access::kScripts, access::kScripts + access::kScriptCount};
  options.name = "veille-sessions";
  return std::make_unique<redis::PipelinedClient>(std::move(options));
}

}  // namespace

std::string TokenDigest(std::string_view token) { return ToHex(Sha256(token)); }

absl::Time SessionEnd(const store::v1::StoredSession& session) {
  return std::min(ToTime(session.expire_time()), ToTime(session.last_use_time()) + kSessionIdle);
}

Sessions::Sessions(const redis::Endpoint& endpoint, std::shared_ptr<const Clock> clock)
    : clock_(std::move(clock)),
      client_(Connect(endpoint)),
      follower_("sessions", [this] { FollowUntilStopped(); }) {}

Sessions::~Sessions() {
  {
    MutexLock lock(mu_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  follower_.Join();
}

absl::StatusOr<store::v1::StoredSession> Sessions::Find(const std::string& token) const {
  const std::string digest = TokenDigest(token);
  uint64_t forgotten = 0;
  {
    MutexLock lock(mu_);
    const auto known = found_.find(digest);
    if (known != found_.end() && known->second.until > MonotonicNow()) {
      if (SessionEnd(known->second.session) > clock_->Now()) return known->second.session;
      return Ended();
    }
    forgotten = forgotten_;
  }
  VEILLE_ASSIGN_OR_RETURN(store::v1::StoredSession session, LookUp(digest));
  MutexLock lock(mu_);
  if (forgotten != forgotten_) return session;
  if (found_.size() >= kMostFound) found_.clear();
  found_[digest] = {session, MonotonicNow() + kRemembered};
  return session;
}

absl::StatusOr<store::v1::StoredSession> Sessions::LookUp(const std::string& digest) const {
  const absl::StatusOr<redis::Reply> reply = client_->CommandSync({"HGET", SessionsKey(), digest});
  if (!reply.ok()) {
    return absl::UnavailableError("sign-ins cannot be checked now: " +
                                  std::string(reply.status().message()));
  }
  if (reply->IsNil()) return Ended();
  const std::string stored(reply->str());
  store::v1::StoredSession session;
  if (!session.ParseFromString(stored) || session.format() != 1)
    return absl::DataLossError("a sign-in cannot be read");
  const absl::Time now = clock_->Now();
  if (SessionEnd(session) <= now) return Ended();
  if (now - ToTime(session.last_use_time()) >= kUseStep) MarkUsed(digest, stored, session, now);
  return session;
}

// In nobody's way: when it fails, the next look tries again.
void Sessions::MarkUsed(const std::string& digest, const std::string& stored,
                        store::v1::StoredSession& session, absl::Time now) const {
  SetTime(now, *session.mutable_last_use_time());
  client_->Eval(redis::FindScript({access::kScripts, access::kScriptCount}, "used"),
                {SessionsKey(), digest, stored, session.SerializeAsString()},
                [](const absl::StatusOr<redis::Reply>&) {});
}

bool Sessions::HasBroken(const std::string& account_id, const std::string& patient_id) const {
  MutexLock lock(mu_);
  const auto glass = glasses_.find(GlassField(account_id, patient_id));
  return glass != glasses_.end() && glass->second > clock_->Now();
}

std::vector<OpenGlass> Sessions::OpenGlasses() const {
  const absl::Time now = clock_->Now();
  std::vector<OpenGlass> open;
  MutexLock lock(mu_);
  for (const auto& [field, until] : glasses_) {
    // See GlassField().
    const std::size_t end = field.find('\n');
    if (until > now && end != std::string::npos)
      open.push_back({field.substr(0, end), field.substr(end + 1)});
  }
  return open;
}

void Sessions::FollowUntilStopped() {
  while (true) {
    Follow();
    MutexLock lock(mu_);
    if (!stopped_) changed_.WaitFor(mu_, kInterval);
    if (stopped_) return;
  }
}

void Sessions::Follow() {
  if (!client_->connected()) return;
  const absl::StatusOr<redis::Reply> reply = client_->CommandSync({"GET", SessionsVersionKey()});
  if (!reply.ok()) return;
  // With the connection: another Redis, or one that was restored, may have the same number.
  const std::string version = std::string(reply->IsNil() ? "" : reply->str()) + "/" +
                              std::to_string(client_->connection_generation());
  {
    MutexLock lock(mu_);
    if (version == version_) return;
  }
  const absl::StatusOr<redis::Reply> glasses = client_->CommandSync({"HGETALL", GlassesKey()});
  if (!glasses.ok()) return;
  std::map<std::string, absl::Time> broken;
  const auto all = glasses->elements();
  for (std::size_t i = 0; i + 1 < all.size(); i += 2) {
    store::v1::StoredGlass glass;
    if (glass.ParseFromString(std::string(all[i + 1].str())))
      broken[std::string(all[i].str())] = ToTime(glass.expire_time());
  }
  MutexLock lock(mu_);
  version_ = version;
  glasses_ = std::move(broken);
  ++forgotten_;
  found_.clear();
}

}  // namespace veille::domain
