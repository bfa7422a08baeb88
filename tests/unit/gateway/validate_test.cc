// Every kind of observation, sound and malformed: what is written, and the field that is blamed.

#include "services/gateway/core/validate.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/unknown_field_set.h"
#include "gtest/gtest.h"

namespace veille::gateway {
namespace {

using event::v1::Event;

// An event of a known device at a good time, with this added.
Event Written(const std::string& text) {
  Event event;
  event.mutable_event_time()->set_seconds(1'800'000'000);
  event.set_device_id("hall");
  google::protobuf::TextFormat::Parser parser;
  EXPECT_TRUE(parser.MergeFromString(text, &event)) << text;
  return event;
}

const std::vector<std::string>& Sound() {
  static const auto* sound = new std::vector<std::string>{
      "fall {}",
      "fall { verdict: VERDICT_RECOVERED }",
      "personal_emergency { trigger: TRIGGER_CORD }",
      "smoke {}",
      "carbon_monoxide { detected: false }",
      "water { detected: true }",
      "gas { detected: true } test: true",
      "motion {}",
      "motion { state: STATE_DETECTED_DELAYED }",
      "property_exit { kind: KIND_EXIT_DOOR_LEFT_OPEN }",
      "enuresis { detected: false }",
      "contact { state: STATE_CLOSED } unchanged: true",
      "usage { kind: KIND_ABSENCE_VIOLATION }",
      "switch_state { on: false }",
      "dosage { kind: KIND_MISSED compartment: 'Tuesday evening' }",
      "temperature { temperature_celsius: 0 }",
      "temperature { humidity_percent: 100 }",
      "temperature { alarm: ALARM_RATE_OF_CHANGE }",
      "acceleration { rate_hz: 50 range_g: 4 samples_mg: '123456' }",
      "location { latitude_degrees: 0 longitude_degrees: 0 }",
      "location { latitude_degrees: -90 longitude_degrees: 180 accuracy_m: 4 speed_mps: 0 "
      "heading_degrees: 360 altitude_m: -1000 altitude_accuracy_m: 0.1 source: SOURCE_BEACON }",
      "vitals { heart_rate_bpm: 1 }",
      "vitals { spo2_percent: 100 quality: QUALITY_POOR }",
      "vitals { body_temperature_celsius: 45 activity: ACTIVITY_SLEEP }",
      "vitals { respiration_per_minute: 100 systolic_mmhg: 300 diastolic_mmhg: 1 }",
      "wear_state { state: STATE_CHARGING }",
      "battery { charge_percent: 0 }",
      "battery { low: false }",
      "battery { charging: true }",
      "steps { count: 0 }",
      "steps { count: 200000 span { seconds: 2678400 } }",
      "meter_reading { water_litres: 0 }",
      "meter_reading { water_litres_per_minute: 4.5 }",
      "meter_reading { gas_m3: 1e12 }",
      "meter_reading { gas_m3_per_hour: 1 }",
      "meter_reading { electricity_kwh: 12345.6 }",
      "meter_reading { electricity_w: -3000 }",
      "transit_tap { line: 'N1' }",
      "transit_tap { stop: 'Gare' direction: DIRECTION_OUT network: 'Ametis' }",
      "device_status { kind: KIND_EVENTS_LOST detail: 'disk full' }",
      "prompt_answer { prompt_id: 'p1' answer: ANSWER_UNDELIVERED }",
      "prompt_answer { answer: ANSWER_HELP }",
      "presence { kind: KIND_BEACON_NEAR present: false other_id: 'b7' distance_m: 0 }",
      "zone_transition { zone: 'home' direction: DIRECTION_LEAVE }",
      "monitoring_pause { paused: true span { seconds: 3600 } }",
      "motion {} event_time { seconds: 0 }",
      "motion {} monotonic { seconds: 7 nanos: 999999999 } location_code: LOCATION_CODE_KITCHEN",
  };
  return *sound;
}

TEST(Validate, TakesEveryKindOfObservation) {
  std::set<int> kinds;
  for (const std::string& text : Sound()) {
    const Event event = Written(text);
    kinds.insert(event.observation_case());
    const auto violation = FindViolation(event);
    EXPECT_FALSE(violation.has_value()) << text << ": " << violation.value_or(Violation{}).field
                                        << " " << violation.value_or(Violation{}).description;
  }
  // All that the contract has, but for what only the gateway says: a new one must be added above.
  const auto* observations = Event::descriptor()->FindOneofByName("observation");
  EXPECT_EQ(static_cast<int>(kinds.size()), observations->field_count() - 1);
}

// LONG stands for 65 characters.
const struct {
  const char *text, *field;
} kMalformed[] = {
    {"", "observation"},
    {"motion {} device_id: ''", "device_id"},
    {"motion {} device_id: 'hall 1'", "device_id"},
    {"motion {} device_id: 'LONG'", "device_id"},
    {"motion {} event_time { seconds: -1 }", "event_time"},
    {"motion {} event_time { seconds: 253402300800 }", "event_time"},
    {"motion {} event_time { nanos: -1 }", "event_time"},
    {"motion {} event_time { nanos: 1000000000 }", "event_time"},
    {"motion {} monotonic { seconds: -1 }", "monotonic"},
    {"motion {} monotonic { nanos: -1 }", "monotonic"},
    {"motion {} monotonic { seconds: 315576000001 }", "monotonic"},
    {"motion {} location_code: -1", "location_code"},
    {"fall { verdict: -1 }", "fall.verdict"},
    {"personal_emergency { trigger: -1 }", "personal_emergency.trigger"},
    {"motion { state: -1 }", "motion.state"},
    {"property_exit {}", "property_exit.kind"},
    {"contact {}", "contact.state"},
    {"contact { state: -1 }", "contact.state"},
    {"usage {}", "usage.kind"},
    {"switch_state {}", "switch_state.on"},
    {"dosage {}", "dosage.kind"},
    {"dosage { kind: KIND_TAKEN compartment: 'LONG' }", "dosage.compartment"},
    {"temperature {}", "temperature"},
    {"temperature { temperature_celsius: nan }", "temperature.temperature_celsius"},
    {"temperature { temperature_celsius: 400.1 }", "temperature.temperature_celsius"},
    {"temperature { humidity_percent: -0.1 }", "temperature.humidity_percent"},
    {"temperature { temperature_celsius: 20 alarm: -1 }", "temperature.alarm"},
    {"acceleration { range_g: 4 samples_mg: '123456' }", "acceleration.rate_hz"},
    {"acceleration { rate_hz: inf samples_mg: '123456' }", "acceleration.rate_hz"},
    {"acceleration { rate_hz: 50 range_g: 65 samples_mg: '123456' }", "acceleration.range_g"},
    {"acceleration { rate_hz: 50 range_g: nan samples_mg: '123456' }", "acceleration.range_g"},
    {"acceleration { rate_hz: 50 }", "acceleration.samples_mg"},
    {"acceleration { rate_hz: 50 samples_mg: '12345' }", "acceleration.samples_mg"},
    {"location { longitude_degrees: 2 }", "location.latitude_degrees"},
    {"location { latitude_degrees: 49 }", "location.longitude_degrees"},
    {"location { latitude_degrees: 90.1 longitude_degrees: 2 }", "location.latitude_degrees"},
    {"location { latitude_degrees: 49 longitude_degrees: -180.1 }", "location.longitude_degrees"},
    {"location { latitude_degrees: nan longitude_degrees: 2 }", "location.latitude_degrees"},
    {"location { latitude_degrees: 49 longitude_degrees: 2 accuracy_m: 0 }", "location.accuracy_m"},
    {"location { latitude_degrees: 49 longitude_degrees: 2 accuracy_m: inf }",
     "location.accuracy_m"},
    {"location { latitude_degrees: 49 longitude_degrees: 2 speed_mps: -1 }", "location.speed_mps"},
    {"location { latitude_degrees: 49 longitude_degrees: 2 heading_degrees: 361 }",
     "location.heading_degrees"},
    {"location { latitude_degrees: 49 longitude_degrees: 2 altitude_m: 20001 }",
     "location.altitude_m"},
    {"location { latitude_degrees: 49 longitude_degrees: 2 altitude_accuracy_m: -1 }",
     "location.altitude_accuracy_m"},
    {"location { latitude_degrees: 49 longitude_degrees: 2 source: -1 }", "location.source"},
    {"vitals {}", "vitals"},
    {"vitals { quality: QUALITY_GOOD }", "vitals"},
    {"vitals { heart_rate_bpm: 0 }", "vitals.heart_rate_bpm"},
    {"vitals { heart_rate_bpm: 301 }", "vitals.heart_rate_bpm"},
    {"vitals { spo2_percent: 100.5 }", "vitals.spo2_percent"},
    {"vitals { body_temperature_celsius: 19 }", "vitals.body_temperature_celsius"},
    {"vitals { respiration_per_minute: nan }", "vitals.respiration_per_minute"},
    {"vitals { systolic_mmhg: 0 }", "vitals.systolic_mmhg"},
    {"vitals { diastolic_mmhg: -inf }", "vitals.diastolic_mmhg"},
    {"vitals { heart_rate_bpm: 60 activity: -1 }", "vitals.activity"},
    {"vitals { heart_rate_bpm: 60 quality: -1 }", "vitals.quality"},
    {"wear_state {}", "wear_state.state"},
    {"battery {}", "battery"},
    {"battery { charge_percent: 101 }", "battery.charge_percent"},
    {"steps { count: 200001 }", "steps.count"},
    {"steps { span {} }", "steps.span"},
    {"steps { span { seconds: 2678401 } }", "steps.span"},
    {"meter_reading {}", "meter_reading"},
    {"meter_reading { water_litres: -1 }", "meter_reading.water_litres"},
    {"meter_reading { water_litres_per_minute: nan }", "meter_reading.water_litres_per_minute"},
    {"meter_reading { gas_m3: 1e13 }", "meter_reading.gas_m3"},
    {"meter_reading { gas_m3_per_hour: -1 }", "meter_reading.gas_m3_per_hour"},
    {"meter_reading { electricity_kwh: -1 }", "meter_reading.electricity_kwh"},
    {"meter_reading { electricity_w: inf }", "meter_reading.electricity_w"},
    {"transit_tap { direction: DIRECTION_IN }", "transit_tap"},
    {"transit_tap { line: 'LONG' }", "transit_tap.line"},
    {"transit_tap { stop: 'LONG' }", "transit_tap.stop"},
    {"transit_tap { line: 'N1' network: 'LONG' }", "transit_tap.network"},
    {"transit_tap { line: 'N1' direction: -1 }", "transit_tap.direction"},
    {"device_status {}", "device_status.kind"},
    {"device_status { kind: KIND_FAULT detail: 'LONGLONG' }", "device_status.detail"},
    {"prompt_answer { prompt_id: 'p1' }", "prompt_answer.answer"},
    {"prompt_answer { prompt_id: 'LONG' answer: ANSWER_FINE }", "prompt_answer.prompt_id"},
    {"presence { present: true }", "presence.kind"},
    {"presence { kind: KIND_BEACON_NEAR }", "presence.present"},
    {"presence { kind: KIND_BEACON_NEAR present: true other_id: 'LONG' }", "presence.other_id"},
    {"presence { kind: KIND_BEACON_NEAR present: true distance_m: -1 }", "presence.distance_m"},
    {"zone_transition { direction: DIRECTION_ENTER }", "zone_transition.zone"},
    {"zone_transition { zone: 'LONG' direction: DIRECTION_ENTER }", "zone_transition.zone"},
    {"zone_transition { zone: 'home' }", "zone_transition.direction"},
    {"monitoring_pause {}", "monitoring_pause.paused"},
    {"monitoring_pause { paused: true span { seconds: -1 } }", "monitoring_pause.span"},
    {"unreadable { field: 'x' }", "unreadable"},
};

TEST(Validate, NamesTheFieldThatIsMalformed) {
  for (const auto& [written, field] : kMalformed) {
    const std::string text = absl::StrReplaceAll(written, {{"LONG", std::string(65, 'x')}});
    const auto violation = FindViolation(Written(text));
    ASSERT_TRUE(violation.has_value()) << text;
    EXPECT_EQ(violation->field, field) << text;
    EXPECT_FALSE(violation->description.empty()) << text;
  }
  Event event = Written("motion {}");
  event.clear_event_time();
  EXPECT_EQ(FindViolation(event)->field, "event_time");
}

// A hub that is newer than the gateway: nothing of what it says is lost.
TEST(Validate, KeepsEnumValuesThatItDoesNotKnow) {
  for (const char* text :
       {"fall { verdict: 99 }", "personal_emergency { trigger: 99 }", "motion { state: 99 }",
        "property_exit { kind: 99 }", "contact { state: 99 }", "usage { kind: 99 }",
        "dosage { kind: 99 }", "temperature { alarm: 99 }", "wear_state { state: 99 }",
        "transit_tap { line: 'N1' direction: 99 }", "device_status { kind: 99 }",
        "prompt_answer { answer: 99 }", "presence { kind: 99 present: true }",
        "zone_transition { zone: 'home' direction: 99 }", "motion {} location_code: 3073",
        "vitals { heart_rate_bpm: 60 activity: 99 quality: 99 }",
        "location { latitude_degrees: 49 longitude_degrees: 2 source: 99 }"}) {
    EXPECT_FALSE(FindViolation(Written(text)).has_value()) << text;
  }
}

TEST(Validate, KeepsObservationsThatItDoesNotKnow) {
  const auto with_unknown = [](int number, bool message) {
    Event event = Written("");
    auto* unknown = event.GetReflection()->MutableUnknownFields(&event);
    if (message) {
      *unknown->AddLengthDelimited(number) = "new";
    } else {
      unknown->AddVarint(number, 1);
    }
    return event;
  };
  EXPECT_FALSE(FindViolation(with_unknown(61, true)).has_value());
  EXPECT_FALSE(FindViolation(with_unknown(99, true)).has_value());
  // No observation: another field, or no message.
  EXPECT_EQ(FindViolation(with_unknown(100, true))->field, "observation");
  EXPECT_EQ(FindViolation(with_unknown(61, false))->field, "observation");
  // A meter of a kind to come.
  Event event = Written("meter_reading {}");
  auto* meter = event.mutable_meter_reading();
  meter->GetReflection()->MutableUnknownFields(meter)->AddFixed64(60, 1);
  EXPECT_FALSE(FindViolation(event).has_value());
}

TEST(Validate, ChecksWhatSurroundsABatch) {
  hub::v1::Batch batch;
  batch.set_correlation_id(std::string(65, 'c'));
  batch.set_events_boot_id(std::string(65, 'b'));
  std::vector<std::string> fields;
  for (const Violation& violation : FindViolations(batch)) fields.push_back(violation.field);
  EXPECT_EQ(fields, (std::vector<std::string>{"batch.lane", "batch.sequence",
                                              "batch.correlation_id", "batch.events_boot_id"}));
}

TEST(Validate, ChecksAUnaryRequestFieldByField) {
  hub::v1::SendEventsRequest request;
  request.set_lane(static_cast<hub::v1::Lane>(3));
  request.set_boot_id(std::string(65, 'b'));
  for (int i = 0; i <= kMaxEventsPerBatch; ++i) request.add_events();
  std::vector<std::string> fields;
  for (const Violation& violation : FindViolations(request)) fields.push_back(violation.field);
  EXPECT_EQ(fields, (std::vector<std::string>{"source_id", "incarnation", "lane", "sequence",
                                              "boot_id", "events"}));
}

}  // namespace
}  // namespace veille::gateway
