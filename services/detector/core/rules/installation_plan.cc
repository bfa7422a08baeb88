#include "services/detector/core/rules/installation_plan.h"

#include "services/detector/core/home_plan.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {}  // namespace

bool IsCarried(care::v1::Role role) {
  switch (role) {
    case care::v1::ROLE_WRIST:
    case care::v1::ROLE_WAIST:
    case care::v1::ROLE_CHEST:
    case care::v1::ROLE_TRACKER:
    case care::v1::ROLE_PROXIMITY:
      return true;
    default:
      return false;
  }
}

InstallationPlan MakeInstallationPlan(const HomePlan& home) {
  const care::v1::CarePlan& care = home.care_plan(0);
  InstallationPlan plan;
  plan.sensor_silent.enabled = domain::IsEnabled(care.sensor_silent());
  plan.sensor_silent.check_ins = domain::NumberOr(care.sensor_silent(), "check_ins");
  plan.sensor_silent.failed_grace_us = domain::MicrosOr(care.sensor_silent(), "failed_grace");
  plan.off_body.enabled = domain::IsEnabled(care.off_body());
  plan.off_body.span_us = domain::MicrosOr(care.off_body(), "span");
  plan.off_body.window = domain::WindowOr(care.off_body(), "window");
  plan.tamper = domain::IsEnabled(care.tamper());
  plan.on_battery.enabled = domain::IsEnabled(care.hub_on_battery());
  plan.on_battery.span_us = domain::MicrosOr(care.hub_on_battery(), "span");
  plan.on_battery.grace_us = domain::MicrosOr(care.hub_on_battery(), "contact_grace");
  for (std::size_t i = 0; i < home.devices().size(); ++i) {
    const care::v1::Role role = home.devices()[i].role;
    if (IsCarried(role)) plan.worn.push_back(static_cast<int>(i));
    if (role == care::v1::ROLE_HUB) plan.hubs.push_back(static_cast<int>(i));
  }
  return plan;
}

}  // namespace veille::detector
