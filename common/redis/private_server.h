// A redis-server of our own: a child process on a unix socket in a data folder, with every write on
// disk before it is answered. Used by `veille all` and by tests.
//
// The folder (mode 0700) holds the socket, the log, the lock and the append-only file, and survives
// restarts; a second instance on the same folder is refused. The child ends with its parent
// (PR_SET_PDEATHSIG); for that reason the starter must be a thread that lives as long as the
// server. An append-only file with garbage after its tail, which redis-server refuses after a power
// cut, is copied beside itself and repaired once; repairs() says so, and the caller tells an
// operator. Not thread-safe: one owner.
#ifndef COMMON_REDIS_PRIVATE_SERVER_H_
#define COMMON_REDIS_PRIVATE_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include <sys/types.h>

#include "common/redis/check_settings.h"
#include "common/redis/endpoint.h"

namespace veille::redis {

class PrivateServer {
 public:
  struct Options {
    std::string data_dir{};  // Made when missing; absolute, or below the working folder.
    std::string binary = "redis-server";  // redis-check-aof is looked for beside it, then in PATH.
    Fsync appendfsync = Fsync::kAlways;
    bool append_only = true;
    int64_t maxmemory_bytes = 0;            // 0: no limit.
    int tcp_port = 0;                       // 0: unix socket only; else also 127.0.0.1:port.
    std::vector<std::string> extra_args{};  // Put last, e.g. {"--enable-debug-command", "yes"}.
    // Loading a large append-only file takes time: without progress this long, start has failed.
    absl::Duration ready_timeout = absl::Seconds(30);
    // Called while it loads, about once a second, with a line for people.
    std::function<void(const std::string&)> progress{};
  };

  // Starts the server and waits until it answers.
  static absl::StatusOr<std::unique_ptr<PrivateServer>> Start(Options options);
  // Stops it in good order.
  ~PrivateServer();
  PrivateServer(const PrivateServer&) = delete;
  PrivateServer& operator=(const PrivateServer&) = delete;

  Endpoint endpoint() const;
  const std::string& socket_path() const { return socket_path_; }
  pid_t pid() const { return pid_; }  // 0 when stopped.
  // Whether the child still runs; false after it ended by itself.
  bool Alive();
  // The lines at the end of its log, for error messages.
  std::string LogTail() const;

  // SIGTERM, so that Redis flushes, then SIGKILL after `timeout`.
  absl::Status Stop(absl::Duration timeout = absl::Seconds(10));
  // SIGKILL, as a power cut to the process; for tests.
  void Kill();
  // Starts it again on the same folder, after Stop(), Kill() or a death of its own.
  absl::Status Restart();

  // One line for each repair that was made since the object exists, with the name of the backup.
  const std::vector<std::string>& repairs() const { return repairs_; }

 private:
  explicit PrivateServer(Options options);
  absl::Status LockFolder();
  absl::Status StartOnce();
  absl::Status StartRepairing();
  absl::Status WaitReady();
  std::vector<std::string> Arguments() const;

  const Options options_;
  std::string socket_path_;
  int lock_fd_ = -1;
  pid_t pid_ = 0;
  int exit_status_ = 0;
  std::vector<std::string> repairs_;
};

}  // namespace veille::redis

#endif  // COMMON_REDIS_PRIVATE_SERVER_H_
