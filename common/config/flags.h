// Flags that can also be set from the environment: --instance_id is VEILLE_INSTANCE_ID. A flag on
// the command line wins. Call once, at the start of main.

#ifndef COMMON_CONFIG_FLAGS_H_
#define COMMON_CONFIG_FLAGS_H_

#include <string>
#include <vector>

namespace veille::config {

// What remains after the flags: positional arguments, the program's name first, and all that
// follows
// "--". Ends the process with 2 on an unknown flag or a value that cannot be read, and with 0 after
// --help, which prints `usage` and every flag of ours.
std::vector<std::string> ParseFlags(int argc, char** argv, const std::string& usage);

}  // namespace veille::config

#endif  // COMMON_CONFIG_FLAGS_H_
