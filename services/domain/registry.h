// The homes, people, devices and caregivers of a deployment, from text-format files or from the
// registry in Redis (registry_follower.h).
//
// Immutable once loaded, so threads share it freely.

#ifndef SERVICES_DOMAIN_REGISTRY_H_
#define SERVICES_DOMAIN_REGISTRY_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "veille/care/v1/home.pb.h"
#include "veille/care/v1/home_record.pb.h"

namespace veille::domain {

// A person, with the home that the person lives in. Valid as long as the registry.
struct PatientRef {
  const care::v1::Home* home = nullptr;
  const care::v1::Patient* patient = nullptr;
};

// Reads every *.textproto (veille.care.v1.HomeRecord) of `folder`; in order of home id. On any
// fault, in any file, INVALID_ARGUMENT with a line `file:line:column: field: reason` for each.
absl::StatusOr<std::vector<care::v1::HomeRecord>> LoadHomeRecords(const std::string& folder);

class Registry {
 public:
  // The same, as a registry. `more` are homes that no file holds.
  static absl::StatusOr<std::shared_ptr<const Registry>> Load(
      const std::string& folder, const std::vector<care::v1::Home>& more = {});

  // Takes homes that are at hand (simulations, tests). The same checks; faults are named by home
  // id.
  static absl::StatusOr<std::shared_ptr<const Registry>> Make(
      std::vector<care::v1::Home> homes, const std::vector<care::v1::Home>& more = {});

  // Of homes that have been checked already; copies none of them.
  static std::shared_ptr<const Registry> Of(
      std::vector<std::shared_ptr<const care::v1::Home>> homes,
      const std::vector<care::v1::Home>& more = {});

  // In order of home id.
  const std::vector<const care::v1::Home*>& homes() const { return homes_; }

  // Null when there is none.
  const care::v1::Home* FindHome(std::string_view home_id) const;
  const care::v1::Home* HomeOfSource(std::string_view source_id) const;
  PatientRef FindPatient(std::string_view patient_id) const;

  // The people in whose circle the caregiver is; empty when in none.
  const std::vector<PatientRef>& PatientsOf(std::string_view caregiver_id) const;

  // Every caregiver of every circle, once.
  std::vector<std::string> Caregivers() const;

 private:
  Registry() = default;
  // `more`, and what is asked for by other names than a home's.
  void Index(const std::vector<care::v1::Home>& more);

  std::map<std::string, std::shared_ptr<const care::v1::Home>, std::less<>> by_id_;
  std::vector<const care::v1::Home*> homes_;
  std::map<std::string, const care::v1::Home*, std::less<>> by_source_;
  std::map<std::string, PatientRef, std::less<>> by_patient_;
  std::map<std::string, std::vector<PatientRef>, std::less<>> by_caregiver_;
};

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_REGISTRY_H_
