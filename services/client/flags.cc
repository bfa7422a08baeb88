#include "services/client/flags.h"

#include <cstdio>

#include "absl/flags/flag.h"
#include "absl/strings/numbers.h"
#include <unistd.h>

ABSL_FLAG(std::string, source, "script:evening",
          "What to play: script:evening[:SEED], home:FOLDER, falls:FOLDER[/FILE], gps:FILE.");
ABSL_FLAG(std::string, speed, "", "World seconds a real second, or 'max'.");
ABSL_FLAG(std::string, output, "text", "text, or json: one object a line.");
ABSL_FLAG(std::string, language, "", "fr or en. Default: from $LANG, else fr.");
ABSL_FLAG(std::string, caregiver, "", "Your caregiver id.");
ABSL_FLAG(std::string, notifier, "127.0.0.1:7444", "Address of the alert service.");
ABSL_FLAG(std::string, gateway, "127.0.0.1:7443", "Address of the hub gateway.");
ABSL_FLAG(std::string, tls_ca, "", "PEM file of the authority; with --tls_cert and --tls_key.");
ABSL_FLAG(std::string, tls_cert, "", "PEM file of our certificate.");
ABSL_FLAG(std::string, tls_key, "", "PEM file of our key.");

namespace veille::client {

CaregiverOptions CaregiverOptionsFromFlags() {
  CaregiverOptions options;
  options.address = absl::GetFlag(FLAGS_notifier);
  options.caregiver_id = absl::GetFlag(FLAGS_caregiver);
  options.ca_file = absl::GetFlag(FLAGS_tls_ca);
  options.certificate_file = absl::GetFlag(FLAGS_tls_cert);
  options.key_file = absl::GetFlag(FLAGS_tls_key);
  return options;
}

Style StyleFromFlags() {
  std::string language = absl::GetFlag(FLAGS_language);
  if (language.empty()) {
    const char* lang = std::getenv("LANG");
    language = lang != nullptr && std::string(lang).rfind("en", 0) == 0 ? "en" : "fr";
  }
  return {ParseLanguage(language), isatty(STDOUT_FILENO) == 1};
}

bool JsonFromFlags() { return absl::GetFlag(FLAGS_output) == "json"; }

absl::StatusOr<double> SpeedFromFlags() {
  const std::string text = absl::GetFlag(FLAGS_speed);
  double speed = 1;
  if (text == "max") return 0;
  if (text.empty()) return speed;
  if (!absl::SimpleAtod(text, &speed) || !(speed > 0) || speed > 1e6)
    return absl::InvalidArgumentError("--speed: '" + text + "' is not a number above 0, or 'max'");
  return speed;
}

int Complain(const absl::Status& status) {
  std::fprintf(stderr, "veille: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace veille::client
