#include "common/redis/process.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace veille::redis {
namespace {

// Runs between fork and exec: only what is safe after the fork of a program with threads.
[[noreturn]] void RunChild(char* const* argv, const ProcessSpec& spec, pid_t parent, int in,
                           int out, int failed) {
  setpgid(0, 0);
  if (spec.ends_with_parent) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(127);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  if (spec.inherited_fd >= 0) fcntl(spec.inherited_fd, F_SETFD, 0);
  execv(argv[0], argv);
  const int error = errno;
  static_cast<void>(!write(failed, &error, sizeof(error)));
  _exit(127);
}

}  // namespace

absl::StatusOr<std::string> FindProgram(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (access(name.c_str(), X_OK) == 0) return name;
    return absl::NotFoundError(absl::StrCat(name, ": ", std::strerror(errno)));
  }
  const char* path = std::getenv("PATH");
  const std::string folders = path == nullptr ? "/usr/bin:/bin" : path;
  for (const auto folder : absl::StrSplit(folders, ':', absl::SkipEmpty())) {
    std::string candidate = absl::StrCat(folder, "/", name);
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return absl::NotFoundError(
      absl::StrCat(name, " is not installed (Debian: apt-get install redis-server)"));
}

absl::StatusOr<pid_t> StartProcess(const ProcessSpec& spec) {
  std::vector<char*> argv;
  for (const std::string& arg : spec.argv) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);

  const int out = open(spec.output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (out < 0) {
    return absl::UnavailableError(absl::StrCat(spec.output_file, ": ", std::strerror(errno)));
  }
  int in[2];
  int failed[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(failed, O_CLOEXEC) != 0) {
    return absl::ResourceExhaustedError(absl::StrCat("pipe: ", std::strerror(errno)));
  }
  static_cast<void>(!write(in[1], spec.input.data(), spec.input.size()));
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) RunChild(argv.data(), spec, parent, in[0], out, failed[1]);
  const int fork_error = errno;
  for (const int fd : {out, in[0], in[1], failed[1]}) close(fd);
  int exec_error = 0;
  const bool exec_failed =
      pid > 0 && read(failed[0], &exec_error, sizeof(exec_error)) == sizeof(exec_error);
  close(failed[0]);
  if (pid < 0) {
    return absl::ResourceExhaustedError(absl::StrCat("fork: ", std::strerror(fork_error)));
  }
  if (exec_failed) {
    WaitForProcess(pid);
    return absl::UnavailableError(
        absl::StrCat("cannot run ", spec.argv[0], ": ", std::strerror(exec_error)));
  }
  return pid;
}

int WaitForProcess(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace veille::redis
