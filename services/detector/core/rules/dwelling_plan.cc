#include "services/detector/core/rules/dwelling_plan.h"

#include "services/detector/core/home_plan.h"
#include "services/domain/care_plan.h"

namespace veille::detector {
namespace {

using domain::IsEnabled;
using domain::NumberOr;

// Of an official warning.
constexpr double kWarningCelsius = 2;

ClimateFigures MakeClimate(const google::protobuf::Message& rule, double lower_by) {
  ClimateFigures figures;
  figures.enabled = IsEnabled(rule);
  figures.celsius = {NumberOr(rule, "low_celsius") - lower_by,
                     NumberOr(rule, "medium_celsius") - lower_by,
                     NumberOr(rule, "high_celsius") - lower_by};
  figures.span_us = {domain::MicrosOr(rule, "low_span"), domain::MicrosOr(rule, "medium_span"),
                     domain::MicrosOr(rule, "high_span")};
  figures.hysteresis = NumberOr(rule, "hysteresis_celsius");
  return figures;
}

AbsenceFigures MakeAbsence(const google::protobuf::Message& rule) {
  return {IsEnabled(rule), domain::MicrosOr(rule, "span"), domain::WindowOr(rule, "window")};
}

DoseFigures MakeDose(const care::v1::DoseRule& rule, int device) {
  return {device,
          IsEnabled(rule),
          domain::TimesOf(rule, "times"),
          domain::MicrosOr(rule, "early"),
          domain::MicrosOr(rule, "prompt_after"),
          domain::MicrosOr(rule, "tell_after"),
          domain::MicrosOr(rule, "same_opening")};
}

void Sort(const HomePlan& home, DwellingPlan& plan) {
  for (int i = 0; i < home.home().devices_size(); ++i) {
    const DevicePlan& device = home.devices()[static_cast<std::size_t>(i)];
    const bool stove =
        home.home().devices(i).location_code() == event::v1::LOCATION_CODE_STOVE &&
        (device.role == care::v1::ROLE_APPLIANCE || device.role == care::v1::ROLE_METER ||
         device.role == care::v1::ROLE_CLIMATE);
    if (stove) plan.stoves.push_back(i);
    if (device.presence && device.room_kind == RoomKind::kKitchen && !stove)
      plan.kitchen.push_back(i);
    // The garden is no room that is too cold.
    if (device.role == care::v1::ROLE_CLIMATE && !stove && device.room_kind != RoomKind::kOutside)
      plan.climates.push_back(i);
    if (device.role == care::v1::ROLE_METER) plan.meters.push_back(i);
    if (device.role == care::v1::ROLE_DISPENSER) {
      DoseFigures dose = MakeDose(home.care_plan(device.patient).dose(), i);
      if (dose.enabled && !dose.times.empty()) plan.doses.push_back(std::move(dose));
    }
  }
}

}  // namespace

DwellingPlan MakeDwellingPlan(const HomePlan& home) {
  const care::v1::CarePlan& care = home.care_plan(0);
  DwellingPlan plan;
  plan.stove = {IsEnabled(care.stove()),
                NumberOr(care.stove(), "on_power_w"),
                NumberOr(care.stove(), "on_temperature_celsius"),
                domain::MicrosOr(care.stove(), "prompt_after"),
                domain::MicrosOr(care.stove(), "tell_after"),
                domain::MicrosOr(care.stove(), "off_hold"),
                domain::MicrosOr(care.stove(), "contact_grace")};
  plan.hot = MakeClimate(care.room_hot(), care.room_hot().orange_warning() ? kWarningCelsius : 0);
  plan.cold = MakeClimate(care.room_cold(), 0);
  plan.water_none = MakeAbsence(care.water_none());
  plan.electricity_flat = MakeAbsence(care.electricity_flat());
  plan.use_w = NumberOr(care.electricity_flat(), "use_w");
  plan.use_wh = NumberOr(care.electricity_flat(), "use_wh");
  plan.water_continuous = {IsEnabled(care.water_continuous()), 0,
                           domain::MicrosOr(care.water_continuous(), "span"),
                           domain::MicrosOr(care.water_continuous(), "resolution"), 0};
  plan.water_running = {IsEnabled(care.water_running()),
                        NumberOr(care.water_running(), "flow_litres_per_minute"),
                        domain::MicrosOr(care.water_running(), "span"),
                        domain::MicrosOr(care.water_running(), "resolution"),
                        domain::MicrosOr(care.water_running(), "contact_grace")};
  plan.gas_flow = {IsEnabled(care.gas_flow_long()),
                   NumberOr(care.gas_flow_long(), "flow_m3_per_hour"),
                   domain::MicrosOr(care.gas_flow_long(), "span"),
                   domain::MicrosOr(care.gas_flow_long(), "resolution"),
                   domain::MicrosOr(care.gas_flow_long(), "contact_grace")};
  plan.power_cut = {IsEnabled(care.power_cut()), domain::MicrosOr(care.power_cut(), "span"),
                    domain::MicrosOr(care.power_cut(), "contact_grace")};
  Sort(home, plan);
  if (!plan.stove.enabled) plan.stoves.clear();
  return plan;
}

}  // namespace veille::detector
