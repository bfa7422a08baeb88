// Who is signed in, as Redis has it, in the memory of a server.
//
// A session that was found is remembered for some minutes. Whatever ends one changes a number in
// Redis, which is read about once a second: then all of it is forgotten and looked up again, so
// that a revocation holds everywhere within two seconds. While Redis is away what was found stays
// in force: somebody may be answering an emergency. Thread safe.

#ifndef SERVICES_DOMAIN_ACCESS_SESSIONS_H_
#define SERVICES_DOMAIN_ACCESS_SESSIONS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/store/v1/account.pb.h"

#include "common/redis/endpoint.h"
#include "common/redis/pipelined_client.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"
#include "services/domain/access/open_glass.h"

namespace veille::domain {

// A sign-in ends when it is not used for so long, and in any case after so long.
inline constexpr absl::Duration kSessionIdle = absl::Hours(24 * 90);
inline constexpr absl::Duration kSessionLife = absl::Hours(24 * 365);

// As fields of the sessions' hash.
std::string TokenDigest(std::string_view token);

// When a sign-in ends unless it is used before.
absl::Time SessionEnd(const store::v1::StoredSession& session);

// What servers ask of sign-ins.
class SessionBook {
 public:
  virtual ~SessionBook() = default;
  // UNAUTHENTICATED for a token that is unknown, expired or revoked; UNAVAILABLE when it cannot be
  // told now.
  virtual absl::StatusOr<store::v1::StoredSession> Find(const std::string& token) const = 0;
  // Whether the account may see that person in an emergency.
  virtual bool HasBroken(const std::string& account_id, const std::string& patient_id) const = 0;
  // All of them; nearly always none.
  virtual std::vector<OpenGlass> OpenGlasses() const = 0;
};

class Sessions final : public SessionBook {
 public:
  // `clock` is real time.
  Sessions(const redis::Endpoint& endpoint, std::shared_ptr<const Clock> clock);
  ~Sessions() override;

  absl::StatusOr<store::v1::StoredSession> Find(const std::string& token) const override;
  bool HasBroken(const std::string& account_id, const std::string& patient_id) const override;
  std::vector<OpenGlass> OpenGlasses() const override;

 private:
  struct Found {
    store::v1::StoredSession session;
    absl::Duration until;  // Monotonic: it is looked up again then.
  };

  absl::StatusOr<store::v1::StoredSession> LookUp(const std::string& digest) const;
  void MarkUsed(const std::string& digest, const std::string& stored,
                store::v1::StoredSession& session, absl::Time now) const;
  void FollowUntilStopped();
  void Follow();

  const std::shared_ptr<const Clock> clock_;
  const std::unique_ptr<redis::PipelinedClient> client_;
  mutable Mutex mu_;
  CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::string version_ ABSL_GUARDED_BY(mu_);
  // Grows when what was found is forgotten: what was looked up before then is not kept.
  mutable uint64_t forgotten_ ABSL_GUARDED_BY(mu_) = 0;
  mutable absl::flat_hash_map<std::string, Found> found_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, absl::Time> glasses_ ABSL_GUARDED_BY(mu_);
  Worker follower_;
};

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_ACCESS_SESSIONS_H_
