// Where the registry's homes are kept: the port that Redis implements. Thread safe; blocks.

#ifndef SERVICES_CARE_APP_HOME_STORE_H_
#define SERVICES_CARE_APP_HOME_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "veille/store/v1/registry.pb.h"

namespace veille::care {

// What is to become of a home, all of it or nothing.
struct HomeCommit {
  std::string home_id;
  uint64_t expected_revision = 0;             // That must stand there now.
  std::optional<store::v1::StoredHome> home;  // Absent: it is removed, with its plans.
  std::vector<store::v1::StoredPlan> plans;   // Appended to its history.
  // Remembers, for a day, that the request was carried out. Empty: it has no id.
  std::string request_id;
  std::string request_digest;
};

class HomeStore {
 public:
  virtual ~HomeStore() = default;

  // Without a home where there is none; its revision counts on all the same.
  virtual absl::StatusOr<store::v1::StoredHome> Get(const std::string& home_id) = 0;
  // Every home's id, in order.
  virtual absl::StatusOr<std::vector<std::string>> ListIds() = 0;
  // ABORTED when another revision stands there; ALREADY_EXISTS when the request was carried out.
  virtual absl::Status Commit(const HomeCommit& commit) = 0;
  // The digest of a request that was carried out; empty when none was.
  virtual absl::StatusOr<std::string> FindRequest(const std::string& home_id,
                                                  const std::string& request_id) = 0;
  // Plans of a home before `before` (0: from the newest), the newest first, at most `limit`.
  virtual absl::StatusOr<std::vector<store::v1::StoredPlan>> ListPlans(const std::string& home_id,
                                                                       uint64_t before,
                                                                       int limit) = 0;

  // Reserves for the home an id that only one home of the deployment may have. The home that has
  // it, when that is another. FAILED_PRECONDITION for the id of somebody who was or is being
  // erased, of whichever home.
  virtual absl::StatusOr<std::string> Claim(const std::string& unique_id,
                                            const std::string& home_id) = 0;
  // What Claim would say, without reserving anything.
  virtual absl::StatusOr<std::string> WouldClaim(const std::string& unique_id,
                                                 const std::string& home_id) = 0;
  // Takes it from `owner`, which has it no more; nothing happens when it is somebody else's by now,
  // or was claimed less than a minute ago.
  virtual absl::Status TakeOver(const std::string& unique_id, const std::string& owner,
                                const std::string& home_id) = 0;
  virtual absl::Status Release(const std::string& unique_id, const std::string& home_id) = 0;
};

}  // namespace veille::care

#endif  // SERVICES_CARE_APP_HOME_STORE_H_
