// A home's registry entry and care plans, compiled for judging: indexes, figures, switches.
//
// Immutable; shared freely. Pure.

#ifndef SERVICES_DETECTOR_CORE_HOME_PLAN_H_
#define SERVICES_DETECTOR_CORE_HOME_PLAN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "veille/care/v1/home.pb.h"

#include "common/time/local_time.h"
#include "services/detector/core/circumstances.h"
#include "services/detector/core/dusk.h"
#include "services/detector/core/rooms.h"
#include "services/detector/core/rules/dwelling_plan.h"
#include "services/detector/core/rules/fall.h"
#include "services/detector/core/rules/installation_plan.h"
#include "services/detector/core/rules/living_plan.h"
#include "services/detector/core/rules/outdoors_plan.h"
#include "services/detector/core/rules/vitals_plan.h"
#include "services/detector/core/rules/wandering_plan.h"

namespace veille::detector {

struct DevicePlan {
  std::string id;
  care::v1::Role role = care::v1::ROLE_UNSPECIFIED;
  int source = -1;  // −1: any of the home.
  int patient = 0;  // The wearer; the first patient for home sensors.
  int fall = -1;    // Index of its fall detector; −1 when it is not worn.
  int64_t bind_us = 0;
  int64_t unbind_us = 0;    // 0: still bound.
  int64_t check_in_us = 0;  // 0: no contract.
  bool presence = false;    // Its events are signs of life inside the home.
  uint16_t room = 0;        // RoomDigest() of its room's name; 0: not said.
  RoomKind room_kind = RoomKind::kOther;
  FallConfig fall_config;
};

struct NightExitFigures {
  bool enabled = true;
  LocalWindow window;
  int64_t no_return_us = 0, indoor_motion_us = 0, grace_us = 0;
};
struct DoorFigures {
  bool enabled = true;
  LocalWindow window;
  int64_t night_us = 0, day_us = 0;
};
struct InactivityFigures {
  bool enabled = true;
  LocalWindow day;
  int64_t day_us = 0, worsen_us = 0, any_us = 0;
  int64_t usual_floor_us = 0, usual_cap_us = 0;
  double usual_ratio = 0;
};
struct OfflineFigures {
  bool enabled = true, high_risk = false;
  int64_t technical_us = 0, medium_us = 0, high_us = 0;
};
struct PauseFigures {
  bool enabled = true;
  int64_t long_us = 0;
};
struct BatteryFigures {
  bool enabled = true;
  double low = 0, critical = 0, charged = 0;
};

// What the deployment decides for all homes.
struct PlanOptions {
  // Rules on vital signs make the software a medical device: off unless switched on.
  bool vital_signs = false;
};

class HomePlan {
 public:
  // INVALID_ARGUMENT for a zone that is not known; everything else the registry has checked.
  static absl::StatusOr<std::shared_ptr<const HomePlan>> Compile(const care::v1::Home& home,
                                                                 const PlanOptions& options = {});

  // As registered.
  const care::v1::Home& home() const { return home_; }
  const absl::TimeZone& zone() const { return zone_; }
  const std::vector<DevicePlan>& devices() const { return devices_; }
  // By the index that the state and the rules know it by.
  const DevicePlan& device(int index) const { return devices_[static_cast<std::size_t>(index)]; }
  const std::vector<int>& exit_doors() const { return exit_doors_; }
  // Fall detectors that stand in a room.
  const std::vector<int>& room_fall_detectors() const { return room_fall_detectors_; }
  int fall_detectors() const { return fall_detectors_; }
  // What all of the home's sensors together would see; see coverage.h.
  bool sees_person() const { return sees_person_; }
  bool sees_bathroom() const { return sees_bathroom_; }
  bool sees_kitchen() const { return sees_kitchen_; }
  // Where it grows dark.
  const Place& place() const { return place_; }
  // −1 when there is none.
  int FindDevice(const std::string& id) const;
  int FindSource(const std::string& id) const;

  // The plan of a person, with the presets of its profile. Rules about the home as a whole follow
  // the first patient's.
  const care::v1::CarePlan& care_plan(int patient) const {
    const auto& whole = with_presets_[static_cast<std::size_t>(patient)];
    return whole != nullptr ? *whole : home_.patients(patient).care_plan();
  }
  const OutdoorsPlan& outdoors(int patient) const {
    return outdoors_[static_cast<std::size_t>(patient)];
  }

  const CircumstancePlan& circumstances(int patient) const {
    return circumstances_[static_cast<std::size_t>(patient)];
  }
  const PauseFigures& pause(int patient) const {
    return pauses_[static_cast<std::size_t>(patient)];
  }

  NightExitFigures night_exit;
  DoorFigures door;
  InactivityFigures inactivity;
  OfflineFigures offline;
  BatteryFigures battery;
  DwellingPlan dwelling;
  InstallationPlan installation;
  // One a patient.
  const std::vector<VitalsPlan>& vitals() const { return vitals_; }
  WanderingPlan wandering;
  LivingPlan living;

 private:
  explicit HomePlan(const care::v1::Home& home) : home_(home) {}
  void CompileDevices();
  void CompileRules();

  const care::v1::Home home_;
  std::vector<std::unique_ptr<const care::v1::CarePlan>> with_presets_;  // Null without a profile.
  absl::TimeZone zone_;
  std::vector<DevicePlan> devices_;
  std::vector<OutdoorsPlan> outdoors_;
  std::vector<CircumstancePlan> circumstances_;
  std::vector<PauseFigures> pauses_;
  std::vector<VitalsPlan> vitals_;
  std::vector<int> exit_doors_, room_fall_detectors_;
  int fall_detectors_ = 0;
  Place place_;
  bool sees_person_ = false, sees_bathroom_ = false, sees_kitchen_ = false;
  absl::flat_hash_map<std::string, int> device_index_, source_index_;
};

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_HOME_PLAN_H_
