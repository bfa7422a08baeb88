#include "services/domain/describe_rules.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/descriptor.h"

#include "veille/care/v1/care_plan.pb.h"
#include "veille/care/v1/parameter.pb.h"

namespace veille::domain {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

const care::v1::RuleInfo& InfoOf(const Descriptor& rule) {
  return rule.options().GetExtension(care::v1::rule);
}

// The rules' fields of a plan, in the order of their numbers.
template <typename See>
void ForEachRule(See see) {
  const auto* plan = care::v1::CarePlan::descriptor();
  for (int i = 0; i < plan->field_count(); ++i) {
    const FieldDescriptor& field = *plan->field(i);
    if (field.message_type() != nullptr &&
        field.message_type()->options().HasExtension(care::v1::rule))
      see(field);
  }
}

// "planned outing, paused"
template <typename Circumstances>
std::string Names(const Circumstances& circumstances) {
  std::string names;
  for (const int circumstance : circumstances) {
    std::string name =
        care::v1::Circumstance_Name(static_cast<care::v1::Circumstance>(circumstance)).substr(13);
    absl::AsciiStrToLower(&name);
    absl::StrReplaceAll({{"_", " "}}, &name);
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

std::string DescribeParameter(const FieldDescriptor& rule, const FieldDescriptor& field) {
  const care::v1::Parameter& parameter = field.options().GetExtension(care::v1::parameter);
  const bool text = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  const std::string range = text ? "" : absl::StrFormat("%g–%g", parameter.min(), parameter.max());
  const std::string value =
      text ? parameter.default_text() : absl::StrFormat("%g", parameter.default_value());
  return absl::StrFormat("| | | | `%s.%s` | %s | %s | %s | %s |\n", rule.name(), field.name(),
                         parameter.unit(), range, value, parameter.source());
}

}  // namespace

std::string DescribeRules() {
  std::string out =
      "| rule | severity | concludes | parameter | unit | range | default | source |\n"
      "|---|---|---|---|---|---|---|---|\n";
  ForEachRule([&](const FieldDescriptor& rule) {
    const Descriptor& message = *rule.message_type();
    const care::v1::RuleInfo& info = InfoOf(message);
    out += absl::StrFormat("| **%s** | %s | %s | | | | | |\n", info.name(), info.default_severity(),
                           info.summary());
    for (int i = 0; i < message.field_count(); ++i)
      if (message.field(i)->options().HasExtension(care::v1::parameter))
        out += DescribeParameter(rule, *message.field(i));
  });
  return out;
}

std::string ListRules() {
  std::string out = "| rule | severity | concludes | muted by (lowered by) |\n|---|---|---|---|\n";
  ForEachRule([&](const FieldDescriptor& rule) {
    const care::v1::RuleInfo& info = InfoOf(*rule.message_type());
    std::string circumstances = Names(info.muted_by());
    if (info.lowered_by_size() > 0)
      circumstances += (circumstances.empty() ? "(" : " (") + Names(info.lowered_by()) + ")";
    if (info.raised_by_size() > 0)
      circumstances +=
          (circumstances.empty() ? "raised by " : "; raised by ") + Names(info.raised_by());
    out += absl::StrFormat("| %s | %s | %s | %s |\n", info.name(), info.default_severity(),
                           info.summary(), circumstances);
  });
  return out;
}

}  // namespace veille::domain
