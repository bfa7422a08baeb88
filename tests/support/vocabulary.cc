#include "tests/support/vocabulary.h"

#include <algorithm>
#include <map>
#include <utility>

#include "services/domain/recordings/recording.h"

namespace veille::testing {
namespace {

using event::v1::Event;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr double kLatitude = 49.894, kLongitude = 2.302;

struct Range {
  double low = 0, high = 100;
};

// Where the field does not lie in 0 to 100, or rules decide on less of it.
Range RangeOf(const std::string& field) {
  static const std::map<std::string, Range> kRanges = {
      {"latitude_degrees", {kLatitude - 0.015, kLatitude + 0.015}},
      {"longitude_degrees", {kLongitude - 0.02, kLongitude + 0.02}},
      {"accuracy_m", {3, 150}},
      {"speed_mps", {0, 12}},
      {"heading_degrees", {0, 360}},
      {"altitude_accuracy_m", {1, 50}},
      {"temperature_celsius", {8, 70}},
      {"heart_rate_bpm", {35, 140}},
      {"spo2_percent", {85, 100}},
      {"body_temperature_celsius", {34, 40}},
      {"respiration_per_minute", {6, 30}},
      {"systolic_mmhg", {80, 230}},
      {"diastolic_mmhg", {40, 120}},
      {"water_litres", {0, 1e5}},
      {"water_litres_per_minute", {0, 8}},
      {"gas_m3_per_hour", {0, 2}},
      {"electricity_kwh", {0, 1e5}},
      {"electricity_w", {0, 3000}}};
  const auto range = kRanges.find(field);
  return range == kRanges.end() ? Range{} : range->second;
}

// Fields that events without them are well formed.
bool MayBeAbsent(const FieldDescriptor& field) {
  return field.has_presence() && field.cpp_type() != FieldDescriptor::CPPTYPE_BOOL &&
         field.name() != "latitude_degrees" && field.name() != "longitude_degrees" &&
         field.name() != "temperature_celsius" && field.name() != "heart_rate_bpm" &&
         field.name() != "charge_percent";
}

void SetAny(Message& message, const FieldDescriptor& field, Random& random) {
  const Reflection& reflection = *message.GetReflection();
  const Range range = RangeOf(field.name());
  const double number = range.low + (range.high - range.low) * random.Unit();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetBool(&message, &field, random.Below(2) == 0);
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto values = static_cast<uint64_t>(field.enum_type()->value_count());
      // The first says nothing, and is malformed where something must be said.
      const auto value = 1 + random.Below(values - 1);
      return reflection.SetEnumValue(&message, &field,
                                     field.enum_type()->value(static_cast<int>(value))->number());
    }
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.SetDouble(&message, &field, number);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.SetFloat(&message, &field, static_cast<float>(number));
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.SetUInt32(&message, &field, static_cast<uint32_t>(number));
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.SetString(&message, &field, random.Below(2) == 0 ? "one" : "another");
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      // Spans are the only messages within observations.
      google::protobuf::Duration span;
      span.set_seconds(1 + static_cast<int64_t>(random.Below(7200)));
      reflection.MutableMessage(&message, &field)->CopyFrom(span);
      return;
    }
    default:
      return;
  }
}

void FillAny(Message& message, Random& random) {
  const auto& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.real_containing_oneof() != nullptr) continue;
    if (MayBeAbsent(field) && random.Below(3) == 0) continue;
    SetAny(message, field, random);
  }
  for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
    const auto& choice = *type.oneof_decl(i);
    SetAny(
        message,
        *choice.field(static_cast<int>(random.Below(static_cast<uint64_t>(choice.field_count())))),
        random);
  }
}

// A second of a body at rest, on the move, or falling.
void FillAcceleration(event::v1::Acceleration& acceleration, Random& random) {
  constexpr int kRateHz = 25;
  std::vector<int16_t> samples;
  const double size = 0.05 + 3 * random.Unit() * random.Unit();
  const bool lies = random.Below(4) == 0;
  for (int i = 0; i < kRateHz; ++i) {
    for (int axis = 0; axis < 3; ++axis) {
      const double still = axis == (lies ? 2 : 1) ? 1 : 0;
      samples.push_back(static_cast<int16_t>(1000 * (still + size * (random.Unit() - 0.5))));
    }
  }
  acceleration.set_rate_hz(kRateHz);
  acceleration.set_range_g(8);
  acceleration.set_samples_mg(samples.data(), samples.size() * sizeof(int16_t));
}

std::vector<care::v1::Role> RolesFor(int observation) {
  switch (observation) {
    case Event::kFallFieldNumber:
      return {care::v1::ROLE_CHEST, care::v1::ROLE_FALL_DETECTOR};
    case Event::kPersonalEmergencyFieldNumber:
      return {care::v1::ROLE_CHEST, care::v1::ROLE_BUTTON, care::v1::ROLE_WRIST};
    case Event::kSmokeFieldNumber:
    case Event::kCarbonMonoxideFieldNumber:
    case Event::kWaterFieldNumber:
    case Event::kGasFieldNumber:
      return {care::v1::ROLE_HAZARD};
    case Event::kMotionFieldNumber:
      return {care::v1::ROLE_MOTION};
    case Event::kPropertyExitFieldNumber:
      return {care::v1::ROLE_EXIT_DOOR};
    case Event::kContactFieldNumber:
      return {care::v1::ROLE_EXIT_DOOR, care::v1::ROLE_INNER_CONTACT, care::v1::ROLE_FRIDGE_DOOR};
    case Event::kEnuresisFieldNumber:
      return {care::v1::ROLE_BED};
    case Event::kUsageFieldNumber:
      return {care::v1::ROLE_BED, care::v1::ROLE_SEAT, care::v1::ROLE_TOILET,
              care::v1::ROLE_APPLIANCE};
    case Event::kSwitchStateFieldNumber:
      return {care::v1::ROLE_SWITCH, care::v1::ROLE_APPLIANCE};
    case Event::kDosageFieldNumber:
      return {care::v1::ROLE_DISPENSER};
    case Event::kTemperatureFieldNumber:
      return {care::v1::ROLE_CLIMATE, care::v1::ROLE_APPLIANCE};
    case Event::kAccelerationFieldNumber:
      return {care::v1::ROLE_WRIST, care::v1::ROLE_WAIST, care::v1::ROLE_CHEST};
    case Event::kLocationFieldNumber:
    case Event::kZoneTransitionFieldNumber:
      return {care::v1::ROLE_TRACKER};
    case Event::kVitalsFieldNumber:
      return {care::v1::ROLE_WRIST, care::v1::ROLE_VITALS};
    case Event::kWearStateFieldNumber:
    case Event::kStepsFieldNumber:
      return {care::v1::ROLE_WRIST, care::v1::ROLE_WAIST};
    case Event::kMeterReadingFieldNumber:
      return {care::v1::ROLE_METER, care::v1::ROLE_APPLIANCE};
    case Event::kTransitTapFieldNumber:
      return {care::v1::ROLE_TRANSIT};
    case Event::kPresenceFieldNumber:
      return {care::v1::ROLE_PROXIMITY};
    case Event::kPromptAnswerFieldNumber:
    case Event::kMonitoringPauseFieldNumber:
      return {care::v1::ROLE_HUB};
    default:
      return {};
  }
}

// Those too that are off unless a plan switches them on.
void SwitchEveryRuleOn(care::v1::CarePlan& plan) {
  const auto& type = *plan.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field.is_repeated()) continue;
    const FieldDescriptor* enabled = field.message_type()->FindFieldByName("enabled");
    if (enabled == nullptr) continue;
    Message& rule = *plan.GetReflection()->MutableMessage(&plan, &field);
    rule.GetReflection()->SetBool(&rule, enabled, true);
  }
}

}  // namespace

std::vector<int> Observations() {
  std::vector<int> observations;
  const auto& choice = *Event::descriptor()->FindOneofByName("observation");
  for (int i = 0; i < choice.field_count(); ++i) {
    // Only gateways write that one.
    if (choice.field(i)->number() != Event::kUnreadableFieldNumber)
      observations.push_back(choice.field(i)->number());
  }
  return observations;
}

std::string ObservationName(int observation) {
  return Event::descriptor()->FindFieldByNumber(observation)->name();
}

Event AnyEvent(int observation, absl::Time time, const std::string& device_id, Random& random) {
  Event event = domain::MakeEvent(time, device_id);
  const FieldDescriptor& field = *Event::descriptor()->FindFieldByNumber(observation);
  Message& value = *event.GetReflection()->MutableMessage(&event, &field);
  if (observation == Event::kAccelerationFieldNumber) {
    FillAcceleration(*event.mutable_acceleration(), random);
  } else {
    FillAny(value, random);
  }
  return event;
}

care::v1::Home HomeOfEverything(const std::string& zone) {
  care::v1::Home home = domain::MakeHome("everything", zone);
  for (const auto& [id, kind] : {std::pair{"hub-2", care::v1::Source::KIND_HUB},
                                 std::pair{"phone", care::v1::Source::KIND_PHONE}}) {
    care::v1::Source& source = *home.add_sources();
    source.set_source_id(id);
    source.set_kind(kind);
  }
  const auto add = [&](const std::string& id, care::v1::Role role, const std::string& room) {
    care::v1::Device& device = *home.add_devices();
    device.set_device_id(id);
    device.set_role(role);
    device.set_room(room);
    device.mutable_check_in()->set_seconds(1800);
    // The second hub is upstairs; the tracker goes out with the phone.
    device.set_source_id(role == care::v1::ROLE_TRACKER            ? "phone"
                         : room == "bedroom" || room == "bathroom" ? "hub-2"
                                                                   : home.sources(0).source_id());
  };
  for (const char* room : {"hall", "kitchen", "living", "bedroom", "bathroom"})
    add(std::string("motion-") + room, care::v1::ROLE_MOTION, room);
  const auto& roles = *care::v1::Role_descriptor();
  for (int i = 1; i < roles.value_count(); ++i) {
    const auto role = static_cast<care::v1::Role>(roles.value(i)->number());
    if (role == care::v1::ROLE_MOTION) continue;
    const bool upstairs = role == care::v1::ROLE_BED || role == care::v1::ROLE_TOILET;
    add("role-" + std::to_string(role), role,
        role == care::v1::ROLE_BED                                               ? "bedroom"
        : upstairs                                                               ? "bathroom"
        : role == care::v1::ROLE_FRIDGE_DOOR || role == care::v1::ROLE_APPLIANCE ? "kitchen"
                                                                                 : "hall");
  }
  SwitchEveryRuleOn(*home.mutable_patients(0)->mutable_care_plan());
  care::v1::Zone& area = *home.mutable_patients(0)->add_zones();
  area.set_name("quarter");
  area.mutable_circle()->set_latitude_degrees(kLatitude);
  area.mutable_circle()->set_longitude_degrees(kLongitude);
  area.mutable_circle()->set_radius_m(500);
  return home;
}

const care::v1::Device& DeviceFor(int observation, const care::v1::Home& home, Random& random) {
  const std::vector<care::v1::Role> roles = RolesFor(observation);
  std::vector<const care::v1::Device*> fit;
  for (const care::v1::Device& device : home.devices()) {
    if (roles.empty() || std::find(roles.begin(), roles.end(), device.role()) != roles.end())
      fit.push_back(&device);
  }
  if (fit.empty()) return home.devices(0);
  return *fit[random.Below(fit.size())];
}

}  // namespace veille::testing
