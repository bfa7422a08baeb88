// Starts a program as a child. Internal to common/redis.
#ifndef COMMON_REDIS_PROCESS_H_
#define COMMON_REDIS_PROCESS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include <sys/types.h>

namespace veille::redis {

struct ProcessSpec {
  std::vector<std::string> argv{};  // The first is the path of the program.
  std::string output_file{};        // Takes what it prints, appended.
  std::string input{};              // Small: at most what a pipe holds, 4 KiB.
  int inherited_fd = -1;            // Kept open in the child.
  bool ends_with_parent = true;     // SIGTERM when the thread that started it ends.
};

// The path of a program: itself when it has a "/", else found in PATH; NOT_FOUND otherwise.
absl::StatusOr<std::string> FindProgram(const std::string& name);

// In a process group of its own, so that Ctrl-C at the terminal ends us first and it by us.
absl::StatusOr<pid_t> StartProcess(const ProcessSpec& spec);

// Waits for its end and returns the exit code, or 128 + the signal.
int WaitForProcess(pid_t pid);

}  // namespace veille::redis

#endif  // COMMON_REDIS_PROCESS_H_
