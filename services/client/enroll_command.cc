// veille hub enroll CODE: gets this hub its certificate.

#include <cstdio>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"

#include "common/base/file.h"
#include "services/client/commands.h"
#include "services/client/flags.h"
#include "services/client/tell_certificate.h"
#include "services/hub/enrolled_hub.h"

ABSL_DECLARE_FLAG(std::string, identity);

namespace veille::client {

int RunEnroll(const std::vector<std::string>& args) {
  if (args.size() != 2) {
    return ComplainOfUsage(absl::InvalidArgumentError(
        "usage: veille hub enroll CODE [--identity HOST:PORT] [--data FOLDER]; an operator makes "
        "the code with 'veille identity invite HUB'"));
  }
  const std::string folder = DataFolder() + "/hub";
  const absl::StatusOr<std::string> hub =
      hub::Enroll(absl::GetFlag(FLAGS_identity), args[1], folder);
  if (!hub.ok()) return Complain(hub.status());
  const std::string pem =
      ReadFile(hub::EnrolledHub(folder, "hub/" + *hub).Tls().certificate_file).value_or("");
  if (JsonFromFlags()) {
    std::printf("{\"enrolled\":%s,\"folder\":%s,%s}\n", JsonString(*hub).c_str(),
                JsonString(folder).c_str(), CertificateJson(pem).c_str());
  } else {
    std::printf("this hub is %s; its key and certificate are in %s\n", hub->c_str(),
                folder.c_str());
    std::printf("%s\n", CertificateText(pem).c_str());
  }
  return 0;
}

}  // namespace veille::client
