// veille play: starts the whole service on this machine and plays an evening through it,
// accelerated.

#ifndef SERVICES_VEILLE_PLAY_H_
#define SERVICES_VEILLE_PLAY_H_

#include <string>
#include <vector>

namespace veille {

// Exit code: 0 only when everything that the script expects was told, and an acknowledgement
// stopped the escalation.
int RunPlay(const std::vector<std::string>& args);

}  // namespace veille

#endif  // SERVICES_VEILLE_PLAY_H_
