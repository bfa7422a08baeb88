// The homes, people, devices and caregivers of a deployment, read from text-format files at start.
//
// Immutable once loaded, so threads share it freely. A care service replaces the files later; the
// questions asked here stay the same.

#ifndef SERVICES_DOMAIN_REGISTRY_H_
#define SERVICES_DOMAIN_REGISTRY_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "veille/care/v1/home.pb.h"

namespace veille::domain {

// A person, with the home that the person lives in. Valid as long as the registry.
struct PatientRef {
  const care::v1::Home* home = nullptr;
  const care::v1::Patient* patient = nullptr;
};

class Registry {
 public:
  // Reads every *.textproto (veille.care.v1.Home) of `folder`, in name order. On any fault, in any
  // file, INVALID_ARGUMENT with a line `file:line:column: field: reason` for each. `more` are homes
  // that no file holds.
  static absl::StatusOr<std::shared_ptr<const Registry>> Load(
      const std::string& folder, const std::vector<care::v1::Home>& more = {});

  // Takes homes that are at hand (simulations, tests). The same checks; faults are named by home
  // id.
  static absl::StatusOr<std::shared_ptr<const Registry>> Make(
      std::vector<care::v1::Home> homes, const std::vector<care::v1::Home>& more = {});

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

  std::map<std::string, std::unique_ptr<care::v1::Home>, std::less<>> by_id_;
  std::vector<const care::v1::Home*> homes_;
  std::map<std::string, const care::v1::Home*, std::less<>> by_source_;
  std::map<std::string, PatientRef, std::less<>> by_patient_;
  std::map<std::string, std::vector<PatientRef>, std::less<>> by_caregiver_;
};

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_REGISTRY_H_
