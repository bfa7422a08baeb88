// The commands that serve: `veille all`, `gateway`, `detector`, `notifier`, `care serve`, and
// `init`.

#ifndef SERVICES_VEILLE_SERVER_ROLES_H_
#define SERVICES_VEILLE_SERVER_ROLES_H_

#include <string>

namespace veille {

// `role` is one of those names. Returns the exit code when it has stopped.
int RunServerRole(const std::string& role);

}  // namespace veille

#endif  // SERVICES_VEILLE_SERVER_ROLES_H_
