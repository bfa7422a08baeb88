// A Lua script that Redis runs atomically, embedded at build time from `name-<keys>.lua` (see
// veille_lua_library in common/cmake). A script validates everything before its first write, takes
// the time as an argument, and refuses with redis.error_reply("VEILLE <CODE> text"); errors.h says
// which Status each CODE becomes. A body may begin with `#!lua flags=allow-oom`.
#ifndef COMMON_REDIS_SCRIPT_H_
#define COMMON_REDIS_SCRIPT_H_

#include <span>
#include <string_view>

namespace veille::redis {

// Points to text that lives as long as the program.
struct Script {
  const char* name;
  int num_keys;  // The first so many of `keys_and_args` are keys.
  const char* body;
};

// A name that is not in the table is our own mistake and ends the program.
const Script& FindScript(std::span<const Script> scripts, std::string_view name);

}  // namespace veille::redis

#endif  // COMMON_REDIS_SCRIPT_H_
