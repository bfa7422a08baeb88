// veille rules: what the rules conclude, and by which figures.

#include <cstdio>

#include "absl/flags/flag.h"

#include "services/client/commands.h"
#include "services/client/flags.h"
#include "services/domain/care_presets.h"
#include "services/domain/describe_rules.h"

ABSL_FLAG(bool, brief, false, "rules: a line a rule, as in the README.");
ABSL_FLAG(bool, profiles, false, "rules: what each profile of a care plan sets.");

namespace veille::client {

int RunRules(const std::vector<std::string>& args) {
  if (absl::Status status = CheckCommandLine(args); !status.ok()) return ComplainOfUsage(status);
  if (absl::GetFlag(FLAGS_profiles)) {
    std::fputs(domain::DescribeProfiles().c_str(), stdout);
  } else if (absl::GetFlag(FLAGS_brief)) {
    std::fputs(domain::ListRules().c_str(), stdout);
  } else {
    std::fputs(domain::DescribeRules().c_str(), stdout);
  }
  return 0;
}

}  // namespace veille::client
