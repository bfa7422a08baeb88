#include "services/detector/core/home_plan.h"

#include <utility>

#include "common/base/status_macros.h"
#include "services/detector/core/coverage.h"
#include "services/domain/care_plan.h"
#include "services/domain/care_presets.h"

namespace veille::detector {
namespace {

using care::v1::Role;

// Sensors that speak only when somebody is there. A climate sensor or a meter speaks by itself.
bool IsPresence(Role role) {
  switch (role) {
    case care::v1::ROLE_MOTION:
    case care::v1::ROLE_INNER_CONTACT:
    case care::v1::ROLE_FRIDGE_DOOR:
    case care::v1::ROLE_BED:
    case care::v1::ROLE_SEAT:
    case care::v1::ROLE_TOILET:
    case care::v1::ROLE_APPLIANCE:
    case care::v1::ROLE_SWITCH:
    case care::v1::ROLE_DISPENSER:
      return true;
    default:
      return false;
  }
}

bool IsWorn(Role role) {
  return role == care::v1::ROLE_WRIST || role == care::v1::ROLE_WAIST ||
         role == care::v1::ROLE_CHEST;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const HomePlan>> HomePlan::Compile(const care::v1::Home& home,
                                                                  const PlanOptions& options) {
  if (home.patients().empty())
    return absl::InvalidArgumentError("home '" + home.home_id() + "' has no patient");
  std::shared_ptr<HomePlan> plan(new HomePlan(home));
  for (const care::v1::Patient& patient : home.patients()) {
    const care::v1::CarePlan& own = patient.care_plan();
    plan->with_presets_.push_back(
        domain::HasPreset(own) ? std::make_unique<care::v1::CarePlan>(domain::WithPreset(own))
                               : nullptr);
  }
  VEILLE_ASSIGN_OR_RETURN(plan->zone_, LoadZone(home.zone()));
  for (int i = 0; i < home.sources_size(); ++i)
    plan->source_index_[home.sources(i).source_id()] = i;
  for (int i = 0; i < home.patients_size(); ++i) {
    const care::v1::CarePlan& care_plan = plan->care_plan(i);
    plan->outdoors_.push_back(MakeOutdoorsPlan(home.patients(i), care_plan));
    plan->circumstances_.push_back(MakeCircumstancePlan(home.patients(i).context()));
    plan->pauses_.push_back(
        {domain::IsEnabled(care_plan.pause()), domain::MicrosOr(care_plan.pause(), "long_pause")});
    plan->vitals_.push_back(MakeVitalsPlan(care_plan, options.vital_signs));
  }
  plan->place_ = PlaceOf(home, plan->zone_);
  plan->CompileDevices();
  plan->CompileRules();
  plan->dwelling = MakeDwellingPlan(*plan);
  plan->installation = MakeInstallationPlan(*plan);
  return plan;
}

void HomePlan::CompileDevices() {
  for (const care::v1::Device& device : home_.devices()) {
    DevicePlan compiled;
    compiled.id = device.device_id();
    compiled.role = device.role();
    compiled.source = FindSource(device.source_id());
    for (int i = 0; i < home_.patients_size(); ++i)
      if (home_.patients(i).patient_id() == device.patient_id()) compiled.patient = i;
    if (device.has_bind_time()) compiled.bind_us = device.bind_time().seconds() * 1000000;
    if (device.has_unbind_time()) compiled.unbind_us = device.unbind_time().seconds() * 1000000;
    compiled.check_in_us = device.check_in().seconds() * 1000000;
    compiled.presence = IsPresence(device.role());
    if (!device.room().empty()) compiled.room = RoomDigest(device.room());
    compiled.room_kind = RoomKindOf(home_, device);
    if (IsWorn(device.role())) {
      compiled.fall = fall_detectors_++;
      compiled.fall_config = MakeFallConfig(care_plan(compiled.patient).fall(), device.role());
    }
    if (compiled.role == care::v1::ROLE_EXIT_DOOR)
      exit_doors_.push_back(static_cast<int>(devices_.size()));
    if (compiled.role == care::v1::ROLE_FALL_DETECTOR)
      room_fall_detectors_.push_back(static_cast<int>(devices_.size()));
    device_index_[compiled.id] = static_cast<int>(devices_.size());
    devices_.push_back(std::move(compiled));
  }
  const Coverage coverage = CoverageOf(devices_, [](std::size_t) { return true; });
  sees_person_ = coverage.sees_person();
  sees_bathroom_ = coverage.sees_bathroom();
  sees_kitchen_ = coverage.sees_kitchen();
}

void HomePlan::CompileRules() {
  const care::v1::CarePlan& plan = care_plan(0);
  night_exit = {domain::IsEnabled(plan.night_exit()), domain::WindowOr(plan.night_exit(), "window"),
                domain::MicrosOr(plan.night_exit(), "no_return"),
                domain::MicrosOr(plan.night_exit(), "indoor_motion"),
                domain::MicrosOr(plan.night_exit(), "contact_grace")};
  door = {domain::IsEnabled(plan.door_left_open()),
          domain::WindowOr(plan.door_left_open(), "window"),
          domain::MicrosOr(plan.door_left_open(), "night_patience"),
          domain::MicrosOr(plan.door_left_open(), "day_patience")};
  inactivity = {domain::IsEnabled(plan.inactivity()),
                domain::WindowOr(plan.inactivity(), "day_window"),
                domain::MicrosOr(plan.inactivity(), "day_silence"),
                domain::MicrosOr(plan.inactivity(), "worsen"),
                domain::MicrosOr(plan.inactivity(), "any_silence"),
                domain::MicrosOr(plan.inactivity(), "usual_floor"),
                domain::MicrosOr(plan.inactivity(), "usual_cap"),
                domain::NumberOr(plan.inactivity(), "usual_ratio")};
  offline = {domain::IsEnabled(plan.hub_offline()), plan.hub_offline().high_risk(),
             domain::MicrosOr(plan.hub_offline(), "technical_silence"),
             domain::MicrosOr(plan.hub_offline(), "medium_silence"),
             domain::MicrosOr(plan.hub_offline(), "high_silence")};
  battery = {domain::IsEnabled(plan.battery_low()),
             domain::NumberOr(plan.battery_low(), "low_percent"),
             domain::NumberOr(plan.battery_low(), "critical_percent"),
             domain::NumberOr(plan.battery_low(), "charged_percent")};
  wandering = MakeWanderingPlan(plan);
  living = MakeLivingPlan(plan);
}

int HomePlan::FindDevice(const std::string& id) const {
  const auto at = device_index_.find(id);
  return at == device_index_.end() ? -1 : at->second;
}

int HomePlan::FindSource(const std::string& id) const {
  const auto at = source_index_.find(id);
  return at == source_index_.end() ? -1 : at->second;
}

}  // namespace veille::detector
