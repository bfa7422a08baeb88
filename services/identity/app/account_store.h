// What the account desk keeps: accounts, invitations, sign-ins, tries.
//
// Thread safe; blocks for a round trip.

#ifndef SERVICES_IDENTITY_APP_ACCOUNT_STORE_H_
#define SERVICES_IDENTITY_APP_ACCOUNT_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/store/v1/account.pb.h"

#include "services/identity/core/throttle.h"

namespace veille::identity {

class AccountStore {
 public:
  virtual ~AccountStore() = default;

  struct Stored {
    store::v1::StoredAccount account;
    std::string bytes;  // As they stand: a change compares them.
  };
  // NOT_FOUND when there is none.
  virtual absl::StatusOr<Stored> Get(const std::string& account_id) = 0;
  // In order of id.
  virtual absl::StatusOr<std::vector<store::v1::StoredAccount>> List() = 0;

  struct Change {
    std::string account_id;
    std::string before;            // As Stored.bytes; empty: there was none.
    std::string after;             // Empty: it is removed.
    std::string invitation;        // Digest of a code that is used up by it; empty: none.
    bool sign_out = false;         // Every device,
    std::string but_session = {};  // but this one.
    // Takes the place of the account's session of its id, where that goes on.
    std::optional<store::v1::StoredSession> session = {};
  };
  // ABORTED when somebody else was faster; PERMISSION_DENIED when the code is used.
  virtual absl::Status Put(const Change& change) = 0;

  virtual absl::Status PutInvitation(const std::string& secret_digest,
                                     const store::v1::StoredInvitation& invitation,
                                     absl::Duration lifetime) = 0;
  // NOT_FOUND when it is unknown, used or expired.
  virtual absl::StatusOr<store::v1::StoredInvitation> FindInvitation(
      const std::string& secret_digest) = 0;

  struct NewSession {
    std::string account_id;
    std::string before, after;  // Of the account; as in Change, and never empty.
    std::string token_digest;
    store::v1::StoredSession session;
    std::vector<std::string> ended;  // Ids of sessions that make room.
  };
  // ABORTED when the account has changed.
  virtual absl::Status SignIn(const NewSession& sign_in) = 0;
  virtual absl::StatusOr<std::vector<store::v1::StoredSession>> Sessions(
      const std::string& account_id) = 0;
  // How many there were.
  virtual absl::StatusOr<int> SignOut(const std::string& account_id,
                                      const std::vector<std::string>& session_ids) = 0;

  struct TryCounts {
    Tries account, address;
  };
  virtual absl::StatusOr<TryCounts> CountsOf(const std::string& account_id,
                                             const std::string& address) = 0;
  // False when they are not `before` any more.
  virtual absl::StatusOr<bool> Count(const std::string& account_id, const std::string& address,
                                     const TryCounts& before, const TryCounts& after) = 0;
  // Of an account that has proved itself; and one try of the address.
  virtual absl::Status ClearTries(const std::string& account_id, const std::string& address) = 0;

  virtual absl::Status OpenGlass(const std::string& account_id, const std::string& patient_id,
                                 const store::v1::StoredGlass& glass) = 0;
};

}  // namespace veille::identity

#endif  // SERVICES_IDENTITY_APP_ACCOUNT_STORE_H_
