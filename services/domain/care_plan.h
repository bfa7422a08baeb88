// A person's care plan: what the schema says about rules and their parameters, made usable.
//
// Every parameter describes its unit, range, default and source by a field option
// (protos/veille/care/v1/parameter.proto). The loader's checks, the engine's values and the printed
// tables all come from there. Pure; thread safe.

#ifndef SERVICES_DOMAIN_CARE_PLAN_H_
#define SERVICES_DOMAIN_CARE_PLAN_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/message.h"

#include "veille/care/v1/care_plan.pb.h"
#include "veille/care/v1/parameter.pb.h"

#include "common/time/local_time.h"

namespace veille::domain {

struct PlanFault {
  std::string field;  // "night_exit.window"
  std::string reason;
};

// Everything that is impossible: out of range, not a window, levels in the wrong order.
std::vector<PlanFault> CheckCarePlan(const care::v1::CarePlan& plan);

// Values where the plan names them, else the defaults of the schema. `rule` is one rule's message
// and `field` the name of one of its fields, which must be a parameter of that kind.
double NumberOr(const google::protobuf::Message& rule, const char* field);
absl::Duration DurationOr(const google::protobuf::Message& rule, const char* field);
// The same in microseconds.
int64_t MicrosOr(const google::protobuf::Message& rule, const char* field);
LocalWindow WindowOr(const google::protobuf::Message& rule, const char* field);
// Of a repeated text parameter: times of the day, minutes after midnight, rising.
std::vector<int> TimesOf(const google::protobuf::Message& rule, const char* field);

// False only where the rule's `enabled` is set to false.
bool IsEnabled(const google::protobuf::Message& rule);

// Every parameter in force, as text with its unit: for an alert's evidence.
std::map<std::string, std::string> ParametersInForce(const google::protobuf::Message& rule);

// How a rule describes itself.
const care::v1::RuleInfo& InfoOf(const google::protobuf::Message& rule);
// By its name, for example NIGHT_EXIT; null when there is none.
const care::v1::RuleInfo* FindRule(std::string_view name);

// A rule by the number of its field in the plan, which never changes; null when there is none.
uint32_t RuleNumber(const google::protobuf::Message& rule);
const google::protobuf::Message* RuleByNumber(const care::v1::CarePlan& plan, uint32_t number);

// The rule's name, for example NIGHT_EXIT, and the version of its code.
std::string RuleName(const google::protobuf::Message& rule);
uint32_t RuleVersion(const google::protobuf::Message& rule);

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_CARE_PLAN_H_
