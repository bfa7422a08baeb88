#include "common/redis/script.h"

#include <cstdio>
#include <cstdlib>

namespace veille::redis {

const Script& FindScript(std::span<const Script> scripts, std::string_view name) {
  for (const Script& script : scripts) {
    if (script.name == name) return script;
  }
  std::fprintf(stderr, "no script named %.*s is embedded\n", static_cast<int>(name.size()),
               name.data());
  std::abort();
}

}  // namespace veille::redis
