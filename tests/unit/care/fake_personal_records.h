// What is kept of people, in memory: for tests of what is asked of it.

#ifndef TESTS_UNIT_CARE_FAKE_PERSONAL_RECORDS_H_
#define TESTS_UNIT_CARE_FAKE_PERSONAL_RECORDS_H_

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "services/care/app/personal_records.h"
#include "services/care/app/retention.h"

namespace veille::testing {

class FakePersonalRecords final : public care::PersonalRecords, public care::AgedRecords {
 public:
  std::map<std::string, std::string> homes;  // By person.
  std::vector<store::v1::AuditEntry> accesses;
  std::function<absl::Status(const Visitor&)> visit;  // What is kept of whoever is asked for.
  std::map<std::string, store::v1::Erasure> erasures;
  std::set<std::string> held;                    // People of whom something is stored.
  std::map<std::string, absl::Duration> looked;  // By class: the age that was asked for.

  absl::StatusOr<std::string> HomeOf(const std::string& patient_id) override {
    const auto at = homes.find(patient_id);
    return at == homes.end() ? std::string() : at->second;
  }
  absl::Status Visit(const care::PersonalScope&, const Visitor& visitor) override {
    return visit == nullptr ? absl::OkStatus() : visit(visitor);
  }
  absl::Status VisitAccesses(const std::string&, const std::string&,
                             const OnAccess& on_access) override {
    for (const store::v1::AuditEntry& entry : accesses) {
      absl::Status status = on_access(entry);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }
  absl::StatusOr<bool> Holds(const care::PersonalScope& scope) override {
    return held.count(scope.patient_id) > 0;
  }
  absl::StatusOr<care::SweepCounts> Sweep(const care::PersonalScope&) override {
    return care::SweepCounts();
  }
  absl::Status RewriteFiles() override { return absl::OkStatus(); }
  absl::StatusOr<std::unique_ptr<Turn>> TakeTurn() override { return std::make_unique<Turn>(); }
  absl::StatusOr<store::v1::Erasure> GetErasure(const std::string& patient_id) override {
    return erasures[patient_id];
  }
  absl::StatusOr<std::vector<store::v1::Erasure>> ListErasures() override {
    return std::vector<store::v1::Erasure>();
  }
  absl::Status PutErasure(const store::v1::Erasure&, const store::v1::Erasure& after) override {
    erasures[after.patient_id()] = after;
    return absl::OkStatus();
  }
  absl::StatusOr<uint64_t> DeleteOlder(const std::string& data_class, absl::Duration age,
                                       absl::Time) override {
    looked[data_class] = age;
    return data_class == "alerts" ? 2 : 0;
  }
};

}  // namespace veille::testing

#endif  // TESTS_UNIT_CARE_FAKE_PERSONAL_RECORDS_H_
