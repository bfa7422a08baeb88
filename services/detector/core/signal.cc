#include "services/detector/core/signal.h"

#include <limits>

namespace veille::detector {
namespace {

using event::v1::Event;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
// One a field of Vitals: numbers 1 to 6.
constexpr int kVitalFields = 6;

// A repeated state is told apart from a movement: nobody need have been there.
SignalKind ExitDoorKind(const Event& event) {
  switch (event.contact().state()) {
    case event::v1::Contact::STATE_OPEN:
      return event.unchanged() ? SignalKind::kDoorStillOpen : SignalKind::kDoorOpen;
    case event::v1::Contact::STATE_CLOSED:
      return event.unchanged() ? SignalKind::kDoorStillClosed : SignalKind::kDoorClosed;
    default:
      return SignalKind::kNothing;
  }
}

SignalKind MotionKind(const Event& event) {
  switch (event.motion().state()) {
    case event::v1::Motion::STATE_UNSPECIFIED:
    case event::v1::Motion::STATE_DETECTED:
    case event::v1::Motion::STATE_DETECTED_DELAYED:
      return SignalKind::kMovement;
    default:
      return SignalKind::kNothing;
  }
}

// Leaving a bed or ending a use is as much a sign of life as beginning it. What the sensor only
// misses is none.
SignalKind UsageKind(const Event& event) {
  switch (event.usage().kind()) {
    case event::v1::Usage::KIND_STARTED:
      return SignalKind::kUseBegan;
    case event::v1::Usage::KIND_ENDED:
      return SignalKind::kUseEnded;
    default:
      return SignalKind::kNothing;
  }
}

SignalKind ExitKind(const Event& event) {
  switch (event.property_exit().kind()) {
    case event::v1::PropertyExit::KIND_OCCUPANT_EXIT:
      return SignalKind::kLeft;
    case event::v1::PropertyExit::KIND_OCCUPANT_RETURN:
      return SignalKind::kReturned;
    default:
      // The sensor's own "left open" is judged from the door's contact.
      return SignalKind::kNothing;
  }
}

SignalKind WearKind(const Event& event) {
  switch (event.wear_state().state()) {
    case event::v1::WearState::STATE_WORN:
      return SignalKind::kWorn;
    case event::v1::WearState::STATE_OFF_BODY:
      return SignalKind::kOffBody;
    case event::v1::WearState::STATE_CHARGING:
      return SignalKind::kCharging;
    default:
      return SignalKind::kNothing;
  }
}

SignalKind AnswerKind(const Event& event) {
  const auto answer = event.prompt_answer().answer();
  return answer == event::v1::PromptAnswer::ANSWER_FINE ||
                 answer == event::v1::PromptAnswer::ANSWER_HELP
             ? SignalKind::kAnswered
             : SignalKind::kNothing;
}

SignalKind DoseKind(const Event& event) {
  switch (event.dosage().kind()) {
    case event::v1::Dosage::KIND_TAKEN:
      return SignalKind::kDoseTaken;
    case event::v1::Dosage::KIND_MISSED:
      return SignalKind::kDoseMissed;
    default:
      return SignalKind::kNothing;
  }
}

SignalKind StatusKind(const Event& event) {
  switch (event.device_status().kind()) {
    case event::v1::DeviceStatus::KIND_UNSPECIFIED:
    case event::v1::DeviceStatus::KIND_CHECK_IN:
      return SignalKind::kNothing;
    default:
      return SignalKind::kStatus;
  }
}

SignalKind VitalKind(const Event& event, int part) {
  const event::v1::Vitals& vitals = event.vitals();
  const bool measured[kVitalFields] = {vitals.has_heart_rate_bpm(),
                                       vitals.has_spo2_percent(),
                                       vitals.has_body_temperature_celsius(),
                                       vitals.has_respiration_per_minute(),
                                       vitals.has_systolic_mmhg(),
                                       vitals.has_diastolic_mmhg()};
  return measured[part] ? SignalKind::kVital : SignalKind::kNothing;
}

float VitalValue(const event::v1::Vitals& vitals, int part) {
  const float values[kVitalFields] = {
      vitals.heart_rate_bpm(),         vitals.spo2_percent(),  vitals.body_temperature_celsius(),
      vitals.respiration_per_minute(), vitals.systolic_mmhg(), vitals.diastolic_mmhg()};
  return values[part];
}

void FillFix(const event::v1::Location& fix, store::v1::PendingEvent& pending) {
  pending.set_value(fix.latitude_degrees());
  pending.set_value_2(fix.longitude_degrees());
  pending.set_value_3(fix.accuracy_m());
  pending.set_value_4(fix.has_speed_mps() ? fix.speed_mps() : -1);
}

void FillMeter(const event::v1::MeterReading& reading, store::v1::PendingEvent& pending) {
  using event::v1::MeterReading;
  pending.set_code(reading.value_case());
  switch (reading.value_case()) {
    case MeterReading::kWaterLitres:
      return pending.set_value(reading.water_litres());
    case MeterReading::kWaterLitresPerMinute:
      return pending.set_value(reading.water_litres_per_minute());
    case MeterReading::kGasM3:
      return pending.set_value(reading.gas_m3());
    case MeterReading::kGasM3PerHour:
      return pending.set_value(reading.gas_m3_per_hour());
    case MeterReading::kElectricityKwh:
      return pending.set_value(reading.electricity_kwh());
    case MeterReading::kElectricityW:
      return pending.set_value(reading.electricity_w());
    case MeterReading::VALUE_NOT_SET:
      return;
  }
}

void FillTap(const event::v1::TransitTap& tap, store::v1::PendingEvent& pending) {
  pending.set_code(static_cast<uint32_t>(tap.direction()));
  pending.set_text(tap.network() + '\n' + tap.line() + '\n' + tap.stop() + '\n');
}

void FillCompany(const event::v1::Presence& presence, store::v1::PendingEvent& pending) {
  pending.set_code(static_cast<uint32_t>(presence.kind()));
  pending.set_value(presence.present() ? 1 : 0);
  pending.set_value_2(presence.has_distance_m() ? static_cast<double>(presence.distance_m()) : -1);
  pending.set_text(presence.other_id());
}

}  // namespace

int PartsOf(const Event& event) { return event.has_vitals() ? kVitalFields : 1; }

SignalKind KindOf(const DevicePlan& device, const Event& event, int part) {
  if (event.test()) return SignalKind::kNothing;
  switch (event.observation_case()) {
    case Event::kMotion:
      return MotionKind(event);
    case Event::kContact:
      if (device.role == care::v1::ROLE_EXIT_DOOR) return ExitDoorKind(event);
      if (event.contact().state() == event::v1::Contact::STATE_OPEN) return SignalKind::kOpened;
      return SignalKind::kClosed;
    case Event::kUsage:
      return UsageKind(event);
    case Event::kPropertyExit:
      return ExitKind(event);
    case Event::kSwitchState:
      return event.switch_state().on() ? SignalKind::kSwitchOn : SignalKind::kSwitchOff;
    case Event::kEnuresis:
      return SignalKind::kMovement;
    case Event::kDosage:
      return DoseKind(event);
    case Event::kLocation:
      return SignalKind::kFix;
    case Event::kPromptAnswer:
      return AnswerKind(event);
    case Event::kTemperature:
      return SignalKind::kTemperature;
    case Event::kMeterReading:
      return SignalKind::kMeter;
    case Event::kWearState:
      return WearKind(event);
    case Event::kSteps:
      return SignalKind::kSteps;
    case Event::kTransitTap:
      return SignalKind::kTap;
    case Event::kPresence:
      return SignalKind::kCompany;
    case Event::kMonitoringPause:
      return SignalKind::kPause;
    case Event::kDeviceStatus:
      return StatusKind(event);
    case Event::kVitals:
      return VitalKind(event, part);
    default:
      return SignalKind::kNothing;
  }
}

void Fill(const DevicePlan& device, const Event& event, int part, SignalKind kind,
          store::v1::PendingEvent& pending) {
  pending.set_kind(static_cast<uint32_t>(kind));
  switch (kind) {
    case SignalKind::kFix:
      FillFix(event.location(), pending);
      break;
    case SignalKind::kDoseTaken:
    case SignalKind::kDoseMissed:
      pending.set_text(event.dosage().compartment());
      break;
    case SignalKind::kTemperature: {
      const event::v1::Temperature& temperature = event.temperature();
      pending.set_value(temperature.has_temperature_celsius() ? temperature.temperature_celsius()
                                                              : kUnknown);
      pending.set_value_2(temperature.has_humidity_percent() ? temperature.humidity_percent()
                                                             : kUnknown);
      pending.set_code(static_cast<uint32_t>(temperature.alarm()));
      break;
    }
    case SignalKind::kMeter:
      FillMeter(event.meter_reading(), pending);
      break;
    case SignalKind::kSteps:
      pending.set_value(event.steps().count());
      pending.set_value_2(static_cast<double>(event.steps().span().seconds()));
      break;
    case SignalKind::kTap:
      FillTap(event.transit_tap(), pending);
      break;
    case SignalKind::kCompany:
      FillCompany(event.presence(), pending);
      break;
    case SignalKind::kPause:
      pending.set_value(event.monitoring_pause().paused() ? 1 : 0);
      pending.set_value_2(static_cast<double>(event.monitoring_pause().span().seconds()));
      break;
    case SignalKind::kStatus:
      pending.set_code(static_cast<uint32_t>(event.device_status().kind()));
      break;
    case SignalKind::kVital:
      pending.set_code(static_cast<uint32_t>(part) + 1);
      pending.set_value(static_cast<double>(VitalValue(event.vitals(), part)));
      pending.set_value_3(static_cast<float>(event.vitals().activity()));
      pending.set_value_4(static_cast<float>(event.vitals().quality()));
      break;
    default:
      break;
  }
  constexpr SignalSet kMadeBySomebody = Of(SignalKind::kMovement) | Of(SignalKind::kUseBegan) |
                                        Of(SignalKind::kUseEnded) | Of(SignalKind::kOpened) |
                                        Of(SignalKind::kClosed) | Of(SignalKind::kSwitchOn) |
                                        Of(SignalKind::kSwitchOff) | Of(SignalKind::kDoseTaken);
  pending.set_sign_of_life(
      kind == SignalKind::kReturned ||
      (device.presence && !event.unchanged() && (kMadeBySomebody & Of(kind)) != 0));
}

Signal SignalOf(const store::v1::PendingEvent& pending) {
  Signal signal;
  signal.kind = static_cast<SignalKind>(pending.kind());
  signal.device = static_cast<int>(pending.device());
  signal.time_us = pending.time_us();
  signal.receive_us = pending.receive_us();
  signal.sign_of_life = pending.sign_of_life();
  signal.code = pending.code();
  signal.value = pending.value();
  signal.value_2 = pending.value_2();
  signal.value_3 = pending.value_3();
  signal.value_4 = pending.value_4();
  signal.text = pending.text();
  return signal;
}

}  // namespace veille::detector
