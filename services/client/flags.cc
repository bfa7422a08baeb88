#include "services/client/flags.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/strings/numbers.h"
#include <unistd.h>

#include "common/base/status_macros.h"
#include "services/domain/identity/local_tls.h"
#include "services/hub/enrolled_hub.h"

ABSL_FLAG(std::string, source, "script:evening",
          "What to play: script:evening[:SEED], home:FOLDER, falls:FOLDER[/FILE], gps:FOLDER, "
          "gps:FILE. A folder may hold one set or home, or several.");
ABSL_FLAG(int, limit, -1,
          "Of a folder, at most so many recordings, spread evenly over it; 0: all. Default: all; "
          "play: 30.");
ABSL_FLAG(double, assume_accuracy_m, 0,
          "gps: takes fixes that do not say how accurate they are as accurate to so many metres. "
          "0: they stay unknown, and cross no fence.");
ABSL_FLAG(std::string, speed, "", "World seconds a real second, or 'max'.");
ABSL_FLAG(std::string, output, "text", "text, or json: one object a line.");
ABSL_FLAG(std::string, language, "", "fr or en. Default: from $LANG, else fr.");
ABSL_FLAG(std::string, caregiver, "",
          "Your caregiver id. Default: the one that is signed in here.");
ABSL_FLAG(std::string, notifier, "127.0.0.1:7444", "Address of the alert service.");
ABSL_FLAG(std::string, gateway, "127.0.0.1:7443", "Address of the hub gateway.");
ABSL_FLAG(std::string, tls_ca, "", "PEM file of the authority; with --tls_cert and --tls_key.");
ABSL_FLAG(std::string, tls_cert, "", "PEM file of our certificate.");
ABSL_FLAG(std::string, tls_key, "", "PEM file of our key.");
ABSL_FLAG(bool, plaintext, false,
          "Speaks without TLS, to a service whose configuration says rpc.plaintext.");
ABSL_FLAG(
    std::string, data, "",
    "Folder of everything that is kept: by 'veille all' its data, by others the certificates. "
    "Default: $XDG_DATA_HOME/veille, or ~/.local/share/veille.");

namespace veille::client {

std::string DataFolder() {
  if (const std::string data = absl::GetFlag(FLAGS_data); !data.empty()) return data;
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data != '\0')
    return std::string(data) + "/veille";
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : "/var/lib") + "/.local/share/veille";
}

absl::StatusOr<rpc::TlsFiles> TlsFromFlags(const std::string& id, const std::string& server) {
  rpc::TlsFiles files;
  if (absl::GetFlag(FLAGS_plaintext)) return files;
  files.ca_file = absl::GetFlag(FLAGS_tls_ca);
  files.certificate_file = absl::GetFlag(FLAGS_tls_cert);
  files.key_file = absl::GetFlag(FLAGS_tls_key);
  const hub::EnrolledHub enrolled(DataFolder() + "/hub", id);
  if (!files.any() && enrolled.exists()) files = enrolled.Tls();
  if (!files.any()) {
    VEILLE_ASSIGN_OR_RETURN(files, domain::LocalTls(DataFolder() + "/identity", id));
  }
  if (!files.any()) {
    return absl::FailedPreconditionError(
        "there is no certificate for " + id + " in " + DataFolder() +
        ": run this where 'veille all' runs, by the same user (--data FOLDER names its folder); "
        "enrol a hub with 'veille hub enroll CODE'; sign in, 'veille account sign-in ID'; or name "
        "files, --tls_ca, --tls_cert, "
        "--tls_key");
  }
  files.server = server;
  return files;
}

std::optional<account::v1::SignedIn> SignInFromFlags() {
  // A token never goes out in the clear.
  if (absl::GetFlag(FLAGS_plaintext)) return std::nullopt;
  return SignIns(DataFolder() + "/account").Find(absl::GetFlag(FLAGS_caregiver));
}

absl::StatusOr<Speaker> OperatorFromFlags(const std::string& server) {
  const auto signed_in = SignInFromFlags();
  if (signed_in.has_value() && signed_in->role() == account::v1::ROLE_OPERATOR)
    return Speaker{SignIns(DataFolder() + "/account").Tls(server), signed_in->token()};
  VEILLE_ASSIGN_OR_RETURN(rpc::TlsFiles tls, TlsFromFlags("svc/operator", server));
  return Speaker{std::move(tls), ""};
}

absl::StatusOr<std::unique_ptr<CaregiverClient>> ConnectCaregiver(CaregiverOptions options) {
  if (const auto signed_in = SignInFromFlags();
      signed_in.has_value() && signed_in->account_id() == options.caregiver_id) {
    options.token = signed_in->token();
    options.tls = SignIns(DataFolder() + "/account").Tls("svc/notifier");
    return CaregiverClient::Create(std::move(options));
  }
  VEILLE_ASSIGN_OR_RETURN(options.tls, TlsFromFlags("svc/terminal", "svc/notifier"));
  return CaregiverClient::Create(std::move(options));
}

CaregiverOptions CaregiverOptionsFromFlags() {
  CaregiverOptions options;
  options.address = absl::GetFlag(FLAGS_notifier);
  options.caregiver_id = absl::GetFlag(FLAGS_caregiver);
  if (options.caregiver_id.empty())
    if (const auto signed_in = SignInFromFlags()) options.caregiver_id = signed_in->account_id();
  return options;
}

Style StyleFromFlags() {
  std::string language = absl::GetFlag(FLAGS_language);
  if (language.empty()) {
    const char* lang = std::getenv("LANG");
    language = lang != nullptr && std::string(lang).rfind("en", 0) == 0 ? "en" : "fr";
  }
  // https://no-color.org
  const char* plain = std::getenv("NO_COLOR");
  const bool colour = isatty(STDOUT_FILENO) == 1 && (plain == nullptr || *plain == '\0');
  return {ParseLanguage(language), colour, absl::LocalTimeZone()};
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

absl::StatusOr<domain::Playlist> PlaylistFromFlags() {
  domain::ReadOptions options;
  options.assume_accuracy_m = absl::GetFlag(FLAGS_assume_accuracy_m);
  return domain::Playlist::Open(absl::GetFlag(FLAGS_source), options);
}

int Complain(const absl::Status& status) {
  std::fprintf(stderr, "veille: %s\n", std::string(status.message()).c_str());
  return 1;
}

int ComplainOfService(const absl::Status& status, const CaregiverOptions& options) {
  std::string advice;
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) {
    return Complain(absl::UnavailableError("the alert service at " + options.address +
                                           " does not answer (" + std::string(status.message()) +
                                           "): does it run? --notifier HOST:PORT names another"));
  }
  if (absl::IsPermissionDenied(status))
    advice = "; the caregiver was '" + options.caregiver_id + "'";
  return Complain(absl::Status(status.code(), std::string(status.message()) + advice));
}

int ComplainOfUsage(const absl::Status& status) {
  Complain(status);
  return 2;
}

absl::Status CheckCommandLine(const std::vector<std::string>& rest) {
  if (!rest.empty()) {
    return absl::InvalidArgumentError("'" + rest[0] +
                                      "' is not understood here; options begin with --, and --help "
                                      "lists them");
  }
  if (const std::string output = absl::GetFlag(FLAGS_output); output != "text" && output != "json")
    return absl::InvalidArgumentError("--output: '" + output + "' is neither text nor json");
  const std::string language = absl::GetFlag(FLAGS_language);
  if (!language.empty() && language != "fr" && language != "en")
    return absl::InvalidArgumentError("--language: '" + language + "' is neither fr nor en");
  if (absl::GetFlag(FLAGS_limit) < -1)
    return absl::InvalidArgumentError("--limit: must be 0, for all, or more");
  const double assumed = absl::GetFlag(FLAGS_assume_accuracy_m);
  if (!(assumed >= 0 && assumed < 1e6)) {
    return absl::InvalidArgumentError(
        "--assume_accuracy_m: must be a number of metres, 0 to 1,000,000");
  }
  return absl::OkStatus();
}

void TellReading(const std::string& name, const domain::ReadReport& report) {
  constexpr std::size_t kShown = 20;
  for (const std::string& note : report.notes)
    std::fprintf(stderr, "veille: %s%s%s\n", Printable(name).c_str(), name.empty() ? "" : ": ",
                 Printable(note).c_str());
  const std::size_t shown = std::min(kShown, report.bad_lines.size());
  for (std::size_t i = 0; i < shown; ++i)
    std::fprintf(stderr, "veille: %s; skipped\n", Printable(report.bad_lines[i]).c_str());
  if (report.bad_line_count > shown) {
    std::fprintf(stderr, "veille: … and %lu more lines that could not be read\n",
                 static_cast<unsigned long>(report.bad_line_count - shown));
  }
}

}  // namespace veille::client
