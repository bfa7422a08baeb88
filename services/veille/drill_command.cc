// veille drill: runs one exercise now, and says what was seen at each stage.

#include <cstdio>

#include "absl/flags/flag.h"
#include "absl/strings/str_format.h"

#include "services/client/flags.h"
#include "services/veille/commands.h"
#include "services/veille/drill.h"

ABSL_FLAG(absl::Duration, within, absl::Seconds(60),
          "drill: what takes longer has not arrived, for example 60s.");

namespace veille {
namespace {

void PrintStage(const DrillStage& stage) {
  const double seconds = absl::ToDoubleSeconds(stage.after);
  if (client::JsonFromFlags()) {
    std::printf("{\"stage\":\"%s\",\"after_s\":%.6f}\n", stage.name.c_str(), seconds);
  } else {
    std::printf("%+10.3f s  %-8s %s\n", seconds, stage.name.c_str(), stage.what.c_str());
  }
  std::fflush(stdout);
}

}  // namespace

int RunDrillCommand(const std::vector<std::string>& args) {
  if (absl::Status status = client::CheckCommandLine(args); !status.ok())
    return client::ComplainOfUsage(status);
  DrillOptions options;
  options.gateway = absl::GetFlag(FLAGS_gateway);
  const client::CaregiverOptions flags = client::CaregiverOptionsFromFlags();
  options.notifier = flags.address;
  options.ca_file = flags.ca_file;
  options.certificate_file = flags.certificate_file;
  options.key_file = flags.key_file;
  options.within = absl::GetFlag(FLAGS_within);
  options.on_stage = PrintStage;
  const absl::Status arrived = RunDrill(options);
  if (client::JsonFromFlags()) {
    std::printf("{\"arrived\":%s,\"reason\":%s}\n", arrived.ok() ? "true" : "false",
                client::JsonString(std::string(arrived.message())).c_str());
  } else if (arrived.ok()) {
    std::printf("the exercise alarm has arrived\n");
  }
  return arrived.ok() ? 0 : client::Complain(arrived);
}

}  // namespace veille
