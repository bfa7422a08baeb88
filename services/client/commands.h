// The commands that people and hubs run. Each takes what remains after the flags and returns an
// exit code: 0 done, 1 failed, 2 called wrongly.

#ifndef SERVICES_CLIENT_COMMANDS_H_
#define SERVICES_CLIENT_COMMANDS_H_

#include <string>
#include <vector>

namespace veille::client {

int RunHub(const std::vector<std::string>& args);
int RunEnroll(const std::vector<std::string>& args);
int RunIdentity(const std::vector<std::string>& args);
int RunWatch(const std::vector<std::string>& args);
int RunAlerts(const std::vector<std::string>& args);
int RunDuty(const std::vector<std::string>& args);
int RunSnooze(const std::vector<std::string>& args);
int RunReplay(const std::vector<std::string>& args);
int RunCare(const std::vector<std::string>& args);
int RunRules(const std::vector<std::string>& args);

}  // namespace veille::client

#endif  // SERVICES_CLIENT_COMMANDS_H_
