#include "services/gateway/core/validate.h"

#include <array>
#include <cmath>

#include "absl/strings/str_format.h"

namespace veille::gateway {
namespace {

using event::v1::Event;

constexpr int64_t kEarliestSeconds = 946684800;   // 2000-01-01, before any hub was made.
constexpr int64_t kLatestSeconds = 253402300799;  // 9999-12-31, protobuf's own end.
constexpr int64_t kUnsetClockSeconds = 0;         // 1970: a clock without a battery.
constexpr std::size_t kMaxText = 64;
constexpr std::size_t kMaxSampleBytes = 4000 * 6;

std::optional<Violation> OutOfRange(const char* field, double value, double min, double max) {
  // Written so that NaN fails, too.
  if (value >= min && value <= max) return std::nullopt;
  return Violation{field, absl::StrFormat("%g is not in %g..%g", value, min, max)};
}

std::optional<Violation> Unspecified(const char* field, int value, int last) {
  if (value >= 1 && value <= last) return std::nullopt;
  return Violation{field, absl::StrFormat("%d is none of 1..%d", value, last)};
}

std::optional<Violation> TooLong(const char* field, const std::string& text) {
  if (text.size() <= kMaxText) return std::nullopt;
  return Violation{field, absl::StrFormat("has %d characters; at most 64", text.size())};
}

std::optional<Violation> Check(const event::v1::Location& location) {
  if (auto bad = OutOfRange("location.latitude_degrees", location.latitude_degrees(), -90, 90))
    return bad;
  if (auto bad = OutOfRange("location.longitude_degrees", location.longitude_degrees(), -180, 180))
    return bad;
  if (location.has_accuracy_m() && !(location.accuracy_m() > 0 && location.accuracy_m() < 1e7F)) {
    return Violation{"location.accuracy_m", "must be more than 0; leave it out when unknown"};
  }
  if (location.has_speed_mps())
    return OutOfRange("location.speed_mps", location.speed_mps(), 0, 1000);
  return std::nullopt;
}

std::optional<Violation> Check(const event::v1::Vitals& vitals) {
  struct Reading {
    bool has;
    const char* field;
    float value, min, max;
  };
  const std::array<Reading, 6> readings = {{
      {vitals.has_heart_rate_bpm(), "vitals.heart_rate_bpm", vitals.heart_rate_bpm(), 0, 300},
      {vitals.has_spo2_percent(), "vitals.spo2_percent", vitals.spo2_percent(), 0, 100},
      {vitals.has_body_temperature_celsius(), "vitals.body_temperature_celsius",
       vitals.body_temperature_celsius(), 20, 45},
      {vitals.has_respiration_per_minute(), "vitals.respiration_per_minute",
       vitals.respiration_per_minute(), 0, 100},
      {vitals.has_systolic_mmhg(), "vitals.systolic_mmhg", vitals.systolic_mmhg(), 0, 300},
      {vitals.has_diastolic_mmhg(), "vitals.diastolic_mmhg", vitals.diastolic_mmhg(), 0, 300},
  }};
  for (const Reading& reading : readings) {
    if (!reading.has) continue;
    if (auto bad = OutOfRange(reading.field, reading.value, reading.min, reading.max)) return bad;
  }
  return std::nullopt;
}

std::optional<Violation> Check(const event::v1::Temperature& temperature) {
  if (temperature.has_temperature_celsius()) {
    if (auto bad = OutOfRange("temperature.temperature_celsius", temperature.temperature_celsius(),
                              -60, 400)) {
      return bad;
    }
  }
  if (temperature.has_humidity_percent())
    return OutOfRange("temperature.humidity_percent", temperature.humidity_percent(), 0, 100);
  return std::nullopt;
}

std::optional<Violation> Check(const event::v1::MeterReading& reading) {
  using Reading = event::v1::MeterReading;
  switch (reading.value_case()) {
    case Reading::kWaterLitres:
      return OutOfRange("meter_reading.water_litres", reading.water_litres(), 0, 1e12);
    case Reading::kWaterLitresPerMinute:
      return OutOfRange("meter_reading.water_litres_per_minute", reading.water_litres_per_minute(),
                        0, 1e6);
    case Reading::kGasM3:
      return OutOfRange("meter_reading.gas_m3", reading.gas_m3(), 0, 1e12);
    case Reading::kGasM3PerHour:
      return OutOfRange("meter_reading.gas_m3_per_hour", reading.gas_m3_per_hour(), 0, 1e6);
    case Reading::kElectricityKwh:
      return OutOfRange("meter_reading.electricity_kwh", reading.electricity_kwh(), 0, 1e12);
    case Reading::kElectricityW:
      return OutOfRange("meter_reading.electricity_w", reading.electricity_w(), -1e9, 1e9);
    case Reading::VALUE_NOT_SET:
      return Violation{"meter_reading", "has no value"};
  }
  return std::nullopt;
}

std::optional<Violation> CheckObservation(const Event& event) {
  switch (event.observation_case()) {
    case Event::kMotion:
    case Event::kPersonalEmergency:
    case Event::kFall:
    case Event::kSmoke:
    case Event::kCarbonMonoxide:
    case Event::kWater:
    case Event::kGas:
    case Event::kPropertyExit:
    case Event::kEnuresis:
    case Event::kSwitchState:
    case Event::kUnreadable:
    case Event::kZoneTransition:
    case Event::kMonitoringPause:
      return std::nullopt;
    case Event::kAcceleration:
      return FindViolation(event.acceleration().rate_hz(), event.acceleration().range_g(),
                           event.acceleration().samples_mg().size());
    case Event::kLocation:
      return Check(event.location());
    case Event::kVitals:
      return Check(event.vitals());
    case Event::kTemperature:
      return Check(event.temperature());
    case Event::kMeterReading:
      return Check(event.meter_reading());
    case Event::kContact:
      return Unspecified("contact.state", event.contact().state(), 2);
    case Event::kUsage:
      return Unspecified("usage.kind", event.usage().kind(), 5);
    case Event::kDosage:
      return Unspecified("dosage.kind", event.dosage().kind(), 2);
    case Event::kWearState:
      return Unspecified("wear_state.state", event.wear_state().state(), 3);
    case Event::kDeviceStatus:
      return Unspecified("device_status.kind", event.device_status().kind(), 8);
    case Event::kPromptAnswer:
      return Unspecified("prompt_answer.answer", event.prompt_answer().answer(), 3);
    case Event::kPresence:
      return Unspecified("presence.kind", event.presence().kind(), 2);
    case Event::kBattery:
      if (!event.battery().has_charge_percent()) return std::nullopt;
      return OutOfRange("battery.charge_percent", event.battery().charge_percent(), 0, 100);
    case Event::kSteps:
      return OutOfRange("steps.count", event.steps().count(), 0, 200000);
    case Event::kTransitTap:
      if (auto bad = TooLong("transit_tap.line", event.transit_tap().line())) return bad;
      return TooLong("transit_tap.stop", event.transit_tap().stop());
    case Event::OBSERVATION_NOT_SET:
      return Violation{"observation", "is missing, or of a kind that this gateway does not know"};
  }
  return std::nullopt;
}

}  // namespace

bool IsId(std::string_view text) {
  static const std::array<bool, 256> allowed = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789._:-")) {
      table[static_cast<unsigned char>(c)] = true;
    }
    return table;
  }();
  if (text.empty() || text.size() > kMaxText) return false;
  for (const char c : text)
    if (!allowed[static_cast<unsigned char>(c)]) return false;
  return true;
}

std::optional<Violation> FindViolation(float rate_hz, float range_g, std::size_t sample_bytes) {
  if (auto bad = OutOfRange("acceleration.rate_hz", rate_hz, 1, 400)) return bad;
  if (range_g != 0) {
    if (auto bad = OutOfRange("acceleration.range_g", range_g, 1, 64)) return bad;
  }
  if (sample_bytes == 0 || sample_bytes % 6 != 0 || sample_bytes > kMaxSampleBytes) {
    return Violation{
        "acceleration.samples_mg",
        absl::StrFormat("%d bytes; must be a multiple of 6, from 6 to 24000", sample_bytes)};
  }
  const double seconds = static_cast<double>(sample_bytes) / 6 / rate_hz;
  if (seconds > 10.5) {
    return Violation{"acceleration.samples_mg",
                     absl::StrFormat("%g s of samples; at most 10 s an event", seconds)};
  }
  return std::nullopt;
}

std::optional<Violation> FindViolation(const Event& event) {
  if (!event.has_event_time()) return Violation{"event_time", "is required"};
  const int64_t seconds = event.event_time().seconds();
  // Times near 1970 come from a clock without a battery: they are re-dated, not refused.
  const bool unset_clock = seconds >= kUnsetClockSeconds && seconds < kEarliestSeconds;
  if ((seconds < kEarliestSeconds && !unset_clock) || seconds > kLatestSeconds ||
      event.event_time().nanos() < 0 || event.event_time().nanos() > 999999999) {
    return Violation{"event_time", "is not a time between 1970 and 9999"};
  }
  if (!IsId(event.device_id()))
    return Violation{"device_id", "must be 1 to 64 characters of [A-Za-z0-9._:-]"};
  return CheckObservation(event);
}

std::vector<Violation> FindViolations(const hub::v1::Hello& hello) {
  std::vector<Violation> found;
  if (!IsId(hello.source_id()))
    found.push_back({"hello.source_id", "must be 1 to 64 characters of [A-Za-z0-9._:-]"});
  const std::string& incarnation = hello.incarnation();
  const bool hex = incarnation.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  if (incarnation.size() < 8 || incarnation.size() > 64 || !hex)
    found.push_back({"hello.incarnation", "must be 8 to 64 hexadecimal digits"});
  if (hello.software_version().size() > kMaxText)
    found.push_back({"hello.software_version", "has more than 64 characters"});
  if (hello.boot_id().size() > kMaxText)
    found.push_back({"hello.boot_id", "has more than 64 characters"});
  return found;
}

}  // namespace veille::gateway
