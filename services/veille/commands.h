// Commands of operators that need the deployment itself. Each takes what remains after the flags
// and returns an exit code: 0 done, 1 failed, 2 called wrongly.

#ifndef SERVICES_VEILLE_COMMANDS_H_
#define SERVICES_VEILLE_COMMANDS_H_

#include <string>
#include <vector>

namespace veille {

int RunAudit(const std::vector<std::string>& args);
int RunKeys(const std::vector<std::string>& args);
int RunDrillCommand(const std::vector<std::string>& args);

}  // namespace veille

#endif  // SERVICES_VEILLE_COMMANDS_H_
