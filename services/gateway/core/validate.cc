#include "services/gateway/core/validate.h"

#include <array>
#include <initializer_list>

#include "absl/strings/str_format.h"
#include "google/protobuf/unknown_field_set.h"

namespace veille::gateway {
namespace {

using event::v1::Event;

constexpr int64_t kEarliestSeconds = 946684800;   // 2000-01-01, before any hub was made.
constexpr int64_t kLatestSeconds = 253402300799;  // 9999-12-31, protobuf's own end.
constexpr int64_t kUnsetClockSeconds = 0;         // 1970: a clock without a battery.
constexpr std::size_t kMaxText = 64;
constexpr std::size_t kMaxDetail = 128;
constexpr int32_t kMaxNanos = 999'999'999;
constexpr int64_t kMaxSpanSeconds = 31 * 86400 + 1;
constexpr int64_t kMaxMonotonicSeconds = 315'576'000'000;  // Protobuf's own end: 10,000 years.
// What the contract keeps for observations, now and later.
constexpr int kFirstObservation = 10, kLastObservation = 99;
constexpr std::size_t kMaxSampleBytes = 4000 * 6;

using Found = std::optional<Violation>;

Found OutOfRange(const char* field, double value, double min, double max) {
  // Written so that NaN fails, too.
  if (value >= min && value <= max) return std::nullopt;
  return Violation{field, absl::StrFormat("%g is not in %g..%g", value, min, max)};
}

// Presence and range of a number that may be absent.
Found OutOfRange(const char* field, bool has, double value, double min, double max) {
  return has ? OutOfRange(field, value, min, max) : std::nullopt;
}

// Values that are newer than this gateway are kept: see the contract.
Found Unspecified(const char* field, int value) {
  if (value >= 1) return std::nullopt;
  return Violation{field, absl::StrFormat("%d says nothing; must be specified", value)};
}

Found Negative(const char* field, int value) {
  if (value >= 0) return std::nullopt;
  return Violation{field, absl::StrFormat("%d is no value; must not be negative", value)};
}

Found TooLong(const char* field, const std::string& text, std::size_t most = kMaxText) {
  if (text.size() <= most) return std::nullopt;
  return Violation{field, absl::StrFormat("has %d bytes; at most %d", text.size(), most)};
}

Found Missing(const char* field, bool has) {
  if (has) return std::nullopt;
  return Violation{field, "is required"};
}

// Accuracies: 0 would be a certainty that no sensor has.
Found NotAccuracy(const char* field, bool has, float value) {
  if (!has || (value > 0 && value < 1e7F)) return std::nullopt;
  return Violation{field, "must be more than 0 and less than 10000000; leave it out when unknown"};
}

// Above 0, at most 31 days, where there is one.
Found NotSpan(const char* field, bool has, const google::protobuf::Duration& span) {
  const bool positive = span.seconds() > 0 || (span.seconds() == 0 && span.nanos() > 0);
  if (!has || (positive && span.nanos() >= 0 && span.nanos() <= kMaxNanos &&
               span.seconds() < kMaxSpanSeconds)) {
    return std::nullopt;
  }
  return Violation{field, "is not a span above 0 of at most 31 days"};
}

// The first that is found.
Found FirstOf(std::initializer_list<Found> found) {
  for (const Found& violation : found)
    if (violation.has_value()) return violation;
  return std::nullopt;
}

Found Check(const event::v1::Location& fix) {
  return FirstOf({
      Missing("location.latitude_degrees", fix.has_latitude_degrees()),
      Missing("location.longitude_degrees", fix.has_longitude_degrees()),
      OutOfRange("location.latitude_degrees", fix.latitude_degrees(), -90, 90),
      OutOfRange("location.longitude_degrees", fix.longitude_degrees(), -180, 180),
      NotAccuracy("location.accuracy_m", fix.has_accuracy_m(), fix.accuracy_m()),
      OutOfRange("location.speed_mps", fix.has_speed_mps(), fix.speed_mps(), 0, 1000),
      Negative("location.source", fix.source()),
      OutOfRange("location.heading_degrees", fix.has_heading_degrees(), fix.heading_degrees(), 0,
                 360),
      OutOfRange("location.altitude_m", fix.has_altitude_m(), fix.altitude_m(), -1000, 20000),
      NotAccuracy("location.altitude_accuracy_m", fix.has_altitude_accuracy_m(),
                  fix.altitude_accuracy_m()),
  });
}

Found Check(const event::v1::Vitals& vitals) {
  const bool any = vitals.has_heart_rate_bpm() || vitals.has_spo2_percent() ||
                   vitals.has_body_temperature_celsius() || vitals.has_respiration_per_minute() ||
                   vitals.has_systolic_mmhg() || vitals.has_diastolic_mmhg();
  if (!any) return Violation{"vitals", "has no value"};
  return FirstOf({
      OutOfRange("vitals.heart_rate_bpm", vitals.has_heart_rate_bpm(), vitals.heart_rate_bpm(), 1,
                 300),
      OutOfRange("vitals.spo2_percent", vitals.has_spo2_percent(), vitals.spo2_percent(), 1, 100),
      OutOfRange("vitals.body_temperature_celsius", vitals.has_body_temperature_celsius(),
                 vitals.body_temperature_celsius(), 20, 45),
      OutOfRange("vitals.respiration_per_minute", vitals.has_respiration_per_minute(),
                 vitals.respiration_per_minute(), 1, 100),
      OutOfRange("vitals.systolic_mmhg", vitals.has_systolic_mmhg(), vitals.systolic_mmhg(), 1,
                 300),
      OutOfRange("vitals.diastolic_mmhg", vitals.has_diastolic_mmhg(), vitals.diastolic_mmhg(), 1,
                 300),
      Negative("vitals.activity", vitals.activity()),
      Negative("vitals.quality", vitals.quality()),
  });
}

Found Check(const event::v1::Temperature& temperature) {
  if (!temperature.has_temperature_celsius() && !temperature.has_humidity_percent() &&
      temperature.alarm() == event::v1::Temperature::ALARM_UNSPECIFIED) {
    return Violation{"temperature", "has no value and no alarm"};
  }
  return FirstOf({
      OutOfRange("temperature.temperature_celsius", temperature.has_temperature_celsius(),
                 temperature.temperature_celsius(), -60, 400),
      OutOfRange("temperature.humidity_percent", temperature.has_humidity_percent(),
                 temperature.humidity_percent(), 0, 100),
      Negative("temperature.alarm", temperature.alarm()),
  });
}

Found Check(const event::v1::Battery& battery) {
  if (!battery.has_charge_percent() && !battery.has_low() && !battery.has_charging())
    return Violation{"battery", "says nothing: needs charge_percent, low or charging"};
  return OutOfRange("battery.charge_percent", battery.has_charge_percent(),
                    battery.charge_percent(), 0, 100);
}

Found Check(const event::v1::MeterReading& reading) {
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
      // A value of a kind that is newer than this gateway is kept.
      if (reading.GetReflection()->GetUnknownFields(reading).empty())
        return Violation{"meter_reading", "has no value"};
      return std::nullopt;
  }
  return std::nullopt;
}

Found Check(const event::v1::TransitTap& tap) {
  if (tap.line().empty() && tap.stop().empty())
    return Violation{"transit_tap", "needs a line or a stop"};
  return FirstOf({
      TooLong("transit_tap.line", tap.line()),
      TooLong("transit_tap.stop", tap.stop()),
      TooLong("transit_tap.network", tap.network()),
      Negative("transit_tap.direction", tap.direction()),
  });
}

Found Check(const event::v1::Presence& presence) {
  return FirstOf({
      Unspecified("presence.kind", presence.kind()),
      Missing("presence.present", presence.has_present()),
      TooLong("presence.other_id", presence.other_id()),
      OutOfRange("presence.distance_m", presence.has_distance_m(), presence.distance_m(), 0, 10000),
  });
}

Found Check(const event::v1::ZoneTransition& transition) {
  return FirstOf({
      Missing("zone_transition.zone", !transition.zone().empty()),
      TooLong("zone_transition.zone", transition.zone()),
      Unspecified("zone_transition.direction", transition.direction()),
  });
}

Found CheckObservation(const Event& event) {
  switch (event.observation_case()) {
    case Event::kFall:
      return Negative("fall.verdict", event.fall().verdict());
    case Event::kPersonalEmergency:
      return Negative("personal_emergency.trigger", event.personal_emergency().trigger());
    case Event::kSmoke:
    case Event::kCarbonMonoxide:
    case Event::kWater:
    case Event::kGas:
    case Event::kEnuresis:
      return std::nullopt;
    case Event::kMotion:
      return Negative("motion.state", event.motion().state());
    case Event::kPropertyExit:
      return Unspecified("property_exit.kind", event.property_exit().kind());
    case Event::kContact:
      return Unspecified("contact.state", event.contact().state());
    case Event::kUsage:
      return Unspecified("usage.kind", event.usage().kind());
    case Event::kSwitchState:
      return Missing("switch_state.on", event.switch_state().has_on());
    case Event::kDosage:
      return FirstOf({Unspecified("dosage.kind", event.dosage().kind()),
                      TooLong("dosage.compartment", event.dosage().compartment())});
    case Event::kTemperature:
      return Check(event.temperature());
    case Event::kAcceleration:
      return FindViolation(event.acceleration().rate_hz(), event.acceleration().range_g(),
                           event.acceleration().samples_mg().size());
    case Event::kLocation:
      return Check(event.location());
    case Event::kVitals:
      return Check(event.vitals());
    case Event::kWearState:
      return Unspecified("wear_state.state", event.wear_state().state());
    case Event::kBattery:
      return Check(event.battery());
    case Event::kSteps:
      return FirstOf({OutOfRange("steps.count", event.steps().count(), 0, 200000),
                      NotSpan("steps.span", event.steps().has_span(), event.steps().span())});
    case Event::kMeterReading:
      return Check(event.meter_reading());
    case Event::kTransitTap:
      return Check(event.transit_tap());
    case Event::kDeviceStatus:
      return FirstOf({Unspecified("device_status.kind", event.device_status().kind()),
                      TooLong("device_status.detail", event.device_status().detail(), kMaxDetail)});
    case Event::kPromptAnswer:
      return FirstOf({Unspecified("prompt_answer.answer", event.prompt_answer().answer()),
                      TooLong("prompt_answer.prompt_id", event.prompt_answer().prompt_id())});
    case Event::kPresence:
      return Check(event.presence());
    case Event::kZoneTransition:
      return Check(event.zone_transition());
    case Event::kMonitoringPause:
      return FirstOf({Missing("monitoring_pause.paused", event.monitoring_pause().has_paused()),
                      NotSpan("monitoring_pause.span", event.monitoring_pause().has_span(),
                              event.monitoring_pause().span())});
    case Event::kUnreadable:
      return Violation{"unreadable", "is said by the gateway only"};
    case Event::OBSERVATION_NOT_SET:
      if (HasUnknownObservation(event)) return std::nullopt;
      return Violation{"observation", "is missing"};
  }
  return std::nullopt;
}

// Gathers what is wrong with a message.
class Findings {
 public:
  explicit Findings(const char* prefix) : prefix_(prefix) {}

  void Add(Found violation) {
    if (!violation.has_value()) return;
    violation->field.insert(0, prefix_);
    found_.push_back(*std::move(violation));
  }
  void CheckSource(const std::string& source_id, const std::string& incarnation) {
    if (!IsId(source_id))
      Add(Violation{"source_id", "must be 1 to 64 characters of [A-Za-z0-9._:-]"});
    const bool hex = incarnation.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
    if (incarnation.size() < 8 || incarnation.size() > kMaxText || !hex)
      Add(Violation{"incarnation", "must be 8 to 64 hexadecimal digits"});
  }
  void CheckBatch(hub::v1::Lane lane, uint64_t sequence, const std::string& correlation_id) {
    if (lane != hub::v1::LANE_URGENT && lane != hub::v1::LANE_BULK)
      Add(Violation{"lane", "must be LANE_URGENT or LANE_BULK"});
    if (sequence == 0) Add(Violation{"sequence", "begins at 1"});
    Add(TooLong("correlation_id", correlation_id));
  }
  std::vector<Violation> Take() { return std::move(found_); }

 private:
  const char* const prefix_;
  std::vector<Violation> found_;
};

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
      event.event_time().nanos() < 0 || event.event_time().nanos() > kMaxNanos) {
    return Violation{"event_time", "is not a time between 1970 and 9999"};
  }
  if (!IsId(event.device_id()))
    return Violation{"device_id", "must be 1 to 64 characters of [A-Za-z0-9._:-]"};
  if (event.has_monotonic() && !IsMonotonic(event.monotonic().seconds(), event.monotonic().nanos()))
    return Violation{"monotonic", "is not a span from 0 to 10,000 years"};
  if (auto bad = Negative("location_code", event.location_code())) return bad;
  return CheckObservation(event);
}

bool IsMonotonic(int64_t seconds, int64_t nanos) {
  return seconds >= 0 && seconds <= kMaxMonotonicSeconds && nanos >= 0 && nanos <= kMaxNanos;
}

bool IsObservation(int field_number) {
  return field_number >= kFirstObservation && field_number <= kLastObservation;
}

bool HasUnknownObservation(const Event& event) {
  if (event.observation_case() != Event::OBSERVATION_NOT_SET) return false;
  const google::protobuf::UnknownFieldSet& unknown = event.GetReflection()->GetUnknownFields(event);
  for (int i = 0; i < unknown.field_count(); ++i) {
    if (unknown.field(i).type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED &&
        IsObservation(unknown.field(i).number())) {
      return true;
    }
  }
  return false;
}

std::vector<Violation> FindViolations(const hub::v1::Hello& hello) {
  Findings found("hello.");
  found.CheckSource(hello.source_id(), hello.incarnation());
  found.Add(TooLong("software_version", hello.software_version()));
  found.Add(TooLong("boot_id", hello.boot_id()));
  return found.Take();
}

std::vector<Violation> FindViolations(const hub::v1::Batch& batch) {
  Findings found("batch.");
  found.CheckBatch(batch.lane(), batch.sequence(), batch.correlation_id());
  found.Add(TooLong("events_boot_id", batch.events_boot_id()));
  return found.Take();
}

std::vector<Violation> FindViolations(const hub::v1::SendEventsRequest& request) {
  Findings found("");
  found.CheckSource(request.source_id(), request.incarnation());
  found.CheckBatch(request.lane(), request.sequence(), request.correlation_id());
  found.Add(TooLong("boot_id", request.boot_id()));
  found.Add(TooLong("events_boot_id", request.events_boot_id()));
  if (request.events_size() > kMaxEventsPerBatch) {
    found.Add(Violation{"events", absl::StrFormat("%d events; at most %d", request.events_size(),
                                                  kMaxEventsPerBatch)});
  }
  return found.Take();
}

}  // namespace veille::gateway
