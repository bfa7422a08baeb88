#include "services/domain/registry.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_format.h"

#include "common/config/text_proto.h"
#include "services/domain/home_check.h"

namespace veille::domain {

using care::v1::Home;
using care::v1::HomeRecord;

absl::StatusOr<std::vector<HomeRecord>> LoadHomeRecords(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".textproto") paths.push_back(entry.path().string());
  }
  if (error) {
    return absl::NotFoundError("homes_folder: cannot read " + folder + ": " + error.message());
  }
  std::sort(paths.begin(), paths.end());
  config::Faults faults;
  std::map<std::string, HomeRecord> records;
  std::map<std::string, std::string> source_files, patient_files;
  for (const std::string& path : paths) {
    HomeRecord record;
    config::TextProtoFile file;
    if (!file.Load(path, record, faults)) continue;
    for (const HomeFault& fault : CheckHomeRecord(record))
      faults.Add(file.PlaceOf(fault.field), fault.field, fault.reason);
    for (int i = 0; i < record.sources_size(); ++i) {
      const auto [at, first] = source_files.emplace(record.sources(i).source_id(), path);
      if (!first && at->second != path) {
        const std::string field = absl::StrFormat("sources[%d].source_id", i);
        faults.Add(file.PlaceOf(field), field, "is a source of " + at->second + " already");
      }
    }
    for (int i = 0; i < record.patients_size(); ++i) {
      const auto [at, first] = patient_files.emplace(record.patients(i).patient_id(), path);
      if (!first) {
        const std::string field = absl::StrFormat("patients[%d].patient_id", i);
        faults.Add(file.PlaceOf(field), field, "lives in " + at->second + " already");
      }
    }
    const std::string id = record.home_id();
    if (!records.emplace(id, std::move(record)).second)
      faults.Add(file.PlaceOf("home_id"), "home_id", "'" + id + "' is in another file already");
  }
  if (!faults.ok()) return faults.ToStatus();
  std::vector<HomeRecord> all;
  all.reserve(records.size());
  for (auto& [id, record] : records) all.push_back(std::move(record));
  return all;
}

absl::StatusOr<std::shared_ptr<const Registry>> Registry::Load(const std::string& folder,
                                                               const std::vector<Home>& more) {
  absl::StatusOr<std::vector<HomeRecord>> records = LoadHomeRecords(folder);
  if (!records.ok()) return records.status();
  std::vector<std::shared_ptr<const Home>> homes;
  homes.reserve(records->size());
  for (const HomeRecord& record : *records)
    homes.push_back(std::make_shared<const Home>(HomeOf(record)));
  return Of(std::move(homes), more);
}

absl::StatusOr<std::shared_ptr<const Registry>> Registry::Make(std::vector<Home> homes,
                                                               const std::vector<Home>& more) {
  config::Faults faults;
  std::shared_ptr<Registry> registry(new Registry());
  for (Home& home : homes) {
    const std::string id = home.home_id();
    for (const HomeFault& fault : CheckHome(home))
      faults.Add("home '" + id + "'", fault.field, fault.reason);
    if (!registry->by_id_.emplace(id, std::make_unique<Home>(std::move(home))).second)
      faults.Add("home '" + id + "'", "home_id", "stands twice");
  }
  if (!faults.ok()) return faults.ToStatus();
  registry->Index(more);
  return registry;
}

std::shared_ptr<const Registry> Registry::Of(std::vector<std::shared_ptr<const Home>> homes,
                                             const std::vector<Home>& more) {
  std::shared_ptr<Registry> registry(new Registry());
  for (std::shared_ptr<const Home>& home : homes) {
    const std::string id = home->home_id();
    registry->by_id_.insert_or_assign(id, std::move(home));
  }
  registry->Index(more);
  return registry;
}

void Registry::Index(const std::vector<Home>& more) {
  for (const Home& home : more) by_id_.emplace(home.home_id(), std::make_shared<const Home>(home));
  for (const auto& [id, home] : by_id_) {
    homes_.push_back(home.get());
    for (const auto& source : home->sources()) by_source_[source.source_id()] = home.get();
    for (const auto& patient : home->patients()) {
      const PatientRef ref{home.get(), &patient};
      by_patient_[patient.patient_id()] = ref;
      for (const auto& member : patient.circle().members())
        by_caregiver_[member.caregiver_id()].push_back(ref);
    }
  }
}

const Home* Registry::FindHome(std::string_view home_id) const {
  const auto at = by_id_.find(home_id);
  return at == by_id_.end() ? nullptr : at->second.get();
}

const Home* Registry::HomeOfSource(std::string_view source_id) const {
  const auto at = by_source_.find(source_id);
  return at == by_source_.end() ? nullptr : at->second;
}

PatientRef Registry::FindPatient(std::string_view patient_id) const {
  const auto at = by_patient_.find(patient_id);
  return at == by_patient_.end() ? PatientRef{} : at->second;
}

const std::vector<PatientRef>& Registry::PatientsOf(std::string_view caregiver_id) const {
  static const auto* none = new std::vector<PatientRef>();
  const auto at = by_caregiver_.find(caregiver_id);
  return at == by_caregiver_.end() ? *none : at->second;
}

std::vector<std::string> Registry::Caregivers() const {
  std::vector<std::string> ids;
  for (const auto& [id, patients] : by_caregiver_) ids.push_back(id);
  return ids;
}

}  // namespace veille::domain
