// veille alerts list | show ID | take ID | resolve ID real|false|test|other [NOTE]

#include <algorithm>
#include <cstdio>
#include <map>

#include "common/time/clock.h"
#include "services/client/commands.h"
#include "services/client/flags.h"
#include "services/client/utf8.h"

namespace veille::client {
namespace {

constexpr char kUsage[] =
    "usage: veille alerts --caregiver ID [--notifier HOST:PORT] [--output json] COMMAND\n"
    "  list                                      newest first\n"
    "  show ID                                   with evidence, deliveries and history\n"
    "  take ID                                   \"I take it\": stops the escalation; also ack\n"
    "  resolve ID real|false|test|other [NOTE]   closes it\n";

constexpr int kMostAlerts = 1000;

const std::map<std::string, alert::v1::Outcome>& Outcomes() {
  static const auto* const outcomes =
      new std::map<std::string, alert::v1::Outcome>{{"real", alert::v1::OUTCOME_REAL},
                                                    {"false", alert::v1::OUTCOME_FALSE_ALARM},
                                                    {"test", alert::v1::OUTCOME_TEST},
                                                    {"other", alert::v1::OUTCOME_OTHER}};
  return *outcomes;
}

// What is wrong with a command; empty when nothing is.
std::string FaultOf(const std::vector<std::string>& args) {
  const std::string command = args.empty() ? "" : args[0];
  if (command == "list") return args.size() == 1 ? "" : "list takes nothing more";
  if (command != "show" && command != "take" && command != "ack" && command != "resolve")
    return args.empty() ? "what shall it do?" : "there is no command '" + command + "'";
  if (args.size() < 2) return command + ": of which alert? list shows their ids";
  if (command == "resolve") {
    if (args.size() < 3) return "resolve: what was it? real, false, test or other";
    if (Outcomes().count(args[2]) == 0)
      return "resolve: '" + args[2] + "' is none of real, false, test, other";
    return std::all_of(args.begin() + 3, args.end(), IsUtf8) ? ""
                                                             : "resolve: the note is not UTF-8";
  }
  return args.size() == 2 ? "" : command + " takes one id and nothing more";
}

// People's own clock: how old an alert is, is a matter of the reader.
absl::Time Now() { return SystemClock().Now(); }

int Show(const absl::StatusOr<alert::v1::Alert>& alert, bool details,
         const CaregiverOptions& options) {
  if (absl::IsNotFound(alert.status())) {
    return Complain(absl::NotFoundError(std::string(alert.status().message()) +
                                        "; veille alerts list shows those of the caregiver"));
  }
  if (!alert.ok()) return ComplainOfService(alert.status(), options);
  if (JsonFromFlags()) {
    std::printf("%s\n", ToJson(*alert).c_str());
  } else if (details) {
    std::fputs(AlertDetails(*alert, Now(), StyleFromFlags()).c_str(), stdout);
  } else {
    std::printf("%s\n", AlertLine(*alert, Now(), StyleFromFlags()).c_str());
  }
  return 0;
}

int List(CaregiverClient& client, const CaregiverOptions& options) {
  const auto alerts = client.List("", false, kMostAlerts);
  if (!alerts.ok()) return ComplainOfService(alerts.status(), options);
  if (alerts->empty()) std::fputs("veille: there are no alerts\n", stderr);
  if (alerts->size() == std::size_t{kMostAlerts})
    std::fprintf(stderr, "veille: the newest %zu; there may be more\n", alerts->size());
  for (const alert::v1::Alert& alert : *alerts) {
    if (JsonFromFlags()) {
      std::printf("%s\n", ToJson(alert).c_str());
    } else {
      std::printf("%s  %s\n", alert.alert_id().c_str(),
                  AlertLine(alert, Now(), StyleFromFlags()).c_str());
    }
  }
  return 0;
}

}  // namespace

int RunAlerts(const std::vector<std::string>& args) {
  if (absl::Status status = CheckCommandLine({}); !status.ok()) return ComplainOfUsage(status);
  const CaregiverOptions options = CaregiverOptionsFromFlags();
  std::string fault = FaultOf(args);
  if (fault.empty() && options.caregiver_id.empty())
    fault = "--caregiver: say who you are, by the id that the home's circle has";
  if (!fault.empty()) {
    std::fprintf(stderr, "veille: %s\n%s", fault.c_str(), kUsage);
    return 2;
  }
  const auto client = ConnectCaregiver(options);
  if (!client.ok()) return Complain(client.status());
  const std::string& command = args[0];
  if (command == "list") return List(**client, options);
  if (command == "show") return Show((*client)->Get(args[1]), true, options);
  if (command == "take" || command == "ack")
    return Show((*client)->Acknowledge(args[1]), false, options);
  std::string note;
  for (std::size_t i = 3; i < args.size(); ++i) note += (note.empty() ? "" : " ") + args[i];
  return Show((*client)->Resolve(args[1], Outcomes().at(args[2]), note), false, options);
}

}  // namespace veille::client
