// veille drill: runs one exercise now, and says what was seen at each stage.

#include <cstdio>

#include "absl/flags/flag.h"
#include "absl/strings/str_format.h"

#include "services/client/flags.h"
#include "services/veille/commands.h"
#include "services/veille/drill.h"

ABSL_FLAG(absl::Duration, within, absl::Seconds(60),
          "drill: what takes longer has not arrived, for example 60s.");

ABSL_FLAG(std::string, hub_tls_cert, "",
          "drill: PEM file of the certificate of the exercise's hub, hub/veille-exercise; with "
          "--hub_tls_key. --tls_cert is then shown to the notifier only.");
ABSL_FLAG(std::string, hub_tls_key, "", "drill: PEM file of its key.");

namespace veille {
namespace {

// A drill is a hub to the gateway, and a client to the notifier.
absl::StatusOr<rpc::TlsFiles> TlsOfDrill(const std::string& id, const std::string& server) {
  absl::StatusOr<rpc::TlsFiles> files = client::TlsFromFlags(id, server);
  const std::string certificate = absl::GetFlag(FLAGS_hub_tls_cert);
  if (!files.ok() || certificate.empty() || server != "svc/gateway") return files;
  files->certificate_file = certificate;
  files->key_file = absl::GetFlag(FLAGS_hub_tls_key);
  return files;
}

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
  options.tls = TlsOfDrill;
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
