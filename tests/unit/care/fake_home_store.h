// The registry's homes in memory, with the same promises as Redis': one suite holds both to them.
#ifndef TESTS_UNIT_CARE_FAKE_HOME_STORE_H_
#define TESTS_UNIT_CARE_FAKE_HOME_STORE_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "services/care/app/audit_trail.h"
#include "services/care/app/home_store.h"

namespace veille::testing {

class FakeHomeStore final : public care::HomeStore {
 public:
  // Called before each commit: somebody else may be faster.
  std::function<void()> before_commit;
  std::set<std::string> erased;  // "patient:marie"

  absl::StatusOr<store::v1::StoredHome> Get(const std::string& home_id) override;
  absl::StatusOr<std::vector<std::string>> ListIds() override;
  absl::Status Commit(const care::HomeCommit& commit) override;
  absl::StatusOr<std::string> FindRequest(const std::string& home_id,
                                          const std::string& request_id) override;
  absl::StatusOr<std::vector<store::v1::StoredPlan>> ListPlans(const std::string& home_id,
                                                               uint64_t before, int limit) override;
  absl::StatusOr<std::string> Claim(const std::string& unique_id,
                                    const std::string& home_id) override;
  absl::StatusOr<std::string> WouldClaim(const std::string& unique_id,
                                         const std::string& home_id) override;
  absl::Status TakeOver(const std::string& unique_id, const std::string& owner,
                        const std::string& home_id) override;
  absl::Status Release(const std::string& unique_id, const std::string& home_id) override;

 private:
  std::map<std::string, store::v1::StoredHome> homes_;
  std::map<std::string, uint64_t> revisions_;
  std::map<std::string, std::vector<store::v1::StoredPlan>> plans_;
  std::map<std::string, std::string> requests_;
  std::map<std::string, std::string> claims_;
};

// Remembers what it was told.
class FakeCareTrail final : public care::AuditTrail {
 public:
  std::vector<store::v1::AuditEntry> shown, done;
  absl::Status trouble;  // Of what is to be shown.

  absl::Status BeforeShown(const store::v1::AuditEntry& entry) override {
    shown.push_back(entry);
    return trouble;
  }
  void Done(const store::v1::AuditEntry& entry) override { done.push_back(entry); }
};

// A sound home: one hub, one person cared for by Anne, a door contact.
care::v1::HomeRecord SmallHome(const std::string& home_id);

}  // namespace veille::testing

#endif  // TESTS_UNIT_CARE_FAKE_HOME_STORE_H_
