#include "services/veille/child_service.h"

#include <cstdio>
#include <filesystem>

#include "google/protobuf/text_format.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/time/clock.h"

namespace veille {
namespace {

constexpr absl::Duration kStartPatience = absl::Seconds(60);
constexpr absl::Duration kStopPatience = absl::Seconds(30);
constexpr absl::Duration kLook = absl::Milliseconds(20);

// The last lines of a log, for an error message.
std::string Tail(const std::string& path) {
  const std::string text = ReadFile(path).value_or("");
  return text.size() > 2000 ? text.substr(text.size() - 2000) : text;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildService>> ChildService::Start(
    const std::string& folder, const config::v1::Config& config, bool detached,
    const std::function<bool()>& stop) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string config_file = folder + "/veille.textproto";
  const std::string ready_file = folder + "/ready.json";
  const std::string log_file = folder + "/veille.log";
  std::string text;
  google::protobuf::TextFormat::PrintToString(config, &text);
  VEILLE_RETURN_IF_ERROR(WriteFileAtomically(config_file, text));
  std::filesystem::remove(ready_file, error);
  const std::string flags[] = {"--config=" + config_file, "--data=" + folder,
                               "--ready_file=" + ready_file};
  std::unique_ptr<ChildService> service(new ChildService());
  service->detached_ = detached;
  // A signal to the child before it is `veille all` must end it, not run our handler in its place.
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  service->pid_ = fork();
  if (service->pid_ != 0) sigprocmask(SIG_SETMASK, &before, nullptr);
  if (service->pid_ < 0) return absl::UnavailableError("cannot start a process");
  if (service->pid_ == 0) {
    if (detached) {
      setsid();
    } else {
      setpgid(0, 0);
      prctl(PR_SET_PDEATHSIG, SIGTERM);
    }
    const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int null = open("/dev/null", O_RDONLY);
    if (log < 0 || null < 0) _exit(127);
    dup2(null, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    for (const int ours : {SIGINT, SIGTERM, SIGPIPE}) signal(ours, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execl("/proc/self/exe", "veille", "all", flags[0].c_str(), flags[1].c_str(), flags[2].c_str(),
          static_cast<char*>(nullptr));
    _exit(127);
  }
  VEILLE_RETURN_IF_ERROR(service->WaitReady(ready_file, log_file, stop));
  return service;
}

absl::Status ChildService::WaitReady(const std::string& ready_file, const std::string& log_file,
                                     const std::function<bool()>& stop) {
  const absl::Duration until = MonotonicNow() + kStartPatience;
  while (MonotonicNow() < until) {
    if (stop()) {
      Stop();
      return absl::CancelledError("interrupted before the service was ready");
    }
    if (const auto text = ReadFile(ready_file); text.ok()) {
      if (std::sscanf(text->c_str(), "{\"gateway_port\":%d,\"notifier_port\":%d", &gateway_port_,
                      &notifier_port_) == 2) {
        return absl::OkStatus();
      }
    }
    int exit_status = 0;
    if (waitpid(pid_, &exit_status, WNOHANG) == pid_) {
      pid_ = 0;
      return absl::UnavailableError("the service did not start:\n" + Tail(log_file));
    }
    SleepReally(kLook);
  }
  return absl::DeadlineExceededError("the service does not get ready:\n" + Tail(log_file));
}

ChildService::~ChildService() {
  if (!detached_) Stop();
}

void ChildService::Stop() {
  if (pid_ == 0) return;
  kill(pid_, SIGTERM);
  const absl::Duration until = MonotonicNow() + kStopPatience;
  while (MonotonicNow() < until) {
    int exit_status = 0;
    if (waitpid(pid_, &exit_status, WNOHANG) == pid_) {
      pid_ = 0;
      return;
    }
    SleepReally(kLook);
  }
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

}  // namespace veille
