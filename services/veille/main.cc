// The one executable: picks a role or a command, hands over.

#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"

#include "common/config/flags.h"
#include "services/client/commands.h"
#include "services/client/flags.h"
#include "services/veille/commands.h"
#include "services/veille/operator_audit.h"
#include "services/veille/play.h"
#include "services/veille/server_roles.h"

ABSL_DECLARE_FLAG(std::string, config);

namespace {

constexpr char kUsage[] = R"(veille: to keep watch

Serve:
  veille all        every role in one process, with its own redis-server
  veille gateway    takes events from hubs
  veille detector   judges them
  veille notifier   tells caregivers
  veille identity   gives hubs their certificates
  veille care serve keeps homes, people, circles and care plans
  veille init       makes the deployment record in a new Redis

Use:
  veille play       starts everything and plays an evening of a simulated home, or a recording
  veille hub        sends a recording as a home hub does; hub enroll CODE: gets its certificate
  veille watch      alerts, live, in a terminal
  veille alerts     list, show ID, take ID, resolve ID OUTCOME
  veille duty       who is on duty; take it, give it to another
  veille snooze     not to be told for a while of what is not urgent
  veille replay     judges a recording offline
  veille rules      every rule with its parameters; profiles of care plans

Look after:
  veille care       homes, people, devices, circles, care plans: list, change, import, export
  veille audit      verify, list: who looked at what, and whether the log is whole
  veille keys       list, rotate, make: the keys that what is stored is encrypted with
  veille rights     export, erase PERSON; accesses, retention; verify: what the law gives to people
  veille drill      sends an exercise alarm the whole way, and says how far it came
  veille account    accept CODE, sign-in, sessions, revoke, password, totp; invite, reset
  veille identity   invite HUB, deny, allow, denials; init, issue, rotate, retire: who is let in

Every command: --help. Every flag can be set as an environment variable, VEILLE_<FLAG>.
)";

// A word too many is a mistyped command: nothing is made for it.
int Serve(const std::string& role, const std::vector<std::string>& rest) {
  if (absl::Status status = veille::client::CheckCommandLine(rest); !status.ok())
    return veille::client::ComplainOfUsage(status);
  return veille::RunServerRole(role);
}

}  // namespace

int main(int argc, char** argv) {
  using Command = std::function<int(const std::vector<std::string>&)>;
  const std::map<std::string, Command> commands = {
      {"play", veille::RunPlay},
      {"hub", veille::client::RunHub},
      {"watch", veille::client::RunWatch},
      {"alerts", veille::client::RunAlerts},
      {"duty", veille::client::RunDuty},
      {"snooze", veille::client::RunSnooze},
      {"replay", veille::client::RunReplay},
      {"rules", veille::client::RunRules},
      {"audit", veille::RunAudit},
      {"keys", veille::RunKeys},
      {"rights", veille::RunRights},
      {"care", veille::client::RunCare},
      {"drill", veille::RunDrillCommand},
      {"account", veille::client::RunAccount},
      {"identity", veille::RunIdentityRecorded},
  };
  if (argc < 2 || std::string(argv[1]) == "--help" || std::string(argv[1]) == "help") {
    std::fputs(kUsage, argc < 2 ? stderr : stdout);
    return argc < 2 ? 2 : 0;
  }
  std::vector<std::string> rest = veille::config::ParseFlags(argc, argv, kUsage);
  if (rest.size() < 2) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const std::string name = rest[1];
  rest.erase(rest.begin(), rest.begin() + 2);
  for (const char* role : {"all", "gateway", "detector", "notifier", "init"})
    if (name == role) return Serve(name, rest);
  // With a configuration and without a word it serves.
  if (name == "identity" && rest.empty() && !absl::GetFlag(FLAGS_config).empty())
    return Serve(name, rest);
  if (name == "care" && !rest.empty() && rest[0] == "serve")
    return Serve(name, {rest.begin() + 1, rest.end()});
  const auto command = commands.find(name);
  if (command == commands.end()) {
    std::fprintf(stderr, "veille: there is no command '%s'\n\n%s", name.c_str(), kUsage);
    return 2;
  }
  return command->second(rest);
}
