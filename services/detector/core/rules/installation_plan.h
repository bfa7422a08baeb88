// Figures of the rules about the installation, from the care plan, and which devices they watch.
//
// Immutable. Pure.

#ifndef SERVICES_DETECTOR_CORE_RULES_INSTALLATION_PLAN_H_
#define SERVICES_DETECTOR_CORE_RULES_INSTALLATION_PLAN_H_

#include <cstdint>
#include <vector>

#include "veille/care/v1/home.pb.h"

#include "common/time/local_time.h"

namespace veille::detector {

class HomePlan;

struct InstallationPlan {
  struct {
    bool enabled = true;
    double check_ins = 0;
    int64_t failed_grace_us = 0;
  } sensor_silent;
  struct {
    bool enabled = true;
    int64_t span_us = 0;
    LocalWindow window;
  } off_body;
  bool tamper = true;
  struct {
    bool enabled = true;
    int64_t span_us = 0, grace_us = 0;
  } on_battery;

  // Indexes of devices.
  std::vector<int> worn;  // Wearables, whatever they measure.
  std::vector<int> hubs;
};

// From its devices and care plans.
InstallationPlan MakeInstallationPlan(const HomePlan& home);

// Goes out with the person: at the wrist, at the waist, in the pocket.
bool IsCarried(care::v1::Role role);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_INSTALLATION_PLAN_H_
