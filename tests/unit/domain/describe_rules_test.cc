// What people read about the rules comes from the schema, and the README says the same.

#include "services/domain/describe_rules.h"

#include <fstream>
#include <sstream>

#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"

#include "veille/care/v1/care_plan.pb.h"
#include "veille/care/v1/parameter.pb.h"

namespace veille::domain {
namespace {

TEST(DescribeRules, TheReadmesTableIsTrue) {
  std::ifstream in(VEILLE_SOURCE_DIR "/README.md");
  std::ostringstream text;
  text << in.rdbuf();
  EXPECT_NE(text.str().find(ListRules()), std::string::npos)
      << "put the output of 'veille rules --brief' into the README's section \"Rules\"";
}

TEST(DescribeRules, EveryRuleDescribesItself) {
  const auto* plan = care::v1::CarePlan::descriptor();
  for (int i = 0; i < plan->field_count(); ++i) {
    const auto* rule = plan->field(i)->message_type();
    if (rule == nullptr) continue;
    const care::v1::RuleInfo& info = rule->options().GetExtension(care::v1::rule);
    EXPECT_FALSE(info.name().empty()) << rule->full_name();
    EXPECT_FALSE(info.summary().empty()) << rule->full_name();
    EXPECT_GT(info.version(), 0U) << rule->full_name();
    for (int j = 0; j < rule->field_count(); ++j) {
      const auto& field = *rule->field(j);
      if (!field.options().HasExtension(care::v1::parameter)) continue;
      const care::v1::Parameter& parameter = field.options().GetExtension(care::v1::parameter);
      EXPECT_FALSE(parameter.unit().empty()) << field.full_name();
      EXPECT_FALSE(parameter.source().empty()) << field.full_name();
      if (!parameter.default_text().empty()) continue;
      EXPECT_LE(parameter.min(), parameter.default_value()) << field.full_name();
      EXPECT_GE(parameter.max(), parameter.default_value()) << field.full_name();
    }
  }
}

}  // namespace
}  // namespace veille::domain
