#include "common/app/life_cycle.h"

#include <atomic>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "common/log/log.h"

namespace veille::app {
namespace {

std::atomic<int> requested_exit_code{0};

sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

void EndAtOnce(int /*signal*/) { _exit(130); }

}  // namespace

App::App() {
  signal(SIGPIPE, SIG_IGN);
  const sigset_t set = StopSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void App::OnStop(std::string name, std::function<void()> stop, absl::Duration limit) {
  parts_.push_back({std::move(name), std::move(stop), limit});
}

void App::RequestStop(int exit_code) {
  requested_exit_code = exit_code;
  kill(getpid(), SIGTERM);
}

int App::RunUntilStopped() {
  const sigset_t set = StopSignals();
  constexpr timespec kSecond = {1, 0};
  while (sigtimedwait(&set, nullptr, &kSecond) < 0) {
    if (look_) look_();
  }
  // From here on a second signal, or a part that hangs (SIGALRM), ends the process.
  struct sigaction at_once = {};
  at_once.sa_handler = EndAtOnce;
  sigaction(SIGTERM, &at_once, nullptr);
  sigaction(SIGINT, &at_once, nullptr);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  StopNow();
  return requested_exit_code;
}

void App::StopNow() {
  struct sigaction at_once = {};
  at_once.sa_handler = EndAtOnce;
  sigaction(SIGALRM, &at_once, nullptr);
  while (!parts_.empty()) {
    Part part = std::move(parts_.back());
    parts_.pop_back();
    VEILLE_LOG(kDebug, "stopping").Field("part", part.name);
    alarm(static_cast<unsigned>(absl::ToInt64Seconds(part.limit)) + 1);
    part.stop();
    alarm(0);
  }
}

}  // namespace veille::app
