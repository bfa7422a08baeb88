#include "tests/support/process.h"

#include <cstdlib>
#include <filesystem>

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/check.h"
#include "common/time/clock.h"

namespace veille::testing {

Process::Process(std::vector<std::string> argv, std::string log_file)
    : argv_(std::move(argv)), log_file_(std::move(log_file)) {}

Process::~Process() { Kill(); }

void Process::Start() {
  VEILLE_CHECK(pid_ == 0);
  std::vector<char*> argv;
  for (const std::string& argument : argv_) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_ = fork();
  VEILLE_CHECK(pid_ >= 0);
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int log = open(log_file_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

void Process::Kill() {
  if (pid_ == 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

int Process::Stop() {
  if (pid_ == 0) return 0;
  kill(pid_, SIGTERM);
  const int code = Wait(absl::Seconds(40));
  if (code < 0) Kill();
  return code;
}

int Process::Wait(absl::Duration timeout) {
  const absl::Duration until = MonotonicNow() + timeout;
  while (pid_ != 0) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    if (MonotonicNow() > until) return -1;
    SleepReally(absl::Milliseconds(10));
  }
  return 0;
}

void Process::Signal(int signal) {
  if (pid_ != 0) kill(pid_, signal);
}

bool Process::Alive() { return pid_ != 0 && Wait(absl::ZeroDuration()) == -1; }

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  VEILLE_CHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  VEILLE_CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(fd);
  return ntohs(address.sin_port);
}

TempFolder::TempFolder() {
  std::string pattern = std::filesystem::temp_directory_path().string() + "/veille-XXXXXX";
  VEILLE_CHECK(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string VeilleBinary() { return std::string(VEILLE_BINARY_DIR) + "/services/veille/veille"; }

}  // namespace veille::testing
