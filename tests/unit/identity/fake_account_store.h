// The account desk's store in memory, with what its scripts promise. One thread.

#ifndef TESTS_UNIT_IDENTITY_FAKE_ACCOUNT_STORE_H_
#define TESTS_UNIT_IDENTITY_FAKE_ACCOUNT_STORE_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/time/clock.h"
#include "services/domain/access/sessions.h"
#include "services/identity/app/account_store.h"

namespace veille::testing {

class FakeAccountStore final : public identity::AccountStore {
 public:
  explicit FakeAccountStore(std::shared_ptr<const Clock> clock) : clock_(std::move(clock)) {}

  absl::StatusOr<Stored> Get(const std::string& account_id) override {
    const auto at = accounts_.find(account_id);
    if (at == accounts_.end()) return absl::NotFoundError("none");
    Stored stored;
    stored.bytes = at->second;
    stored.account.ParseFromString(at->second);
    return stored;
  }
  absl::StatusOr<std::vector<store::v1::StoredAccount>> List() override {
    std::vector<store::v1::StoredAccount> all(accounts_.size());
    std::size_t i = 0;
    for (const auto& [id, bytes] : accounts_) all[i++].ParseFromString(bytes);
    return all;
  }
  absl::Status Put(const Change& change) override {
    if (BytesOf(change.account_id) != change.before) return absl::AbortedError("changed");
    if (!change.invitation.empty() && invitations_.erase(change.invitation) == 0)
      return absl::PermissionDeniedError("used");
    accounts_[change.account_id] = change.after;
    if (change.after.empty()) accounts_.erase(change.account_id);
    if (change.sign_out) {
      std::erase_if(sessions_, [&change](const auto& entry) {
        return entry.second.account_id() == change.account_id &&
               entry.second.session_id() != change.but_session;
      });
    }
    for (auto& [digest, session] : sessions_)
      if (change.session && session.session_id() == change.session->session_id())
        session = *change.session;
    return absl::OkStatus();
  }
  absl::Status PutInvitation(const std::string& secret_digest,
                             const store::v1::StoredInvitation& invitation,
                             absl::Duration lifetime) override {
    invitations_[secret_digest] = {invitation, clock_->Now() + lifetime};
    return absl::OkStatus();
  }
  absl::StatusOr<store::v1::StoredInvitation> FindInvitation(
      const std::string& secret_digest) override {
    const auto at = invitations_.find(secret_digest);
    if (at == invitations_.end() || at->second.second <= clock_->Now())
      return absl::NotFoundError("none");
    return at->second.first;
  }
  absl::Status SignIn(const NewSession& sign_in) override {
    if (BytesOf(sign_in.account_id) != sign_in.before) return absl::AbortedError("changed");
    accounts_[sign_in.account_id] = sign_in.after;
    SignOut(sign_in.account_id, sign_in.ended).IgnoreError();
    sessions_[sign_in.token_digest] = sign_in.session;
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<store::v1::StoredSession>> Sessions(
      const std::string& account_id) override {
    std::vector<store::v1::StoredSession> found;
    for (const auto& [digest, session] : sessions_)
      if (session.account_id() == account_id) found.push_back(session);
    return found;
  }
  absl::StatusOr<int> SignOut(const std::string& account_id,
                              const std::vector<std::string>& session_ids) override {
    int ended = 0;
    for (const std::string& id : session_ids) {
      ended += static_cast<int>(std::erase_if(sessions_, [&](const auto& entry) {
        return entry.second.account_id() == account_id && entry.second.session_id() == id;
      }));
    }
    return ended;
  }
  absl::StatusOr<TryCounts> CountsOf(const std::string& account_id,
                                     const std::string& address) override {
    return TryCounts{tries_[account_id], tries_["@" + address]};
  }
  absl::StatusOr<bool> Count(const std::string& account_id, const std::string& address,
                             const TryCounts& /*before*/, const TryCounts& after) override {
    tries_[account_id] = after.account;
    tries_["@" + address] = after.address;
    return true;
  }
  absl::Status ClearTries(const std::string& account_id, const std::string& address) override {
    tries_.erase(account_id);
    if (const auto at = tries_.find("@" + address); at != tries_.end()) --at->second.count;
    return absl::OkStatus();
  }
  absl::Status OpenGlass(const std::string& account_id, const std::string& patient_id,
                         const store::v1::StoredGlass& /*glass*/) override {
    glasses.emplace_back(account_id, patient_id);
    return absl::OkStatus();
  }

  // Null when it is not signed in.
  const store::v1::StoredSession* Session(const std::string& token) const {
    const auto at = sessions_.find(domain::TokenDigest(token));
    return at == sessions_.end() ? nullptr : &at->second;
  }
  const std::map<std::string, store::v1::StoredSession>& sessions() const { return sessions_; }

  std::vector<std::pair<std::string, std::string>> glasses;

 private:
  std::string BytesOf(const std::string& account_id) const {
    const auto at = accounts_.find(account_id);
    return at == accounts_.end() ? "" : at->second;
  }

  const std::shared_ptr<const Clock> clock_;
  std::map<std::string, std::string> accounts_;
  std::map<std::string, std::pair<store::v1::StoredInvitation, absl::Time>> invitations_;
  std::map<std::string, store::v1::StoredSession> sessions_;
  std::map<std::string, identity::Tries> tries_;
};

}  // namespace veille::testing

#endif  // TESTS_UNIT_IDENTITY_FAKE_ACCOUNT_STORE_H_
