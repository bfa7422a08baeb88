// The gateway's scripts, embedded at build time.

#ifndef SERVICES_GATEWAY_SCRIPTS_SCRIPTS_H_
#define SERVICES_GATEWAY_SCRIPTS_SCRIPTS_H_

#include "common/redis/script.h"

namespace veille::gateway {

// For bulk as it is; for urgent with `allow-oom` before it.
const redis::Script& AppendScript();
const redis::Script& OpenSourceScript();
const redis::Script& SeenScript();

}  // namespace veille::gateway

#endif  // SERVICES_GATEWAY_SCRIPTS_SCRIPTS_H_
