// veille duty list | take WINDOW | take SPAN | give CAREGIVER [WINDOW] | leave [WINDOW]
// veille snooze list | add SPAN [RULE] | cancel ID

#include <cstdio>

#include "absl/flags/flag.h"

#include "services/client/commands.h"
#include "services/client/flags.h"

ABSL_FLAG(std::string, patient, "", "duty, snooze, audit list: only for this person.");

namespace veille::client {
namespace {

constexpr char kDutyUsage[] =
    "usage: veille duty --caregiver ID [--patient ID] [--notifier HOST:PORT] [--output json] "
    "COMMAND\n"
    "  list                        who is on duty, the next seven days\n"
    "  take 22:00-07:00            \"I take the night\": the running or next such window\n"
    "  take 8h                     from now, for so long\n"
    "  give CAREGIVER [22:00-07:00]  another in your place; without a window, until your duty "
    "ends\n"
    "  leave [22:00-07:00]         nobody in your place; refused where nobody would be on duty\n";

constexpr char kSnoozeUsage[] =
    "usage: veille snooze --caregiver ID [--patient ID] [--notifier HOST:PORT] [--output json] "
    "COMMAND\n"
    "  list                        your snoozes\n"
    "  add 2h [RULE]               do not tell me of what is not urgent, of one rule or of all\n"
    "  cancel ID                   tell me again\n";

bool IsWindow(const std::string& text) { return text.find(':') != std::string::npos; }

int ComplainOfUse(const std::string& fault, const char* usage) {
  std::fprintf(stderr, "veille: %s\n%s", fault.c_str(), usage);
  return 2;
}

int ShowDuty(const absl::StatusOr<std::vector<alert::v1::DutySpan>>& spans,
             const CaregiverOptions& options) {
  if (!spans.ok()) return ComplainOfService(spans.status(), options);
  for (const alert::v1::DutySpan& span : *spans)
    std::printf("%s\n",
                JsonFromFlags() ? ToJson(span).c_str() : DutyLine(span, StyleFromFlags()).c_str());
  return 0;
}

// What is wrong with a command; empty when nothing is.
std::string DutyFault(const std::vector<std::string>& args) {
  const std::string command = args.empty() ? "" : args[0];
  absl::Duration span;
  if (command == "list") return args.size() == 1 ? "" : "list takes nothing more";
  if (command == "take") {
    if (args.size() != 2) return "take: which window (22:00-07:00), or for how long (8h)?";
    if (!IsWindow(args[1]) && !absl::ParseDuration(args[1], &span))
      return "take: '" + args[1] + "' is neither a window like 22:00-07:00 nor a span like 8h";
    if (!IsWindow(args[1]) && span < absl::Seconds(1))
      return "take: '" + args[1] + "' is too short: a span like 8h";
    return "";
  }
  if (command == "give") {
    return args.size() == 2 || args.size() == 3 ? "" : "give: to whom, and in which window?";
  }
  if (command == "leave") return args.size() <= 2 ? "" : "leave takes a window and nothing more";
  return args.empty() ? "what shall it do?" : "there is no command '" + command + "'";
}

int Duty(const std::vector<std::string>& args, CaregiverClient& client,
         const CaregiverOptions& options) {
  const std::string patient = absl::GetFlag(FLAGS_patient);
  if (args[0] == "list") return ShowDuty(client.ListDuty(patient, absl::Hours(7 * 24)), options);
  if (args[0] == "take") {
    alert::v1::TakeDutyRequest request;
    request.set_patient_id(patient);
    absl::Duration span;
    if (IsWindow(args[1])) {
      request.set_window(args[1]);
    } else if (absl::ParseDuration(args[1], &span)) {
      request.mutable_duration()->set_seconds(absl::ToInt64Seconds(span));
    }
    return ShowDuty(client.TakeDuty(request), options);
  }
  alert::v1::HandOverDutyRequest request;
  request.set_patient_id(patient);
  const bool gives = args[0] == "give";
  if (gives) request.set_to_caregiver_id(args[1]);
  const std::size_t window = gives ? 2 : 1;
  if (args.size() > window) request.set_window(args[window]);
  return ShowDuty(client.HandOverDuty(request), options);
}

void ShowSnooze(const alert::v1::Snooze& snooze) {
  std::printf("%s\n", JsonFromFlags() ? ToJson(snooze).c_str()
                                      : SnoozeLine(snooze, StyleFromFlags()).c_str());
}

std::string SnoozeFault(const std::vector<std::string>& args) {
  const std::string command = args.empty() ? "" : args[0];
  absl::Duration span;
  if (command == "list") return args.size() == 1 ? "" : "list takes nothing more";
  if (command == "cancel") return args.size() == 2 ? "" : "cancel: which? list shows their ids";
  if (command == "add") {
    if (args.size() != 2 && args.size() != 3) return "add: for how long (2h), and which rule?";
    if (!absl::ParseDuration(args[1], &span)) return "add: '" + args[1] + "' is no span like 2h";
    return span < absl::Seconds(1) ? "add: '" + args[1] + "' is too short: a span like 2h" : "";
  }
  return args.empty() ? "what shall it do?" : "there is no command '" + command + "'";
}

int Snooze(const std::vector<std::string>& args, CaregiverClient& client,
           const CaregiverOptions& options) {
  if (args[0] == "list") {
    const auto snoozes = client.ListSnoozes();
    if (!snoozes.ok()) return ComplainOfService(snoozes.status(), options);
    if (snoozes->empty()) std::fputs("veille: there are no snoozes\n", stderr);
    for (const alert::v1::Snooze& snooze : *snoozes) ShowSnooze(snooze);
    return 0;
  }
  if (args[0] == "cancel") {
    const absl::Status cancelled = client.CancelSnooze(args[1]);
    return cancelled.ok() ? 0 : ComplainOfService(cancelled, options);
  }
  absl::Duration span;
  if (!absl::ParseDuration(args[1], &span)) return 2;
  const auto snooze =
      client.SnoozeAlerts(absl::GetFlag(FLAGS_patient), args.size() == 3 ? args[2] : "", span);
  if (!snooze.ok()) return ComplainOfService(snooze.status(), options);
  ShowSnooze(*snooze);
  return 0;
}

using Command = int (*)(const std::vector<std::string>&, CaregiverClient&, const CaregiverOptions&);

int Run(const std::vector<std::string>& args, std::string fault, const char* usage,
        Command command) {
  if (absl::Status status = CheckCommandLine({}); !status.ok()) return ComplainOfUsage(status);
  const CaregiverOptions options = CaregiverOptionsFromFlags();
  if (fault.empty() && options.caregiver_id.empty())
    fault = "--caregiver: say who you are, by the id that the home's circle has";
  if (!fault.empty()) return ComplainOfUse(fault, usage);
  const auto client = ConnectCaregiver(options);
  if (!client.ok()) return Complain(client.status());
  return command(args, **client, options);
}

}  // namespace

int RunDuty(const std::vector<std::string>& args) {
  return Run(args, DutyFault(args), kDutyUsage, Duty);
}

int RunSnooze(const std::vector<std::string>& args) {
  return Run(args, SnoozeFault(args), kSnoozeUsage, Snooze);
}

}  // namespace veille::client
