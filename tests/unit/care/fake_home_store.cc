#include "tests/unit/care/fake_home_store.h"

#include <utility>

namespace veille::testing {

using store::v1::StoredHome;
using store::v1::StoredPlan;

absl::StatusOr<StoredHome> FakeHomeStore::Get(const std::string& home_id) {
  const auto at = homes_.find(home_id);
  if (at != homes_.end()) return at->second;
  StoredHome none;
  none.set_revision(revisions_[home_id]);
  return none;
}

absl::StatusOr<std::vector<std::string>> FakeHomeStore::ListIds() {
  std::vector<std::string> ids;
  for (const auto& [id, home] : homes_) ids.push_back(id);
  return ids;
}

absl::Status FakeHomeStore::Commit(const care::HomeCommit& commit) {
  if (before_commit) std::exchange(before_commit, nullptr)();
  if (revisions_[commit.home_id] != commit.expected_revision)
    return absl::AbortedError("another revision stands there");
  const std::string request = commit.home_id + " " + commit.request_id;
  if (!commit.request_digest.empty() && requests_.count(request) > 0)
    return absl::AlreadyExistsError("the request was carried out");
  ++revisions_[commit.home_id];
  if (!commit.request_digest.empty()) requests_[request] = commit.request_digest;
  if (!commit.home) {
    homes_.erase(commit.home_id);
    plans_.erase(commit.home_id);
    return absl::OkStatus();
  }
  homes_[commit.home_id] = *commit.home;
  for (const StoredPlan& plan : commit.plans) plans_[commit.home_id].push_back(plan);
  return absl::OkStatus();
}

absl::StatusOr<std::string> FakeHomeStore::FindRequest(const std::string& home_id,
                                                       const std::string& request_id) {
  const auto at = requests_.find(home_id + " " + request_id);
  return at == requests_.end() ? "" : at->second;
}

absl::StatusOr<std::vector<StoredPlan>> FakeHomeStore::ListPlans(const std::string& home_id,
                                                                 uint64_t before, int limit) {
  std::vector<StoredPlan> plans;
  const std::vector<StoredPlan>& all = plans_[home_id];
  for (auto at = all.rbegin(); at != all.rend(); ++at) {
    if (before != 0 && at->revision() >= before) continue;
    if (static_cast<int>(plans.size()) >= limit && plans.back().revision() != at->revision()) break;
    plans.push_back(*at);
  }
  return plans;
}

absl::StatusOr<std::string> FakeHomeStore::Claim(const std::string& unique_id,
                                                 const std::string& home_id) {
  if (erased.count(unique_id) > 0) return absl::FailedPreconditionError("was erased");
  const std::string& owner = claims_.emplace(unique_id, home_id).first->second;
  return owner == home_id ? "" : owner;
}

absl::StatusOr<std::string> FakeHomeStore::WouldClaim(const std::string& unique_id,
                                                      const std::string& home_id) {
  if (erased.count(unique_id) > 0) return absl::FailedPreconditionError("was erased");
  const auto at = claims_.find(unique_id);
  return at == claims_.end() || at->second == home_id ? "" : at->second;
}

absl::Status FakeHomeStore::TakeOver(const std::string& unique_id, const std::string& owner,
                                     const std::string& home_id) {
  if (claims_[unique_id] == owner) claims_[unique_id] = home_id;
  return absl::OkStatus();
}

absl::Status FakeHomeStore::Release(const std::string& unique_id, const std::string& home_id) {
  if (claims_[unique_id] == home_id) claims_.erase(unique_id);
  return absl::OkStatus();
}

care::v1::HomeRecord SmallHome(const std::string& home_id) {
  care::v1::HomeRecord home;
  home.set_home_id(home_id);
  home.set_zone("Europe/Paris");
  home.add_sources()->set_source_id("hub-" + home_id);
  care::v1::Device& door = *home.add_devices();
  door.set_device_id("door");
  door.set_role(care::v1::ROLE_EXIT_DOOR);
  care::v1::Patient& patient = *home.add_patients();
  patient.set_patient_id("patient-" + home_id);
  patient.set_display_name("Madame Martin");
  care::v1::Member& anne = *patient.mutable_circle()->add_members();
  anne.set_caregiver_id("anne");
  anne.set_relation(care::v1::Member::RELATION_FAMILY);
  return home;
}

}  // namespace veille::testing
