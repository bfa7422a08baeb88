#include "common/redis/private_server.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/redis/aof_repair.h"
#include "common/redis/pipelined_client.h"
#include "common/redis/process.h"
#include "common/time/clock.h"

namespace veille::redis {
namespace {

namespace fs = std::filesystem;

constexpr char kLogName[] = "redis.log";
constexpr char kLockName[] = "lock";
constexpr std::size_t kMaxSocketPath = 107;
constexpr std::size_t kLogTailBytes = 2048;
// A server whose starter was killed needs a moment to close its files.
constexpr absl::Duration kLockPatience = absl::Seconds(5);
// While it says that it loads, it makes progress: 20 × 30 s is 10 minutes, about 100 GiB.
constexpr int kLoadingPatience = 20;

void Pause(absl::Duration duration) {
  poll(nullptr, 0, static_cast<int>(absl::ToInt64Milliseconds(duration)));
}

absl::Status ErrnoError(const std::string& what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PrivateServer>> PrivateServer::Start(Options options) {
  std::error_code error;
  const fs::path folder = fs::absolute(options.data_dir, error);
  if (options.data_dir.empty() || error) {
    return absl::InvalidArgumentError("the data folder of the private redis-server is not set");
  }
  options.data_dir = folder.string();
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot use the data folder ", options.data_dir, ": ", error.message()));
  }
  auto binary = FindProgram(options.binary);
  if (!binary.ok()) return binary.status();
  options.binary = *binary;

  std::unique_ptr<PrivateServer> server(new PrivateServer(std::move(options)));
  if (server->socket_path_.size() > kMaxSocketPath) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the data folder ", server->options_.data_dir,
        " is too long a path for a unix socket (107 bytes with /redis.sock): use a shorter one"));
  }
  absl::Status status = server->LockFolder();
  if (status.ok()) status = server->StartRepairing();
  if (!status.ok()) return status;
  return server;
}

PrivateServer::PrivateServer(Options options)
    : options_(std::move(options)), socket_path_(options_.data_dir + "/redis.sock") {}

PrivateServer::~PrivateServer() {
  static_cast<void>(Stop());
  if (lock_fd_ >= 0) close(lock_fd_);
}

// The lock is shared with the child, so that it holds as long as either lives.
absl::Status PrivateServer::LockFolder() {
  const std::string path = absl::StrCat(options_.data_dir, "/", kLockName);
  lock_fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_fd_ < 0) return ErrnoError(path);
  const absl::Duration give_up = MonotonicNow() + kLockPatience;
  while (flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return ErrnoError(path);
    if (MonotonicNow() >= give_up) {
      std::string owner;
      std::ifstream(path) >> owner;
      return absl::FailedPreconditionError(absl::StrCat(
          "the data folder ", options_.data_dir, " is in use by another instance (process ", owner,
          "): stop that one or use another folder"));
    }
    Pause(absl::Milliseconds(20));
  }
  const std::string pid = absl::StrCat(getpid(), "\n");
  if (ftruncate(lock_fd_, 0) != 0 ||
      pwrite(lock_fd_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return ErrnoError(path);
  }
  return absl::OkStatus();
}

std::vector<std::string> PrivateServer::Arguments() const {
  std::vector<std::string> args = {options_.binary,
                                   "--dir",
                                   options_.data_dir,
                                   "--daemonize",
                                   "no",
                                   "--unixsocket",
                                   socket_path_,
                                   "--unixsocketperm",
                                   "700",
                                   "--port",
                                   absl::StrCat(options_.tcp_port),
                                   "--bind",
                                   "127.0.0.1",
                                   "--protected-mode",
                                   "yes",
                                   "--save",
                                   "",
                                   "--appendonly",
                                   options_.append_only ? "yes" : "no",
                                   "--appendfsync",
                                   options_.appendfsync == Fsync::kAlways ? "always" : "everysec",
                                   "--no-appendfsync-on-rewrite",
                                   "no",
                                   "--aof-load-truncated",
                                   "yes",
                                   "--maxmemory",
                                   absl::StrCat(options_.maxmemory_bytes),
                                   "--maxmemory-policy",
                                   "noeviction"};
  args.insert(args.end(), options_.extra_args.begin(), options_.extra_args.end());
  return args;
}

absl::Status PrivateServer::StartRepairing() {
  absl::Status status = StartOnce();
  if (status.ok() || !LogBlamesAppendOnlyFile(LogTail())) return status;
  const fs::path beside = fs::path(options_.binary).parent_path() / "redis-check-aof";
  auto check_aof = FindProgram(fs::exists(beside) ? beside.string() : "redis-check-aof");
  if (!check_aof.ok()) return check_aof.status();
  auto repaired = RepairAppendOnlyFile(options_.data_dir, *check_aof);
  if (!repaired.ok()) return repaired.status();
  repairs_.push_back(*std::move(repaired));
  return StartOnce();
}

absl::Status PrivateServer::StartOnce() {
  const std::string log = absl::StrCat(options_.data_dir, "/", kLogName);
  std::error_code error;
  // One run, one log: what it says must not be mistaken for an earlier one's words.
  fs::rename(log, log + ".old", error);
  fs::remove(socket_path_, error);
  auto pid = StartProcess({.argv = Arguments(), .output_file = log, .inherited_fd = lock_fd_});
  if (!pid.ok()) return pid.status();
  pid_ = *pid;
  absl::Status ready = WaitReady();
  if (!ready.ok()) Kill();
  return ready;
}

absl::Status PrivateServer::WaitReady() {
  PipelinedClient::Options options;
  options.endpoint = endpoint();
  options.name = "veille-start";
  options.backoff_min = absl::Milliseconds(2);
  options.backoff_max = absl::Milliseconds(50);
  PipelinedClient client(options);
  const absl::Duration start = MonotonicNow();
  absl::Duration next_word = start + absl::Seconds(1);
  for (;;) {
    const absl::Status status = client.WaitConnected(absl::Milliseconds(50));
    if (status.ok()) return absl::OkStatus();
    if (!Alive()) {
      return absl::UnavailableError(absl::StrFormat(
          "redis-server ended at its start (exit %d); its log says: %s", exit_status_, LogTail()));
    }
    const absl::Duration now = MonotonicNow();
    const bool loading = ErrorCode(status) == "LOADING";
    if (now - start > options_.ready_timeout * (loading ? kLoadingPatience : 1)) {
      return absl::DeadlineExceededError(absl::StrFormat("redis-server is not ready after %s: %s",
                                                         absl::FormatDuration(now - start),
                                                         std::string(status.message())));
    }
    if (now >= next_word && options_.progress) {
      options_.progress(absl::StrFormat("waiting for redis-server, %.0f s: %s",
                                        absl::ToDoubleSeconds(now - start),
                                        std::string(status.message())));
      next_word = now + absl::Seconds(1);
    }
  }
}

Endpoint PrivateServer::endpoint() const {
  Endpoint endpoint;
  endpoint.unix_socket = socket_path_;
  return endpoint;
}

bool PrivateServer::Alive() {
  if (pid_ == 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == 0) return true;
  exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  pid_ = 0;
  return false;
}

std::string PrivateServer::LogTail() const {
  std::ifstream file(absl::StrCat(options_.data_dir, "/", kLogName), std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return text.size() <= kLogTailBytes ? text : text.substr(text.size() - kLogTailBytes);
}

absl::Status PrivateServer::Stop(absl::Duration timeout) {
  if (!Alive()) return absl::OkStatus();
  kill(pid_, SIGTERM);
  const absl::Duration give_up = MonotonicNow() + timeout;
  while (Alive()) {
    if (MonotonicNow() >= give_up) {
      Kill();
      return absl::DeadlineExceededError(absl::StrCat(
          "redis-server did not end within ", absl::FormatDuration(timeout), " and was killed"));
    }
    Pause(absl::Milliseconds(5));
  }
  return absl::OkStatus();
}

void PrivateServer::Kill() {
  if (!Alive()) return;
  kill(pid_, SIGKILL);
  exit_status_ = WaitForProcess(pid_);
  pid_ = 0;
}

absl::Status PrivateServer::Restart() {
  absl::Status stopped = Stop();
  if (!stopped.ok()) return stopped;
  return StartRepairing();
}

}  // namespace veille::redis
