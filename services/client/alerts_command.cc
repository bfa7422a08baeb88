// veille alerts list | show ID | ack ID | resolve ID real|false|test|other [NOTE]

#include <cstdio>
#include <map>

#include "common/time/clock.h"
#include "services/client/commands.h"
#include "services/client/flags.h"

namespace veille::client {
namespace {

constexpr char kUsage[] =
    "usage: veille alerts --caregiver ID [--notifier HOST:PORT] [--output json] COMMAND\n"
    "  list                                      newest first\n"
    "  show ID                                   with evidence, deliveries and history\n"
    "  ack ID                                    \"I take it\": stops the escalation\n"
    "  resolve ID real|false|test|other [NOTE]   closes it\n";

// People's own clock: how old an alert is, is a matter of the reader.
absl::Time Now() { return SystemClock().Now(); }

int Show(const absl::StatusOr<alert::v1::Alert>& alert, bool details) {
  if (!alert.ok()) return Complain(alert.status());
  if (JsonFromFlags()) {
    std::printf("%s\n", ToJson(*alert).c_str());
  } else if (details) {
    std::fputs(AlertDetails(*alert, Now(), StyleFromFlags()).c_str(), stdout);
  } else {
    std::printf("%s\n", AlertLine(*alert, Now(), StyleFromFlags()).c_str());
  }
  return 0;
}

int List(CaregiverClient& client) {
  const auto alerts = client.List("", false, 1000);
  if (!alerts.ok()) return Complain(alerts.status());
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
  static const std::map<std::string, alert::v1::Outcome> outcomes = {
      {"real", alert::v1::OUTCOME_REAL},
      {"false", alert::v1::OUTCOME_FALSE_ALARM},
      {"test", alert::v1::OUTCOME_TEST},
      {"other", alert::v1::OUTCOME_OTHER}};
  const CaregiverOptions options = CaregiverOptionsFromFlags();
  const std::string command = args.empty() ? "" : args[0];
  const bool complete = (command == "list" && args.size() == 1) ||
                        ((command == "show" || command == "ack") && args.size() == 2) ||
                        (command == "resolve" && args.size() >= 3 && outcomes.count(args[2]) > 0);
  if (!complete || options.caregiver_id.empty()) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const auto client = CaregiverClient::Create(options);
  if (!client.ok()) return Complain(client.status());
  if (command == "list") return List(**client);
  if (command == "show") return Show((*client)->Get(args[1]), true);
  if (command == "ack") return Show((*client)->Acknowledge(args[1]), false);
  std::string note;
  for (std::size_t i = 3; i < args.size(); ++i) note += (note.empty() ? "" : " ") + args[i];
  return Show((*client)->Resolve(args[1], outcomes.at(args[2]), note), false);
}

}  // namespace veille::client
