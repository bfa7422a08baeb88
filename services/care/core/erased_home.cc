#include "services/care/core/erased_home.h"

#include <algorithm>

namespace veille::care {
namespace {

template <typename List>
void RemoveOf(const std::string& patient_id, List& list) {
  const auto end = std::remove_if(
      list.begin(), list.end(), [&](const auto& item) { return item.patient_id() == patient_id; });
  list.DeleteSubrange(static_cast<int>(end - list.begin()), static_cast<int>(list.end() - end));
}

}  // namespace

bool IsShared(const v1::HomeRecord& home, const std::string& patient_id) {
  return std::any_of(
      home.patients().begin(), home.patients().end(),
      [&](const v1::Patient& patient) { return patient.patient_id() != patient_id; });
}

void RemovePerson(const std::string& patient_id, v1::HomeRecord& home) {
  RemoveOf(patient_id, *home.mutable_patients());
  RemoveOf(patient_id, *home.mutable_devices());
  RemoveOf(patient_id, *home.mutable_consents());
  RemoveOf(patient_id, *home.mutable_grants());
}

}  // namespace veille::care
