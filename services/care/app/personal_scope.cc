#include "services/care/app/personal_scope.h"

#include <cstddef>

#include "services/care/core/erased_home.h"

namespace veille::care {

PersonalScope ScopeOf(const std::string& patient_id, const v1::HomeRecord& home) {
  PersonalScope scope;
  scope.home_id = home.home_id();
  scope.patient_id = patient_id;
  scope.whole_home = !IsShared(home, patient_id);
  scope.source_ids.reserve(static_cast<std::size_t>(home.sources_size()));
  for (const v1::Source& source : home.sources()) scope.source_ids.push_back(source.source_id());
  for (const v1::Device& device : home.devices()) {
    if (!device.patient_id().empty() && device.patient_id() != patient_id)
      scope.devices_of_others.insert(device.device_id());
  }
  return scope;
}

}  // namespace veille::care
