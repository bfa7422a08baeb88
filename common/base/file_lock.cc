#include "common/base/file_lock.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace veille {

absl::StatusOr<FileLock> FileLock::Take(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  int failed = fd < 0 ? -1 : flock(fd, LOCK_EX);
  while (fd >= 0 && failed != 0 && errno == EINTR) failed = flock(fd, LOCK_EX);
  if (failed == 0) return FileLock(fd);
  const std::string reason = std::strerror(errno);
  if (fd >= 0) close(fd);
  return absl::UnavailableError("cannot lock " + path + ": " + reason);
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace veille
