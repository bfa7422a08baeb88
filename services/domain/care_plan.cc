#include "services/domain/care_plan.h"

#include <set>

#include "absl/strings/str_format.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"

#include "common/base/check.h"

namespace veille::domain {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// A Duration's seconds may be anything in a file; beyond this a value is nonsense and is not
// computed.
constexpr double kMaxSeconds = 1e9;

const care::v1::Parameter& ParameterOf(const FieldDescriptor& field) {
  return field.options().GetExtension(care::v1::parameter);
}

bool IsParameter(const FieldDescriptor& field) {
  return field.options().HasExtension(care::v1::parameter);
}

bool IsDuration(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

bool IsText(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
}

// "08:00" as minutes after midnight; −1 when it is no such time.
int ParseWallTime(const std::string& text) {
  const auto window = ParseLocalWindow(text + "-" + text);
  return window.ok() ? window->from_minutes : -1;
}

const FieldDescriptor& FieldOf(const Message& rule, const char* name) {
  const FieldDescriptor* field = rule.GetDescriptor()->FindFieldByName(name);
  VEILLE_CHECK(field != nullptr && IsParameter(*field));
  return *field;
}

// In seconds for durations.
double Value(const Message& rule, const FieldDescriptor& field) {
  const auto* reflection = rule.GetReflection();
  if (!reflection->HasField(rule, &field)) return ParameterOf(field).default_value();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection->GetDouble(rule, &field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->GetUInt32(rule, &field);
    default: {
      const auto& span =
          static_cast<const google::protobuf::Duration&>(reflection->GetMessage(rule, &field));
      return static_cast<double>(span.seconds()) + span.nanos() * 1e-9;
    }
  }
}

std::string Text(const Message& rule, const FieldDescriptor& field) {
  const auto* reflection = rule.GetReflection();
  if (field.is_repeated()) {
    std::string all;
    for (int i = 0; i < reflection->FieldSize(rule, &field); ++i)
      all += (i == 0 ? "" : " ") + reflection->GetRepeatedString(rule, &field, i);
    return all;
  }
  return reflection->HasField(rule, &field) ? reflection->GetString(rule, &field)
                                            : ParameterOf(field).default_text();
}

// "80 m", and "0.2" where there is no unit, which UCUM writes as "1".
std::string WithUnit(double value, const std::string& unit) {
  return absl::StrFormat("%g", value) + (unit == "1" ? "" : " " + unit);
}

// Times of the day, each once.
void CheckTimes(const Message& rule, const FieldDescriptor& field, const std::string& path,
                std::vector<PlanFault>& faults) {
  const auto* reflection = rule.GetReflection();
  std::set<int> seen;
  for (int i = 0; i < reflection->FieldSize(rule, &field); ++i) {
    const std::string text = reflection->GetRepeatedString(rule, &field, i);
    const std::string place = path + "[" + std::to_string(i) + "]";
    const int minutes = ParseWallTime(text);
    if (minutes < 0) {
      faults.push_back({place, "'" + text + "' is not a time of the day such as '08:00'"});
    } else if (!seen.insert(minutes).second) {
      faults.push_back({place, "'" + text + "' is named twice"});
    }
  }
}

void CheckParameter(const Message& rule, const FieldDescriptor& field, const std::string& path,
                    std::vector<PlanFault>& faults) {
  if (field.is_repeated()) return CheckTimes(rule, field, path, faults);
  if (!rule.GetReflection()->HasField(rule, &field)) return;
  if (IsText(field)) {
    const auto window = ParseLocalWindow(Text(rule, field));
    if (!window.ok()) faults.push_back({path, std::string(window.status().message())});
    return;
  }
  const care::v1::Parameter& parameter = ParameterOf(field);
  const double value = Value(rule, field);
  // Written so that NaN fails, too.
  if (!(value >= parameter.min() && value <= parameter.max())) {
    faults.push_back({path, WithUnit(value, parameter.unit()) +
                                absl::StrFormat(" is not in %g..", parameter.min()) +
                                WithUnit(parameter.max(), parameter.unit())});
  }
}

// Levels that must rise, or a rule would worsen before it begins.
void CheckOrder(const Message& rule, const char* lower, const char* higher, const std::string& name,
                std::vector<PlanFault>& faults) {
  if (Value(rule, FieldOf(rule, lower)) < Value(rule, FieldOf(rule, higher))) return;
  faults.push_back({name + "." + lower, absl::StrFormat("must be less than %s", higher)});
}

// A least and a most, which may be the same.
void CheckBounds(const Message& rule, const char* least, const char* most, const std::string& name,
                 std::vector<PlanFault>& faults) {
  if (Value(rule, FieldOf(rule, least)) <= Value(rule, FieldOf(rule, most))) return;
  faults.push_back({name + "." + least, absl::StrFormat("must not be more than %s", most)});
}

}  // namespace

std::vector<PlanFault> CheckCarePlan(const care::v1::CarePlan& plan) {
  std::vector<PlanFault> faults;
  const auto* type = care::v1::CarePlan::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor& rule_field = *type->field(i);
    if (!IsDuration(rule_field) || !plan.GetReflection()->HasField(plan, &rule_field)) continue;
    const Message& rule = plan.GetReflection()->GetMessage(plan, &rule_field);
    for (int j = 0; j < rule.GetDescriptor()->field_count(); ++j) {
      const FieldDescriptor& field = *rule.GetDescriptor()->field(j);
      if (IsParameter(field))
        CheckParameter(rule, field, rule_field.name() + "." + field.name(), faults);
    }
  }
  if (!faults.empty()) return faults;
  CheckOrder(plan.hub_offline(), "technical_silence", "medium_silence", "hub_offline", faults);
  CheckOrder(plan.hub_offline(), "medium_silence", "high_silence", "hub_offline", faults);
  CheckOrder(plan.battery_low(), "critical_percent", "low_percent", "battery_low", faults);
  CheckOrder(plan.battery_low(), "low_percent", "charged_percent", "battery_low", faults);
  CheckOrder(plan.stove(), "prompt_after", "tell_after", "stove", faults);
  CheckOrder(plan.dose(), "prompt_after", "tell_after", "dose", faults);
  CheckOrder(plan.room_hot(), "low_celsius", "medium_celsius", "room_hot", faults);
  CheckOrder(plan.room_hot(), "medium_celsius", "high_celsius", "room_hot", faults);
  CheckOrder(plan.room_cold(), "high_celsius", "medium_celsius", "room_cold", faults);
  CheckOrder(plan.room_cold(), "medium_celsius", "low_celsius", "room_cold", faults);
  CheckOrder(plan.partial_news(), "medium_score", "high_score", "partial_news", faults);
  CheckOrder(plan.bathroom_long(), "night_patience", "high", "bathroom_long", faults);
  CheckOrder(plan.bathroom_long(), "day_patience", "high", "bathroom_long", faults);
  CheckOrder(plan.off_route(), "walk", "worsen", "off_route", faults);
  CheckOrder(plan.fall(), "patience", "long_lie", "fall", faults);
  // Else nobody who was far is ever near again.
  CheckOrder(plan.geofence_far(), "hysteresis_m", "alone_m", "geofence_far", faults);
  CheckBounds(plan.geofence_far(), "alone_m", "accompanied_m", "geofence_far", faults);
  CheckBounds(plan.inactivity(), "usual_floor", "usual_cap", "inactivity", faults);
  CheckBounds(plan.inactivity(), "day_silence", "any_silence", "inactivity", faults);
  CheckBounds(plan.not_returned(), "shortest", "longest", "not_returned", faults);
  CheckBounds(plan.not_returned(), "shortest", "unlearnt", "not_returned", faults);
  CheckBounds(plan.pacing(), "least_moves", "moves", "pacing", faults);
  CheckBounds(plan.random_walk(), "rooms", "moves", "random_walk", faults);
  return faults;
}

double NumberOr(const Message& rule, const char* field) {
  return Value(rule, FieldOf(rule, field));
}

absl::Duration DurationOr(const Message& rule, const char* field) {
  const double seconds = NumberOr(rule, field);
  return absl::Seconds(seconds < kMaxSeconds ? seconds : kMaxSeconds);
}

int64_t MicrosOr(const Message& rule, const char* field) {
  return absl::ToInt64Microseconds(DurationOr(rule, field));
}

LocalWindow WindowOr(const Message& rule, const char* field) {
  const FieldDescriptor& descriptor = FieldOf(rule, field);
  const auto window = ParseLocalWindow(Text(rule, descriptor));
  if (window.ok()) return *window;
  return ParseLocalWindow(ParameterOf(descriptor).default_text()).value();
}

std::vector<int> TimesOf(const Message& rule, const char* field) {
  const FieldDescriptor& descriptor = FieldOf(rule, field);
  std::set<int> minutes;
  for (int i = 0; i < rule.GetReflection()->FieldSize(rule, &descriptor); ++i) {
    const int at = ParseWallTime(rule.GetReflection()->GetRepeatedString(rule, &descriptor, i));
    if (at >= 0) minutes.insert(at);
  }
  return {minutes.begin(), minutes.end()};
}

bool IsEnabled(const Message& rule) {
  const FieldDescriptor* field = rule.GetDescriptor()->FindFieldByName("enabled");
  return field == nullptr || !rule.GetReflection()->HasField(rule, field) ||
         rule.GetReflection()->GetBool(rule, field);
}

std::map<std::string, std::string> ParametersInForce(const Message& rule) {
  std::map<std::string, std::string> values;
  for (int i = 0; i < rule.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *rule.GetDescriptor()->field(i);
    if (!IsParameter(field)) continue;
    values[field.name()] =
        IsText(field) ? Text(rule, field) : WithUnit(Value(rule, field), ParameterOf(field).unit());
  }
  return values;
}

const care::v1::RuleInfo& InfoOf(const Message& rule) {
  return rule.GetDescriptor()->options().GetExtension(care::v1::rule);
}

const care::v1::RuleInfo* FindRule(std::string_view name) {
  const auto* type = care::v1::CarePlan::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* rule = type->field(i)->message_type();
    if (rule == nullptr) continue;
    const care::v1::RuleInfo& info = rule->options().GetExtension(care::v1::rule);
    if (info.name() == name) return &info;
  }
  return nullptr;
}

uint32_t RuleNumber(const Message& rule) {
  const auto* type = care::v1::CarePlan::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    if (type->field(i)->message_type() == rule.GetDescriptor())
      return static_cast<uint32_t>(type->field(i)->number());
  }
  return 0;
}

const Message* RuleByNumber(const care::v1::CarePlan& plan, uint32_t number) {
  const auto* field = care::v1::CarePlan::descriptor()->FindFieldByNumber(static_cast<int>(number));
  if (field == nullptr || field->is_repeated() || field->message_type() == nullptr) return nullptr;
  return &plan.GetReflection()->GetMessage(plan, field);
}

std::string RuleName(const Message& rule) { return InfoOf(rule).name(); }

uint32_t RuleVersion(const Message& rule) { return InfoOf(rule).version(); }

}  // namespace veille::domain
