#include "services/hub/command_prompter.h"

#include <atomic>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log/log.h"

namespace veille::hub {
namespace {

using event::v1::PromptAnswer;

// More at a time than a home can have; a bound all the same.
constexpr std::size_t kMostRuns = 8;
// How soon an exit or the expiry is noticed.
constexpr int kLookMs = 50;
constexpr std::size_t kMaxLine = 4096;

// A file of the text alone: a reader that does not read it holds nobody up.
int TextFile(const std::string& text) {
  const int fd = memfd_create("prompt", MFD_CLOEXEC);
  if (fd < 0) return -1;
  const std::string line = text + "\n";
  if (write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
      lseek(fd, 0, SEEK_SET) == 0) {
    return fd;
  }
  close(fd);
  return -1;
}

std::vector<std::string> EnvironmentOf(const v1::Prompt& prompt) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (!absl::StartsWith(*variable, "VEILLE_PROMPT_")) variables.emplace_back(*variable);
  variables.push_back("VEILLE_PROMPT_LANGUAGE=" + prompt.language());
  variables.push_back("VEILLE_PROMPT_ID=" + prompt.prompt_id());
  variables.push_back("VEILLE_PROMPT_DEVICE=" + prompt.device_id());
  return variables;
}

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In a process group of its own, with the signals as a new process has them. 0 when it cannot be
// started.
pid_t Spawn(const std::string& command, const v1::Prompt& prompt, int input, int output) {
  std::vector<std::string> words = {"/bin/sh", "-c", command};
  std::vector<std::string> variables = EnvironmentOf(prompt);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  sigset_t set;
  sigfillset(&set);
  posix_spawnattr_setsigdefault(&attributes, &set);
  sigemptyset(&set);
  posix_spawnattr_setsigmask(&attributes, &set);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, words[0].c_str(), &files, &attributes, Pointers(words).data(),
                                Pointers(variables).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error == 0 ? pid : 0;
}

}  // namespace

// The command, once, on a thread of its own.
class CommandPrompter::Run {
 public:
  Run(const CommandPrompter& owner, v1::Prompt prompt, Answered answered)
      : owner_(owner), prompt_(std::move(prompt)), answered_(std::move(answered)) {
    thread_ = Worker("prompt", [this] {
      Speak();
      over_ = true;
    });
  }
  bool over() const { return over_; }

 private:
  void Speak() {
    if (!Begin()) return answered_(PromptAnswer::ANSWER_UNDELIVERED);
    answered_(PromptAnswer::ANSWER_PENDING);
    Listen();
    // Also what it left behind.
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(output_);
  }

  bool Begin() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    output_ = ends[0];
    const int input = TextFile(prompt_.text());
    if (input >= 0) pid_ = Spawn(owner_.command_, prompt_, input, ends[1]);
    close(input);
    close(ends[1]);
    if (pid_ != 0) return true;
    close(output_);
    return false;
  }

  // Until help is called for, it could not be delivered, it expires, or we stop.
  void Listen() {
    const auto& stamp = prompt_.expire_time();
    const absl::Time expiry =
        absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
    bool open = true;
    while (owner_.now_() < expiry) {
      pollfd fds[2] = {{owner_.stop_fd_, POLLIN, 0}, {open ? output_ : -1, POLLIN, 0}};
      poll(fds, 2, kLookMs);
      if (fds[0].revents != 0) return;
      if (fds[1].revents != 0) open = Read();
      if (answer_ == PromptAnswer::ANSWER_HELP) return;
      if (open || HasSucceeded() || answer_ != PromptAnswer::ANSWER_UNSPECIFIED) continue;
      return answered_(PromptAnswer::ANSWER_UNDELIVERED);
    }
    if (answer_ == PromptAnswer::ANSWER_UNSPECIFIED) answered_(PromptAnswer::ANSWER_NONE);
  }

  // False at the end of what it prints.
  bool Read() {
    char buffer[512];
    const ssize_t count = read(output_, buffer, sizeof(buffer));
    if (count > 0) line_.append(buffer, static_cast<std::size_t>(count));
    if (count <= 0) line_ += '\n';
    for (auto end = line_.find('\n'); end != std::string::npos; end = line_.find('\n')) {
      OnLine(line_.substr(0, end));
      line_.erase(0, end + 1);
    }
    if (line_.size() > kMaxLine) line_.clear();
    return count > 0;
  }

  void OnLine(const std::string& line) {
    const std::string word(absl::StripAsciiWhitespace(line));
    const auto said = absl::EqualsIgnoreCase(word, "help")   ? PromptAnswer::ANSWER_HELP
                      : absl::EqualsIgnoreCase(word, "fine") ? PromptAnswer::ANSWER_FINE
                                                             : PromptAnswer::ANSWER_UNSPECIFIED;
    // "Fine" after "help" takes nothing back.
    if (said == PromptAnswer::ANSWER_UNSPECIFIED || said == answer_ ||
        answer_ == PromptAnswer::ANSWER_HELP) {
      return;
    }
    answer_ = said;
    answered_(said);
  }

  // False once it has exited with another status than 0.
  bool HasSucceeded() const {
    // Not reaped yet: its group is ours to kill for as long as its number is taken.
    siginfo_t info = {};
    if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0) {
      return true;
    }
    return info.si_code == CLD_EXITED && info.si_status == 0;
  }

  const CommandPrompter& owner_;
  const v1::Prompt prompt_;
  const Answered answered_;
  pid_t pid_ = 0;
  int output_ = -1;
  std::string line_;
  PromptAnswer::Answer answer_ = PromptAnswer::ANSWER_UNSPECIFIED;
  std::atomic<bool> over_{false};
  Worker thread_;
};

CommandPrompter::CommandPrompter(std::string command, std::function<absl::Time()> now)
    : command_(std::move(command)),
      now_(std::move(now)),
      stop_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (stop_fd_ < 0) std::abort();  // Out of file descriptors at start.
}

CommandPrompter::~CommandPrompter() {
  const uint64_t one = 1;
  static_cast<void>(!write(stop_fd_, &one, sizeof(one)));
  {
    MutexLock lock(mu_);
    runs_.clear();
  }
  close(stop_fd_);
}

void CommandPrompter::Ask(const v1::Prompt& prompt, Answered answered) {
  {
    MutexLock lock(mu_);
    runs_.remove_if([](const std::unique_ptr<Run>& run) { return run->over(); });
    if (runs_.size() < kMostRuns) {
      runs_.push_back(std::make_unique<Run>(*this, prompt, std::move(answered)));
      return;
    }
  }
  VEILLE_LOG(kWarning, "too many prompts at a time: one is not delivered");
  answered(PromptAnswer::ANSWER_UNDELIVERED);
}

}  // namespace veille::hub
